//! A server that is killed under mixed writes: what it acknowledged is there, what it deleted is gone.

use crate::{
    database::{forget_limits, number, open},
    harness::{Installation, PASSWORD, Request, Server},
    power,
    provider::Provider,
    random::Random,
    world::rounds,
};
use domain::key_input::SecretInput;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io::Read,
    process::Stdio,
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};
use vault::{Actor, Context, audit::Chain};

const CLIENTS: usize = 8;
const EACH: usize = 12;

/// What a client knows of one label: the value that was acknowledged last, if any, and what was asked for since without an answer.
#[derive(Clone, Default)]
struct Known {
    value: Option<String>,
    asked: Vec<Option<String>>,
}

/// The whole answer, if all of it came and it says that it was done.
fn done(request: &Request) -> Option<Value> {
    let mut answer = Vec::new();
    request.try_open().ok()?.read_to_end(&mut answer).ok()?;
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
    let length: usize = head.lines().find_map(|line| line.strip_prefix("content-length: "))?.trim().parse().ok()?;
    let whole = head.starts_with("http/1.1 200") && answer.len() == end + length;
    whole.then(|| serde_json::from_slice(&answer[end..]).unwrap())
}

fn sign_in(server: &Server, client: usize) -> Option<String> {
    let email = format!("c{client}@example.com");
    let mut answer = Vec::new();
    let mut stream = server.form("/sign-in", &[("email", email.as_str()), ("password", PASSWORD)]).try_open().ok()?;
    stream.read_to_end(&mut answer).ok()?;
    let head = String::from_utf8_lossy(&answer).into_owned();
    let cookie = head.lines().find_map(|line| line.to_lowercase().starts_with("set-cookie: ").then(|| line[12..].to_owned()))?;
    cookie.split(';').next().map(str::to_owned)
}

fn work(server: &Server, client: usize, cookie: &Mutex<String>, random: &Random, known: &Mutex<BTreeMap<String, Known>>, until: Instant) {
    // Most sessions go on over the kill, some are new.
    if random.below(10) == 0
        && let Some(new) = sign_in(server, client)
    {
        *cookie.lock().unwrap() = new;
    }
    let cookie = cookie.lock().unwrap().clone();
    let call = |method: &str, path: &str| server.api(method, &format!("/api/v1/byok/keys{path}"), Some(&cookie));
    while Instant::now() < until {
        let label = format!("c{client}-{}", random.below(EACH as u64));
        let value = format!("sk-kill-{client}-{:016x}", random.below(u64::MAX));
        let Some(list) = done(&call("GET", "")) else { return };
        let there = list.as_array().unwrap().iter().find(|key| key["label"] == label.as_str());
        let (request, wanted) = match (there.and_then(|key| key["id"].as_str()), random.below(3)) {
            (None, _) => (call("POST", "/add").json(&json!({"provider": "openai", "key": value, "label": label})), Some(value)),
            (Some(id), 0) => (call("DELETE", &format!("/{id}")), None),
            (Some(id), _) => (call("POST", &format!("/{id}/replace")).json(&json!({"key": value})), Some(value)),
        };
        known.lock().unwrap().entry(label.clone()).or_default().asked.push(wanted.clone());
        if done(&request).is_some() {
            known.lock().unwrap().insert(label, Known { value: wanted, asked: Vec::new() });
        }
    }
}

