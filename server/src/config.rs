//! The environment, read once; nothing else in the program looks at it.
//!
//! An unknown `KEYWARD_*` name is an error, so that a misspelt setting is never silently the default. Besides those, only the variables that
//! stand in for service credentials are read; what they hold is never logged.

mod environment;
mod names;
mod public_url;
mod values;

pub(crate) use public_url::PublicUrl;

use crate::logging;
use domain::{key_input::SecretInput, person::Tier};
use environment::Environment;
use ipnet::IpNet;
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};
use vault::{Database, store::PostgresAddress};

/// What is wrong with the configuration: a sentence that names the variable and never a secret.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct ConfigError(pub(crate) String);

/// Where a root key comes from.
#[derive(Clone, Debug)]
pub(crate) enum RootKeySource {
    /// The text of a variable.
    Given {
        /// Its name.
        variable: &'static str,
        /// Its text.
        text: SecretInput,
    },
    /// A file named by a variable.
    File(PathBuf),
    /// `root.key` in the data folder.
    DataFolder,
}

impl RootKeySource {
    /// As pages and REST name it.
    const fn word(&self) -> &'static str {
        match self {
            Self::Given { .. } => "environment",
            Self::File(_) => "file",
            Self::DataFolder => "data_folder",
        }
    }
}

/// How log lines look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Everything the program was told.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// The folder with the root key, the database and the lock.
    pub(crate) data_dir: PathBuf,
    /// Where `serve` listens.
    pub(crate) listen: SocketAddr,
    /// How browsers reach it.
    pub(crate) public_url: PublicUrl,
    /// Peers whose forwarding headers count.
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// The root key.
    pub(crate) root_key: RootKeySource,
    /// The root key before that, as long as the root key is being changed.
    pub(crate) previous_root_key: Option<RootKeySource>,
    /// A filter in the syntax of `tracing_subscriber::EnvFilter`.
    pub(crate) log: String,
    /// How log lines look.
    pub(crate) log_format: LogFormat,
    /// What the vault is told.
    pub(crate) vault: vault::Settings,
}

impl Config {
    /// Reads the environment of this process. `data_dir` wins over `KEYWARD_DATA_DIR`.
    ///
    /// # Errors
    /// A sentence that names the variable.
    pub(crate) fn from_environment(data_dir: Option<PathBuf>) -> Result<Self, ConfigError> {
        Self::read(&Environment::of_process()?, data_dir)
    }

    fn read(env: &Environment, data_dir: Option<PathBuf>) -> Result<Self, ConfigError> {
        env.refuse_unsupported()?;
        let data_dir = data_dir.unwrap_or_else(|| env.get("KEYWARD_DATA_DIR").unwrap_or("./data").into());
        let listen =
            env.parse("KEYWARD_LISTEN", "an address with a port, like 127.0.0.1:3000")?.unwrap_or((Ipv4Addr::LOCALHOST, 3000).into());
        let public_url = match env.get("KEYWARD_PUBLIC_URL") {
            Some(text) => PublicUrl::parse(text)?,
            None => PublicUrl::of_listener(listen),
        };
        let log = env.get("KEYWARD_LOG").unwrap_or("info").to_owned();
        if !logging::is_filter(&log) {
            return Err(ConfigError("KEYWARD_LOG is not a log filter. Use a level, like info, or target=level pairs.".into()));
        }
        let log_format = match env.get("KEYWARD_LOG_FORMAT") {
            None | Some("text") => LogFormat::Text,
            Some("json") => LogFormat::Json,
            Some(_) => return Err(ConfigError("KEYWARD_LOG_FORMAT must be text or json.".into())),
        };
        let root_key = root_key_of(env, "KEYWARD_ROOT_KEY")?.unwrap_or(RootKeySource::DataFolder);
        Ok(Self {
            vault: vault::Settings {
                database: database(env, &data_dir)?,
                catalogue: env.get("KEYWARD_CATALOGUE").map(PathBuf::from),
                allow_endpoints: values::list(env.get("KEYWARD_ALLOW_ENDPOINTS")),
                own_addresses: vec![listen],
                default_tier: env.parse("KEYWARD_DEFAULT_TIER", values::TIERS)?.unwrap_or(Tier::Starter),
                byok_tiers: values::tiers(env.get("KEYWARD_BYOK_TIERS").unwrap_or("starter,professional,enterprise"))?,
                tier_limits: values::tier_limits(
                    env.get("KEYWARD_TIER_LIMITS").unwrap_or("starter=10,professional=50,enterprise=unlimited"),
                )?,
                session_idle: duration(env, "KEYWARD_SESSION_IDLE", Duration::from_secs(30 * 60))?,
                session_max: duration(env, "KEYWARD_SESSION_MAX", Duration::from_secs(12 * 3600))?,
                audit: audit(env)?,
                root_key_source: root_key.word(),
                fallbacks: env.fallbacks()?,
            },
            trusted_proxies: values::networks(env.get("KEYWARD_TRUSTED_PROXIES"))?,
            root_key,
            previous_root_key: root_key_of(env, "KEYWARD_ROOT_KEY_PREVIOUS")?,
            data_dir,
            listen,
            public_url,
            log,
            log_format,
        })
    }

