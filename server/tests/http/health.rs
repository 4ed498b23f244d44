use crate::harness::Server;
use std::time::{Duration, Instant};

#[test]
fn a_server_that_is_asked_to_stop_ends_within_ten_seconds() {
    let mut server = Server::new();
    assert_eq!((server.get("/healthz").status, server.get("/readyz").status), (200, 200));
    // An open stream must not hold it.
    let cookie = server.admin();
    let _stream = server.request("GET", "/events").cookie(&cookie).open();
    let begun = Instant::now();
    server.signal("TERM");
    // The signal takes a moment; while readiness is false, requests are still answered.
    while server.get("/readyz").status != 503 {}
    assert_eq!(server.get("/healthz").status, 200);
    assert!(server.wait().success());
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn sessions_outlive_a_restart() {
    let mut server = Server::new();
    let cookie = server.admin();
    server.signal("TERM");
    server.wait();
    let again = server.restart();
    assert_eq!(again.request("GET", "/keys").cookie(&cookie).send().status, 200);
}
