use crate::harness::{EMAIL, Installation, PASSWORD, Server};
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

#[test]
fn the_audit_trail_is_verified_and_exported_beside_a_running_server() {
    let server = Server::new();
    server.admin();
    let verified = server.at.run(&["audit", "verify"]);
    assert_eq!(verified.status.code(), Some(0), "{}", String::from_utf8_lossy(&verified.stderr));
    assert!(String::from_utf8_lossy(&verified.stdout).contains("intact: "));
    let jsonl = String::from_utf8(server.at.run(&["audit", "export"]).stdout).unwrap();
    let events: Vec<serde_json::Value> = jsonl.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let actions: Vec<_> = events.iter().map(|event| event["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["vault.create", "setup_link.create", "setup.complete"]);
    assert_eq!(events[2]["seq"], 3);
    let csv = String::from_utf8(server.at.run(&["audit", "export", "--format", "csv"]).stdout).unwrap();
    assert_eq!(csv.matches("\r\n").count(), 4, "a heading and a line for each event: {csv}");
    assert!(csv.starts_with("seq,at,actor_kind,"));
    assert!(!jsonl.contains(EMAIL), "what people type is not in the trail");
}

#[test]
fn a_trail_that_was_changed_is_named_by_its_first_bad_row() {
    let at = Installation::new();
    let tampering = "drop trigger audit_events_no_update; update audit_events set action = 'x' where seq = 2";
    let changed = tokio::runtime::Runtime::new().unwrap().block_on(async {
        use sqlx::Connection;
        let mut connection = sqlx::SqliteConnection::connect(at.data().join("keyward.db").to_str().unwrap()).await.unwrap();
        sqlx::raw_sql(tampering).execute(&mut connection).await.unwrap().rows_affected()
    });
    assert_eq!(changed, 1);
    let told = at.run(&["audit", "verify"]);
    assert_eq!(told.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&told.stderr).contains("event 2 "));
}
