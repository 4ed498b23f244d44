//! Keys that are added to a server which may end at any moment, and what has to be there of them afterwards.

use crate::{
    harness::{PASSWORD, Request, Server},
    provider::Provider,
};
use domain::key_input::SecretInput;
use std::{io::Read, path::Path, sync::mpsc, thread, time::Duration};
use vault::{Actor, Context, audit::Chain};

/// A key whose owner was told that it is stored: account, label and secret.
pub type Acknowledged = (String, String, String);

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

/// Clients of `adding_until_killed`, and how many keys each adds if it has the time.
const CLIENTS: usize = 4;
const EACH: usize = 7;

fn nth_key(email: &str, round: u64, client: usize, n: usize) -> Acknowledged {
    (email.to_owned(), format!("{client}-{n}"), format!("sk-kill-{round:04}-{client}-{n}-0123456789abcdef"))
}

/// All keys that `adding_until_killed` would add.
pub fn asked(email: &str, round: u64) -> Vec<Acknowledged> {
    (0..CLIENTS).flat_map(|client| (0..EACH).map(move |n| nth_key(email, round, client, n))).collect()
}

/// Clients add keys of one person until the server is killed, after the given time.
pub fn adding_until_killed(server: &Server, (email, cookie): (&str, &str), round: u64, after: Duration) -> Vec<Acknowledged> {
    let (told, acks) = mpsc::channel();
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let told = told.clone();
            scope.spawn(move || {
                for n in 0..EACH {
                    let key = nth_key(email, round, client, n);
                    if !acknowledged(&add(server, cookie, &key.1, &key.2)) {
                        break;
                    }
                    told.send(key).unwrap();
                }
            });
        }
        thread::sleep(after);
        server.kill();
    });
    drop(told);
    acks.into_iter().collect()
}

pub fn vault_settings(data: &Path, provider: &Provider) -> vault::Settings {
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
pub fn check(settings: &vault::Settings, data: &Path, journal: &[Acknowledged]) {
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