#[test]
fn a_server_killed_under_mixed_writes_loses_nothing_that_it_acknowledged() {
    let random = Random::new("kills");
    let provider = Provider::start();
    let mut server = Installation::with(&provider.settings()).serve();
    for client in 0..CLIENTS {
        let email = format!("c{client}@example.com");
        let made = server.at.run_with_input(&["user", "add", &email, "--role", "user", "--password-stdin"], PASSWORD);
        assert!(made.status.success() && server.at.run(&["user", "set-tier", &email, "enterprise"]).status.success());
    }
    let cookies: Vec<_> = (0..CLIENTS).map(|client| Mutex::new(sign_in(&server, client).expect("everybody can sign in"))).collect();
    let known = Mutex::new(BTreeMap::new());
    let mut slowest = Duration::ZERO;
    for round in 0..rounds() {
        // Neither sign-ins nor writes are what is limited here.
        forget_limits(&server.at);
        let until = Instant::now() + Duration::from_secs(30);
        thread::scope(|scope| {
            for (client, cookie) in cookies.iter().enumerate() {
                let (server, random, known) = (&server, &random, &known);
                scope.spawn(move || work(server, client, cookie, random, known, until.min(Instant::now() + Duration::from_secs(2))));
            }
            let rotating = (round % 5 == 0)
                .then(|| server.at.command(&["keyring", "rotate"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
            thread::sleep(Duration::from_millis(150 + random.below(450)));
            server.kill();
            if let Some(mut rotating) = rotating {
                rotating.kill().unwrap();
                rotating.wait().unwrap();
            }
        });
        let begun = Instant::now();
        server = server.restart();
        slowest = slowest.max(begun.elapsed());
    }
    let at = server.stop();
    let known = known.into_inner().unwrap();
    let (keys, events) = check(&at, &provider, &known);
    changes_and_events_are_one(&at);
    assert!(slowest < Duration::from_secs(2), "a start took {slowest:?}");
    println!(
        "{} kills of a server with {CLIENTS} clients: {} labels known, {keys} keys opened to what was acknowledged, 0 lost, 0 came back; \
         {events} events in the chain; slowest start {slowest:?}",
        rounds(),
        known.len()
    );
}

#[test]
fn when_the_power_fails_nothing_is_lost_that_was_acknowledged() {
    let kills = rounds() / 4;
    let power::Figures { cuts, acknowledged, unsynced, torn } = power::cuts(kills, 12);
    println!(
        "{cuts} disks after power failed under {kills} servers: {acknowledged} keys acknowledged, 0 lost, {torn} changes lost or torn; a disk \
         that syncs nothing would have lost {unsynced}"
    );
}

/// What happened has its event, and what has an event happened.
fn changes_and_events_are_one(at: &Installation) {
    for wrong in [
        "select count(*) from pragma_integrity_check where integrity_check <> 'ok'",
        "select count(*) from provider_keys k where k.secret_version <> (select count(*) from audit_events e where e.object_id = k.id \
         and e.action in ('key.add', 'key.replace') and e.outcome = 'success')",
        "select count(*) from provider_keys k join audit_events e on e.object_id = k.id and e.action = 'key.delete'",
        "select (select count(distinct object_id) from audit_events where action = 'key.add') - (select count(*) from provider_keys) \
         - (select count(*) from audit_events where action = 'key.delete')",
    ] {
        assert_eq!(number(at, wrong), 0, "{wrong}");
    }
}

/// Opens every key that has to be there, and finds none that must not.
fn check(at: &Installation, provider: &Provider, known: &BTreeMap<String, Known>) -> (usize, u64) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let vault = open(at, Some(provider.settings()), None, &at.data().join("root.key")).await;
        let mut cx = Context::new(Actor::Nobody, None);
        let mut opened = 0;
        for client in 0..CLIENTS {
            cx.now = cx.now + Duration::from_secs(61);
            let email = format!("c{client}@example.com");
            let session = vault.sign_in(&cx, &email, &SecretInput::new(PASSWORD.into()), None).await.unwrap();
            cx = cx.with_actor(Actor::Person(session.identity));
            let keys = vault.keys_page(&cx).await.unwrap().keys;
            for (label, known) in known.iter().filter(|(label, _)| label.starts_with(&format!("c{client}-"))) {
                cx.now = cx.now + Duration::from_secs(61);
                let may_be: Vec<_> = known.asked.iter().chain([&known.value]).collect();
                let Some(key) = keys.iter().find(|key| key.label.as_deref() == Some(label)) else {
                    assert!(may_be.contains(&&None), "{label} is lost");
                    continue;
                };
                assert!(may_be.iter().any(|value| value.is_some()), "{label} came back");
                vault.test_key(&cx, key.id).await.unwrap();
                let request = provider.last();
                let good = may_be.iter().filter_map(|value| value.as_ref()).any(|value| request.contains(value));
                assert!(good, "{label} opened to something else");
                opened += 1;
            }
        }
        let Chain::Intact(events) = vault.verify_audit(&Context::system()).await.unwrap() else { panic!("the chain is broken") };
        vault.close().await;
        (opened, events)
    })
}
