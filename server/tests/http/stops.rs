//! Restarts that nobody notices.

use crate::harness::Server;
use std::{
    io::Read,
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

/// A whole answer with this status came back.
fn answered(server: &Server, cookie: &str, path: &str, status: &str) -> bool {
    let mut answer = Vec::new();
    let Ok(mut stream) = server.request("GET", path).cookie(cookie).try_open() else { return false };
    stream.read_to_end(&mut answer).is_ok() && answer.starts_with(format!("HTTP/1.1 {status}").as_bytes())
}

/// Four clients behind a balancer that asks for readiness every few milliseconds. Fault this was seen to catch: a server that closes its
/// listener in the moment in which readiness turns false.
#[test]
fn ten_restarts_under_load_fail_no_request_and_end_no_session() {
    const RESTARTS: u32 = 10;
    let mut server = Server::new();
    let cookie = server.admin();
    let (sent, failed) = (AtomicU32::new(0), AtomicU32::new(0));
    for _ in 0..RESTARTS {
        let (ready, over) = (AtomicBool::new(true), AtomicBool::new(false));
        thread::scope(|scope| {
            for client in 0..4 {
                let (server, cookie, ready, over, sent, failed) = (&server, &cookie, &ready, &over, &sent, &failed);
                scope.spawn(move || {
                    while !over.load(Ordering::Relaxed) {
                        if ready.load(Ordering::Relaxed) {
                            sent.fetch_add(1, Ordering::Relaxed);
                            let path = if client % 2 == 0 { "/keys" } else { "/account" };
                            failed.fetch_add(u32::from(!answered(server, cookie, path, "200")), Ordering::Relaxed);
                        } else {
                            thread::sleep(Duration::from_millis(2));
                        }
                    }
                });
            }
            thread::sleep(Duration::from_millis(150));
            let begun = Instant::now();
            server.signal("TERM");
            // The balancer.
            while answered(&server, &cookie, "/readyz", "200") {
                thread::sleep(Duration::from_millis(5));
            }
            ready.store(false, Ordering::Relaxed);
            assert!(begun.elapsed() < Duration::from_secs(10));
            thread::sleep(Duration::from_millis(300));
            over.store(true, Ordering::Relaxed);
        });
        assert!(server.wait().success());
        server = server.restart();
        assert_eq!(server.request("GET", "/keys").cookie(&cookie).send().status, 200, "the session is still good");
    }
    let (sent, failed) = (sent.into_inner(), failed.into_inner());
    assert!(sent > 50, "only {sent} requests");
    assert_eq!(failed, 0, "of {sent}");
}
