//! Backup and restore by command, beside a running server.

use crate::{
    cluster::Cluster,
    harness::{EMAIL, Installation, PASSWORD},
    provider::Provider,
};
use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Output};

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn moves(from: &[(&str, &str)], to: &[(&str, &str)]) {
    let provider = Provider::start();
    let from: Vec<_> = provider.settings().into_iter().chain(from.iter().copied()).collect();
    let server = Installation::with(&from).serve();
    let cookie = server.admin();
    let add = serde_json::json!({"provider": "openai", "key": "sk-backup-0123456789abcdef", "label": "Build"});
    let id = server.api("POST", "/api/v1/byok/keys/add", Some(&cookie)).json(&add).send().json()["id"].as_str().unwrap().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keyward.backup");
    let made = server.at.run(&["backup", file.to_str().unwrap()]);
    assert!(made.status.success(), "{}", said(&made));
    assert!(said(&made).contains("1 secrets that open") && said(&made).contains("root.key"), "{}", said(&made));
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);

    let place = folder.path().join("new");
    let restore = |arguments: &[&str]| {
        let mut command = server.at.command(arguments);
        command.env_remove("KEYWARD_DATABASE_URL").env("KEYWARD_DATA_DIR", &place).env("KEYWARD_LISTEN", "127.0.0.1:0");
        command.envs(to.iter().copied()).output().unwrap()
    };
    let arguments = ["restore", file.to_str().unwrap()];
    let refused = restore(&arguments);
    assert!(refused.status.code() == Some(1) && said(&refused).contains("There is no root key"), "{}", said(&refused));
    assert!(!place.join("keyward.db").exists());
    fs::create_dir_all(&place).unwrap();
    fs::copy(server.at.data().join("root.key"), place.join("root.key")).unwrap();
    let done = restore(&[&arguments[..], &["--json"]].concat());
    assert!(done.status.success(), "{}", said(&done));
    let report: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((report["secrets"].as_u64(), report["unopened"].as_array().unwrap().len()), (Some(1), 0));
    assert_eq!(restore(&arguments).status.code(), Some(1), "not over a database");
    assert!(restore(&["audit", "verify"]).status.success());
    let list = said(&restore(&["user", "list"]));
    assert!(list.contains(EMAIL), "{list}");

    // Sessions of before are over; the person signs in, and the key works under its old id.
    let settings: Vec<_> = provider.settings().into_iter().chain(to.iter().copied()).collect();
    let again = Installation::on(&place, &settings).serve();
    assert_eq!(again.api("GET", "/api/v1/byok/keys", Some(&cookie)).send().status, 401);
    let cookie = again.form("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).send().cookie();
    let tested = again.api("POST", &format!("/api/v1/byok/keys/test/{id}"), Some(&cookie)).send().json();
    assert_eq!(tested["verdict"], "valid", "{tested}");
    let doctor = again.at.run(&["doctor"]);
    assert!(!said(&doctor).contains("WRONG   audit") && !said(&doctor).contains("WRONG   database"), "{}", said(&doctor));
}

#[test]
fn a_backup_of_sqlite_goes_to_sqlite_and_to_postgresql() {
    moves(&[], &[]);
    moves(&[], &[("KEYWARD_DATABASE_URL", &Cluster::get().database())]);
}

#[test]
fn a_backup_of_postgresql_goes_to_postgresql_and_to_sqlite() {
    moves(&[("KEYWARD_DATABASE_URL", &Cluster::get().database())], &[("KEYWARD_DATABASE_URL", &Cluster::get().database())]);
    moves(&[("KEYWARD_DATABASE_URL", &Cluster::get().database())], &[]);
}

#[test]
fn a_backup_never_overwrites_something_else() {
    let at = Installation::new();
    for path in ["keyward.db", "root.key"] {
        let file = at.data().join(path);
        let before = fs::read(&file).unwrap();
        assert_eq!(at.run(&["backup", file.to_str().unwrap()]).status.code(), Some(1), "{path}");
        assert!(path == "keyward.db" || fs::read(&file).unwrap() == before, "{path}");
    }
    assert_eq!(at.run(&["backup", "/nowhere/at/all"]).status.code(), Some(1));
    assert_eq!(at.run(&["backup"]).status.code(), Some(2));
    assert_eq!(at.run(&["restore", Path::new("/nowhere").to_str().unwrap()]).status.code(), Some(1));
    assert_eq!(at.serve().get("/readyz").status, 200);
}
