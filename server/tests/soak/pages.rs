//! Pages of an installation with a hundred thousand keys and a million audit events.

use crate::{
    database::{many, sqlite},
    harness::Installation,
};
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

#[test]
fn pages_of_a_large_installation_are_as_quick_as_those_of_a_small_one() {
    let metrics = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let server = Installation::with(&[("KEYWARD_METRICS_LISTEN", &metrics)]).serve();
    let cookie = server.admin();
    let at = server.stop();
    sqlite(&at, &many(PEOPLE, KEYS_EACH, EVENTS));
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
