//! `keyward keyring`: data keys and the root key.

mod rekey;
mod status;

use super::{CommandFailure, open, say, say_json, tell, token::span};
use crate::config::Config;
use clap::Subcommand;
use domain::views::{RotationState, RotationView};
use serde_json::json;
use std::{
    cell::Cell,
    io::{self, IsTerminal, Write},
    path::PathBuf,
    time::{Duration, Instant},
};
use vault::{Context, Vault};

#[derive(Subcommand)]
pub(super) enum KeyringCommand {
    /// Show keys by number and state, how many values each seals, and how a rotation stands
    Status {
        /// As a JSON object
        #[arg(long)]
        json: bool,
    },
    /// Make a new data key and seal every stored value anew under it, while everybody works on
    #[command(after_help = "It can be stopped at any point: run it again, or leave it to a running server, which goes on with it.\n\n\
                            Example:\n  keyward keyring rotate --dry-run")]
    Rotate {
        /// Only count what would be sealed anew
        #[arg(long)]
        dry_run: bool,
        /// The result as a JSON object
        #[arg(long)]
        json: bool,
    },
    /// Destroy data keys that nothing is sealed under any more
    #[command(after_help = "Example:\n  keyward keyring retire --older-than 90d --dry-run")]
    Retire {
        /// Only keys that were replaced so long ago, in hours, days or weeks; as long as you keep backups
        #[arg(long, value_name = "SPAN", value_parser = span)]
        older_than: Option<Duration>,
        /// Only say which
        #[arg(long)]
        dry_run: bool,
        /// The result as a JSON object
        #[arg(long)]
        json: bool,
    },
    /// Change the root key: first without options, then with --finalise after a server has started with the new one
    #[command(after_help = "Example:\n  keyward keyring rekey-root\n  keyward keyring rekey-root --finalise")]
    RekeyRoot {
        /// The file with the new root key, which is made if it is not there; root.key.new in the data folder when not given
        #[arg(long, value_name = "FILE", conflicts_with = "finalise")]
        new_root_key: Option<PathBuf>,
        /// Let the old root key open nothing any more
        #[arg(long, alias = "finalize")]
        finalise: bool,
        /// Give up: let the new root key open nothing, as long as no server has started with it
        #[arg(long, conflicts_with_all = ["finalise", "new_root_key"])]
        cancel: bool,
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
        /// The result as a JSON object
        #[arg(long)]
        json: bool,
    },
}

/// Runs one of them.
pub(super) async fn run(config: &Config, command: KeyringCommand) -> Result<(), CommandFailure> {
    let vault = open(config).await?;
    let done = match command {
        KeyringCommand::Status { json } => status::run(&vault, json).await,
        KeyringCommand::Rotate { dry_run: true, json } => count(&vault, json).await,
        KeyringCommand::Rotate { dry_run: false, json } => rotate(&vault, json).await,
        KeyringCommand::Retire { older_than, dry_run, json } => retire(&vault, older_than.unwrap_or_default(), dry_run, json).await,
        KeyringCommand::RekeyRoot { finalise: true, dry_run, json, .. } => rekey::finalise(config, &vault, dry_run, json).await,
        KeyringCommand::RekeyRoot { cancel: true, dry_run, json, .. } => rekey::cancel(config, &vault, dry_run, json).await,
        KeyringCommand::RekeyRoot { new_root_key, dry_run, json, .. } => rekey::begin(config, &vault, new_root_key, dry_run, json).await,
    };
    vault.close().await;
    done
}

async fn count(vault: &Vault, json: bool) -> Result<(), CommandFailure> {
    let found = vault.count_for_rotation(&Context::system()).await?;
    if json {
        let tables: serde_json::Map<_, _> = found.iter().map(|(table, rows)| ((*table).to_owned(), (*rows).into())).collect();
        return say_json(&json!({"dry_run": true, "rows": tables}));
    }
    for (table, rows) in found {
        say(&format!("{table}: {rows} values would be sealed anew."))?;
    }
    Ok(())
}

async fn rotate(vault: &Vault, json: bool) -> Result<(), CommandFailure> {
    let progress = Progress::new();
    let view = vault.rotate(&Context::system(), |view| progress.tell(view)).await?;
    progress.end();
    if json {
        say_json(&view)?;
    } else {
        let RotationView { key, resealed, rows_per_second, .. } = &view;
        say(&format!("Data key {key} seals everything that opens now: {resealed} values sealed anew, {rows_per_second} a second."))?;
    }
    match view.state {
        RotationState::FinishedWithQuarantine => Err(CommandFailure::Refused(format!(
            "{} values do not open. They stay as they are, and the older data keys with them. See which: keyward keyring status",
            view.left
        ))),
        _ => {
            tell("Older data keys open nothing any more. Destroy them when no backup needs them: keyward keyring retire");
            Ok(())
        }
    }
}

/// How far it is, on standard error: one line that changes on a terminal, a line every few seconds elsewhere.
struct Progress {
    terminal: bool,
    last: Cell<Instant>,
}

impl Progress {
    const BETWEEN_LINES: Duration = Duration::from_secs(5);

    fn new() -> Self {
        Self { terminal: io::stderr().is_terminal(), last: Cell::new(Instant::now()) }
    }
    fn tell(&self, view: &RotationView) {
        let RotationView { resealed, left, rows_per_second, .. } = view;
        let rest = view.seconds_left.map(|seconds| format!(", about {seconds} s to go")).unwrap_or_default();
        let line = format!("{resealed} sealed anew, {left} left, {rows_per_second} a second{rest}");
        if self.terminal {
            // Nobody is left to tell when standard error is closed.
            let _ = write!(io::stderr(), "\r\x1b[K{line}");
        } else if self.last.get().elapsed() >= Self::BETWEEN_LINES {
            self.last.set(Instant::now());
            tell(&line);
        }
    }
    fn end(&self) {
        if self.terminal {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

fn numbers(keys: &[u32]) -> String {
    keys.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
}

async fn retire(vault: &Vault, older_than: Duration, dry_run: bool, json: bool) -> Result<(), CommandFailure> {
    let found = vault.retire_data_keys(&Context::system(), older_than, dry_run).await?;
    if json {
        let in_use: Vec<_> = found.in_use.iter().map(|(key, rows)| json!({"key": key, "rows": rows})).collect();
        return say_json(&json!({"dry_run": dry_run, "destroyed": found.destroyed, "in_use": in_use, "too_young": found.too_young}));
    }
    match (found.destroyed.is_empty(), dry_run) {
        (true, _) => say("No data key was destroyed.")?,
        (false, true) => say(&format!("Would be destroyed: data key {}.", numbers(&found.destroyed)))?,
        (false, false) => say(&format!("Destroyed: data key {}.", numbers(&found.destroyed)))?,
    }
    for (key, rows) in &found.in_use {
        tell(&format!("Data key {key} stays: {rows} values are sealed under it. Rotate first: keyward keyring rotate"));
    }
    if !found.too_young.is_empty() {
        tell(&format!("Replaced too short a time ago: data key {}.", numbers(&found.too_young)));
    }
    Ok(())
}
