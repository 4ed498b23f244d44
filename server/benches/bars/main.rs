//! `make bench`: how far Keyward is from the same work without it. Every bar is a ratio, taken in rounds in which its two arms
//! take turns on the same machine; the median of the rounds counts. Nothing of it runs in `make test`.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, unreachable_pub, dead_code, reason = "a program for people who measure")]

mod arms;
#[path = "../../../crates/vault/tests/contract/cluster.rs"]
mod cluster;
#[path = "../../tests/soak/database.rs"]
mod database;
mod growth;
#[path = "../../tests/http/harness.rs"]
mod harness;
mod load;
mod memory;
mod rotation;
mod sealing;

use arms::{Arm, Bare, World};
use std::time::Duration;

/// Rounds of each bar.
const ROUNDS: usize = 7;
/// How long an arm runs in a round.
const TIME: Duration = Duration::from_millis(1_200);

/// One line of the table.
struct Bar {
    name: &'static str,
    target: f64,
    floor: f64,
    /// Whether a smaller ratio is the better one.
    falls: bool,
}

const fn bar(name: &'static str, target: f64, floor: f64) -> Bar {
    Bar { name, target, floor, falls: false }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn line(bar: &Bar, ratio: f64, absolute: &str) {
    let reached = |limit: f64| if bar.falls { ratio <= limit } else { ratio >= limit };
    let word = if reached(bar.target) {
        "target"
    } else if reached(bar.floor) {
        "floor"
    } else {
        "below"
    };
    println!("{:<62} {ratio:>8.2} {:>8.2} {:>8.2}  {word:<7} {absolute}", bar.name, bar.target, bar.floor);
}

/// Runs both arms in turns; the ratio of the first to the second.
fn against(bar: &Bar, unit: &str, mut ours: impl Arm, mut theirs: impl Arm) {
    // Once for nothing: connections, caches, and code that was never run.
    let _ = (ours.rate(TIME / 4), theirs.rate(TIME / 4));
    let rounds: Vec<(f64, f64)> = (0..ROUNDS)
        .map(|round| {
            // Who begins changes, so that nobody always has the warmer machine.
            if round % 2 == 0 {
                let first = ours.rate(TIME);
                (first, theirs.rate(TIME))
            } else {
                let first = theirs.rate(TIME);
                (ours.rate(TIME), first)
            }
        })
        .collect();
    let ratio = median(rounds.iter().map(|(ours, theirs)| ours / theirs).collect());
    let [a, b] = [0, 1].map(|side| median(rounds.iter().map(|pair| if side == 0 { pair.0 } else { pair.1 }).collect()));
    line(bar, ratio, &format!("{a:.0} : {b:.0} {unit}"));
}

fn main() {
    let arguments: Vec<_> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--bare") {
        return arms::serve_bare(&arguments[at + 1], &arguments[at + 2]);
    }
    println!("{:<62} {:>8} {:>8} {:>8}  {:<7} absolute", "bar", "ratio", "target", "floor", "reached");

    let sqlite = World::on_sqlite();
    let list = "/api/v1/byok/keys";
    let bytes = sqlite.get(list).body;
    against(
        &bar("P1 list of 10 keys, SQLite : bare axum, same bytes", 0.65, 0.45),
        "requests/s",
        sqlite.loads(list),
        Bare::with(&bytes).loads(),
    );
    let postgres = World::on_postgres();
    against(&bar("P2 list of 10 keys, PostgreSQL : pgbench -S", 0.35, 0.20), "per s", postgres.loads(list), postgres.pgbench());
    let page = sqlite.get("/keys");
    against(
        &bar("P3 keys page, 10 keys : bare axum, same bytes", 0.50, 0.25),
        "requests/s",
        sqlite.loads("/keys"),
        Bare::with(&page.body).loads(),
    );
    against(&bar("P4 durable add, 1 client : fdatasync", 0.88, 0.6), "per s", sqlite.adds(1), sqlite.syncs());
    against(&bar("P4 durable add, 64 clients : fdatasync", 25.0, 8.0), "per s", sqlite.adds(64), sqlite.syncs());
    against(&bar("P6 seal and open 64 B : XChaCha20-Poly1305 alone", 0.30, 0.20), "per s", sealing::ours(), sealing::bare());
    let kilobytes = sqlite.bundle_size(&page.text()) as f64 / 1024.0;
    line(&Bar { name: "P8 JS and WASM of the keys page, brotli, KB", target: 61.0, floor: 120.0, falls: true }, kilobytes, "");
    let at = memory::bars(sqlite, &page.body, line);
    let copy = rotation::Copy::of(&at);
    against(&bar("P5 rotation : reading and updating the same rows", 0.75, 0.45), "rows/s", rotation::ours(&at), rotation::raw(&copy));
    growth::bars();
}
