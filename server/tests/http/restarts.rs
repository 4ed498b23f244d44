//! PostgreSQL dies, hangs, and clients go away in the middle: nothing acknowledged is lost, nobody waits for ever.

use crate::{
    cluster::Cluster,
    harness::{Installation, PASSWORD, Server},
    proxy::{Mode, Proxy},
};
use std::{
    sync::Mutex,
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

const KILLS: usize = 8;

struct World {
    server: Server,
    url: String,
    cluster: Cluster,
}

impl World {
    fn new() -> Self {
        let cluster = Cluster::start();
        let url = cluster.database();
        let server = Installation::with(&[("KEYWARD_DATABASE_URL", &url)]).serve();
        Self { server, url, cluster }
    }
    /// An account that may hold any number of keys, and its cookie.
    fn person(&self, email: &str) -> String {
        let arguments = ["user", "add", email, "--role", "user", "--password-stdin"];
        assert!(self.server.at.run_with_input(&arguments, PASSWORD).status.success());
        assert!(self.server.at.run(&["user", "set-tier", email, "enterprise"]).status.success());
        self.server.form("/sign-in", &[("email", email), ("password", PASSWORD)]).send().cookie()
    }
    fn ask(&self, sql: &str) -> String {
        self.cluster.ask(&self.url, sql)
    }
}

fn add(server: &Server, cookie: &str, label: &str) -> crate::harness::Request {
    let secret = format!("sk-restart-0123456789-{label}");
    server.form("/keys/new", &[("provider", "openai"), ("key", &secret), ("label", label), ("act", "save")]).cookie(cookie)
}

#[test]
fn when_the_database_is_killed_under_load_nothing_acknowledged_is_lost_and_it_comes_back() {
    let world = World::new();
    let people: Vec<_> = (0..4).map(|n| world.person(&format!("p{n}@example.com"))).collect();
    let acknowledged = Mutex::new(Vec::new());
    let (refused, over) = (AtomicU32::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        for (n, cookie) in people.iter().enumerate() {
            let (server, acknowledged, refused, over) = (&world.server, &acknowledged, &refused, &over);
            scope.spawn(move || {
                for k in 0.. {
                    if over.load(Ordering::Relaxed) {
                        return;
                    }
                    let label = format!("{n}-{k}");
                    let begun = Instant::now();
                    let answer = add(server, cookie, &label).send();
                    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
                    match answer.status {
                        303 => acknowledged.lock().unwrap().push(label),
                        503 => {
                            assert!(answer.header("retry-after").is_some());
                            refused.fetch_add(1, Ordering::Relaxed);
                            thread::sleep(Duration::from_millis(20));
                        }
                        429 => thread::sleep(Duration::from_millis(20)),
                        other => panic!("{other}: {}", answer.text()),
                    }
                }
            });
        }
        for round in 0..KILLS {
            world.ask("delete from limit_hits");
            thread::sleep(Duration::from_millis(200 + 37 * round as u64));
            world.cluster.kill();
            let begun = Instant::now();
            let answer = world.server.get("/readyz");
            assert_eq!(answer.status, 503);
            assert!(answer.header("retry-after").is_some() && begun.elapsed() < Duration::from_secs(10));
            world.cluster.start_again();
            let begun = Instant::now();
            while world.server.get("/readyz").status != 200 || add(&world.server, &people[0], &format!("back{round}")).send().status == 503
            {
                assert!(begun.elapsed() < Duration::from_secs(5), "it does not come back");
            }
        }
        over.store(true, Ordering::Relaxed);
    });
    let kept = world.ask("select label from provider_keys");
    let kept: std::collections::HashSet<_> = kept.lines().collect();
    let acknowledged = acknowledged.into_inner().unwrap();
    assert!(acknowledged.len() > 50, "only {} keys were acknowledged", acknowledged.len());
    assert!(refused.into_inner() > 0, "nobody noticed");
    for label in &acknowledged {
        assert!(kept.contains(label.as_str()), "{label} is lost");
    }
    assert_eq!(world.ask("select count(*) = max(seq) from audit_events"), "t");
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
        scope.spawn(|| world.ask("begin; lock table sessions in access exclusive mode; select pg_sleep(6); commit"));
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
    const CUT: usize = 400;
    const AFTER: usize = 100;
    let world = World::new();
    let cookie = world.person("ann@example.com");
    thread::scope(|scope| {
        let storm: Vec<_> = (0..8)
            .map(|client| {
                let (server, cookie) = (&world.server, &cookie);
                scope.spawn(move || {
                    for n in 0..CUT / 8 {
                        let request = match n % 3 {
                            0 => server.request("GET", "/keys").cookie(cookie),
                            _ => add(server, cookie, &format!("cut{client}-{n}")),
                        };
                        let stream = request.open();
                        // From before anything is read to about when the answer is written, on a busy machine too.
                        let longest = if n % 5 == 0 { 400_000 } else { 30_000 };
                        thread::sleep(Duration::from_micros((n as u64 * 7_331 + client * 1_313) % longest));
                        drop(stream);
                    }
                })
            })
            .collect();
        while !storm.iter().all(thread::ScopedJoinHandle::is_finished) {
            world.ask("delete from limit_hits");
            thread::sleep(Duration::from_millis(50));
        }
    });
    let begun = world.ask("select count(*) from provider_keys where label like 'cut%'");
    assert!(begun.parse::<u32>().unwrap() > 4, "the storm reached nothing: {begun}");
    for n in 0..AFTER {
        let mut answer = add(&world.server, &cookie, &format!("after{n}")).send();
        // Not what this is about; requests that were cut off count, too.
        while answer.status == 429 {
            world.ask("delete from limit_hits");
            answer = add(&world.server, &cookie, &format!("after{n}")).send();
        }
        assert_eq!(answer.status, 303, "{}", answer.text());
    }
    assert_eq!(world.ask("select count(*) from provider_keys where label like 'after%'"), AFTER.to_string());
    thread::sleep(Duration::from_secs(1));
    let left = "select count(*) from pg_stat_activity where state like 'idle in transaction%' and now() - state_change > '500 ms'";
    assert_eq!(world.ask(left), "0");
    assert_eq!(world.ask("select count(*) = max(seq) from audit_events"), "t");
}
