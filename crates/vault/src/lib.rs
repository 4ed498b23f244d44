//! Encryption, storage, access rules, egress and use-cases: the only crate that holds plaintext.
//!
//! Everything a page, a REST handler or a command does goes through [`Vault`]. A row never leaves `store`, a view never
//! enters SQL, and plaintext leaves this crate only as a header that `egress` puts on an outbound request.

pub mod accounts;
pub mod context;
pub mod failure;
pub mod hint;
pub mod keyring;
pub mod keys;
mod primitives;
pub mod root_key;
pub mod seal_context;
pub mod sealed;
pub mod secret;
pub mod settings;

pub use context::{Actor, Context, Identity};
pub use failure::Failure;
pub use settings::Settings;

use std::sync::Arc;

/// The vault: cheap to clone, one per process.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

#[derive(Debug)]
struct Inner {}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(..)")
    }
}
