use crate::{
    harness::{Installation, Server, free_port},
    provider::Provider,
};
use std::{
    fs::File,
    io::{Read, Write},
    net::TcpStream,
    process::Command,
    thread,
    time::{Duration, Instant},
};

fn ask(port: u16, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn value(text: &str, begin: &str) -> f64 {
    let line = text.lines().find(|line| line.starts_with(begin)).unwrap_or_else(|| panic!("{begin} in {text}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn what_happened_is_told_in_numbers_on_an_address_of_its_own() {
    let port = free_port();
    let listen = format!("127.0.0.1:{port}");
    let provider = Provider::start();
    let settings: Vec<_> = provider.settings().into_iter().chain([("KEYWARD_METRICS_LISTEN", listen.as_str())]).collect();
    let server = Installation::with(&settings).serve();
    let cookie = server.admin();
    let key = serde_json::json!({"provider": "openai", "key": "sk-canary-0123456789abcdef", "label": "canary-label"});
    let id = server.api("POST", "/api/v1/byok/keys/add", Some(&cookie)).json(&key).send().json()["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/byok/keys/test/{id}");
    assert_eq!(server.api("POST", &path, Some(&cookie)).send().status, 200);
    assert_eq!(server.get("/canary-path").status, 404);

    let text = ask(port, "/metrics");
    assert!(text.starts_with("HTTP/1.1 200") && text.contains("text/plain; version=0.0.4"), "{text}");
    assert_eq!(value(&text, "keyward_http_requests_total{method=\"POST\",route=\"/api/v1/byok/keys/add\",status=\"200\"}"), 1.0);
    assert!(value(&text, "keyward_http_requests_total{method=\"GET\",route=\"none\",status=\"404\"}") >= 1.0);
    assert_eq!(value(&text, "keyward_secrets_opened_total"), 1.0);
    assert_eq!(value(&text, "keyward_egress_requests_total{outcome=\"answered\"}"), 1.0);
    assert_eq!((value(&text, "keyward_sessions"), value(&text, "keyward_database_up")), (1.0, 1.0));
    assert!(value(&text, "keyward_audit_events") >= 5.0 && value(&text, "keyward_http_answer_time_seconds_count") > 3.0);
    for trace in ["canary", &id, "ann@", "sk-"] {
        assert!(!text.contains(trace), "{trace} in {text}");
    }
    assert!(ask(port, "/").starts_with("HTTP/1.1 404"));
    // The pages' own address tells nothing, and keys cannot be sent to this one.
    assert_eq!(server.get("/metrics").status, 404);
}

/// A second place that blocks for ever, as a pipe that nobody reads does, holds up nobody and is told. Seen red with a file in its place.
#[test]
fn a_second_place_of_the_trail_that_blocks_is_told_and_holds_up_nobody() {
    let port = free_port();
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let listen = format!("127.0.0.1:{port}");
    let settings = [("KEYWARD_METRICS_LISTEN", listen.as_str()), ("KEYWARD_AUDIT_SINK", pipe.to_str().unwrap())];
    let server = Installation::with(&settings).serve();
    let begun = Instant::now();
    let cookie = server.admin();
    let key = serde_json::json!({"provider": "openai", "key": "sk-canary-0123456789abcdef", "label": "One"});
    assert_eq!(server.api("POST", "/api/v1/byok/keys/add", Some(&cookie)).json(&key).send().status, 200);
    while value(&ask(port, "/metrics"), "keyward_audit_checkpoints_stuck") != 1.0 {
        assert!(begun.elapsed() < Duration::from_secs(10), "no alarm");
        thread::sleep(Duration::from_millis(100));
    }
    let begun = Instant::now();
    assert_eq!(server.api("GET", "/api/v1/byok/keys", Some(&cookie)).send().status, 200);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    // Whoever reads the pipe at last frees it.
    let mut reader = File::open(&pipe).unwrap();
    reader.read_exact(&mut [0; 1]).unwrap();
    while value(&ask(port, "/metrics"), "keyward_audit_checkpoints_stuck") != 0.0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "the alarm stays");
        thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn without_the_setting_nobody_listens() {
    let server = Server::new();
    assert_eq!(server.get("/metrics").status, 404);
}
