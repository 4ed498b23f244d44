//! What was acknowledged is there: after SIGKILL, and because the disk was asked before the client was told.

use crate::{
    harness::{Installation, Request, Server},
    provider::Provider,
    strace::Strace,
};
use domain::key_input::SecretInput;
use std::{fs, io::Read, sync::mpsc, thread, time::Duration};
use vault::{Actor, Context, audit::Chain};

const KILLS: u64 = 50;
const PASSWORD: &str = "violet otter crosses 17 bridges";

pub fn add(server: &Server, cookie: &str, label: &str, secret: &str) -> Request {
    server.form("/keys/new", &[("provider", "openai"), ("key", secret), ("label", label), ("act", "save")]).cookie(cookie)
}

/// An account that may hold any number of keys, and its cookie.
pub fn person(server: &Server, email: &str) -> String {
    let made = server.at.run_with_input(&["user", "add", email, "--role", "user", "--password-stdin"], &format!("{PASSWORD}\n"));
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert!(server.at.run(&["user", "set-tier", email, "enterprise"]).status.success());
    let answer = server.form("/sign-in", &[("email", email), ("password", PASSWORD)]).send();
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer.cookie()
}

/// Sends the request and tells whether the whole head of an answer that says "done" came back.
pub fn acknowledged(request: &Request) -> bool {
    let mut head = Vec::new();
    let Ok(mut stream) = request.try_open() else { return false };
    let _ = stream.read_to_end(&mut head);
    head.starts_with(b"HTTP/1.1 303") && head.windows(4).any(|end| end == b"\r\n\r\n")
}

/// Fault this was seen to catch: answering before the unit of work was committed loses keys within a few rounds.
#[test]
fn of_fifty_kills_none_loses_an_acknowledged_key() {
    let provider = Provider::start();
    let mut server = Installation::with(&provider.settings()).serve();
    let mut journal: Vec<(String, String, String)> = Vec::new();
    for round in 0..KILLS {
        let email = format!("p{round}@example.com");
        let cookie = person(&server, &email);
        let (told, acks) = mpsc::channel();
        thread::scope(|scope| {
            for client in 0..4 {
                let (told, server, cookie) = (told.clone(), &server, &cookie);
                scope.spawn(move || {
                    for n in 0..7 {
                        let (label, secret) = (format!("{client}-{n}"), format!("sk-kill-{round:04}-{client}-{n}-0123456789abcdef"));
                        if !acknowledged(&add(server, cookie, &label, &secret)) {
                            break;
                        }
                        told.send((label, secret)).unwrap();
                    }
                });
            }
            thread::sleep(Duration::from_millis(2 + (round * 7) % 60));
            server.kill();
        });
        drop(told);
        journal.extend(acks.iter().map(|(label, secret)| (email.clone(), label, secret)));
        server = server.restart();
    }
    assert!(journal.len() > 100, "only {} keys were acknowledged", journal.len());
    let at = server.stop();
    check(&vault_settings(at.data(), &provider), at.data(), &journal);
    for (_, _, secret) in &journal {
        assert!(provider.requests().iter().any(|request| request.contains(secret.as_str())), "a key opened to something else");
    }
}

pub fn vault_settings(data: &std::path::Path, provider: &Provider) -> vault::Settings {
    let [(_, catalogue), (_, allowed)] = provider.settings();
    vault::Settings {
        database: vault::Database::Sqlite(data.join("keyward.db")),
        catalogue: Some(catalogue.into()),
        allow_endpoints: vec![allowed.to_owned()],
        own_addresses: Vec::new(),
        default_tier: domain::person::Tier::Starter,
        byok_tiers: vec![domain::person::Tier::Enterprise],
        tier_limits: std::collections::BTreeMap::new(),
        identity: None,
        session_idle: Duration::from_secs(1_800),
        session_max: Duration::from_secs(43_200),
        audit: vault::AuditSettings::default(),
        root_key_source: "file",
        fallbacks: vault::Fallbacks::default(),
    }
}

/// Opens every acknowledged key by testing it, each a minute after the last, so that no limit applies.
pub fn check(settings: &vault::Settings, data: &std::path::Path, journal: &[(String, String, String)]) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let root = vault::root_key::RootKey::read_file(&data.join("root.key")).unwrap();
        let vault = vault::start::open(settings, &[root]).await.unwrap();
        let mut cx = Context::new(Actor::Nobody, None);
        let mut who = String::new();
        let mut keys = Vec::new();
        for (email, label, _) in journal {
            cx.now = cx.now + Duration::from_secs(61);
            if who != *email {
                let session = vault.sign_in(&cx, email, &SecretInput::new(PASSWORD.into()), None).await.unwrap();
                cx = cx.with_actor(Actor::Person(session.identity));
                keys = vault.keys_page(&cx).await.unwrap().keys;
                who.clone_from(email);
            }
            let key = keys.iter().find(|key| key.label.as_deref() == Some(label)).unwrap_or_else(|| panic!("{email} {label} is lost"));
            assert_eq!(vault.test_key(&cx, key.id).await.unwrap().verdict, domain::Verdict::Valid);
        }
        assert!(matches!(vault.verify_audit(&Context::system()).await.unwrap(), Chain::Intact(_)));
        vault.close().await;
    });
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
