//! What the vault promises, through its public face, against real databases and a provider double on loopback. Every test
//! runs on every kind of database.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test that cannot set up its world has failed")]
#![allow(clippy::duplicate_mod, reason = "the same tests, once for each database")]

mod cluster;
mod tls;
mod world;

macro_rules! suite {
    ($name:ident, $backend:ident) => {
        #[path = "."]
        mod $name {
            const BACKEND: crate::world::Backend = crate::world::Backend::$backend;
            #[path = "accounts.rs"]
            mod accounts;
            #[path = "api_tokens.rs"]
            mod api_tokens;
            #[path = "audit.rs"]
            mod audit;
            #[path = "audit_ends.rs"]
            mod audit_ends;
            #[path = "credentials.rs"]
            mod credentials;
            #[path = "faults.rs"]
            mod faults;
            #[path = "keys.rs"]
            mod keys;
            #[path = "root_change.rs"]
            mod root_change;
            #[path = "rotation.rs"]
            mod rotation;
            #[path = "rotation_processes.rs"]
            mod rotation_processes;
            #[path = "sealed_rows.rs"]
            mod sealed_rows;
            #[path = "sessions.rs"]
            mod sessions;
            #[path = "tests_of_keys.rs"]
            mod tests_of_keys;
        }
    };
}

suite!(sqlite, Sqlite);
suite!(postgres, Postgres);
