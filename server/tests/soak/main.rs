//! The long tests: the real binary, killed again and again, and databases that fail at random. Compiled with the feature `soak` alone.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "tests that print their figures; the harness is shared and not all of it is used here"
)]

#[path = "../http/acknowledged.rs"]
mod acknowledged;
#[path = "../../../crates/vault/tests/contract/cluster.rs"]
mod cluster;
mod database;
#[path = "../http/failing_postgres.rs"]
mod failing_postgres;
#[path = "../http/harness.rs"]
mod harness;
mod imports;
mod kills;
#[path = "../../../crates/vault/tests/contract/legacy.rs"]
mod legacy;
#[path = "../http/old.rs"]
mod old;
mod pages;
mod postgres;
#[path = "../http/power.rs"]
mod power;
#[path = "../http/provider.rs"]
mod provider;
#[path = "../http/random.rs"]
mod random;
mod root_key;
mod rotation;
mod sign_ins;
#[path = "../http/strace.rs"]
mod strace;
#[path = "../http/two_servers.rs"]
mod two_servers;
mod world;
