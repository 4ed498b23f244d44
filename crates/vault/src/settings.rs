//! What the vault is told at start. `server` reads it from the environment; nothing here does.

use domain::person::Tier;
use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, time::Duration};

/// Settings of one process.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The SQLite file.
    pub database: PathBuf,
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
}
