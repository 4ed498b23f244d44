//! A server on a PostgreSQL that dies under load, and clients that go away in the middle.

use crate::{
    cluster::Cluster,
    harness::{Installation, PASSWORD, Server},
};
use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

pub struct World {
    pub server: Server,
    pub url: String,
    pub cluster: Cluster,
}

impl World {
    pub fn new() -> Self {
        let cluster = Cluster::start();
        let url = cluster.database();
        let server = Installation::with(&[("KEYWARD_DATABASE_URL", &url)]).serve();
        Self { server, url, cluster }
    }
    /// An account that may hold any number of keys, and its cookie.
    pub fn person(&self, email: &str) -> String {
        let arguments = ["user", "add", email, "--role", "user", "--password-stdin"];
        assert!(self.server.at.run_with_input(&arguments, PASSWORD).status.success());
        assert!(self.server.at.run(&["user", "set-tier", email, "enterprise"]).status.success());
        self.server.form("/sign-in", &[("email", email), ("password", PASSWORD)]).send().cookie()
    }
    pub fn ask(&self, sql: &str) -> String {
        self.cluster.ask(&self.url, sql)
    }
}

pub fn add(server: &Server, cookie: &str, label: &str) -> crate::harness::Request {
    let secret = format!("sk-restart-0123456789-{label}");
    server.form("/keys/new", &[("provider", "openai"), ("key", &secret), ("label", label), ("act", "save")]).cookie(cookie)
}

/// Kills the database this many times while four people add keys; gives back how many were acknowledged, how many times somebody was
/// told to come back, and the longest that it took to be back.
pub fn killed(kills: usize) -> (usize, u32, Duration) {
    let world = World::new();
    let people: Vec<_> = (0..4).map(|n| world.person(&format!("p{n}@example.com"))).collect();
    let acknowledged = Mutex::new(Vec::new());
    let (refused, over) = (AtomicU32::new(0), AtomicBool::new(false));
    let mut slowest = Duration::ZERO;
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
        for round in 0..kills {
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
            slowest = slowest.max(begun.elapsed());
        }
        over.store(true, Ordering::Relaxed);
    });
    let kept = world.ask("select label from provider_keys");
    let kept: std::collections::HashSet<_> = kept.lines().collect();
    let acknowledged = acknowledged.into_inner().unwrap();
    assert!(acknowledged.len() > 50, "only {} keys were acknowledged", acknowledged.len());
    let refused = refused.into_inner();
    assert!(refused > 0, "nobody noticed");
    for label in &acknowledged {
        assert!(kept.contains(label.as_str()), "{label} is lost");
    }
    assert_eq!(world.ask("select count(*) = max(seq) from audit_events"), "t");
    (acknowledged.len(), refused, slowest)
}

/// Cuts this many requests off and adds that many keys afterwards; gives back how many of the cut ones were committed.
pub fn storm(cut: usize, after: usize) -> u32 {
    let world = World::new();
    let cookie = world.person("ann@example.com");
    thread::scope(|scope| {
        let storm: Vec<_> = (0..8)
            .map(|client| {
                let (server, cookie) = (&world.server, &cookie);
                scope.spawn(move || {
                    for n in 0..cut / 8 {
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
    let begun = begun.parse().unwrap();
    assert!(begun > 4, "the storm reached nothing: {begun}");
    for n in 0..after {
        let mut answer = add(&world.server, &cookie, &format!("after{n}")).send();
        // Not what this is about; requests that were cut off count, too.
        while answer.status == 429 {
            world.ask("delete from limit_hits");
            answer = add(&world.server, &cookie, &format!("after{n}")).send();
        }
        assert_eq!(answer.status, 303, "{}", answer.text());
    }
    assert_eq!(world.ask("select count(*) from provider_keys where label like 'after%'"), after.to_string());
    thread::sleep(Duration::from_secs(1));
    let left = "select count(*) from pg_stat_activity where state like 'idle in transaction%' and now() - state_change > '500 ms'";
    assert_eq!(world.ask(left), "0");
    assert_eq!(world.ask("select count(*) = max(seq) from audit_events"), "t");
    begun
}
