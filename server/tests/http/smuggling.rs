//! Requests whose end two programs could see in different places, and others that no well-made client sends (RFC 9112, section 11.2).

use crate::harness::Server;
use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    time::Duration,
};

/// Sends the bytes; gives back everything that was answered until the server closed or fell silent, and whether it closed.
fn exchange(server: &Server, bytes: &[u8]) -> (String, bool) {
    let mut stream = TcpStream::connect(server.at.origin().trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(700))).unwrap();
    // The server may close before it has read everything.
    let _ = stream.write_all(bytes);
    let mut all = Vec::new();
    let closed = match stream.read_to_end(&mut all) {
        Ok(_) => true,
        Err(error) => !matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut),
    };
    let _ = stream.shutdown(Shutdown::Both);
    (String::from_utf8_lossy(&all).into_owned(), closed)
}

fn statuses(answered: &str) -> Vec<u16> {
    answered.split("HTTP/1.1 ").skip(1).map(|rest| rest[..3].parse().unwrap()).collect()
}

const HIDDEN: &str = "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Hidden: 1\r\n\r\n";

#[test]
fn a_request_with_two_ends_is_refused_and_the_connection_closed() {
    let server = Server::new();
    for (what, head) in [
        ("both lengths", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
        ("both lengths, the other way round", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
        ("two different lengths", "Content-Length: 5\r\nContent-Length: 6\r\n"),
        ("a list of lengths", "Content-Length: 5, 6\r\n"),
        ("a signed length", "Content-Length: +5\r\n"),
        ("a negative length", "Content-Length: -5\r\n"),
        ("a hexadecimal length", "Content-Length: 0x5\r\n"),
        ("a length beyond numbers", "Content-Length: 99999999999999999999\r\n"),
        ("a coding that does not end", "Transfer-Encoding: identity\r\n"),
        ("a coding after the last", "Transfer-Encoding: chunked, identity\r\n"),
        ("a coding twice", "Transfer-Encoding: xchunked\r\n"),
        ("a space before the colon", "Content-Length : 5\r\n"),
        ("a name with a control character", "Content\u{b}-Length: 5\r\n"),
        ("a line that goes on in the next", "X-A: 1\r\n Content-Length: 5\r\n"),
        ("a value with a line feed", "X-A: 1\nContent-Length: 5\r\n\0: x\r\n"),
        ("a value with a zero", "X-A: \0\r\n"),
    ] {
        let bytes = format!("POST /sign-in HTTP/1.1\r\nHost: x\r\n{head}\r\n0\r\n\r\n{HIDDEN}");
        let (answered, closed) = exchange(&server, bytes.as_bytes());
        let statuses = statuses(&answered);
        assert!(statuses.len() <= 1 && closed, "{what}: {statuses:?} {closed}");
        assert!(statuses.first().is_none_or(|status| (400..500).contains(status) || *status == 501), "{what}: {statuses:?}");
    }
}

#[test]
fn a_chunk_that_is_none_ends_the_connection() {
    let server = Server::new();
    for chunk in ["zz\r\nhello\r\n", "-1\r\nhello\r\n", "5\r\nhelloworld\r\n", "ffffffffffffffffff\r\n", "5\rhello\r\n"] {
        let head =
            "POST /sign-in HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\n";
        let bytes = format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunk}0\r\n\r\n{HIDDEN}");
        let (answered, closed) = exchange(&server, bytes.as_bytes());
        assert!(statuses(&answered).len() <= 1 && closed, "{chunk:?}: {answered}");
        assert!(statuses(&answered).first().is_none_or(|status| (400..500).contains(status)), "{chunk:?}: {answered}");
    }
}

/// Fault this was seen to catch: a target without a path got into the router, which panicked over it.
#[test]
fn what_is_no_request_is_refused() {
    let server = Server::new();
    for line in [
        "GET /healthz",
        "GET  /healthz HTTP/1.1",
        "GET /healthz HTTP/1.1 x",
        "GET /healthz HTTP/9.9",
        "GET /healthz http/1.1",
        "GET /health\0z HTTP/1.1",
        "GET healthz HTTP/1.1",
        "GET x:80 HTTP/1.1",
        "G\u{e4}T /healthz HTTP/1.1",
        "\u{16}\u{3}\u{1}",
        "PRI * HTTP/2.0",
    ] {
        let (answered, closed) = exchange(&server, format!("{line}\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes());
        assert!(statuses(&answered).iter().all(|status| (400..500).contains(status) || *status == 505) && closed, "{line:?}: {answered}");
    }
    let long = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(70_000));
    let (answered, _) = exchange(&server, long.as_bytes());
    assert!(statuses(&answered).iter().all(|status| [414, 431].contains(status)), "{answered}");
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn two_requests_in_a_row_are_two_answers() {
    let server = Server::new();
    let bytes = format!(
        "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc{HIDDEN}GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    );
    assert_eq!(statuses(&exchange(&server, bytes.as_bytes()).0), [403, 200, 200]);
}
