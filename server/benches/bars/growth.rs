//! What a large installation costs the one who uses it: the same requests to a small one and to one with a thousand times the keys.

use crate::{
    Bar, against,
    arms::{Arm, adds, asks, port},
    database::{forget_limits, many, sqlite},
    harness::{Installation, Server},
    load::Connection,
    median,
};
use std::{cell::Cell, time::Instant};

/// Keys of each person.
const EACH: u32 = 100;
/// Keys that are added in a round: a person may add thirty a minute.
const ADDS: usize = 25;

/// A server, an administrator's session, and a key of theirs.
struct Grown {
    server: Server,
    cookie: String,
    key: String,
    serial: Cell<usize>,
}

impl Grown {
    fn to(keys: u32, events: u32) -> Self {
        let server = Installation::with(&[("KEYWARD_TIER_LIMITS", "starter=unlimited")]).serve();
        let cookie = server.admin();
        let added = server.api("POST", "/api/v1/byok/keys/add", Some(&cookie));
        let added = added.body("application/json", r#"{"provider":"openai","key":"sk-bench-of-the-administrator"}"#).send();
        let key = added.json()["id"].as_str().unwrap().to_owned();
        let at = server.stop();
        sqlite(&at, &many(keys / EACH, EACH, events));
        Self { server: at.serve(), cookie, key, serial: Cell::new(0) }
    }
    /// What half of the answers to the request take, in microseconds. One client, one after the other.
    fn takes(&self, most: usize, request: impl Fn() -> Vec<u8>) -> impl Arm {
        move |time| {
            forget_limits(&self.server.at);
            let mut connection = Connection::open(port(&self.server));
            let (begun, mut took) = (Instant::now(), Vec::new());
            while begun.elapsed() < time && took.len() < most {
                let request = request();
                let asked = Instant::now();
                assert_eq!(connection.exchange(&request), 200);
                took.push(asked.elapsed().as_secs_f64() * 1e6);
            }
            median(took)
        }
    }
    fn reads(&self, path: &str) -> impl Arm {
        let request = asks(path, &self.cookie);
        self.takes(usize::MAX, move || request.clone())
    }
    fn adds(&self) -> impl Arm {
        self.takes(ADDS, || {
            let number = self.serial.replace(self.serial.get() + 1);
            adds(&self.cookie, number)
        })
    }
}

/// P10.
pub fn bars() {
    let (large, small) = (Grown::to(1_000_000, 1_000_000), Grown::to(1_000, 10_000));
    let bar = |name, target, floor| Bar { name, target, floor, falls: true };
    let list = "/api/v1/byok/keys";
    against(&bar("P10 list, 1,000,000 keys : 1,000 keys", 1.15, 1.5), "us", large.reads(list), small.reads(list));
    let one = |world: &Grown| format!("{list}/{}", world.key);
    against(&bar("P10 one key, 1,000,000 keys : 1,000 keys", 1.05, 1.2), "us", large.reads(&one(&large)), small.reads(&one(&small)));
    let trail = "/settings/audit?actor=p5%40example.com";
    against(&bar("P10 audit trail of a person, 1,000,000 events : 10,000 events", 1.3, 2.5), "us", large.reads(trail), small.reads(trail));
    against(&bar("P10 add, 1,000,000 keys : 1,000 keys", 1.15, 1.5), "us", large.adds(), small.adds());
}
