//! What the vault is told at start. `server` reads it from the environment; nothing here does.

use crate::store::PostgresAddress;
use domain::{key_input::SecretInput, person::Tier};
use std::{
    collections::BTreeMap,
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

/// Which database, and where.
#[derive(Clone, Debug)]
pub enum Database {
    /// The SQLite file: for one process.
    Sqlite(PathBuf),
    /// PostgreSQL: for any number of processes.
    Postgres(PostgresAddress),
}

impl Database {
    /// The file of a SQLite database.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(file) => Some(file),
            Self::Postgres(_) => None,
        }
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => file.display().fmt(f),
            Self::Postgres(address) => address.fmt(f),
        }
    }
}

/// Where the audit trail leaves its checkpoints.
#[derive(Clone, Default, Debug)]
pub struct AuditSettings {
    /// A file on another disk or machine than the database; none keeps no checkpoints.
    pub sink: Option<PathBuf>,
    /// Whether nothing may be done as long as it takes none.
    pub strict: bool,
}

/// Environment variables that answer while no service credential is stored: those of [`domain::services::VARIABLES`] that are set.
#[derive(Clone, Default, Debug)]
pub struct Fallbacks(pub BTreeMap<String, SecretInput>);

/// Settings of one process.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where everything is stored.
    pub database: Database,
    /// A TOML file laid over the built-in catalogue.
    pub catalogue: Option<PathBuf>,
    /// Exact `scheme://host:port` entries outside the egress policy.
    pub allow_endpoints: Vec<String>,
    /// Addresses this process listens on; never reachable through egress.
    pub own_addresses: Vec<SocketAddr>,
    /// Tier of a new local account.
    pub default_tier: Tier,
    /// Tiers that may add provider keys.
    pub byok_tiers: Vec<Tier>,
    /// Provider keys a user may hold, by tier; `None` is unlimited, a tier that is absent has no limit of its own.
    pub tier_limits: BTreeMap<Tier, Option<u32>>,
    /// A session ends after this much time without a request.
    pub session_idle: Duration,
    /// A session ends this long after sign-in, whatever happens.
    pub session_max: Duration,
    /// Checkpoints of the audit trail.
    pub audit: AuditSettings,
    /// Where the root key comes from: `file`, `data_folder` or `environment`.
    pub root_key_source: &'static str,
    /// What answers while no service credential is stored.
    pub fallbacks: Fallbacks,
}
