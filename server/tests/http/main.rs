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
mod bodies;
mod callers;
mod canary;
#[path = "../../../crates/vault/tests/contract/cluster.rs"]
mod cluster;
mod command_line;
mod connections;
mod cross_site;
mod database;
mod documentation;
mod durability;
mod events;
mod harness;
mod headers;
mod health;
mod hosts;
mod instances;
mod keyring;
mod keys;
mod logs;
mod migrations;
mod page_access;
mod people;
mod provider;
mod restarts;
mod server_functions;
mod setup;
mod sign_in;
mod start;
mod stops;
mod tokens;
