//! Encryption, storage, access rules, egress and use-cases: the only crate that holds plaintext.
//!
//! Everything a page, a REST handler or a command does goes through [`Vault`]. A row never leaves `store`, a view never
//! enters SQL, and plaintext leaves this crate only as a header that `egress` puts on an outbound request.

pub mod access;
pub mod accounts;
pub mod api_tokens;
pub mod audit;
pub mod check;
pub mod context;
pub mod egress;
pub mod failure;
pub mod hint;
pub mod keyring;
pub mod keys;
pub mod limits;
mod overview;
mod passwords;
mod primitives;
pub mod root_key;
pub mod seal_context;
pub mod sealed;
pub mod secret;
pub mod settings;
pub mod start;
pub mod store;
mod tokens;

pub use context::{Actor, Context, Identity, Proof};
pub use failure::Failure;
pub use settings::{Database, Settings};

use access::TierRules;
use domain::{catalogue::Catalogue, ids::UserId, person::Tier, views::LiveEvent};
use keyring::{AuditKey, Keyring};
use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use store::{Store, StoreError, Tx};

/// The vault: cheap to clone, one per process.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    keyring: RwLock<Arc<Keyring>>,
    audit_key: AuditKey,
    catalogue: Catalogue,
    egress: egress::Egress,
    tiers: TierRules,
    default_tier: Tier,
    session_idle: Duration,
    session_max: Duration,
    changes: tokio::sync::broadcast::Sender<(UserId, LiveEvent)>,
    /// Whether `changes` is fed from the database, which also brings back what this process does.
    fed: bool,
}

impl Vault {
    fn store(&self) -> &dyn Store {
        &*self.0.store
    }
    fn keyring(&self) -> Arc<Keyring> {
        Arc::clone(&self.0.keyring.read().unwrap_or_else(PoisonError::into_inner))
    }
    async fn record(&self, tx: &mut dyn Tx, cx: &Context, event: audit::Event) -> Result<(), Failure> {
        audit::record(tx, &self.0.audit_key, cx, event).await
    }
    fn announce(&self, to: UserId, event: LiveEvent) {
        if self.0.fed {
            return;
        }
        // An error means that nobody listens.
        let _ = self.0.changes.send((to, event));
    }
    /// Whether the database can be read and written.
    ///
    /// # Errors
    /// [`StoreError`] when it does not.
    pub async fn ready(&self) -> Result<(), StoreError> {
        self.store().ready().await
    }
    /// How many secrets this vault was asked to open since it started.
    #[must_use]
    pub fn opened(&self) -> u64 {
        self.keyring().opened()
    }
    /// Finishes the units of work that wait and closes the database.
    pub async fn close(&self) {
        self.store().close().await;
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(..)")
    }
}
