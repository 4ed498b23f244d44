//! What the vault promises, through its public face, against a real database and a provider double on loopback.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test that cannot set up its world has failed")]

mod accounts;
mod api_tokens;
mod audit;
mod faults;
mod keys;
mod sealed_rows;
mod sessions;
mod tests_of_keys;
mod world;
