//! Opening the vault: where the root keys come from, and the sentences for what can be wrong with them.

use crate::{
    config::{Config, RootKeySource},
    logging,
};
use std::{error::Error, path::Path};
use vault::{Vault, root_key::RootKey};

/// Why the vault did not open: a sentence that names the cause and no value.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartFailure {
    /// No data folder, or an empty one.
    #[error("There is no data folder at {0}. Make one with: keyward init")]
    NoDataFolder(String),
    /// A data folder without a root key.
    #[error(
        "There is no root key: {0} is missing. Put the file back, or set KEYWARD_ROOT_KEY_FILE. Without it nothing stored can be opened, \
         and no new one is made."
    )]
    NoRootKey(String),
    /// The root key does not hold.
    #[error("The root key in {place} cannot be used: {reason}")]
    BadRootKey {
        /// Variable or file.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The vault refused.
    #[error("{0}")]
    Vault(String),
}

impl StartFailure {
    fn vault(error: &(dyn Error + 'static)) -> Self {
        Self::Vault(logging::chain(error))
    }
}

/// Makes keyring and database under a root key that was just made or given.
///
/// # Errors
/// What [`StartFailure`] says.
pub(crate) async fn create(config: &Config) -> Result<Vault, StartFailure> {
    let root = match &config.root_key {
        RootKeySource::DataFolder => {
            let path = config.root_key_path();
            let place = path.display().to_string();
            let root = RootKey::generate().map_err(|error| bad(place.clone(), &error))?;
            root.create_file(&path).map_err(|error| bad(place, &error))?;
            root
        }
        given => read(config, given)?,
    };
    vault::start::create(&config.vault, &root).await.map_err(|error| StartFailure::vault(&error))
}

/// Opens the vault that [`create`] made.
///
/// # Errors
/// What [`StartFailure`] says.
pub(crate) async fn open(config: &Config) -> Result<Vault, StartFailure> {
    let roots = root_keys(config)?;
    vault::start::open(&config.vault, &roots).await.map_err(|error| StartFailure::vault(&error))
}

fn root_keys(config: &Config) -> Result<Vec<RootKey>, StartFailure> {
    if config.vault.database.file().is_some_and(|file| !file.exists()) {
        return Err(StartFailure::NoDataFolder(config.data_dir.display().to_string()));
    }
    let mut roots = vec![read(config, &config.root_key)?];
    if let Some(previous) = &config.previous_root_key {
        roots.push(read(config, previous)?);
    }
    Ok(roots)
}

/// The configured root key, without the previous one.
///
/// # Errors
/// What [`StartFailure`] says.
pub(crate) fn read_root_key(config: &Config) -> Result<RootKey, StartFailure> {
    read(config, &config.root_key)
}

fn read(config: &Config, source: &RootKeySource) -> Result<RootKey, StartFailure> {
    match source {
        RootKeySource::Given { variable, text } => {
            tracing::warn!("{variable} stays readable in the environment of this process; prefer {variable}_FILE");
            RootKey::parse(text.verbatim()).map_err(|error| bad((*variable).to_owned(), &error))
        }
        RootKeySource::File(path) => read_file(path),
        RootKeySource::DataFolder => read_file(&config.root_key_path()),
    }
}

fn read_file(path: &Path) -> Result<RootKey, StartFailure> {
    if !path.exists() {
        return Err(StartFailure::NoRootKey(path.display().to_string()));
    }
    RootKey::read_file(path).map_err(|error| bad(path.display().to_string(), &error))
}

fn bad(place: String, error: &(dyn Error + 'static)) -> StartFailure {
    StartFailure::BadRootKey { place, reason: logging::chain(error) }
}