    /// The root key's file in the data folder.
    pub(crate) fn root_key_path(&self) -> PathBuf {
        self.data_dir.join("root.key")
    }
    /// The file that `serve` locks, beside a SQLite database; PostgreSQL takes any number of servers.
    pub(crate) fn lock_path(&self) -> Option<PathBuf> {
        self.vault.database.file().map(|file| file.with_file_name("keyward.lock"))
    }
}

fn database(env: &Environment, data_dir: &std::path::Path) -> Result<Database, ConfigError> {
    let Some(text) = env.secret("KEYWARD_DATABASE_URL")? else { return Ok(Database::Sqlite(data_dir.join("keyward.db"))) };
    let text = text.verbatim().trim();
    let path = text.strip_prefix("sqlite://").or_else(|| text.strip_prefix("sqlite:")).filter(|path| !path.is_empty());
    if let Some(path) = path {
        return Ok(Database::Sqlite(path.into()));
    }
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        let address = PostgresAddress::parse(text);
        return address.map(Database::Postgres).map_err(|error| ConfigError(format!("KEYWARD_DATABASE_URL does not hold: {error}.")));
    }
    Err(ConfigError(
        "KEYWARD_DATABASE_URL is not a database address. Use postgres://user@host/database, or unset it to use SQLite in the data folder."
            .into(),
    ))
}

fn root_key_of(env: &Environment, name: &'static str) -> Result<Option<RootKeySource>, ConfigError> {
    let file = names::file_variant(name);
    match (env.raw(name), env.get(&file)) {
        (Some(_), Some(_)) => Err(ConfigError(format!("{name} and {file} are both set. Keep one."))),
        (Some(text), None) if text.trim().is_empty() => Err(ConfigError(format!("{name} is empty. Unset it or give it a root key."))),
        (Some(text), None) => Ok(Some(RootKeySource::Given { variable: name, text: SecretInput::new(text.trim().to_owned()) })),
        (None, Some(path)) => Ok(Some(RootKeySource::File(path.into()))),
        (None, None) => Ok(None),
    }
}

fn audit(env: &Environment) -> Result<vault::AuditSettings, ConfigError> {
    let sink = env.get("KEYWARD_AUDIT_SINK").map(PathBuf::from);
    let strict = match env.get("KEYWARD_AUDIT_STRICT") {
        None | Some("false") => false,
        Some("true") if sink.is_none() => {
            return Err(ConfigError("KEYWARD_AUDIT_STRICT is true, but KEYWARD_AUDIT_SINK names no file. Set it or unset both.".into()));
        }
        Some("true") => true,
        Some(_) => return Err(ConfigError("KEYWARD_AUDIT_STRICT must be true or false.".into())),
    };
    Ok(vault::AuditSettings { sink, strict })
}

fn duration(env: &Environment, name: &str, default: Duration) -> Result<Duration, ConfigError> {
    let Some(text) = env.get(name) else { return Ok(default) };
    values::duration(text).ok_or_else(|| ConfigError(format!("{name} must be a time span, like 30m or 12h.")))
}

#[cfg(test)]
mod tests;
