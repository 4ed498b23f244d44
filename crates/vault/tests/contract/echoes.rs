//! A provider that sends the key back, where programs quote what they were sent: in a redirect, and where an answer is broken.

use crate::{
    ear,
    world::{World, again, secret},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    Verdict::{self, Rejected, Unexpected, Unreachable},
    services::{Metadata, MetadataValue},
};
use vault::credentials::{Candidate, NewCredential, Put, Whose};

/// Answers with a key in them, and what follows from each.
fn echoes(key: &str) -> [(String, Verdict); 11] {
    let redirect = |place: &str| format!("HTTP/1.1 302 Found\r\nlocation: {place}\r\ncontent-length: 0\r\n\r\n");
    [
        (redirect(&format!("https://evil.example/?key={key}")), Unexpected),
        (redirect(&format!("https://{key}@evil.example/")), Unexpected),
        (redirect(&format!("http://[{key}")), Unexpected),
        (format!("HTTP/1.1 401 {key}\r\nx-echo: {key}\r\ncontent-length: {}\r\n\r\n{key}", key.len()), Rejected),
        (format!("{key}\r\n\r\n"), Unreachable),
        (format!("HTTP/1.1 {key}\r\n\r\n"), Unreachable),
        (format!("HTTP/1.1 200 OK\r\n{key}\r\n\r\n"), Unreachable),
        (format!("HTTP/1.1 200 OK\r\nx-echo: {key}\u{1}\r\n\r\n"), Unreachable),
        (format!("HTTP/1.1 200 OK\r\ncontent-length: {key}\r\n\r\n"), Unreachable),
        (format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{key}\r\n"), Unreachable),
        (format!("HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{key}"), Unreachable),
    ]
}

/// Seen red with the headers of an answer in a line of the log, and with the place of a redirect as the reason in an event.
#[tokio::test]
async fn a_key_that_a_provider_sends_back_is_in_no_answer_line_or_event() {
    const KEY: &str = "sk-proj-canary456789abcdefXYZ9";
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let key = world.add(&ann, "openai", KEY, "").await.unwrap();
    for (bytes, expected) in echoes(KEY) {
        world.double.answers_with_bytes(&bytes);
        ear::listen();
        let cx = again(&ann);
        let (stored, tried) = tokio::join!(world.vault.test_key(&cx, key.id), world.vault.test_candidate(&cx, "openai", secret(KEY), ""));
        let heard = ear::heard();
        let (stored, tried) = (stored.unwrap(), tried.unwrap());
        assert_eq!((stored.verdict, tried.verdict), (expected, expected), "{bytes:?}");
        let shown = world.vault.keys_page(&ann).await.unwrap();
        let told = format!("{stored:?} {} {tried:?} {} {shown:?} {heard}", stored.message(), tried.message());
        assert!(!told.contains("canary"), "{bytes:?}: {told}");
        world.execute("delete from limit_hits").await;
    }
    let seen = world.double.seen.lock().unwrap().clone();
    assert_eq!(seen.iter().filter(|request| request.contains(KEY)).count(), 2 * echoes(KEY).len(), "it was there");
    assert!(!world.holds(b"canary").await);
    let events = "select count(*) from audit_events where action in ('key.test.result', 'key.test_candidate.result')";
    assert_eq!(world.count(events).await, 2 * 11);
}

/// Seen red with the headers of an answer in a line of the log.
#[tokio::test]
async fn a_credential_that_a_service_sends_back_is_in_no_answer_line_or_event() {
    const SECRET: &str = "canary0123456789abcdef0123456789";
    let world = World::on(super::BACKEND).await;
    let root = world.admin("root@example.com").await;
    let text = |name: &str, value: &str| (name.to_owned(), MetadataValue::Text(value.to_owned()));
    let of_namecheap = Metadata([text("api_username", "ann"), text("client_ip", "203.0.113.7")].into());
    // Stripe gets it as the user of basic authentication.
    let sent = STANDARD.encode(format!("{SECRET}:"));
    let kinds = [
        ("cloudflare", "api_token", SECRET),
        ("github", "api_token", SECRET),
        ("stripe", "secret_key", &sent),
        ("namecheap", "api_key", SECRET),
    ];
    for (service, kind, form) in kinds {
        let metadata = Some(of_namecheap.clone()).filter(|_| service == "namecheap");
        let (id, value) = (service.to_owned(), secret(SECRET));
        let new = NewCredential { service: id, credential_type: kind.into(), value, metadata, ..NewCredential::default() };
        world.vault.put_credential(&again(&root), Whose::Installation, new, Put::Either).await.unwrap();
        // An unreachable service takes its time, so of the broken answers two are enough here.
        for (bytes, _) in echoes(form).into_iter().take(6) {
            world.double.answers_with_bytes(&bytes);
            ear::listen();
            let (cx, candidate) = (again(&root), Candidate { value: secret(SECRET), metadata: None });
            let test = |candidate| world.vault.test_credential(&cx, Whose::Installation, service, Some(kind), candidate);
            let (stored, tried) = tokio::join!(test(None), test(Some(candidate)));
            let heard = ear::heard();
            let (stored, tried) = (stored.unwrap(), tried.unwrap());
            assert_eq!(stored.verdict, tried.verdict, "{service}: {bytes:?}");
            assert!(matches!(stored.verdict, Unexpected | Rejected | Unreachable), "{service}: {bytes:?}");
            let shown = world.vault.credentials(&root, Whose::Installation).await.unwrap();
            let told = format!("{stored:?} {} {tried:?} {} {shown:?} {heard}", stored.message(), tried.message());
            assert!(!told.contains("canary") && !told.contains(&sent), "{service}: {bytes:?}: {told}");
            world.execute("delete from limit_hits").await;
        }
        let seen = world.double.seen.lock().unwrap().clone();
        assert!(seen.iter().rev().take(12).all(|request| request.contains(form)), "it was there");
    }
    assert!(!world.holds(b"canary").await && !world.holds(sent.as_bytes()).await);
}
