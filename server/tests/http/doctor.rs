use crate::{
    cluster::Cluster,
    harness::{Installation, Server},
};
use serde_json::Value;
use std::{fs, fs::Permissions, os::unix::fs::PermissionsExt, path::Path, process::Stdio};

fn doctor(at: &Installation, settings: &[(&str, &str)]) -> (Option<i32>, Value) {
    let output = at.command(&["doctor", "--json"]).envs(settings.iter().copied()).stdin(Stdio::null()).output().unwrap();
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code(), report)
}

/// The finding of a check that is no `fine`.
fn found<'a>(report: &'a Value, check: &str, state: &str) -> Option<&'a Value> {
    report["findings"].as_array().unwrap().iter().find(|finding| finding["check"] == check && finding["state"] == state)
}

fn sql(at: &Installation, sql: &'static str) {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        use sqlx::Connection;
        let mut connection = sqlx::SqliteConnection::connect(at.data().join("keyward.db").to_str().unwrap()).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_sound_installation_has_nothing_wrong_and_is_not_changed() {
    let server = Server::new();
    server.admin();
    let before = server.at.run(&["audit", "verify"]).stdout;
    let (code, report) = doctor(&server.at, &[]);
    assert_eq!((code, report["problems"].as_u64()), (Some(0), Some(0)), "{report:#}");
    for check in
        ["configuration", "root key", "database", "disk sync", "clock", "outbound policy", "file modes", "disk space", "audit trail"]
    {
        assert!(found(&report, check, "fine").is_some(), "{check}: {report:#}");
    }
    assert!(found(&report, "backup", "advice").is_some());
    let file = server.at.data().join("keyward.backup");
    assert!(server.at.run(&["backup", file.to_str().unwrap()]).status.success());
    assert!(found(&doctor(&server.at, &[]).1, "backup", "fine").is_some());
    assert!(String::from_utf8(before).unwrap().contains("3 events"), "the first look changed nothing");
    let told = String::from_utf8(server.at.run(&["doctor"]).stdout).unwrap();
    assert!(told.contains("fine    audit trail: it holds"), "{told}");
}

/// What is broken, how, the settings that go with it, the check that finds it and a word of its remedy.
type Broken = (&'static str, fn(&Installation), &'static [(&'static str, &'static str)], &'static str, &'static str);

const BROKEN: [Broken; 15] = [
    ("no folder for checkpoints", |_| {}, &[("KEYWARD_AUDIT_SINK", "/nowhere/at/all/checkpoints")], "checkpoints", "another disk"),
    ("a misspelt setting", |_| {}, &[("KEYWARD_LISTN", "x")], "configuration", "README"),
    ("a root key that others can read", |at| mode(&at.data().join("root.key"), 0o644), &[], "file modes", "chmod 600"),
    ("a data folder that others can enter", |at| mode(at.data(), 0o755), &[], "file modes", "chmod 700"),
    ("no root key", |at| fs::remove_file(at.data().join("root.key")).unwrap(), &[], "root key", "KEYWARD_ROOT_KEY_FILE"),
    (
        "a wrong root key",
        |at| {
            let other = Installation::new();
            fs::copy(other.data().join("root.key"), at.data().join("root.key")).unwrap();
        },
        &[],
        "root key",
        "Put the root key back",
    ),
    ("no database", |at| fs::remove_file(at.data().join("keyward.db")).unwrap(), &[], "database", "keyward init"),
    (
        "a trail that was changed",
        |at| sql(at, "drop trigger audit_events_no_update; update audit_events set action = 'x' where seq = 2"),
        &[],
        "audit trail",
        "last good backup",
    ),
    (
        "a newer database",
        |at| {
            sql(
                at,
                "insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (9999, 'x', 1, x'00', 0)",
            );
        },
        &[],
        "schema",
        "later one",
    ),
    ("an open address that browsers cannot use", |_| {}, &[("KEYWARD_LISTEN", "0.0.0.0:0")], "public address", "KEYWARD_PUBLIC_URL"),
    ("everybody a trusted proxy", |_| {}, &[("KEYWARD_TRUSTED_PROXIES", "0.0.0.0/0")], "trusted proxies", "only the addresses"),
    (
        "a proxy that is not trusted",
        |_| {},
        &[("KEYWARD_PUBLIC_URL", "https://keys.example.com")],
        "trusted proxies",
        "KEYWARD_TRUSTED_PROXIES",
    ),
    (
        "an endpoint that must never be reached",
        |_| {},
        &[("KEYWARD_ALLOW_ENDPOINTS", "http://169.254.169.254:80")],
        "outbound policy",
        "Correct",
    ),
    ("sessions that end before they idle", |_| {}, &[("KEYWARD_SESSION_IDLE", "2d")], "sessions", "shorter"),
    (
        "a clock that went back",
        |at| {
            sql(
                at,
                "insert into audit_events select seq + 100, at + 864000000000, actor_kind, null, null, null, request_id, action, null, null, outcome, null, details, null, null, hash from audit_events where seq = 2",
            );
        },
        &[],
        "clock",
        "NTP",
    ),
];

#[test]
fn each_of_fifteen_misconfigurations_is_found_with_its_remedy() {
    for (what, break_it, settings, check, word) in BROKEN {
        let at = Installation::new();
        break_it(&at);
        let (code, report) = doctor(&at, settings);
        assert_eq!(code, Some(1), "{what}: {report:#}");
        let finding = found(&report, check, "problem").unwrap_or_else(|| panic!("{what}: {report:#}"));
        assert!(finding["remedy"].as_str().unwrap().contains(word), "{what}: {finding:#}");
        assert!(report["problems"].as_u64() >= Some(1));
    }
}

#[test]
fn a_folder_in_memory_and_a_server_that_loses_writes_are_found() {
    if Path::new("/dev/shm").is_dir() {
        let folder = tempfile::tempdir_in("/dev/shm").unwrap();
        let at = Installation::in_folder(&folder.path().join("data"), &[]);
        let (code, report) = doctor(&at, &[]);
        assert!(code == Some(1) && found(&report, "file system", "problem").is_some(), "{report:#}");
    }
    let url = Cluster::get().database();
    let at = Installation::with(&[("KEYWARD_DATABASE_URL", &url)]);
    assert_eq!(doctor(&at, &[]).0, Some(0), "{:#}", doctor(&at, &[]).1);
    Cluster::get().ask(&url, "do $$ begin execute format('alter database %I set synchronous_commit = off', current_database()); end $$");
    let (code, report) = doctor(&at, &[]);
    let finding = found(&report, "database", "problem").unwrap_or_else(|| panic!("{report:#}"));
    assert!(code == Some(1) && finding["found"].as_str().unwrap().contains("synchronous_commit"), "{report:#}");
}
