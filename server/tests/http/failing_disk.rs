//! Disks that are full, and disks that fail: nobody is told that something is stored which is not.

use crate::{
    acknowledged::{add, check, person, vault_settings},
    harness::{Installation, Server},
    provider::Provider,
    strace::Strace,
};
use std::{
    fs,
    io::Write,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// How soon everybody is answered.
const SOON: Duration = Duration::from_secs(2);

/// Runs a command and tells whether it worked.
fn works(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// A file system of a few megabytes; unmounted with the value.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        works("mount", &["-t", "tmpfs", "-o", "size=4m", "tmpfs", folder.path().to_str()?]).then_some(Self(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        works("umount", &["-l", self.0.path().to_str().unwrap()]);
    }
}

/// A key is added. `true` when it is stored, `false` when that was refused, in time and, where the database can be read, with what was
/// typed.
fn stored(server: &Server, cookie: &str, (label, secret): (&str, &str), readable: bool) -> bool {
    let begun = Instant::now();
    let answer = add(server, cookie, label, secret).send();
    assert!(begun.elapsed() < SOON, "{label}: answered after {:?}", begun.elapsed());
    match answer.status {
        303 => true,
        503 => {
            assert!(answer.header("retry-after").is_some(), "{label}: {}", answer.text());
            assert!(!readable || answer.text().contains(label), "{label}: what was typed is lost: {}", answer.text());
            false
        }
        other => panic!("{label}: {other} {}\n{}", answer.text(), server.at.log()),
    }
}

#[test]
fn on_a_full_disk_writes_are_refused_reads_go_on_and_it_heals() {
    let Some(disk) = SmallDisk::mount() else {
        println!("NOT RUN: mounting a small file system takes root");
        return;
    };
    let provider = Provider::start();
    let server = Installation::in_folder(disk.0.path(), &provider.settings()).serve();
    let who = "ann@example.com";
    let cookie = person(&server, who);
    let mut journal = Vec::new();
    let mut add = |label: String| {
        let secret = format!("sk-full-0123456789abcdef-{label}");
        let stored = stored(&server, &cookie, (&label, &secret), true);
        if stored {
            journal.push((who.to_owned(), label, secret));
        }
        stored
    };
    assert!(add("before".to_owned()));
    let ballast = disk.0.path().join("ballast");
    let mut file = fs::File::create(&ballast).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
    while file.write_all(&[0; 1]).is_ok() {}
    let refused = (0..20).filter(|n| !add(format!("full-{n}"))).count();
    assert!(refused > 0, "the disk was not full");
    let list = server.request("GET", "/keys").cookie(&cookie).send();
    assert!(list.status == 200 && list.text().contains("before"));
    // The space is free once the file is gone and nobody holds it open.
    drop(file);
    fs::remove_file(&ballast).unwrap();
    assert!(add("after".to_owned()), "{}", server.at.log());
    let at = server.stop();
    check(&vault_settings(at.data(), &provider), at.data(), &journal);
}

/// Fault this was seen to catch: a failed commit whose units are answered like those of one that held.
#[test]
fn nobody_is_told_that_a_key_is_stored_whose_write_or_sync_failed() {
    const WAL: &str = "keyward.db-wal";
    // The file, the calls on it that fail, with what, which of them, and how many keys are added meanwhile: a unit of work is about 30
    // writes and a sync of the log, and the database itself is written when the log has 1,000 pages.
    let faults = [
        (WAL, "fsync,fdatasync", "EIO", "1", 4),
        (WAL, "fsync,fdatasync", "EIO", "3", 4),
        (WAL, "fsync,fdatasync", "EIO", "2+", 4),
        (WAL, "pwrite64", "EIO", "1", 4),
        (WAL, "pwrite64", "EIO", "17", 4),
        (WAL, "pwrite64", "ENOSPC", "30", 4),
        (WAL, "pwrite64", "ENOSPC", "50+", 4),
        (WAL, "pread64", "EIO", "1", 4),
        (WAL, "pread64", "EIO", "5+", 4),
        ("keyward.db", "pwrite64", "EIO", "1", 80),
        ("keyward.db", "pwrite64", "ENOSPC", "3+", 80),
        ("keyward.db", "fsync,fdatasync", "EIO", "1+", 80),
    ];
    let provider = Provider::start();
    let mut server = Installation::with(&provider.settings()).serve();
    let (mut journal, mut refused) = (Vec::new(), 0);
    for (round, (file, calls, error, when, adds)) in faults.into_iter().enumerate() {
        let file = server.at.data().join(file);
        let inject = format!("inject={calls}:error={error}:when={when}");
        let arguments = ["-P", file.to_str().unwrap(), "-e", &format!("trace={calls}"), "-e", &inject];
        let told = tempfile::NamedTempFile::new().unwrap();
        let people: Vec<_> = (0..=adds / 20).map(|n| format!("p{round}-{n}@example.com")).collect();
        let cookies: Vec<_> = people.iter().map(|who| person(&server, who)).collect();
        let mut add = |n: usize, label: String| {
            let (who, secret) = (&people[n / 20], format!("sk-fails-0123456789abcdef-{round}-{label}"));
            let stored = stored(&server, &cookies[n / 20], (&label, &secret), calls != "pread64");
            if stored {
                journal.push((who.clone(), label, secret));
            }
            stored
        };
        let strace = Strace::attach(&server, told.path(), &arguments);
        let not = (0..adds).filter(|n| !add(*n, format!("k{n}"))).count();
        drop(strace);
        let told = fs::read_to_string(told.path()).unwrap();
        assert!(told.contains("(INJECTED)"), "{inject}: nothing failed");
        println!("{} {inject}: {not} of {adds} refused", file.display());
        refused += not;
        assert!(add(0, "healed".to_owned()), "{inject}\n{}", server.at.log());
        if round % 2 == 0 {
            server.kill();
            server = server.restart();
        }
    }
    assert!(refused > faults.len() / 2, "only {refused} were refused");
    let at = server.stop();
    check(&vault_settings(at.data(), &provider), at.data(), &journal);
    for (_, _, secret) in &journal {
        assert!(provider.requests().iter().any(|request| request.contains(secret.as_str())), "a key opened to something else");
    }
}
