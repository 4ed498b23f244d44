//! Making a vault and opening one.

use crate::{
    Context, Inner, Settings, Vault,
    access::TierRules,
    audit,
    credentials::Environment,
    egress::{self, Egress, Endpoint},
    failure::Failure,
    keyring::{Keyring, KeyringError, RingKey},
    ring,
    root_key::RootKey,
    sealed::SealError,
    settings::{AuditSettings, Database},
    store::{Postgres, Sqlite, Store, StoreError, rows::KeyringRow},
};
use domain::{
    catalogue::{Catalogue, CatalogueError},
    services::ServiceCatalogue,
};
use futures::StreamExt;
use std::{
    path::PathBuf,
    sync::{Arc, RwLock},
};
use uuid::Uuid;

/// Changes that may wait for a slow reader of live events before it misses some.
const EVENT_BACKLOG: usize = 256;

/// Why a vault could not be made or opened. Names the cause and never a value.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is a database already.
    #[error("there is a database already at {0}")]
    Exists(Database),
    /// There is no database.
    #[error("there is no Keyward database at {0}; make one with `keyward init`")]
    Missing(Database),
    /// The database has no keyring.
    #[error("the database has no keyring; it was not made by `keyward init`, or not to its end")]
    NoKeyring,
    /// None of the given root keys opens the keyring.
    #[error("the root key does not fit this database: its keyring was wrapped under another one")]
    WrongRootKey,
    /// The keyring's row was damaged.
    #[error("the keyring in the database cannot be used: {0}")]
    Keyring(#[source] KeyringError),
    /// No randomness, so no keys.
    #[error("no keys could be made: {0}")]
    Seal(#[from] SealError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The catalogue file cannot be read.
    #[error("the catalogue file {} cannot be read: {source}", .path.display())]
    CatalogueFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The catalogue file says something it cannot say.
    #[error("the catalogue file is wrong: {0}")]
    Catalogue(#[from] CatalogueError),
    /// The egress policy cannot be what was configured.
    #[error(transparent)]
    Egress(#[from] egress::ConfigError),
    /// The first unit of work failed.
    #[error("the first write failed")]
    FirstWrite(#[from] Failure),
}

/// Makes the database and a keyring wrapped under `root`, then opens it.
///
/// # Errors
/// [`StartError::Exists`] when the database file exists; otherwise what stood in the way.
pub async fn create(settings: &Settings, root: &RootKey) -> Result<Vault, StartError> {
    let exists = || StartError::Exists(settings.database.clone());
    let there = match &settings.database {
        Database::Sqlite(file) => file.exists(),
        Database::Postgres(address) => Postgres::peek_keyring(address).await?.is_some_and(|rows| !rows.is_empty()),
    };
    if there {
        return Err(exists());
    }
    let cx = Context::system();
    let keyring = Keyring::generate(cx.now).map_err(SealError::from)?;
    let ring_key = RingKey::of(root);
    let row = KeyringRow { root_id: root.id(), ring_version: keyring.ring_version(), sealed: ring_key.wrap(&keyring)?.as_bytes().to_vec() };
    let created = cx.now;
    let store: Arc<dyn Store> = match &settings.database {
        Database::Sqlite(file) => Arc::new(Sqlite::open(file, true).await?),
        Database::Postgres(address) => Arc::new(Postgres::open(address).await?),
    };
    let vault = assemble(settings, store, keyring, vec![ring_key])?;
    let (me, unit_cx) = (vault.clone(), cx);
    let first = vault
        .store()
        .write(move |tx| {
            Box::pin(async move {
                // Somebody else may make this database at the same moment: the first event of all is theirs or ours.
                if tx.audit_head().await?.seq > 0 {
                    return Ok(false);
                }
                tx.insert_keyring(&row, created).await?;
                me.record(tx, &unit_cx, audit::Event::success("vault.create")).await?;
                Ok(true)
            })
        })
        .await?;
    if !first {
        vault.close().await;
        return Err(exists());
    }
    Ok(vault)
}

/// Opens the database with the first of `roots` that opens its keyring. Until one does, not a byte of it is changed.
///
/// # Errors
/// [`StartError::WrongRootKey`] when none fits; otherwise what stood in the way.
pub async fn open(settings: &Settings, roots: &[RootKey]) -> Result<Vault, StartError> {
    let missing = || StartError::Missing(settings.database.clone());
    let ring_keys: Vec<_> = roots.iter().map(RingKey::of).collect();
    let store: Arc<dyn Store>;
    let keyring;
    match &settings.database {
        Database::Sqlite(file) => {
            if !file.exists() {
                return Err(missing());
            }
            keyring = unwrap(&Sqlite::peek_keyring(file).await?, &ring_keys)?;
            store = Arc::new(Sqlite::open(file, false).await?);
        }
        Database::Postgres(address) => {
            keyring = unwrap(&Postgres::peek_keyring(address).await?.ok_or_else(missing)?, &ring_keys)?;
            store = Arc::new(Postgres::open(address).await?);
        }
    }
    assemble(settings, store, keyring, ring_keys)
}

/// With two root keys and two rows either will do: a damaged row is an error only when there is no other.
fn unwrap(rows: &[KeyringRow], keys: &[RingKey]) -> Result<Keyring, StartError> {
    if rows.is_empty() {
        return Err(StartError::NoKeyring);
    }
    let mut refusal = StartError::WrongRootKey;
    for key in keys {
        for row in rows.iter().filter(|row| row.root_id == *key.root_id()) {
            match ring::unwrap_row(key, row) {
                Ok(ring) => return Ok(ring),
                Err(error) => refusal = StartError::Keyring(error),
            }
        }
    }
    Err(refusal)
}

fn assemble(settings: &Settings, store: Arc<dyn Store>, keyring: Keyring, ring_keys: Vec<RingKey>) -> Result<Vault, StartError> {
    let overlay = match &settings.catalogue {
        None => String::new(),
        Some(path) => std::fs::read_to_string(path).map_err(|source| StartError::CatalogueFile { path: path.clone(), source })?,
    };
    let catalogue = Catalogue::with_overlay(&overlay)?;
    let services = ServiceCatalogue::with_overlay(&overlay)?;
    let services = services.at(|variable| settings.fallbacks.0.get(variable).map(|url| url.verbatim().trim().to_owned()));
    for service in &services {
        Endpoint::from_catalogue(&service.base_url)?;
    }
    let egress = Egress::new(egress::Settings {
        allow_endpoints: settings.allow_endpoints.clone(),
        own_addresses: settings.own_addresses.clone(),
        extra_ca: None,
    })?;
    let changes = tokio::sync::broadcast::Sender::new(EVENT_BACKLOG);
    let fed = store.changes().map(|mut feed| {
        let changes = changes.clone();
        tokio::spawn(async move {
            while let Some(change) = feed.next().await {
                // An error means that nobody listens.
                let _ = changes.send(change);
            }
        });
    });
    let AuditSettings { sink, strict } = &settings.audit;
    let sink = sink.as_ref().map(|path| audit::Sink::start(path.clone(), keyring.audit_key(), *strict));
    Ok(Vault(Arc::new(Inner {
        store,
        audit_key: keyring.audit_key(),
        keyring: RwLock::new(Arc::new(keyring)),
        ring_keys,
        root_key_source: settings.root_key_source,
        sink,
        process: Uuid::now_v7(),
        catalogue,
        environment: Environment::read(&settings.fallbacks, &services),
        services,
        egress,
        tiers: TierRules { may_hold: settings.byok_tiers.clone(), limits: settings.tier_limits.clone() },
        default_tier: settings.default_tier,
        session_idle: settings.session_idle,
        session_max: settings.session_max,
        changes,
        fed: fed.is_some(),
    })))
}
