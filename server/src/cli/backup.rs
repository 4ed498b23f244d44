//! `keyward backup` and `keyward restore`.

use super::{CommandFailure, init, say, tell, working};
use crate::{
    config::{Config, RootKeySource},
    start::{self, StartFailure},
};
use std::{io, path::Path};
use vault::backup::{self, BackupError, BackupReport};

/// Writes a backup, beside a server or without one.
pub(super) async fn write(config: &Config, file: &Path, json: bool) -> Result<(), CommandFailure> {
    let roots = start::root_keys(config)?;
    let report = working::show("Copying and checking", backup::write(&config.vault, &roots, file)).await?;
    warn(&report);
    tell(&format!(
        "It opens with the root key {} alone, which is {}. Keep a copy of that key away from the backup.",
        report.root_key.join(" or "),
        place(config)
    ));
    told(&report, json, &format!("Wrote {} with {}.", file.display(), counts(&report)))
}

/// Puts a backup where there is no database.
pub(super) async fn restore(config: &Config, file: &Path, json: bool) -> Result<(), CommandFailure> {
    let needed = backup::root_keys_of(file).await?.join(" or ");
    let roots = start::roots(config).map_err(|failure| match failure {
        StartFailure::NoRootKey(path) => CommandFailure::Refused(format!(
            "There is no root key: {path} is missing. This backup opens with the root key {needed} alone. \
             Put that file there, or set KEYWARD_ROOT_KEY_FILE, and run this again."
        )),
        other => other.into(),
    })?;
    init::make_folder(&config.data_dir)?;
    let restored = working::show("Restoring and checking", backup::restore(&config.vault, &roots, file)).await;
    let report = restored.map_err(|error| match error {
        BackupError::Image(vault::start::StartError::WrongRootKey) => CommandFailure::Refused(format!(
            "The root key does not fit: this backup opens with the root key {needed} alone, and {} is another one. Nothing was restored.",
            place(config)
        )),
        other => other.into(),
    })?;
    warn(&report);
    tell("Everybody has to sign in again. What was deleted or revoked after the backup is back: delete it again.");
    told(&report, json, &format!("Restored {} into {}.", counts(&report), config.vault.database))
}

fn counts(report: &BackupReport) -> String {
    let BackupReport { rows, secrets, events, .. } = report;
    format!("{rows} rows, {secrets} secrets that open, and an audit trail of {events} events that holds")
}

fn warn(report: &BackupReport) {
    for id in &report.unopened {
        tell(&format!("The secret of {id} does not open; it did not in the database either. It is kept as it is."));
    }
}

fn told(report: &BackupReport, json: bool, sentence: &str) -> Result<(), CommandFailure> {
    if json { say(&serde_json::to_string(report).map_err(io::Error::from)?) } else { say(sentence) }
}

/// Where the root key of this installation is.
fn place(config: &Config) -> String {
    match &config.root_key {
        RootKeySource::Given { variable, .. } => format!("in the variable {variable}"),
        RootKeySource::File(path) => path.display().to_string(),
        RootKeySource::DataFolder => config.root_key_path().display().to_string(),
    }
}
