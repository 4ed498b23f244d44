//! The pages, rendered on the server.

#![allow(clippy::needless_pass_by_value, reason = "components own their props")]
#![allow(unreachable_pub, reason = "the component macro makes public types")]

pub(crate) mod account;
pub(crate) mod add;
pub(crate) mod credentials;
pub(crate) mod delete;
pub(crate) mod edit;
pub(crate) mod failed;
pub(crate) mod keys;
pub(crate) mod new_token;
pub(crate) mod not_found;
pub(crate) mod replace;
pub(crate) mod revoke_token;
pub(crate) mod setup;
pub(crate) mod sign_in;
pub(crate) mod token_created;
pub(crate) mod tokens;
pub(crate) mod unavailable;
