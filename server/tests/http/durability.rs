//! What was acknowledged is there: after SIGKILL, and because the disk was asked before the client was told.

use crate::{
    acknowledged::{Acknowledged, acknowledged, add, adding_until_killed, check, person, vault_settings},
    harness::{Installation, Server},
    power,
    provider::Provider,
    strace::Strace,
};
use std::{fs, time::Duration};

const KILLS: u64 = 50;

/// Fault this was seen to catch: answering before the unit of work was committed loses keys within a few rounds.
#[test]
fn of_fifty_kills_none_loses_an_acknowledged_key() {
    let provider = Provider::start();
    let mut server = Installation::with(&provider.settings()).serve();
    let mut journal: Vec<Acknowledged> = Vec::new();
    for round in 0..KILLS {
        let email = format!("p{round}@example.com");
        let cookie = person(&server, &email);
        journal.extend(adding_until_killed(&server, (&email, &cookie), round, Duration::from_millis(2 + (round * 7) % 60)));
        server = server.restart();
    }
    assert!(journal.len() > 100, "only {} keys were acknowledged", journal.len());
    let at = server.stop();
    check(&vault_settings(at.data(), &provider), at.data(), &journal);
    for (_, _, secret) in &journal {
        assert!(provider.requests().iter().any(|request| request.contains(secret.as_str())), "a key opened to something else");
    }
}

/// What strace saw of one thread's call, in the order of the kernel's answers.
enum Call {
    WalWritten,
    WalSynced,
    Answered,
}

fn call(line: &str, unfinished: &mut std::collections::HashMap<String, String>) -> Option<Call> {
    let (pid, rest) = line.trim_start().split_once(' ')?;
    let rest = rest.trim_start();
    let whole = if let Some(begun) = rest.strip_suffix(" <unfinished ...>") {
        unfinished.insert(pid.to_owned(), begun.to_owned());
        // A write counts from its beginning, a sync from its end.
        begun.to_owned()
    } else if rest.starts_with("<...") {
        let begun = unfinished.remove(pid)?;
        if !begun.starts_with("fdatasync") && !begun.starts_with("fsync") {
            return None;
        }
        format!("{begun}) = 0")
    } else {
        rest.to_owned()
    };
    let wal = whole.contains("keyward.db-wal>");
    match whole.split('(').next()? {
        "pwrite64" if wal => Some(Call::WalWritten),
        "fdatasync" | "fsync" if wal && whole.ends_with("= 0") => Some(Call::WalSynced),
        "write" | "writev" | "sendto" if whole.contains("HTTP/1.1 303") => Some(Call::Answered),
        _ => None,
    }
}

/// Fault this was seen to catch: `synchronous=NORMAL` answers without a sync.
#[test]
fn the_disk_is_synced_before_the_client_is_told() {
    const ADDS: usize = 25;
    let server = Server::new();
    let cookie = person(&server, "ann@example.com");
    let told = tempfile::NamedTempFile::new().unwrap();
    let trace = Strace::attach(&server, told.path(), &["-s", "16", "-e", "trace=pwrite64,fdatasync,fsync,write,writev,sendto"]);
    for n in 0..ADDS {
        assert!(acknowledged(&add(&server, &cookie, &format!("k{n}"), &format!("sk-sync-0123456789abcdef-{n}"))));
    }
    drop(trace);

    let (mut acks, mut pending, mut synced) = (0, false, false);
    let mut unfinished = std::collections::HashMap::new();
    for line in fs::read_to_string(told.path()).unwrap().lines() {
        match call(line, &mut unfinished) {
            Some(Call::WalWritten) => (pending, synced) = (true, false),
            Some(Call::WalSynced) if pending => (pending, synced) = (false, true),
            Some(Call::Answered) => {
                assert!(synced && !pending, "answer {acks} came before its sync");
                acks += 1;
                synced = false;
            }
            _ => {}
        }
    }
    assert_eq!(acks, ADDS);
}

#[test]
fn when_the_power_fails_nothing_is_lost_that_was_acknowledged() {
    assert_eq!(power::cuts(4, 4).cuts, 40);
}
