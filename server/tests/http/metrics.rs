use crate::{
    harness::{Installation, Server},
    provider::Provider,
};
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
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
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
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

#[test]
fn without_the_setting_nobody_listens() {
    let server = Server::new();
    assert_eq!(server.get("/metrics").status, 404);
}
