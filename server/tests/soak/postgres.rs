//! A PostgreSQL that dies again and again, clients that go away in the middle of what they asked for, and two servers that have to agree.

use crate::{
    cluster::Cluster,
    failing_postgres::{killed, storm},
    two_servers::{pair, writers},
    world::rounds,
};
use serde_json::json;
use std::time::{Duration, Instant};

#[test]
fn a_database_that_is_killed_under_load_loses_nothing_that_was_acknowledged() {
    let kills = usize::try_from(rounds()).unwrap() / 4;
    let (acknowledged, refused, slowest) = killed(kills);
    println!(
        "PostgreSQL killed {kills} times: {acknowledged} keys acknowledged, 0 lost, {refused} refused with 503, back after {slowest:?} at the latest"
    );
}

#[test]
fn after_thousands_of_disconnects_what_is_acknowledged_is_committed() {
    let (cut, after) = (usize::try_from(rounds()).unwrap() * 10, usize::try_from(rounds()).unwrap() * 5);
    let begun = storm(cut, after);
    println!(
        "{cut} requests cut off, {begun} of them committed; {after} of {after} keys acknowledged after that are there, no connection is left in a transaction"
    );
}

#[test]
fn of_eight_writers_on_two_servers_nobody_overwrites_another() {
    let lasting = Duration::from_millis(1_500) * u32::try_from(rounds()).unwrap();
    let counted = writers(100, lasting);
    println!("8 writers on 2 servers and the same 100 keys for {lasting:?}: {counted} changes acknowledged, 0 overwritten, 0 deadlocks");
}

#[test]
fn whatever_is_revoked_on_one_server_is_refused_on_the_other() {
    let pair = pair(&[("KEYWARD_TRUSTED_PROXIES", "127.0.0.1/32")]);
    let mut slowest = Duration::ZERO;
    let mut refused = |answer: &dyn Fn() -> u16, refusal: u16| {
        let begun = Instant::now();
        while answer() != refusal {
            assert!(begun.elapsed() < Duration::from_secs(2), "it is not refused");
        }
        slowest = slowest.max(begun.elapsed());
    };
    for round in 0..rounds() {
        Cluster::get().ask(&pair.url, "delete from limit_hits");
        let (by, other) = if round % 2 == 0 { (&pair.one, &pair.two) } else { (&pair.two, &pair.one) };
        let session = by.admin_again();
        let page = || other.request("GET", "/keys").cookie(&session).send().status;
        assert_eq!(page(), 200);
        let new = json!({"name": format!("round {round}"), "scopes": ["keys:read"]});
        let token = by.api("POST", "/api/v1/tokens", Some(&session)).json(&new).send().json();
        let bearer = format!("Bearer {}", token["token"].as_str().unwrap_or_else(|| panic!("{token}")));
        // From another network each time: failed proofs are limited by network.
        let from = format!("10.0.{}.{}", round >> 8, round & 255);
        let list = || {
            let request = other.request("GET", "/api/v1/byok/keys").header("X-Forwarded-For", &from);
            request.header("Authorization", &bearer).send().status
        };
        assert_eq!(list(), 200);
        let revoked = by.api("DELETE", &format!("/api/v1/tokens/{}", token["id"].as_str().unwrap()), Some(&session)).send();
        assert_eq!(revoked.status, 204, "{}", revoked.text());
        refused(&list, 401);
        assert_eq!(by.form("/sign-out", &[]).cookie(&session).send().status, 303);
        refused(&page, 303);
    }
    println!("{} tokens and as many sessions revoked on one server: refused on the other after {slowest:?} at the latest", rounds());
}
