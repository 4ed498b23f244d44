//! `keyward keyring` beside a running server, and the operator's chapter about it.

use crate::{
    api::add,
    harness::{EMAIL, Installation, Server},
    provider::Provider,
};
use serde_json::{Value, json};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
    thread,
    time::{Duration, Instant},
};

fn run(at: &Installation, arguments: &[&str]) -> Value {
    let Output { status, stdout, stderr } = at.run(&[arguments, &["--json"]].concat());
    assert!(status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&stderr));
    serde_json::from_slice(&stdout).unwrap()
}

fn test(server: &Server, cookie: &str, id: &str) -> Value {
    let answer = server.api("POST", &format!("/api/v1/byok/keys/test/{id}"), Some(cookie)).send();
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["verdict"].clone()
}

#[test]
fn a_data_key_is_rotated_and_destroyed_beside_a_server_that_follows() {
    let provider = Provider::start();
    let server = Installation::with(&provider.settings()).serve();
    let cookie = server.admin();
    let id =
        add(&server, &cookie, &json!({"provider": "openai", "key": "sk-proj-0123456789abcdefXYZ9"}))["id"].as_str().unwrap().to_owned();
    let at = &server.at;
    assert_eq!(run(at, &["keyring", "rotate", "--dry-run"])["rows"]["provider_keys"], 1);
    let rotated = run(at, &["keyring", "rotate"]);
    assert_eq!((&rotated["state"], &rotated["key"], &rotated["resealed"]), (&json!("finished"), &json!(4), &json!(1)));
    assert_eq!(test(&server, &cookie, &id), "valid");
    assert_eq!(run(at, &["keyring", "retire", "--older-than", "1h"])["too_young"], json!([1]));
    assert_eq!(run(at, &["keyring", "retire", "--dry-run"])["destroyed"], json!([1]));
    assert_eq!(run(at, &["keyring", "retire"])["destroyed"], json!([1]));
    let begun = server.api("POST", "/api/v1/vault/rotations", Some(&cookie)).send();
    assert_eq!((begun.status, &begun.json()["key"]), (202, &json!(5)));
    let status = || server.api("GET", "/api/v1/vault/status", Some(&cookie)).send().json();
    let waited = Instant::now();
    while status()["rotation"]["state"] != "finished" {
        assert!(waited.elapsed() < Duration::from_secs(10), "{}", status());
        thread::sleep(Duration::from_millis(20));
    }
    let states: Vec<_> = status()["data_keys"].as_array().unwrap().iter().map(|key| key["state"].clone()).collect();
    assert_eq!(states, ["destroyed", "retired", "active"]);
    assert_eq!(test(&server, &cookie, &id), "valid");
    let told = at.run(&["keyring", "status"]);
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(told.contains("data key 5 seals") && told.contains("destroyed"), "{told}");
    assert!(String::from_utf8_lossy(&at.run(&["audit", "verify"]).stdout).contains("intact"));
}

/// Fault this was seen to catch: a rotation that begins anew instead of going on.
#[test]
fn a_rotation_that_is_killed_again_and_again_ends_and_loses_nothing() {
    const KILLS: u64 = 16;
    let provider = Provider::start();
    let server = Installation::with(&provider.settings()).serve();
    let cookie = server.admin();
    let key = |n| format!("sk-proj-0123456789abcdef{n:04}");
    let ids: Vec<_> = (0..9)
        .map(|n| {
            add(&server, &cookie, &json!({"provider": "openai", "key": key(n), "label": n.to_string()}))["id"].as_str().unwrap().to_owned()
        })
        .collect();
    let mut killed = 0;
    for round in 0..KILLS {
        let mut child = server.at.command(&["keyring", "rotate"]).stdout(fs::File::open("/dev/null").unwrap()).spawn().unwrap();
        // A rotation of so few values takes some 20 milliseconds where nothing else runs.
        thread::sleep(Duration::from_millis(2 * round));
        killed += u32::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        let status = run(&server.at, &["keyring", "status"]);
        let active = status["data_keys"].as_array().unwrap().iter().filter(|key| key["state"] == "active").count();
        assert_eq!(active, 1, "{status}");
        let rows: u64 = status["data_keys"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|key| key["state"] != "retired")
            .map(|key| key["rows"].as_u64().unwrap())
            .sum();
        assert_eq!(rows, 9, "every value is under a key that opens: {status}");
    }
    assert!(killed > 3, "only {killed} were still at it");
    assert_eq!(run(&server.at, &["keyring", "rotate"])["left"], 0);
    crate::database::forget_limits(&server);
    for (n, id) in ids.iter().enumerate() {
        assert_eq!(test(&server, &cookie, id), "valid");
        assert!(provider.requests().last().unwrap().contains(&key(n)), "key {n} opened to something else");
        crate::database::forget_limits(&server);
    }
    assert!(String::from_utf8_lossy(&server.at.run(&["audit", "verify"]).stdout).contains("intact"));
}

