use crate::harness::Server;
use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

#[test]
fn a_body_over_256_kib_is_refused_after_it_was_read() {
    let server = Server::new();
    for size in [256 * 1024 + 1, 1024 * 1024] {
        let request = server.request("POST", "/sign-in").header("Sec-Fetch-Site", "same-origin");
        let answer = request.body("application/x-www-form-urlencoded", vec![b'a'; size]).send();
        assert_eq!((answer.status, answer.code().as_str()), (413, "too_large"), "{size}");
    }
}

#[test]
fn a_body_of_256_kib_is_read() {
    let server = Server::new();
    let mut body = b"email=".to_vec();
    body.resize(256 * 1024, b'a');
    let answer =
        server.request("POST", "/sign-in").header("Sec-Fetch-Site", "same-origin").body("application/x-www-form-urlencoded", body).send();
    assert_ne!(answer.status, 413);
    assert!(answer.status < 500, "{}", answer.status);
}

#[test]
fn what_is_no_form_is_refused() {
    let server = Server::new();
    for kind in ["text/plain", "application/json", "multipart/form-data; boundary=x", ""] {
        let answer = server.request("POST", "/sign-in").header("Sec-Fetch-Site", "same-origin").body(kind, "email=a&password=b").send();
        assert_eq!(answer.status, 400, "{kind}");
    }
    for (body, status) in [("email=a&email=b", 400), ("email=%ff", 400), ("email=a&role=admin", 422)] {
        let answer = server
            .request("POST", "/sign-in")
            .header("Sec-Fetch-Site", "same-origin")
            .body("application/x-www-form-urlencoded", body)
            .send();
        assert_eq!(answer.status, status, "{body}");
    }
}

#[test]
fn a_client_that_dribbles_its_head_is_cut_off() {
    let server = Server::new();
    let mut stream = TcpStream::connect(server.at.origin().trim_start_matches("http://")).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-A: ").unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
    let begun = Instant::now();
    let mut rest = Vec::new();
    // Closed or reset; a time-out of the read would be an error of another kind.
    let outcome = stream.read_to_end(&mut rest);
    assert!(outcome.is_ok() || outcome.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset));
    assert!(begun.elapsed() < Duration::from_secs(12), "{:?}", begun.elapsed());
}
