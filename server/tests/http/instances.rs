//! Several servers on one PostgreSQL are one service.

use crate::{
    cluster::Cluster,
    events::wait_for,
    harness::{EMAIL, Installation, PASSWORD, Server},
    provider::Provider,
    two_servers::{pair, writers},
};
use std::{
    io::BufReader,
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

/// What one server does is seen by the others within this time.
const SOON: Duration = Duration::from_secs(2);

fn add(server: &Server, cookie: &str, label: &str) -> u16 {
    let secret = format!("sk-instances-0123456789-{label}");
    let fields = [("provider", "openai"), ("key", secret.as_str()), ("label", label), ("act", "save")];
    server.form("/keys/new", &fields).cookie(cookie).send().status
}

fn listen(server: &Server, cookie: &str) -> BufReader<TcpStream> {
    let mut lines = BufReader::new(server.request("GET", "/events").cookie(cookie).open());
    assert!(wait_for(&mut lines, ": open"));
    lines
}

#[test]
fn a_session_that_ends_on_one_is_refused_on_the_other() {
    let pair = pair(&[]);
    assert_eq!(pair.two.request("GET", "/keys").cookie(&pair.cookie).send().status, 200);
    let mut lines = listen(&pair.two, &pair.cookie);
    assert_eq!(pair.one.form("/sign-out", &[]).cookie(&pair.cookie).send().status, 303);
    let begun = Instant::now();
    let answer = pair.two.request("GET", "/keys").cookie(&pair.cookie).send();
    assert!(answer.status == 303 && answer.header("location").unwrap().starts_with("/sign-in"), "{}", answer.status);
    assert!(!wait_for(&mut lines, "event:"), "an open stream ends, too");
    assert!(begun.elapsed() < SOON + Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[test]
fn a_disabled_account_and_a_new_tier_count_on_every_server() {
    let pair = pair(&[]);
    let arguments = ["user", "add", "bob@example.com", "--role", "user", "--password-stdin"];
    assert!(pair.two.at.run_with_input(&arguments, PASSWORD).status.success());
    let fields = [("email", "bob@example.com"), ("password", PASSWORD)];
    let bob = pair.two.form("/sign-in", &fields).send().cookie();
    assert!(pair.one.at.run(&["user", "set-tier", "bob@example.com", "free"]).status.success());
    assert_eq!(add(&pair.two, &bob, "a"), 403);
    assert!(pair.one.at.run(&["user", "disable", "bob@example.com"]).status.success());
    assert_eq!(pair.two.request("GET", "/keys").cookie(&bob).send().status, 303);
}

#[test]
fn a_token_that_ends_on_one_is_refused_on_the_other_at_once() {
    let pair = pair(&[]);
    let token = crate::tokens::by_command(&pair.one.at, "keys:read");
    let status =
        |server: &Server| server.request("GET", "/api/v1/byok/keys").header("Authorization", &format!("Bearer {token}")).send().status;
    assert_eq!([status(&pair.one), status(&pair.two)], [200, 200]);
    let list = pair.one.api("GET", "/api/v1/tokens", Some(&pair.cookie)).send().json();
    let path = format!("/api/v1/tokens/{}", list[0]["id"].as_str().unwrap());
    assert_eq!(pair.one.api("DELETE", &path, Some(&pair.cookie)).send().status, 204);
    assert_eq!([status(&pair.two), status(&pair.one)], [401, 401]);
}

#[test]
fn a_key_added_on_one_is_told_to_a_page_that_the_other_serves() {
    let pair = pair(&[]);
    let mut lines = listen(&pair.two, &pair.cookie);
    for label in ["a", "b"] {
        let begun = Instant::now();
        assert_eq!(add(&pair.one, &pair.cookie, label), 303);
        assert!(wait_for(&mut lines, "event: key.changed"));
        assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    }
    let list = pair.two.request("GET", "/keys?part=list").cookie(&pair.cookie).send().text();
    assert!(list.matches("/replace").count() >= 2, "{list}");
}

#[test]
fn without_notifications_it_is_told_all_the_same() {
    let pair = pair(&[]);
    let mut lines = listen(&pair.two, &pair.cookie);
    let cluster = Cluster::get();
    let end_all =
        "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and query ilike 'listen%'";
    // The servers listen a moment after they start.
    let begun = Instant::now();
    let mut ended = 0;
    while ended < 2 {
        assert!(begun.elapsed() < Duration::from_secs(10), "nobody listens");
        ended += cluster.ask(&pair.url, end_all).parse::<u32>().unwrap();
        thread::sleep(Duration::from_millis(20));
    }
    let begun = Instant::now();
    assert_eq!(add(&pair.one, &pair.cookie, "a"), 303);
    assert!(wait_for(&mut lines, "event: key.changed"));
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}

#[test]
fn five_tests_a_minute_are_five_on_all_servers_together() {
    let provider = Provider::start();
    let pair = pair(&provider.settings());
    assert_eq!(add(&pair.one, &pair.cookie, "a"), 303);
    let list = pair.one.request("GET", "/keys?part=list").cookie(&pair.cookie).send().text();
    let end = list.find("/replace").expect("a row");
    let path = format!("/keys/{}/test", &list[end - 36..end]);
    let tested: Vec<_> = [&pair.one, &pair.two, &pair.one, &pair.two, &pair.one, &pair.two, &pair.one]
        .map(|server| server.form(&path, &[]).cookie(&pair.cookie).send().status)
        .into();
    assert_eq!(tested, [303, 303, 303, 303, 303, 429, 429]);
    assert_eq!(provider.requests().len(), 5);
    // Nor does a server forget by starting again.
    let two = pair.two.restart();
    assert_eq!(two.form(&path, &[]).cookie(&pair.cookie).send().status, 429);
}

#[test]
fn two_servers_that_write_at_once_keep_every_rule() {
    let pair = pair(&[]);
    let answers: Vec<u16> = thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|n| {
                let (server, cookie) = (if n % 2 == 0 { &pair.one } else { &pair.two }, &pair.cookie);
                scope.spawn(move || [0, 1, 2].map(|k| add(server, cookie, &format!("w{n}-{k}"))))
            })
            .collect();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    let ask = |sql| Cluster::get().ask(&pair.url, sql);
    // The tier allows ten; 24 were tried.
    assert_eq!(answers.iter().filter(|status| **status == 303).count(), 10);
    // They took turns: nobody was sent away because somebody else was writing.
    assert!(!answers.contains(&503), "{answers:?}");
    assert_eq!(ask("select count(*) from provider_keys"), "10");
    assert_eq!(ask("select count(*) from provider_keys where is_default"), "1");
    assert_eq!(ask("select count(*) = max(seq) and count(distinct hash) = max(seq) from audit_events"), "t");
}

#[test]
fn of_many_writers_on_the_same_keys_nobody_overwrites_another() {
    let counted = writers(5, Duration::from_secs(6));
    assert!(counted > 20, "only {counted} changes");
}

#[test]
fn a_database_that_has_a_keyring_is_not_made_again_and_keeps_its_own() {
    let pair = pair(&[]);
    let before = Cluster::get().ask(&pair.url, "select md5(string_agg(sealed::text, '')) from keyring");
    let folder = tempfile::tempdir().unwrap();
    let made = pair.one.at.command(&["init"]).env("KEYWARD_DATA_DIR", folder.path().join("new")).output().unwrap();
    assert_eq!(made.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&made.stderr).contains("there is a database already"), "{}", String::from_utf8_lossy(&made.stderr));
    assert!(!folder.path().join("new/root.key").exists());
    assert_eq!(Cluster::get().ask(&pair.url, "select md5(string_agg(sealed::text, '')) from keyring"), before);
    let sign_in = pair.two.form("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).send();
    assert_eq!(sign_in.status, 303);
}

#[test]
fn a_database_that_cannot_be_reached_is_said_without_its_password() {
    let at = Installation::new();
    let url = "postgres://ann:canary-password@127.0.0.1:9/keys";
    let begun = Instant::now();
    let refused = at.command(&["serve"]).env("KEYWARD_DATABASE_URL", url).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(begun.elapsed() < Duration::from_secs(10));
    let told = String::from_utf8_lossy(&refused.stderr);
    assert!(told.contains("database") && !told.contains("canary"), "{told}");
}

#[test]
fn a_database_that_may_lose_what_it_acknowledged_stops_the_start() {
    let pair = pair(&[]);
    Cluster::get()
        .ask(&pair.url, "do $$ begin execute format('alter database %I set synchronous_commit = off', current_database()); end $$");
    let refused = pair.one.at.command(&["serve"]).env("KEYWARD_LISTEN", "127.0.0.1:0").output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let told = String::from_utf8_lossy(&refused.stderr);
    assert!(told.contains("synchronous_commit=off"), "{told}");
}
