//! `keyward audit`: the tamper-evident trail.

use super::{CommandFailure, open, say};
use crate::config::Config;
use clap::{Subcommand, ValueEnum};
use domain::views::AuditView;
use std::io::{self, Write};
use vault::{Context, audit::Chain};

/// Events that are read and written at a time.
const PAGE: u32 = 1_000;

#[derive(Subcommand)]
pub(super) enum AuditCommand {
    /// Walk the chain from its beginning; exit 1 and name the first bad row if it does not hold
    Verify,
    /// Write every event to standard output, oldest first
    #[command(after_help = "Example:\n  keyward audit export --format csv > audit.csv")]
    Export {
        /// One JSON object a line, or CSV with a heading
        #[arg(long, default_value = "jsonl")]
        format: Format,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Format {
    /// One JSON object a line
    Jsonl,
    /// RFC 4180, with a heading
    Csv,
}

/// Runs one of them.
pub(super) async fn run(config: &Config, command: AuditCommand) -> Result<(), CommandFailure> {
    let vault = open(config).await?;
    match command {
        AuditCommand::Verify => match vault.verify_audit(&Context::system()).await? {
            Chain::Intact(events) => say(&format!("The audit trail is intact: {events} events.")),
            Chain::Broken(seq) => Err(CommandFailure::Refused(format!(
                "The audit trail does not hold: event {seq} is missing, was changed, or is not the one that was written. What follows it cannot be trusted either."
            ))),
        },
        AuditCommand::Export { format } => {
            let mut out = Writer::new(format);
            let mut last = 0;
            loop {
                let page = vault.audit_events(&Context::system(), last, PAGE).await?;
                let Some(newest) = page.last() else { return Ok(out.finish()?) };
                last = newest.seq;
                for event in &page {
                    out.write(event)?;
                }
            }
        }
    }
}

/// Standard output in one of the formats.
enum Writer {
    Jsonl(io::BufWriter<io::Stdout>),
    Csv(Box<csv::Writer<io::Stdout>>),
}

impl Writer {
    fn new(format: Format) -> Self {
        match format {
            Format::Jsonl => Self::Jsonl(io::BufWriter::new(io::stdout())),
            Format::Csv => Self::Csv(Box::new(csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(io::stdout()))),
        }
    }
    fn write(&mut self, event: &AuditView) -> io::Result<()> {
        match self {
            Self::Jsonl(out) => {
                serde_json::to_writer(&mut *out, event)?;
                out.write_all(b"\n")
            }
            Self::Csv(out) => out.serialize(event).map_err(io::Error::other),
        }
    }
    fn finish(self) -> io::Result<()> {
        match self {
            Self::Jsonl(mut out) => out.flush(),
            Self::Csv(mut out) => out.flush(),
        }
    }
}
