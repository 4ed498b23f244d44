//! Each command in the guides for operators is run as it stands there.

use crate::{
    cluster::Cluster,
    harness::{EMAIL, Installation, PASSWORD},
    legacy,
};
use sqlx::{ConnectOptions, postgres::PgConnectOptions};
use std::{fs, path::Path, process::Command};

/// The lines of the `sh` blocks of a guide.
fn commands(guide: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(guide);
    let text = fs::read_to_string(path).unwrap();
    let mut lines = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        match (line, inside) {
            ("```sh", false) => inside = true,
            ("```", true) => inside = false,
            (line, true) if !line.trim().is_empty() => lines.push(line.to_owned()),
            _ => {}
        }
    }
    lines
}

/// Runs them in order, in one shell each, with `keyward` on the path and the folder as the working directory.
fn run(at: &Installation, folder: &Path, lines: &[String], settings: &[(&str, &str)]) {
    let bin = folder.join("bin");
    fs::create_dir_all(&bin).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_keyward"), bin.join("keyward")).unwrap();
    for line in lines {
        let like = at.command(&[]);
        let mut shell = Command::new("sh");
        shell.args(["-euc", line]).current_dir(folder).env_clear();
        shell.envs(like.get_envs().filter_map(|(name, value)| Some((name, value?))));
        shell.env("PATH", format!("{}:/usr/bin:/bin", bin.display())).envs(settings.iter().copied());
        let output = shell.output().unwrap();
        assert!(output.status.success(), "{line}\n{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn the_guide_to_moving_over() {
    let at = Installation::new();
    let made = at.run_with_input(&["user", "add", EMAIL, "--role", "admin", "--password-stdin"], PASSWORD);
    assert!(made.status.success());
    let url = Cluster::get().database();
    let rows = format!(
        "insert into user_provider_keys (user_id, provider, api_key_encrypted) values ('u1', 'openai', '{}')",
        legacy::encrypt(&legacy::key(1), "sk-old-0123456789abcdef")
    );
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let mut connection = url.parse::<PgConnectOptions>().unwrap().connect().await.unwrap();
        for sql in [legacy::TABLES.to_owned(), rows] {
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let export = serde_json::json!({"users": [{"id": "u1", "email": "bob@example.com",
        "attributes": {"byok_groq_key": [legacy::encrypt(&legacy::key(1), "gsk_0123456789abcdefghij")]}}]});
    for (name, text) in [
        ("encryption.key", legacy::key(1)),
        ("byok.key", legacy::key(2)),
        ("database.url", url),
        ("users.csv", "old_id,email\nu1,bob@example.com\n".to_owned()),
        ("realm.json", export.to_string()),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let lines = commands("moving-from-ops-center.md");
    assert!(lines.len() >= 4, "{lines:?}");
    run(&at, folder.path(), &lines, &[]);
    let list = String::from_utf8(at.run(&["user", "list"]).stdout).unwrap();
    assert!(list.lines().any(|line| line.contains("bob@example.com") && line.contains("active")), "{list}");
}

#[test]
fn the_guide_to_backups() {
    let at = Installation::new();
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("new")).unwrap();
    fs::copy(at.data().join("root.key"), folder.path().join("root.key")).unwrap();
    let lines = commands("backup.md");
    assert!(lines.len() >= 3, "{lines:?}");
    let (before, after): (Vec<_>, Vec<_>) = lines.into_iter().partition(|line| !line.contains("KEYWARD_DATA_DIR"));
    run(&at, folder.path(), &before, &[]);
    fs::remove_file(folder.path().join("bin/keyward")).unwrap();
    run(&at, folder.path(), &after, &[]);
    assert!(folder.path().join("new/keyward.db").exists());
}
