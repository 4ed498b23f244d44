//! Cloudflare, GitHub, Namecheap and Stripe on loopback: each speaks the shapes that it publishes, takes every secret but those that say
//! `revoked`, and limits those that say `limited`. They remember every request.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};
use tempfile::NamedTempFile;

pub struct Services {
    pub url: String,
    catalogue: NamedTempFile,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Services {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let request = read(&mut stream);
                let (status, headers, body) = answer(&request);
                log.lock().unwrap().push(request);
                let length = body.len();
                let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n");
                let _ = stream.write_all((head + &body).as_bytes());
            }
        });
        let catalogue = NamedTempFile::new().unwrap();
        for (id, path) in [("cloudflare", "/cf"), ("github", "/gh"), ("namecheap", "/nc"), ("stripe", "/st")] {
            writeln!(&catalogue, "[services.{id}]\nbase_url = \"{url}{path}\"").unwrap();
        }
        Self { url, catalogue, seen }
    }
    /// The settings of a server that finds the services here.
    pub fn settings(&self) -> [(&str, &str); 2] {
        [("KEYWARD_CATALOGUE", self.catalogue.path().to_str().unwrap()), ("KEYWARD_ALLOW_ENDPOINTS", &self.url)]
    }
    pub fn requests(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

fn read(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&request).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
            if body.len() >= length {
                break;
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(n) => request.extend_from_slice(&buffer[..n]),
        }
    }
    String::from_utf8_lossy(&request).into_owned()
}

/// The secret as the request carries it; HTTP Basic is read, too.
fn secret(request: &str) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let line = request.lines().find_map(|line| line.strip_prefix("authorization: ")).unwrap_or_default();
    match line.strip_prefix("Basic ") {
        Some(encoded) => String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap(),
        None => line.to_owned() + request.split("\r\n\r\n").nth(1).unwrap_or_default(),
    }
}

fn answer(request: &str) -> (&'static str, &'static str, String) {
    let path = request.split(' ').nth(1).unwrap_or_default();
    let secret = secret(request);
    let (revoked, limited) = (secret.contains("revoked"), secret.contains("limited"));
    let json = "Content-Type: application/json\r\n";
    match path {
        _ if path.starts_with("/cf") && limited => {
            let body = r#"{"success":false,"errors":[{"code":10429,"message":"More than 1200 requests per 300 seconds"}],"messages":[],"result":null}"#;
            ("429 Too Many Requests", "Retry-After: 30\r\n", body.to_owned())
        }
        _ if path.starts_with("/cf") && revoked => {
            let body = r#"{"success":false,"errors":[{"code":1000,"message":"Invalid API Token"}],"messages":[],"result":null}"#;
            ("401 Unauthorized", json, body.to_owned())
        }
        "/cf/user/tokens/verify" => {
            let body = r#"{"success":true,"errors":[],"messages":[{"code":10000,"message":"This API Token is valid and active"}],"result":{"id":"ed17574386854bf78a67040be0a770b0","status":"active"}}"#;
            ("200 OK", json, body.to_owned())
        }
        "/cf/user/tokens/ed17574386854bf78a67040be0a770b0" => {
            let body = r#"{"success":true,"errors":[],"messages":[],"result":{"policies":[{"effect":"allow","permission_groups":[{"name":"DNS Write"}]}]}}"#;
            ("200 OK", json, body.to_owned())
        }
        "/gh/user" if revoked => {
            ("401 Unauthorized", json, r#"{"message":"Bad credentials","documentation_url":"https://docs.github.com/rest"}"#.to_owned())
        }
        "/gh/user" if limited => ("403 Forbidden", "X-RateLimit-Remaining: 0\r\n", r#"{"message":"API rate limit exceeded"}"#.to_owned()),
        "/gh/user" => ("200 OK", "X-OAuth-Scopes: repo, read:org\r\n", r#"{"login":"octocat","id":1}"#.to_owned()),
        "/nc/xml.response" if revoked => {
            let body = r#"<?xml version="1.0"?><ApiResponse Status="ERROR" xmlns="http://api.namecheap.com/xml.response"><Errors><Error Number="1011150">Invalid request IP: 198.51.100.4</Error></Errors></ApiResponse>"#;
            ("200 OK", "Content-Type: text/xml\r\n", body.to_owned())
        }
        "/nc/xml.response" => {
            let body = r#"<?xml version="1.0"?><ApiResponse Status="OK" xmlns="http://api.namecheap.com/xml.response"><Errors /><CommandResponse Type="namecheap.users.getBalances"><UserGetBalancesResult Currency="USD" AvailableBalance="1.00" /></CommandResponse></ApiResponse>"#;
            ("200 OK", "Content-Type: text/xml\r\n", body.to_owned())
        }
        "/st/v1/balance" if revoked => (
            "401 Unauthorized",
            json,
            r#"{"error":{"type":"invalid_request_error","message":"Invalid API Key provided: sk_live_***"}}"#.to_owned(),
        ),
        "/st/v1/balance" => ("200 OK", json, r#"{"object":"balance","available":[],"livemode":true,"pending":[]}"#.to_owned()),
        _ => ("404 Not Found", json, "{}".to_owned()),
    }
}
