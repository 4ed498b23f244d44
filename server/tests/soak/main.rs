//! The long tests: the real binary, killed again and again, and databases that fail at random. Compiled with the feature `soak` alone.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "tests; the harness is shared and not all of it is used here"
)]

#[path = "../../../crates/vault/tests/contract/cluster.rs"]
mod cluster;
#[path = "../http/harness.rs"]
mod harness;
mod kills;
#[path = "../http/provider.rs"]
mod provider;
mod root_key;
mod rotation;
mod world;
