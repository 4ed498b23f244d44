//! What the vault promises, through its public face, against real databases and a provider double on loopback. Every test
//! runs on every kind of database.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    clippy::needless_pass_by_value,
    reason = "tests; a test that cannot set up its world has failed"
)]
#![allow(clippy::duplicate_mod, reason = "the same tests, once for each database")]

mod cloudflare_double;
mod cluster;
mod ear;
mod legacy;
mod pooler;
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
            #[path = "audit_query.rs"]
            mod audit_query;
            #[path = "backups.rs"]
            mod backups;
            #[path = "clock.rs"]
            mod clock;
            #[path = "cloudflare.rs"]
            mod cloudflare;
            #[path = "credentials.rs"]
            mod credentials;
            #[path = "echoes.rs"]
            mod echoes;
            #[path = "faults.rs"]
            mod faults;
            #[path = "identities.rs"]
            mod identities;
            #[path = "imports.rs"]
            mod imports;
            #[path = "keys.rs"]
            mod keys;
            #[path = "people.rs"]
            mod people;
            #[path = "read_back.rs"]
            mod read_back;
            #[path = "revoked.rs"]
            mod revoked;
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
            #[path = "switched_off.rs"]
            mod switched_off;
            #[path = "tests_of_keys.rs"]
            mod tests_of_keys;
            #[path = "tiers.rs"]
            mod tiers;
        }
    };
}

suite!(sqlite, Sqlite);
suite!(postgres, Postgres);
