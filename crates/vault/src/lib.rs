//! Encryption, storage, access rules, egress and use-cases: the only crate that holds plaintext.
//!
//! Everything a page, a REST handler or a command does goes through [`Vault`]. A row never leaves `store`, a view never
//! enters SQL, and plaintext leaves this crate only in an outbound request of `egress`: as a header, or as a field of a form.

pub mod access;
pub mod accounts;
pub mod api_tokens;
pub mod audit;
pub mod backup;
pub mod check;
pub mod cloudflare;
pub mod context;
pub mod credentials;
pub mod egress;
pub mod failure;
pub mod hint;
pub mod identity;
pub mod import;
pub mod kept_forms;
pub mod keyring;
pub mod keys;
mod lease;
pub mod limits;
pub mod metrics;
mod overview;
mod passwords;
mod primitives;
mod quarantine;
mod ring;
mod root_change;
pub mod root_key;
pub mod rotation;
pub mod seal_context;
pub mod sealed;
pub mod secret;
pub mod settings;
pub mod start;
pub mod store;
mod tokens;
mod upkeep;
mod vault_status;

pub use context::{Actor, Context, Identity, Proof};
pub use failure::Failure;
pub use root_change::RootChange;
pub use settings::{AuditSettings, Database, Fallbacks, Settings};

use access::TierRules;
use domain::{catalogue::Catalogue, ids::UserId, person::Tier, services::ServiceCatalogue, views::LiveEvent};
use futures::future::BoxFuture;
use keyring::{AuditKey, Keyring, RingKey};
use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use store::{Store, StoreError, Tx};
use uuid::Uuid;

/// The vault: cheap to clone, one per process.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    keyring: RwLock<Arc<Keyring>>,
    /// What opens the ring when it changes: the root key that was asked for first, then the previous one, if there is one.
    ring_keys: Vec<RingKey>,
    /// Where the first of them came from.
    root_key_source: &'static str,
    audit_key: AuditKey,
    sink: Option<audit::Sink>,
    /// This process, as holder of leases.
    process: Uuid,
    catalogue: Catalogue,
    services: ServiceCatalogue,
    environment: credentials::Environment,
    egress: egress::Egress,
    provider: Option<identity::Provider>,
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
    /// A unit of work that a caller asked for. Outcomes of what was begun before go to the store directly: they are noted whoever has
    /// gone meanwhile.
    async fn unit<T, F>(&self, cx: Context, work: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut dyn Tx) -> BoxFuture<'t, Result<T, Failure>> + Send + 'static,
    {
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    access::still(tx, &cx).await?;
                    work(tx).await
                })
            })
            .await
    }
    async fn record(&self, tx: &mut dyn Tx, cx: &Context, event: audit::Event) -> Result<(), Failure> {
        if self.0.sink.as_ref().is_some_and(audit::Sink::forbids_acts) {
            return Err(StoreError::AuditSink.into());
        }
        audit::record(tx, &self.0.audit_key, cx, event).await
    }
    fn announce(&self, to: UserId, event: LiveEvent) {
        if self.0.fed {
            return;
        }
        // An error means that nobody listens.
        let _ = self.0.changes.send((to, event));
    }
    /// Whether the database can be read and written, and the audit trail with it.
    ///
    /// # Errors
    /// [`StoreError`] when it does not.
    pub async fn ready(&self) -> Result<(), StoreError> {
        if self.0.sink.as_ref().is_some_and(audit::Sink::forbids_acts) {
            return Err(StoreError::AuditSink);
        }
        self.store().ready().await
    }
    /// How many secrets this vault was asked to open since it started.
    #[must_use]
    pub fn opened(&self) -> u64 {
        self.keyring().opened()
    }
    /// Finishes the units of work that wait, leaves a last checkpoint, and closes the database.
    pub async fn close(&self) {
        self.last_checkpoint().await;
        self.store().close().await;
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(..)")
    }
}
