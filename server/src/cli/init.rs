//! `keyward init`: the only command that makes a root key.

use super::{CommandFailure, say, tell};
use crate::{
    config::{Config, RootKeySource},
    start,
};
use std::{
    fs::{self, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
};
use vault::{Context, Database};

/// Makes everything and prints the set-up link.
pub(super) async fn run(config: &Config) -> Result<(), CommandFailure> {
    refuse_if_there_is_one(config)?;
    make_folder(&config.data_dir)?;
    let made = start::create(config).await;
    let vault = match made {
        Ok(vault) => vault,
        Err(failure) => {
            // Nothing can be stored yet, so what is there is worth nothing and would only stop the next try.
            remove_leftovers(config);
            return Err(failure.into());
        }
    };
    let token = vault.setup_link(&Context::system()).await?;
    vault.close().await;
    tell(&format!("Made {}.", config.data_dir.display()));
    if matches!(config.vault.database, Database::Postgres(_)) {
        tell(&format!("Made the tables and the keyring in {}.", config.vault.database));
    }
    if matches!(config.root_key, RootKeySource::DataFolder) {
        tell(&format!(
            "Keep a copy of {} away from the database: without it nothing stored can be opened.",
            config.root_key_path().display()
        ));
    }
    tell("Start with: keyward serve. Then make the first admin within 24 hours, with this link:");
    say(&config.public_url.setup_link(&token))
}

fn refuse_if_there_is_one(config: &Config) -> Result<(), CommandFailure> {
    // Whether there is something in PostgreSQL already is found out when it is made.
    let mut marks: Vec<_> = config.vault.database.file().into_iter().collect();
    let root_key = config.root_key_path();
    marks.push(&root_key);
    match marks.into_iter().find(|path| path.exists()) {
        None => Ok(()),
        Some(path) => Err(CommandFailure::Refused(format!(
            "{} is there already, so nothing was made. For a new set-up link use: keyward setup-link",
            path.display()
        ))),
    }
}

/// Makes the data folder, or closes the one that is there to others.
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    let say_where = |error: io::Error| io::Error::new(error.kind(), format!("Cannot make the folder {}: {error}", folder.display()));
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(say_where)?;
    // A folder that was there before may be open to others.
    fs::set_permissions(folder, Permissions::from_mode(0o700)).map_err(say_where)
}

fn remove_leftovers(config: &Config) {
    let beside = |suffix: &str| {
        let mut name = config.vault.database.file()?.as_os_str().to_owned();
        name.push(suffix);
        Some(PathBuf::from(name))
    };
    let mut leftovers: Vec<_> = ["", "-wal", "-shm"].into_iter().filter_map(beside).collect();
    if matches!(config.root_key, RootKeySource::DataFolder) {
        leftovers.push(config.root_key_path());
    }
    for path in leftovers {
        // Most of them were never made.
        let _ = fs::remove_file(path);
    }
}
