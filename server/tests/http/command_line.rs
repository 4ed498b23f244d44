use crate::harness::{Installation, PASSWORD};
use std::os::unix::fs::PermissionsExt;

fn code(at: &Installation, arguments: &[&str]) -> Option<i32> {
    at.run(arguments).status.code()
}

#[test]
fn init_makes_files_for_its_owner_alone_and_refuses_twice() {
    let at = Installation::new();
    let mode = |path: &str| at.data().join(path).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(""), mode("root.key"), mode("keyward.db")), (0o700, 0o600, 0o600));
    let again = at.run(&["init"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(again.stdout.is_empty());
    let elsewhere = at.data().join("second");
    assert_eq!(code(&at, &["init", "--data-dir", elsewhere.to_str().unwrap()]), Some(0));
    assert!(elsewhere.join("root.key").exists());
}

#[test]
fn accounts_are_managed_beside_a_running_server() {
    let at = Installation::new();
    let add = |email: &str, role: &str, input: &str| {
        at.run_with_input(&["user", "add", email, "--role", role, "--password-stdin"], input).status.code()
    };
    assert_eq!(add("ann@example.com", "admin", PASSWORD), Some(0));
    assert_eq!(add("bob@example.com", "user", &format!("{PASSWORD}\nignored\n")), Some(0));
    assert_eq!(add("ann@example.com", "user", PASSWORD), Some(1), "taken");
    assert_eq!(add("eve@example.com", "user", "short"), Some(1));
    assert_eq!(add("eve@example.com", "user", ""), Some(1));
    assert_eq!(code(&at, &["user", "set-role", "bob@example.com", "admin"]), Some(0));
    assert_eq!(code(&at, &["user", "set-tier", "bob@example.com", "enterprise"]), Some(0));
    assert_eq!(code(&at, &["user", "disable", "ann@example.com"]), Some(0));
    assert_eq!(code(&at, &["user", "disable", "bob@example.com"]), Some(1), "the last admin stays");
    assert_eq!(code(&at, &["user", "disable", "nobody@example.com"]), Some(1));
    let people: serde_json::Value = serde_json::from_slice(&at.run(&["user", "list", "--json"]).stdout).unwrap();
    let people = people.as_array().unwrap();
    assert_eq!(people.len(), 2);
    assert_eq!((people[0]["email"].as_str(), people[0]["disabled"].as_bool()), (Some("ann@example.com"), Some(true)));
    assert_eq!((people[1]["role"].as_str(), people[1]["tier"].as_str()), (Some("admin"), Some("enterprise")));
}

#[test]
fn wrong_usage_is_2_and_help_is_0() {
    let at = Installation::new();
    for arguments in
        [&["nonsense"][..], &[], &["user", "add", "ann@example.com", "--role", "user"], &["user", "set-role", "ann@example.com", "king"]]
    {
        assert_eq!(code(&at, arguments), Some(2), "{arguments:?}");
    }
    assert_eq!(code(&at, &["--help"]), Some(0));
    assert_eq!(code(&at, &["--version"]), Some(0));
}
