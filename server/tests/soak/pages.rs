//! Pages of an installation with a hundred thousand keys and a million audit events.

use crate::{harness::Installation, world};
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    time::{Duration, Instant},
};

const PEOPLE: u32 = 1_000;
const KEYS_EACH: u32 = 100;
const EVENTS: u32 = 1_000_000;
/// 95 of 100 requests are answered within this.
const WITHIN: Duration = Duration::from_millis(300);
/// What all of them may add to the resident memory, in bytes.
const GROWTH: u64 = 30 << 20;

/// Rows as the program writes them, but for secrets that nobody can open and hashes that do not hold.
fn fill() -> String {
    format!(
        "pragma synchronous = off;
         with recursive n(i) as (select 1 union all select i + 1 from n where i < {PEOPLE})
         insert into accounts select randomblob(16), 'p' || i || '@example.com', null, 'user', 'enterprise', null, i, i from n;
         with recursive n(i) as (select 1 union all select i + 1 from n where i <= {KEYS_EACH})
         insert into provider_keys (id, tenant_id, owner_id, provider, label, endpoint_origin, enabled, is_default, secret, data_key_id,
             secret_version, hint, fingerprint, tested_at, verdict, revision, created_at, updated_at)
         select randomblob(16), zeroblob(16), a.id, 'openai', 'k' || i, 'https://api.openai.com:443', 1, i = 1, randomblob(150), 1, 1,
             'sk-\u{2026}1a2b', randomblob(8), 1, 'valid', 1, i, i from accounts a, n;
         create temp table people (n integer primary key, id);
         insert into people (id) select id from accounts;
         create temp table keys (n integer primary key, id);
         insert into keys (id) select id from provider_keys;
         with recursive n(i) as (select 1 union all select i + 1 from n where i < {EVENTS})
         insert into audit_events (seq, at, actor_kind, actor_id, request_id, action, object_kind, object_id, outcome, details, hash)
         select (select max(seq) from audit_events) + i, i * 60000000, 'person', (select id from people where n = 1 + i % {PEOPLE}), randomblob(16),
             case i % 3 when 0 then 'key.add' when 1 then 'key.test' else 'key.replace' end, 'key',
             (select id from keys where n = 1 + i % 100000), case i % 50 when 0 then 'failed' else 'success' end, '{{}}', randomblob(32) from n;
         analyze"
    )
}

#[test]
fn pages_of_a_large_installation_are_as_quick_as_those_of_a_small_one() {
    let metrics = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let server = Installation::with(&[("KEYWARD_METRICS_LISTEN", &metrics)]).serve();
    let cookie = server.admin();
    let at = server.stop();
    world::sqlite(&at, &fill());
    let server = at.serve();
    let pages = [
        "/keys",
        "/settings",
        "/settings/users",
        "/settings/users?search=%25%25%25%25%25",
        "/settings/users?search=p999",
        "/settings/audit",
        "/settings/audit?action=key.test",
        "/settings/audit?outcome=failed",
        "/settings/audit?actor=p500%40example.com",
        "/settings/audit?before=500000",
        "/settings/vault",
        "/api/v1/byok/keys",
        "/api/v1/audit",
        "/api/v1/users",
    ];
    for page in pages {
        assert_eq!(server.request("GET", page).cookie(&cookie).send().status, 200, "{page}: {}", server.at.log());
    }
    let before = server.resident();
    let mut slow = Vec::new();
    for page in pages {
        let mut took: Vec<_> = (0..100)
            .map(|_| {
                let begun = Instant::now();
                assert_eq!(server.request("GET", page).cookie(&cookie).send().status, 200);
                begun.elapsed()
            })
            .collect();
        took.sort();
        println!("{page}: median {:?}, 95 of 100 within {:?}", took[50], took[94]);
        if took[94] > WITHIN {
            slow.push(page);
        }
    }
    let grown = server.resident().saturating_sub(before);
    println!("{} keys, {EVENTS} events; memory grew by {} MiB", (PEOPLE + 1) * (KEYS_EACH + 1), grown >> 20);
    let mut numbers = String::new();
    let mut stream = TcpStream::connect(metrics).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    stream.read_to_string(&mut numbers).unwrap();
    assert!(numbers.contains("\nkeyward_secrets_opened_total 0"), "a list opens nothing");
    assert!(slow.is_empty(), "{slow:?}");
    assert!(grown < GROWTH, "{grown} bytes");
}
