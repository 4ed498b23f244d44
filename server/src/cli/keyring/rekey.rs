//! `keyward keyring rekey-root`.

use super::super::{CommandFailure, say, say_json, tell};
use crate::{
    config::{Config, RootKeySource},
    start,
};
use serde_json::json;
use std::path::{Path, PathBuf};
use vault::{Context, RootChange, Vault, root_key::RootKey};

/// Wraps the keyring under a new root key beside the old one.
pub(super) async fn begin(config: &Config, vault: &Vault, file: Option<PathBuf>, dry_run: bool, json: bool) -> Result<(), CommandFailure> {
    let cx = Context::system();
    // Given both, the new one may be in place already.
    let placed = match (&file, &config.previous_root_key) {
        (None, Some(_)) => Some(start::read_root_key(config)?),
        _ => None,
    };
    let waiting = match placed {
        Some(root) if !vault.fits(&cx, &root).await? => Some(root),
        _ => None,
    };
    let in_place = waiting.is_some();
    let path = file.unwrap_or_else(|| config.data_dir.join("root.key.new"));
    if dry_run {
        let from = if in_place { "the root key that is configured".to_owned() } else { path.display().to_string() };
        return told(json, "would_begin", &path, &format!("The keyring would be wrapped under {from}, too. Nothing was changed."));
    }
    let root = match waiting {
        Some(root) => root,
        None => make_or_read(&path)?,
    };
    let now = vault.vault_status(&cx).await?.root_key;
    if now.other.is_none() && vault.fits(&cx, &root).await? {
        return Err(CommandFailure::Refused(format!("{} holds the root key that is in use. Name another file.", path.display())));
    }
    let outcome = vault.begin_root_change(&cx, &root).await?;
    let already = if outcome == RootChange::AlreadyBegun {
        "was wrapped under the new root key before"
    } else {
        "is wrapped under the new root key, too"
    };
    told(json, "begun", &path, &format!("The keyring {already}. Both root keys open it."))?;
    next_steps(config, &path, in_place);
    Ok(())
}

fn make_or_read(path: &Path) -> Result<RootKey, CommandFailure> {
    let refused = |error: &(dyn std::error::Error + 'static)| CommandFailure::Refused(crate::logging::chain(error));
    if path.exists() {
        return RootKey::read_file(path).map_err(|error| refused(&error));
    }
    let root = RootKey::generate().map_err(|error| refused(&error))?;
    root.create_file(path).map_err(|error| refused(&error))?;
    tell(&format!("Made {}. Keep a copy away from the database.", path.display()));
    Ok(root)
}

fn next_steps(config: &Config, path: &Path, in_place: bool) {
    if !in_place {
        let current = config.root_key_path();
        tell(&match &config.root_key {
            RootKeySource::DataFolder => format!("1. mv {0} {0}.old && mv {1} {0}", current.display(), path.display()),
            RootKeySource::File(old) => format!("1. Put {} in the place of {}, which you keep.", path.display(), old.display()),
            RootKeySource::Given { variable, .. } => format!("1. Give {variable} the text of {}, and keep the old one.", path.display()),
        });
    }
    tell("2. Restart every server. Each starts with either of the two.");
    tell("3. keyward keyring rekey-root --finalise");
}

/// Lets the old root key open nothing any more.
pub(super) async fn finalise(config: &Config, vault: &Vault, dry_run: bool, json: bool) -> Result<(), CommandFailure> {
    let path = config.root_key_path();
    if dry_run {
        let other = vault.vault_status(&Context::system()).await?.root_key.other;
        let what = other
            .map_or_else(|| "There is one root key.".to_owned(), |other| format!("Root key {} would open nothing any more.", other.id));
        return told(json, "would_finalise", &path, &format!("{what} Nothing was changed."));
    }
    let refused = |why: &str| Err(CommandFailure::Refused(why.to_owned()));
    match vault.finalise_root_change(&Context::system()).await? {
        RootChange::Finalised => told(json, "finalised", &path, "The old root key opens nothing any more."),
        RootChange::NotServed => {
            refused("No server has started with the new root key yet. Put it in place, restart the servers, and try again.")
        }
        RootChange::NotBegun => {
            refused("The keyring is not wrapped under the root key that is configured. Begin with: keyward keyring rekey-root")
        }
        RootChange::NothingToDo | RootChange::Begun | RootChange::AlreadyBegun | RootChange::Cancelled | RootChange::Served => {
            told(json, "nothing_to_do", &path, "There is one root key, and it is the one that is configured.")
        }
    }
}

/// Lets the new root key open nothing.
pub(super) async fn cancel(config: &Config, vault: &Vault, dry_run: bool, json: bool) -> Result<(), CommandFailure> {
    let path = config.root_key_path();
    if dry_run {
        let other = vault.vault_status(&Context::system()).await?.root_key.other;
        let what = other.map_or_else(
            || "There is one root key.".to_owned(),
            |other| format!("Root key {} would open nothing, if no server has started with it.", other.id),
        );
        return told(json, "would_cancel", &path, &format!("{what} Nothing was changed."));
    }
    let refused = |why: &str| Err(CommandFailure::Refused(why.to_owned()));
    match vault.cancel_root_change(&Context::system()).await? {
        RootChange::Cancelled => told(json, "cancelled", &path, "The new root key opens nothing any more. The old one goes on."),
        RootChange::NothingToDo => told(json, "nothing_to_do", &path, "There is one root key, and it is the one that is configured."),
        RootChange::NotBegun => refused("The keyring is not wrapped under the root key that is configured."),
        _ => refused(
            "A server has started with the new root key, or it is the one that is configured. End the change with: keyward keyring rekey-root --finalise",
        ),
    }
}

fn told(json: bool, state: &str, file: &Path, sentence: &str) -> Result<(), CommandFailure> {
    if json { say_json(&json!({"state": state, "file": file.display().to_string()})) } else { say(sentence) }
}
