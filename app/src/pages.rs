//! The pages, rendered on the server.

pub(crate) mod add;
pub(crate) mod delete;
pub(crate) mod edit;
pub(crate) mod keys;
pub(crate) mod not_found;
pub(crate) mod replace;
pub(crate) mod setup;
pub(crate) mod sign_in;
pub(crate) mod unavailable;
