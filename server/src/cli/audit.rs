//! `keyward audit`: the tamper-evident trail.

use super::{CommandFailure, open, say, tell};
use crate::{audit_file::Format, config::Config};
use clap::Subcommand;
use domain::Timestamp;
use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
};
use vault::{Context, Vault, audit::Chain};

/// Events that are read and written at a time.
const PAGE: u32 = 1_000;

#[derive(Subcommand)]
pub(super) enum AuditCommand {
    /// Walk the chain from its beginning; exit 1 and name the first bad row if it does not hold
    #[command(
        after_help = "Without checkpoints a trail whose end was cut off looks whole.\n\nExample:\n  keyward audit verify --checkpoints /mnt/other/keyward-audit.jsonl"
    )]
    Verify {
        /// Compare with this file of checkpoints; KEYWARD_AUDIT_SINK when it is not given
        #[arg(long, value_name = "F")]
        checkpoints: Option<PathBuf>,
    },
    /// Write every event to standard output, oldest first
    #[command(after_help = "Example:\n  keyward audit export --format csv > audit.csv")]
    Export {
        /// One JSON object a line, or CSV with a heading
        #[arg(long, default_value = "jsonl")]
        format: Format,
    },
    /// Delete old events, and leave a signed mark in their place
    #[command(after_help = "Example:\n  keyward audit export > audit-2026.jsonl && keyward audit prune --before 2027-01-01")]
    Prune {
        /// Events before this day, or moment in RFC 3339, up to the first that is not
        #[arg(long, value_name = "DATE", value_parser = moment)]
        before: Timestamp,
        /// Only count them
        #[arg(long)]
        dry_run: bool,
    },
}

/// A day is its beginning in UTC.
fn moment(text: &str) -> Result<Timestamp, String> {
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    Timestamp::parse(&whole).ok_or_else(|| "must be a day or a moment, like 2027-01-31 or 2027-01-31T12:00:00Z".to_owned())
}

/// Runs one of them.
pub(super) async fn run(config: &Config, command: AuditCommand) -> Result<(), CommandFailure> {
    let vault = open(config).await?;
    match command {
        AuditCommand::Verify { checkpoints } => {
            let file = if checkpoints.is_some() { checkpoints } else { sink(config)? };
            verify(&vault, file).await
        }
        AuditCommand::Prune { before, dry_run: true } => {
            say(&format!("{} events would be deleted.", vault.count_prunable(&Context::system(), before).await?))
        }
        AuditCommand::Prune { before, dry_run: false } => {
            say(&format!("{} events were deleted.", vault.prune_audit(&Context::system(), before).await?))
        }
        AuditCommand::Export { format } => {
            let mut out = io::stdout().lock();
            out.write_all(&format.heading())?;
            let mut last = 0;
            loop {
                let page = vault.audit_events(&Context::system(), last, PAGE).await?;
                let Some(newest) = page.last() else { return Ok(out.flush()?) };
                last = newest.seq;
                out.write_all(&format.lines(&page)?)?;
            }
        }
    }
}

/// The configured file. One that is missing may have been taken away together with the end of the trail.
fn sink(config: &Config) -> Result<Option<PathBuf>, CommandFailure> {
    let Some(path) = config.vault.audit.sink.clone() else { return Ok(None) };
    match fs::metadata(&path) {
        Ok(found) if found.is_file() => Ok(Some(path)),
        Ok(_) => {
            tell("The second place is no file, so nothing was compared with it.");
            Ok(None)
        }
        Err(error) => Err(CommandFailure::Refused(format!(
            "KEYWARD_AUDIT_SINK names {}, which cannot be read ({error}): a cut-off end would not be seen. Put it back, or name a copy with --checkpoints.",
            path.display()
        ))),
    }
}

async fn verify(vault: &Vault, checkpoints: Option<PathBuf>) -> Result<(), CommandFailure> {
    let cx = Context::system();
    let chain = match &checkpoints {
        None => vault.verify_audit(&cx).await?,
        Some(path) => {
            let text = fs::read(path).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
            let chain = vault.verify_audit_against(&cx, &text).await?;
            tell(&format!("Compared with {} checkpoints.", vault.count_checkpoints(&cx, &text).map_err(vault::Failure::from)?));
            chain
        }
    };
    match chain {
        Chain::Intact(events) => say(&format!("The audit trail is intact: {events} events.")),
        Chain::Broken(seq) => Err(CommandFailure::Refused(format!(
            "The audit trail does not hold: event {seq} is missing, was changed, or is not the one that was written. What follows it cannot be trusted either."
        ))),
        Chain::Checkpoints(line) => Err(CommandFailure::Refused(format!(
            "The checkpoints do not hold: line {line} was not written by this installation, or a line before it is missing."
        ))),
    }
}
