//! A model provider on loopback: says `valid` in OpenAI's shape, but of one key, and remembers every request.

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
};
use tempfile::NamedTempFile;

const MODELS: &str = r#"{"object":"list","data":[{"id":"m","object":"model","created":1,"owned_by":"x"}]}"#;

/// The key that it does not take.
pub const REVOKED: &str = "sk-revoked-5fQ9xW2mT7vB4nR8";

/// Endings of keys that are answered otherwise.
const OTHERWISE: [(&str, &str, &str); 9] = [
    (REVOKED, "401 Unauthorized", "{}"),
    ("answer-forbidden", "403 Forbidden", "{}"),
    ("answer-payment", "402 Payment Required", "{}"),
    (
        "answer-quota",
        "429 Too Many Requests",
        r#"{"error":{"type":"insufficient_quota","code":"insufficient_quota","message":"x","param":null}}"#,
    ),
    ("answer-limited", "429 Too Many Requests", "{}"),
    ("answer-broken", "500 Internal Server Error", "{}"),
    ("answer-missing", "404 Not Found", "{}"),
    ("answer-portal", "200 OK", "<!doctype html><title>Hotel</title>"),
    ("answer-shapeless", "200 OK", r#"{"ok":true}"#),
];

fn answer_to(request: &str) -> (&'static str, &'static str) {
    let other = OTHERWISE.iter().find(|(ending, ..)| request.contains(&format!("{ending}\r\n")));
    other.map_or(("200 OK", MODELS), |(_, status, body)| (status, body))
}

pub struct Provider {
    pub url: String,
    catalogue: NamedTempFile,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Provider {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut request = Vec::new();
                let mut buffer = [0; 4096];
                while !request.ends_with(b"\r\n\r\n") {
                    match stream.read(&mut buffer) {
                        Ok(0) | Err(_) => break,
                        Ok(n) => request.extend_from_slice(&buffer[..n]),
                    }
                }
                let request = String::from_utf8_lossy(&request).into_owned();
                let (status, body) = answer_to(&request);
                log.lock().unwrap().push(request);
                let head = format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
                let _ = stream.write_all((head + body).as_bytes());
            }
        });
        let catalogue = NamedTempFile::new().unwrap();
        write!(&catalogue, "[providers.openai]\nbase_url = \"{url}/v1\"\n").unwrap();
        Self { url, catalogue, seen }
    }
    /// The newest request.
    #[allow(dead_code, reason = "not every test program asks")]
    pub fn last(&self) -> String {
        self.seen.lock().unwrap().last().cloned().unwrap()
    }
    /// The settings of a server that finds OpenAI here.
    pub fn settings(&self) -> [(&str, &str); 2] {
        [("KEYWARD_CATALOGUE", self.catalogue.path().to_str().unwrap()), ("KEYWARD_ALLOW_ENDPOINTS", &self.url)]
    }
    pub fn requests(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}
