//! What is left of secrets in the memory of a server, looked for as root can.

use crate::{
    canary::canary,
    database,
    harness::{Installation, Server},
    provider::Provider,
};
use serde_json::json;
use std::{
    collections::HashSet,
    fs::{self, File},
    io::{Read, Write},
    net::TcpStream,
    os::unix::fs::FileExt,
    thread,
    time::Duration,
};

/// Eight bytes of each secret, as a number.
fn traces(secrets: &[String]) -> HashSet<u64> {
    secrets.iter().map(|secret| u64::from_ne_bytes(secret.as_bytes()[12..20].try_into().unwrap())).collect()
}

/// How many bytes a process can write to, and how many of them begin a trace. `None` where this may not be looked at.
fn search(pid: u32, traces: &HashSet<u64>) -> Option<(usize, usize)> {
    let memory = File::open(format!("/proc/{pid}/mem")).ok()?;
    let (mut seen, mut found) = (0, 0);
    for line in fs::read_to_string(format!("/proc/{pid}/maps")).ok()?.lines() {
        let mut parts = line.split_whitespace();
        let (range, rights) = (parts.next()?, parts.next()?);
        if !rights.starts_with("rw") {
            continue;
        }
        let (from, to) = range.split_once('-')?;
        let [from, to] = [from, to].map(|text| u64::from_str_radix(text, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
        // Some of what is mapped cannot be read.
        if memory.read_exact_at(&mut bytes, from).is_err() {
            continue;
        }
        seen += bytes.len();
        // Most of what is mapped was never touched.
        for page in bytes.chunks(4096).filter(|page| **page != [0; 4096][..page.len()]) {
            found += page.windows(8).filter(|window| traces.contains(&u64::from_ne_bytes((*window).try_into().unwrap()))).count();
        }
    }
    Some((seen, found))
}

fn post(server: &Server, cookie: &str, path: &str, body: &serde_json::Value) -> String {
    database::forget_limits(server);
    let answer = server.api("POST", path, Some(cookie)).json(body).send();
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["id"].as_str().unwrap_or_default().to_owned()
}

/// A connection that stays, after a secret was stored and another was refused over it.
fn kept_open(server: &Server, cookie: &str, secret: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.at.origin().trim_start_matches("http://")).unwrap();
    let body = json!({"provider": "openai", "key": secret, "allow_duplicate": true, "unknown": 1}).to_string();
    let head = "POST /api/v1/byok/keys/add HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/json";
    write!(stream, "{head}\r\nCookie: {cookie}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut answer = [0; 4_096];
    let read = stream.read(&mut answer).unwrap();
    assert!(answer[..read].starts_with(b"HTTP/1.1 422"), "{}", String::from_utf8_lossy(&answer[..read]));
    stream
}

/// Seen red without the layer that scrubs: parts of the last body that was refused were on the stack of the thread that had parsed it.
#[test]
fn two_seconds_after_its_last_use_a_secret_is_not_in_memory() {
    let provider = Provider::start();
    let server = Installation::with(&[&provider.settings()[..], &[("KEYWARD_TIER_LIMITS", "starter=unlimited")]].concat()).serve();
    let cookie = server.admin();
    let secrets: Vec<_> = (0..20).map(|_| canary()).collect();
    for (n, secret) in secrets.iter().enumerate() {
        let new = json!({"provider": "openai", "key": secret, "label": n.to_string()});
        let id = post(&server, &cookie, "/api/v1/byok/keys/add", &new);
        post(&server, &cookie, &format!("/api/v1/byok/keys/test/{id}"), &json!({}));
        post(&server, &cookie, &format!("/api/v1/byok/keys/{id}/replace"), &json!({"key": canary()}));
        post(&server, &cookie, &format!("/api/v1/byok/keys/{id}/replace"), &json!({"key": secret}));
        database::forget_limits(&server);
        let fields = [("provider", "openai"), ("key", secret), ("act", "test")];
        assert_eq!(server.form("/keys/new", &fields).cookie(&cookie).send().status, 200);
        server.api("POST", "/api/v1/byok/keys/add", Some(&cookie)).body("application/json", format!("{{\"key\": \"{secret}\",")).send();
    }
    // Browsers keep their connections. What came over one last is in its buffer until it is closed.
    let open: Vec<_> = secrets.iter().take(5).map(|secret| kept_open(&server, &cookie, secret)).collect();
    assert!(provider.requests().len() > 30);
    drop(open);
    thread::sleep(Duration::from_secs(2));
    let Some((seen, found)) = search(server.pid(), &traces(&secrets)) else {
        println!("NOT RUN: reading the memory of a process that forbids it takes root");
        return;
    };
    assert!(seen > 1 << 20, "only {seen} bytes were searched");
    assert_eq!(found, 0, "in {seen} bytes");
    // The search finds what is there: here, and in a process that does not forbid it, the secrets are.
    let (_, here) = search(std::process::id(), &traces(&secrets)).unwrap();
    assert!(here >= secrets.len());
}
