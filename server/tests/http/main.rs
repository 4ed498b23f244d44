//! The real binary, started on a folder and a port of its own, and spoken to over a plain socket. Modules mirror addresses.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub, reason = "tests")]

mod account_pages;
mod api;
mod api_access;
mod api_contract;
mod api_docs;
mod api_writes;
mod assets;
mod audit;
mod backup;
mod bodies;
mod callers;
mod canary;
mod cloudflare;
#[path = "../../../crates/vault/tests/contract/cloudflare_double.rs"]
mod cloudflare_double;
#[path = "../../../crates/vault/tests/contract/cluster.rs"]
mod cluster;
mod command_line;
mod connections;
mod credential_pages;
mod credentials;
mod cross_site;
mod database;
mod deploy;
mod doctor;
mod documentation;
mod durability;
mod events;
mod failing_postgres;
mod guides;
mod harness;
mod headers;
mod health;
mod hosts;
mod idp;
mod import;
mod instances;
mod jwt;
mod keyring;
mod keys;
#[path = "../../../crates/vault/tests/contract/legacy.rs"]
mod legacy;
mod logs;
mod metrics;
mod migrations;
mod oidc;
mod oidc_refusals;
mod old;
mod page_access;
mod people;
mod provider;
mod proxy;
mod restarts;
mod schemathesis;
mod server_functions;
mod services;
mod setup;
mod sign_in;
mod signer;
mod smuggling;
mod start;
mod stops;
mod tokens;
mod two_servers;
