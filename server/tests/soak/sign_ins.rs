//! Sign-ins by the thousand: that time tells nobody who has an account, and that a flood of them takes neither memory nor the time of
//! others.

use crate::{
    database::forget_limits,
    harness::{EMAIL, Installation, PASSWORD, Server},
    world::rounds,
};
use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// How much longer the median of one kind of account may take than that of another.
const SPREAD: f64 = 1.05;
const FLOOD: usize = 500;
/// What each of them waits after an answer: what a refusal tells them to.
const PAUSE: Duration = Duration::from_secs(2);
/// What a flood may add to the resident memory, in bytes.
const GROWTH: u64 = 150 << 20;

fn server() -> Server {
    Installation::with(&[("KEYWARD_TRUSTED_PROXIES", "127.0.0.1/32")]).serve()
}

fn attempt(server: &Server, email: &str, from: u32) -> crate::harness::Request {
    let address = format!("10.{}.{}.{}", from >> 16 & 255, from >> 8 & 255, from & 255);
    server.form("/sign-in", &[("email", email), ("password", "not the password at all")]).header("X-Forwarded-For", &address)
}

fn median(mut all: Vec<Duration>) -> f64 {
    all.sort();
    all[all.len() / 2].as_secs_f64()
}

/// Attempts for each kind of account, in turns, so that whatever else the machine does meets all of them.
fn medians(server: &Server, times: u64, from: &mut u32) -> [f64; 3] {
    let kinds = [EMAIL, "off@example.com", "nobody@example.com"];
    let mut took = [const { Vec::new() }; 3];
    let mut answers = std::collections::BTreeSet::new();
    for time in 0..times {
        if time % 5 == 0 {
            forget_limits(&server.at);
        }
        for (took, email) in took.iter_mut().zip(kinds) {
            *from += 1;
            let request = attempt(server, email, *from);
            let begun = Instant::now();
            let answer = request.send();
            took.push(begun.elapsed());
            let named: Vec<_> = answer.headers.iter().map(|(name, _)| name.clone()).collect();
            // The address is repeated in its field.
            answers.insert((answer.status, answer.body.len() - email.len(), named));
        }
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(answers.first().map(|(status, ..)| *status), Some(401));
    took.map(median)
}

#[test]
fn nobody_learns_from_the_time_who_has_an_account() {
    let server = server();
    server.admin();
    server.user("off@example.com", "user");
    assert!(server.at.run(&["user", "disable", "off@example.com"]).status.success());
    let mut from = 0;
    medians(&server, 5, &mut from);
    let spread = || {
        let [known, disabled, unknown] = medians(&server, rounds() * 2, &mut from);
        let spread = known.max(disabled).max(unknown) / known.min(disabled).min(unknown);
        println!("sign-ins: medians of known {known:.4} s, disabled {disabled:.4} s, unknown {unknown:.4} s; spread {spread:.3}");
        spread
    };
    assert!(std::iter::repeat_with(spread).take(3).any(|spread| spread <= SPREAD), "three times slower for some");
}

/// The 99th percentile of what a page of somebody who is signed in takes, asked for `seconds`.
fn page(server: &Server, cookie: &str, seconds: u64) -> Duration {
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut took = Vec::new();
    while Instant::now() < until {
        let begun = Instant::now();
        assert_eq!(server.request("GET", "/keys").cookie(cookie).send().status, 200);
        took.push(begun.elapsed());
        thread::sleep(Duration::from_millis(5));
    }
    took.sort();
    took[took.len() * 99 / 100]
}

#[test]
fn a_flood_of_sign_ins_takes_neither_memory_nor_the_time_of_others() {
    let server = server();
    server.admin();
    let cookie = server.form("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).send().cookie();
    page(&server, &cookie, 1);
    let (idle, before) = (page(&server, &cookie, 5), server.resident());
    let (over, number) = (AtomicBool::new(false), AtomicU32::new(0));
    let (answers, most) = (Mutex::new(std::collections::BTreeMap::<u16, u32>::new()), Mutex::new(before));
    let flooded = thread::scope(|scope| {
        let (server, over, number, answers, most) = (&server, &over, &number, &answers, &most);
        for n in 0..FLOOD {
            scope.spawn(move || {
                // Not in one wave.
                thread::sleep(PAUSE * u32::try_from(n).unwrap() / u32::try_from(FLOOD).unwrap());
                while !over.load(Ordering::Relaxed) {
                    let n = number.fetch_add(1, Ordering::Relaxed);
                    let answer = attempt(server, &format!("n{n}@example.com"), n).send();
                    assert!(answer.status != 503 || answer.header("retry-after").is_some());
                    *answers.lock().unwrap().entry(answer.status).or_default() += 1;
                    thread::sleep(PAUSE);
                }
            });
        }
        scope.spawn(move || {
            while !over.load(Ordering::Relaxed) {
                let now = server.resident();
                let mut most = most.lock().unwrap();
                *most = now.max(*most);
                drop(most);
                thread::sleep(Duration::from_millis(20));
            }
        });
        let flooded = page(server, &cookie, 10);
        over.store(true, Ordering::Relaxed);
        flooded
    });
    let (answers, grown) = (answers.into_inner().unwrap(), most.into_inner().unwrap() - before);
    println!(
        "{FLOOD} sign-ins at once, again and again: answers {answers:?}; memory grew by {} MiB; p99 of a page {idle:?} idle, {flooded:?} meanwhile",
        grown >> 20
    );
    assert!(answers.contains_key(&503) && answers.keys().all(|status| [401, 503].contains(status)), "{answers:?}");
    assert!(grown < GROWTH, "{grown} bytes");
    assert!(flooded < 2 * idle, "{flooded:?} after {idle:?}");
}