#[test]
fn the_root_key_is_changed_without_being_shown_and_the_old_one_opens_nothing_afterwards() {
    let server = Server::new();
    let cookie = server.admin();
    let at = server.stop();
    let (old, new) = (at.data().join("root.key"), at.data().join("root.key.new"));
    let told = at.run(&["keyring", "rekey-root"]);
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let secret = fs::read_to_string(&new).unwrap();
    let said = [told.stdout, told.stderr].concat();
    assert!(!String::from_utf8_lossy(&said).contains(secret.trim()));
    assert_eq!(fs::metadata(&new).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(at.run(&["keyring", "rekey-root"]).status.success(), "again is no harm");
    assert_eq!(fs::read_to_string(&new).unwrap(), secret);
    let works = |root: &Path| at.command(&["user", "list"]).env("KEYWARD_ROOT_KEY_FILE", root).output().unwrap().status.success();
    assert!(works(&old) && works(&new));
    let early = at.run(&["keyring", "rekey-root", "--finalise"]);
    assert!(String::from_utf8_lossy(&early.stderr).contains("not wrapped under") || !early.status.success());
    let kept = at.data().join("root.key.old");
    fs::rename(&old, &kept).unwrap();
    fs::rename(&new, &old).unwrap();
    let early = at.run(&["keyring", "rekey-root", "--finalise"]);
    assert!(String::from_utf8_lossy(&early.stderr).contains("No server has started"), "{}", String::from_utf8_lossy(&early.stderr));
    let server = at.serve();
    assert_eq!(server.request("GET", "/keys").cookie(&cookie).send().status, 200);
    let begun = Instant::now();
    while !server.at.run(&["keyring", "rekey-root", "--finalise"]).status.success() {
        assert!(begun.elapsed() < Duration::from_secs(10), "it is not noted that a server runs");
        thread::sleep(Duration::from_millis(50));
    }
    let at = server.stop();
    let refused = at.command(&["serve"]).env("KEYWARD_ROOT_KEY_FILE", &kept).output().unwrap();
    assert!(String::from_utf8_lossy(&refused.stderr).contains("does not fit"));
    assert!(at.run(&["user", "list"]).status.success());
}

#[test]
fn a_new_root_key_can_be_in_place_before_the_keyring_knows_it() {
    let at = Installation::new();
    let (previous, next) = (at.data().join("root.key"), Installation::new());
    let (previous, next) = (previous.to_str().unwrap(), next.data().join("root.key"));
    let with = |arguments: &[&str]| {
        let mut command = at.command(arguments);
        command.env("KEYWARD_ROOT_KEY_FILE", &next).env("KEYWARD_ROOT_KEY_PREVIOUS_FILE", previous).output().unwrap()
    };
    assert!(with(&["user", "list"]).status.success(), "the previous one opens");
    let begun = with(&["keyring", "rekey-root", "--json"]);
    assert!(begun.status.success(), "{}", String::from_utf8_lossy(&begun.stderr));
    assert!(!at.data().join("root.key.new").exists(), "no third key is made");
    assert!(at.command(&["user", "list"]).env("KEYWARD_ROOT_KEY_FILE", &next).output().unwrap().status.success());
    assert!(with(&["keyring", "rotate"]).status.success(), "with both, the ring can be changed");
    let one = at.run(&["keyring", "rotate"]);
    assert!(String::from_utf8_lossy(&one.stderr).contains("root key is being changed"), "{}", String::from_utf8_lossy(&one.stderr));
}

/// Each command of the chapter, in its order, as it stands.
#[test]
fn every_command_of_the_chapter_about_rotation_works() {
    let document = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/rotation.md")).unwrap();
    let blocks: Vec<_> = document.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(blocks.len() > 6, "only {} blocks were found", blocks.len());
    let program = Path::new(env!("CARGO_BIN_EXE_keyward"));
    let mut at = Installation::new();
    let folder = tempfile::tempdir().unwrap();
    for block in blocks {
        if block.contains("--finalise") {
            // "Restart every server. When all run": the note that one has started is there a moment after it answers.
            let server = at.serve();
            thread::sleep(Duration::from_millis(1_500));
            at = server.stop();
        }
        let mut shell = Command::new("sh");
        shell.args(["-e", "-c", block]).current_dir(folder.path()).env_clear().env("KEYWARD_DATA_DIR", at.data());
        shell.env("PATH", format!("{}:/usr/bin:/bin", program.parent().unwrap().display()));
        let done = shell.output().unwrap();
        assert!(done.status.success(), "{block}\n{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    }
    assert!(at.serve().get("/readyz").status == 200);
}

/// Fault this was seen to catch: checkpoints that are only written after a thousand events.
#[test]
fn a_server_leaves_checkpoints_that_betray_a_cut_off_end() {
    let folder = tempfile::tempdir().unwrap();
    let sink = folder.path().join("checkpoints.jsonl");
    let mut server = Installation::with(&[("KEYWARD_AUDIT_SINK", sink.to_str().unwrap())]).serve();
    server.admin();
    assert!(server.at.run(&["token", "create", "--user", EMAIL, "--name", "CI", "--scope", "keys:read"]).status.success());
    server.signal("TERM");
    server.wait();
    let at = server.stop();
    assert!(fs::read_to_string(&sink).unwrap().lines().count() >= 2, "one at the start and one at the end");
    let verified = at.run(&["audit", "verify"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    let cut = "drop trigger audit_events_no_delete; delete from audit_events where seq = (select max(seq) from audit_events)";
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        use sqlx::Connection;
        let mut connection = sqlx::SqliteConnection::connect(at.data().join("keyward.db").to_str().unwrap()).await.unwrap();
        sqlx::raw_sql(cut).execute(&mut connection).await.unwrap();
    });
    let told = at.run(&["audit", "verify", "--checkpoints", sink.to_str().unwrap()]);
    assert_eq!(told.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&told.stderr).contains("event 4 "), "{}", String::from_utf8_lossy(&told.stderr));
    fs::remove_file(&sink).unwrap();
    let missing = at.run(&["audit", "verify"]);
    assert_eq!(missing.status.code(), Some(1), "whoever cuts the end off takes the checkpoints away, too");
    assert!(String::from_utf8_lossy(&missing.stderr).contains("KEYWARD_AUDIT_SINK"));
    let whole = at.command(&["audit", "verify"]).env_remove("KEYWARD_AUDIT_SINK").output().unwrap();
    assert!(whole.status.success(), "without checkpoints nobody can tell");
}
