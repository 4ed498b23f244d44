//! PostgreSQL dies, hangs, and clients go away in the middle: nothing acknowledged is lost, nobody waits for ever.

use crate::{
    cluster::Cluster,
    failing_postgres::{World, add, killed, storm},
    harness::Installation,
    proxy::{Mode, Proxy},
};
use std::{
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

#[test]
fn when_the_database_is_killed_under_load_nothing_acknowledged_is_lost_and_it_comes_back() {
    killed(8);
}

#[test]
fn when_the_database_hangs_everybody_is_answered_within_ten_seconds_and_it_heals() {
    let world = World::new();
    let cookie = world.person("ann@example.com");
    assert_eq!(add(&world.server, &cookie, "before").send().status, 303);
    world.cluster.hang();
    thread::scope(|scope| {
        for n in 0..24 {
            let (server, cookie) = (&world.server, &cookie);
            scope.spawn(move || {
                let begun = Instant::now();
                let answer = match n % 3 {
                    0 => add(server, cookie, &format!("h{n}")).send(),
                    1 => server.request("GET", "/keys").cookie(cookie).send(),
                    _ => server.get("/readyz"),
                };
                assert_eq!(answer.status, 503, "{}", answer.text());
                assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
            });
        }
        let begun = Instant::now();
        assert_eq!(world.server.get("/healthz").status, 200);
        assert!(begun.elapsed() < Duration::from_millis(500), "the process itself lives");
    });
    world.cluster.go_on();
    let begun = Instant::now();
    while add(&world.server, &cookie, "after").send().status != 303 {
        assert!(begun.elapsed() < Duration::from_secs(10), "it does not heal");
    }
    assert_eq!(world.ask("select count(*) from provider_keys where label in ('before', 'after')"), "2");
}

/// Seen red with connections that are asked one after the other, and a wait for one that does not count the asking.
#[test]
fn connections_that_all_hang_cost_a_request_no_more_than_one_of_them() {
    let world = World::new();
    let cookie = world.person("ann@example.com");
    let ask = || world.server.request("GET", "/keys").cookie(&cookie).send().status;
    thread::scope(|scope| {
        for _ in 0..24 {
            scope.spawn(|| assert_eq!(ask(), 200));
        }
    });
    // They have to be asked before they are used.
    thread::sleep(Duration::from_millis(1_100));
    world.cluster.hang();
    let begun = Instant::now();
    let status = ask();
    let took = begun.elapsed();
    world.cluster.go_on();
    assert!(status == 503 && took < Duration::from_millis(4_500), "{status} {took:?}");
}

/// Fault this was seen to catch: no limit of time on a read.
#[test]
fn a_network_that_swallows_or_cuts_or_is_slow_never_holds_anybody_for_ten_seconds() {
    let cluster = Cluster::start();
    let (proxy, url) = Proxy::to(&cluster);
    let world = World { server: Installation::with(&[("KEYWARD_DATABASE_URL", &url)]).serve(), url: url.clone(), cluster };
    let cookie = world.person("ann@example.com");
    assert_eq!(add(&world.server, &cookie, "before").send().status, 303);
    for mode in [Mode::Swallow, Mode::Cut, Mode::Slow(Duration::from_secs(1))] {
        proxy.set(mode);
        let refused = AtomicU32::new(0);
        thread::scope(|scope| {
            for n in 0..18 {
                let (server, cookie, refused) = (&world.server, &cookie, &refused);
                scope.spawn(move || {
                    let begun = Instant::now();
                    let answer = match n % 3 {
                        0 => add(server, cookie, &format!("{mode:?} {n}")).send(),
                        1 => server.request("GET", "/keys").cookie(cookie).send(),
                        _ => server.get("/readyz"),
                    };
                    assert!([200, 303, 503].contains(&answer.status), "{mode:?} {}", answer.text());
                    assert!(begun.elapsed() < Duration::from_secs(10), "{mode:?} {:?}", begun.elapsed());
                    refused.fetch_add(u32::from(answer.status == 503), Ordering::Relaxed);
                });
            }
            let begun = Instant::now();
            assert_eq!(world.server.get("/healthz").status, 200);
            assert!(begun.elapsed() < Duration::from_secs(1), "the process itself lives");
        });
        assert!(refused.into_inner() > 0, "{mode:?}: nobody noticed");
        proxy.set(Mode::Pass);
        let begun = Instant::now();
        while world.server.get("/readyz").status != 200 || world.server.request("GET", "/keys").cookie(&cookie).send().status != 200 {
            assert!(begun.elapsed() < Duration::from_secs(10), "{mode:?}: it does not heal");
        }
    }
    while add(&world.server, &cookie, "after").send().status == 503 {}
    assert_eq!(world.ask("select count(*) from provider_keys where label in ('before', 'after')"), "2");
    assert_eq!(world.ask("select count(*) = max(seq) from audit_events"), "t");
}

/// Fault this was seen to catch: readers that waited for a connection without an end.
#[test]
fn when_every_connection_is_busy_the_next_is_told_so_and_does_not_queue() {
    let world = World::new();
    let cookie = world.person("ann@example.com");
    thread::scope(|scope| {
        scope.spawn(|| world.ask("begin; lock table sessions in access exclusive mode; select pg_sleep(12); commit"));
        while world.ask("select count(*) from pg_locks where mode = 'AccessExclusiveLock' and granted and relation = 'sessions'::regclass")
            == "0"
        {
            thread::sleep(Duration::from_millis(20));
        }
        let asked: Vec<_> = (0..48)
            .map(|_| {
                let (server, cookie) = (&world.server, &cookie);
                scope.spawn(move || {
                    let begun = Instant::now();
                    let answer = server.request("GET", "/keys").cookie(cookie).send();
                    (answer.status, answer.header("retry-after").is_some(), begun.elapsed())
                })
            })
            .collect();
        for asked in asked {
            let (status, told, time) = asked.join().unwrap();
            assert!(status == 503 && told, "{status}");
            assert!(time < Duration::from_secs(5), "{time:?}");
        }
    });
    assert_eq!(world.server.request("GET", "/keys").cookie(&cookie).send().status, 200);
}

#[test]
fn after_a_storm_of_disconnects_what_is_acknowledged_is_committed() {
    storm(400, 100);
}
