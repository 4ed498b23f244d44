//! The pages, rendered on the server.

#![allow(clippy::needless_pass_by_value, reason = "components own their props")]
#![allow(unreachable_pub, reason = "the component macro makes public types")]

pub(crate) mod account;
pub(crate) mod add;
pub(crate) mod audit;
pub(crate) mod audit_export;
pub(crate) mod cloudflare;
pub(crate) mod credentials;
pub(crate) mod delete;
pub(crate) mod edit;
pub(crate) mod failed;
pub(crate) mod keys;
pub(crate) mod new_token;
pub(crate) mod not_found;
pub(crate) mod overview;
pub(crate) mod people;
pub(crate) mod person;
pub(crate) mod person_tasks;
pub(crate) mod replace;
pub(crate) mod reset;
pub(crate) mod reset_link;
pub(crate) mod revoke_token;
pub(crate) mod setup;
pub(crate) mod sign_in;
pub(crate) mod token_created;
pub(crate) mod tokens;
pub(crate) mod unavailable;
pub(crate) mod vault;
