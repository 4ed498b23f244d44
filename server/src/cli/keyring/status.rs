//! `keyward keyring status`.

use super::super::{CommandFailure, say, say_json};
use domain::views::{RotationView, VaultStatus};
use vault::{Context, Vault};

/// Prints it.
pub(super) async fn run(vault: &Vault, json: bool) -> Result<(), CommandFailure> {
    let status = vault.vault_status(&Context::system()).await?;
    if json { say_json(&status) } else { show(&status) }
}

fn show(status: &VaultStatus) -> Result<(), CommandFailure> {
    let VaultStatus { ring_version, active_key, min_decrypt, root_key, .. } = status;
    say(&format!("Keyring version {ring_version}: data key {active_key} seals, data keys below {min_decrypt} open nothing."))?;
    say("KEY  STATE         MADE                  VALUES")?;
    for key in &status.data_keys {
        say(&format!("{:<3}  {:12}  {}  {}", key.id, key.state.as_str(), key.created_at.readable(), key.rows))?;
    }
    say(&format!("Root key {} ({}), since {}.", root_key.id, root_key.source.replace('_', " "), root_key.since.readable()))?;
    if let Some(other) = &root_key.other {
        say(&format!("Root key {} opens the keyring, too, since {}: its change is not finished.", other.id, other.since.readable()))?;
    }
    match &status.rotation {
        None => say("The data key was never rotated.")?,
        Some(rotation) => say(&rotation_line(rotation))?,
    }
    if status.quarantined == 0 {
        return say("No value is known that does not open.");
    }
    say(&format!("{} values do not open. Their owners have to enter them again:", status.quarantined))?;
    for entry in &status.quarantine {
        let owner = entry.owner.map_or_else(|| "the installation".to_owned(), |owner| format!("account {owner}"));
        say(&format!(
            "  {} {} of {owner}: {} (data key {}), found {}",
            entry.table,
            entry.record,
            entry.reason,
            entry.key,
            entry.found_at.readable()
        ))?;
    }
    Ok(())
}

fn rotation_line(rotation: &RotationView) -> String {
    let RotationView { state, key, total, resealed, left, started_at, .. } = rotation;
    let ended = rotation.finished_at.map(|at| format!(", ended {}", at.readable())).unwrap_or_default();
    let state = state.as_str().replace('_', " ");
    format!("Rotation to data key {key}: {state}; begun {}{ended}; {resealed} of {total} sealed anew, {left} left.", started_at.readable())
}
