//! What one client can hold of the server.

use crate::{
    api::add,
    harness::{Installation, Server},
};
use serde_json::json;
use socket2::{Domain, Socket, Type};
use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::Command,
    thread,
    time::{Duration, Instant},
};

fn address(server: &Server) -> SocketAddr {
    server.at.origin().trim_start_matches("http://").parse().unwrap()
}

/// A connection that comes from `127.0.0.LAST`.
fn connect_from(server: &Server, last: u8) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, last], 0)).into()).unwrap();
    socket.connect(&address(server).into()).unwrap();
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
    stream
}

/// Whether the server closed it, after at most the read time-out.
fn is_closed(stream: &mut TcpStream) -> bool {
    match stream.read(&mut [0; 1]) {
        Ok(read) => read == 0,
        Err(error) => error.kind() == ErrorKind::ConnectionReset,
    }
}

fn first_line(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).lines().next().unwrap_or_default().to_owned()
}

#[test]
fn a_client_that_says_nothing_is_cut_off() {
    let server = Server::new();
    let begun = Instant::now();
    assert!(is_closed(&mut connect_from(&server, 1)));
    assert!(begun.elapsed() < Duration::from_secs(12), "{:?}", begun.elapsed());
}

#[test]
fn one_client_cannot_take_every_connection() {
    let server = Server::new();
    let mut all: Vec<_> = (0..1100).map(|_| connect_from(&server, 2)).collect();
    let mut other = connect_from(&server, 3);
    let begun = Instant::now();
    other.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    assert_eq!(first_line(&mut other), "HTTP/1.1 200 OK");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let mut open = 0;
    for stream in &mut all {
        stream.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
        open += usize::from(!is_closed(stream));
    }
    assert!((1..=256).contains(&open), "{open} connections of one client are open");
}

#[test]
fn every_connection_taken_by_silent_clients_is_free_again_soon() {
    let server = Server::new();
    let all: Vec<_> = (0..1100_u32).map(|n| connect_from(&server, u8::try_from(10 + n / 220).unwrap())).collect();
    let begun = Instant::now();
    assert_eq!(server.get("/healthz").status, 200);
    assert!(begun.elapsed() < Duration::from_secs(13), "{:?}", begun.elapsed());
    drop(all);
}

/// Seen red with an accept loop that ends when it cannot accept, and where the system held only 128 connections for it.
#[test]
fn without_file_descriptors_it_stays_alive_and_heals() {
    let server = Server::new();
    let cookie = server.admin();
    let limited = Command::new("prlimit").args(["--pid", &server.pid().to_string(), "--nofile=64:64"]).status().unwrap();
    assert!(limited.success());
    let mut all: Vec<_> = (0..200).map(|_| connect_from(&server, 1)).collect();
    // Whoever is connected is answered, if only with what there is no descriptor for.
    let ask = format!("GET /api/v1/byok/keys HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: {cookie}\r\n\r\n");
    all[0].write_all(ask.as_bytes()).unwrap();
    let line = first_line(&mut all[0]);
    assert!(["HTTP/1.1 200 OK", "HTTP/1.1 503 Service Unavailable"].contains(&line.as_str()), "{line:?}");
    drop(all);
    let begun = Instant::now();
    assert_eq!(server.get("/readyz").status, 200);
    add(&server, &cookie, &json!({"provider": "openai", "key": "sk-canary-0123456789abcdef", "label": "One"}));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn a_head_over_32_kib_is_refused_and_not_kept() {
    let server = Server::new();
    let before = server.resident();
    let head = format!("GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: {}", "a".repeat(400 * 1024));
    let mut all: Vec<_> = (0..200).map(|_| connect_from(&server, 4)).collect();
    for stream in &mut all {
        // The server may close before it has read everything.
        let _ = stream.write_all(head.as_bytes());
    }
    assert!(first_line(&mut all[199]).starts_with("HTTP/1.1 431"));
    let grown = server.resident().saturating_sub(before);
    assert!(grown < 24 << 20, "{grown} bytes more");
    let fits = server.request("GET", "/healthz").header("X-A", &"a".repeat(24 * 1024)).send();
    assert_eq!(fits.status, 200);
}

/// Seen red with handlers that end with their connection.
#[test]
fn whoever_hangs_up_stops_nothing_that_was_begun() {
    let provider = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", provider.local_addr().unwrap());
    thread::spawn(move || {
        for stream in provider.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 8192]);
            thread::sleep(Duration::from_millis(800));
            let body = r#"{"object":"list","data":[{"id":"m","object":"model","created":1,"owned_by":"x"}]}"#;
            let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        }
    });
    let catalogue = tempfile::NamedTempFile::new().unwrap();
    write!(&catalogue, "[providers.openai]\nbase_url = \"{url}/v1\"\n").unwrap();
    let settings = [("KEYWARD_CATALOGUE", catalogue.path().to_str().unwrap()), ("KEYWARD_ALLOW_ENDPOINTS", url.as_str())];
    let server = Installation::with(&settings).serve();
    let cookie = server.admin();
    add(&server, &cookie, &json!({"provider": "openai", "key": "sk-proj-0123456789abcdefXYZ9"}));
    let stream = server.api("POST", "/api/v1/byok/keys/test/openai", Some(&cookie)).open();
    thread::sleep(Duration::from_millis(300));
    drop(stream);
    let begun = Instant::now();
    let tested = || server.api("GET", "/api/v1/byok/keys", Some(&cookie)).send().json()[0]["test_status"].clone();
    while tested() != "valid" {
        assert!(begun.elapsed() < Duration::from_secs(10), "the test left no result");
        thread::sleep(Duration::from_millis(50));
    }
}
