use crate::harness::{EMAIL, PASSWORD, Server};
use std::{
    io::{BufRead, BufReader},
    net::TcpStream,
    time::{Duration, Instant},
};

/// Lines until one has `needle`, or the stream ends.
pub fn wait_for(lines: &mut BufReader<TcpStream>, needle: &str) -> bool {
    let mut line = String::new();
    while lines.read_line(&mut line).is_ok_and(|read| read > 0) {
        if line.contains(needle) {
            return true;
        }
        line.clear();
    }
    false
}

#[test]
fn a_stranger_gets_none() {
    let server = Server::new();
    let answer = server.get("/events");
    assert_eq!((answer.status, answer.code().as_str()), (401, "not_authenticated"));
}

#[test]
fn a_change_of_a_key_is_told_to_its_owner() {
    let server = Server::new();
    let cookie = server.admin();
    let mut lines = BufReader::new(server.request("GET", "/events").cookie(&cookie).open());
    assert!(wait_for(&mut lines, ": open"));
    let fields = [("provider", "openai"), ("key", "sk-events-0123456789abcdef"), ("label", "CI")];
    let added = server.form("/keys/new", &fields).cookie(&cookie).send();
    assert!(added.header("location").is_some_and(|page| page.starts_with("/keys?done=added#key-")), "{}", added.text());
    assert!(wait_for(&mut lines, "event: key.changed"));
}

#[test]
fn the_stream_ends_with_the_session() {
    let server = Server::new();
    server.admin();
    let arguments = ["user", "add", "bob@example.com", "--role", "user", "--password-stdin"];
    assert!(server.at.run_with_input(&arguments, PASSWORD).status.success());
    let cookie = server.form("/sign-in", &[("email", "bob@example.com"), ("password", PASSWORD)]).send().cookie();
    let mut lines = BufReader::new(server.request("GET", "/events").cookie(&cookie).open());
    assert!(wait_for(&mut lines, ": open"));
    assert!(server.at.run(&["user", "disable", "bob@example.com"]).status.success());
    let begun = Instant::now();
    assert!(!wait_for(&mut lines, "event:"), "the stream ends and says nothing more");
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
}

#[test]
fn a_session_has_eight_streams_at_most() {
    let server = Server::new();
    let cookie = server.admin();
    let open = || {
        let mut lines = BufReader::new(server.request("GET", "/events").cookie(&cookie).open());
        assert!(wait_for(&mut lines, ": open"));
        lines
    };
    let mut streams: Vec<_> = (0..8).map(|_| open()).collect();
    let ninth = server.request("GET", "/events").cookie(&cookie);
    let mut line = String::new();
    BufReader::new(ninth.open()).read_line(&mut line).unwrap();
    assert_eq!(line, "HTTP/1.1 429 Too Many Requests\r\n");
    let answer = ninth.send();
    assert_eq!((answer.code().as_str(), answer.header("retry-after")), ("too_many", Some("30")));
    // Another session of the same person has streams of its own.
    let other = server.form("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).send().cookie();
    let mut lines = BufReader::new(server.request("GET", "/events").cookie(&other).open());
    assert!(wait_for(&mut lines, ": open"));
    streams.pop();
    let begun = Instant::now();
    loop {
        let mut lines = BufReader::new(server.request("GET", "/events").cookie(&cookie).open());
        if wait_for(&mut lines, ": open") {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(5), "a stream that was closed still counts");
    }
}
