use crate::harness::{Installation, Server};
use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::Output,
    time::{Duration, Instant},
};

/// Every file of the folder but the lock, by name.
fn bytes(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let named = files.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()));
    // A write-ahead log without content is none: SQLite may make such a file when it reads.
    named.filter(|(name, bytes)| name.starts_with("keyward.db") && !name.ends_with("-shm") && !bytes.is_empty()).collect()
}

fn refused(at: &Installation, settings: &[(&str, &str)]) -> String {
    let before = bytes(at.data());
    let begun = Instant::now();
    let Output { status, stdout, stderr } =
        at.command(&["serve"]).envs(settings.iter().copied()).stdin(std::process::Stdio::null()).output().unwrap();
    assert_eq!(status.code(), Some(1), "{}", String::from_utf8_lossy(&stderr));
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert!(stdout.is_empty());
    let after = bytes(at.data());
    let sizes = |files: &BTreeMap<String, Vec<u8>>| files.iter().map(|(name, bytes)| (name.clone(), bytes.len())).collect::<Vec<_>>();
    assert!(after == before, "the database was touched: {:?} {:?}", sizes(&before), sizes(&after));
    String::from_utf8(stderr).unwrap()
}

#[test]
fn a_root_key_that_does_not_hold_stops_the_start_and_changes_nothing() {
    let at = Installation::new();
    let good = fs::read_to_string(at.data().join("root.key")).unwrap();
    // Standard base64 of 31, 33 and 32 equal bytes.
    let cases = [
        ("", "empty"),
        ("not base64!", "base64"),
        ("qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqg==", "31 bytes"),
        ("qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq", "33 bytes"),
        ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "same"),
        ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "published sample"),
        ("kR3vX0p9QmZ7sT1uYw5aBc2dEf4gHi6jKl8nOoPqRrs=", "does not fit"),
    ];
    for (text, word) in cases {
        fs::write(at.data().join("root.key"), text).unwrap();
        let told = refused(&at, &[]);
        assert!(told.contains(word), "{text}: {told}");
        assert!(text.is_empty() || !told.contains(text), "the value was told: {told}");
    }
    fs::remove_file(at.data().join("root.key")).unwrap();
    assert!(refused(&at, &[]).contains("There is no root key"));
    assert!(!at.data().join("root.key").exists(), "no key is made");
    let other = Installation::new();
    let elsewhere = other.data().join("root.key");
    assert!(refused(&at, &[("KEYWARD_ROOT_KEY_FILE", elsewhere.to_str().unwrap())]).contains("does not fit"));
    fs::write(at.data().join("root.key"), good).unwrap();
    assert_eq!(at.serve().get("/readyz").status, 200);
}

#[test]
fn a_root_key_can_come_from_the_environment() {
    let at = Installation::new();
    let text = fs::read_to_string(at.data().join("root.key")).unwrap();
    fs::remove_file(at.data().join("root.key")).unwrap();
    let list = at.command(&["user", "list", "--json"]).env("KEYWARD_ROOT_KEY", text.trim()).output().unwrap();
    assert!(list.status.success());
    let told = String::from_utf8(list.stderr).unwrap();
    assert!(told.contains("prefer KEYWARD_ROOT_KEY_FILE") && !told.contains(text.trim()));
}

#[test]
fn an_unknown_setting_is_refused_by_name() {
    let at = Installation::new();
    assert!(refused(&at, &[("KEYWARD_LISTN", "x")]).contains("KEYWARD_LISTN"));
    assert!(refused(&at, &[("KEYWARD_PUBLIC_URL", "http://keys.example.com")]).contains("KEYWARD_PUBLIC_URL"));
    assert!(refused(&at, &[("KEYWARD_OIDC_ISSUER", "http://id.example.com")]).contains("KEYWARD_OIDC_ISSUER"));
}

#[test]
fn a_second_server_on_the_same_folder_refuses() {
    let server = Server::new();
    // What the first one notes down after its start is not the second one's doing.
    server.hold();
    let told = refused(&server.at, &[("KEYWARD_LISTEN", "127.0.0.1:0")]);
    assert!(told.contains("serves from this data folder already"), "{told}");
    server.signal("CONT");
    assert_eq!(server.get("/readyz").status, 200);
}

#[test]
fn without_a_data_folder_it_says_how_to_make_one() {
    let at = Installation::new();
    let missing = at.data().join("nothing");
    let told = refused(&at, &[("KEYWARD_DATA_DIR", missing.to_str().unwrap())]);
    assert!(told.contains("keyward init"), "{told}");
    assert!(!missing.exists());
}

#[test]
fn a_process_cannot_be_dumped() {
    let server = Server::new();
    let limits = fs::read_to_string(format!("/proc/{}/limits", server.pid())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    assert!(status.lines().any(|line| line.split_whitespace().eq(["NoNewPrivs:", "1"])));
}
