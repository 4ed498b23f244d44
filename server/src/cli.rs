//! The command line. Results go to standard output, everything else to standard error; exit 0 fine, 1 failed, 2 wrong usage.

mod audit;
mod backup;
mod doctor;
mod import;
mod init;
mod keyring;
mod openapi;
mod serve;
mod setup_link;
mod token;
mod user;
mod working;

use crate::{
    config::{Config, ConfigError},
    hardening, logging, panics,
    start::{self, StartFailure},
};
use clap::{Parser, Subcommand};
use domain::Problem;
use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};
use vault::{Failure, Vault};

/// Keeps API keys encrypted, tests them, and never shows them again.
#[derive(Parser)]
#[command(name = "keyward", version, after_help = "Examples:\n  keyward init\n  keyward serve\n  keyward user list --json")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make the data folder, the root key and the database, and print the one-time set-up link
    #[command(after_help = "Example:\n  keyward init --data-dir /var/lib/keyward")]
    Init {
        /// The folder to make; KEYWARD_DATA_DIR when it is not given
        #[arg(long, value_name = "D")]
        data_dir: Option<PathBuf>,
    },
    /// Serve the pages
    #[command(after_help = "Example:\n  KEYWARD_LISTEN=127.0.0.1:4000 keyward serve")]
    Serve,
    /// Print a new one-time set-up link, as long as there is no admin
    #[command(after_help = "The link before it stops working.\n\nExample:\n  keyward setup-link")]
    SetupLink,
    /// The keys that seal what is stored
    #[command(subcommand)]
    Keyring(keyring::KeyringCommand),
    /// The tamper-evident audit trail
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Take over keys from another system
    #[command(subcommand)]
    Import(import::ImportCommand),
    /// Write a checked copy of the database into a file, while servers go on
    #[command(
        after_help = "Without the root key a backup opens no secret: keep the key, but not beside it.\n\nExample:\n  keyward backup /mnt/backup/keyward.backup"
    )]
    Backup {
        /// The file to write; an older backup there is replaced when the new one is complete
        file: PathBuf,
        /// The report as JSON
        #[arg(long)]
        json: bool,
    },
    /// Put a backup into an empty data folder, or an empty PostgreSQL database
    #[command(
        after_help = "The root key has to be there before: root.key in the data folder, or KEYWARD_ROOT_KEY_FILE.\n\nExample:\n  keyward restore /mnt/backup/keyward.backup"
    )]
    Restore {
        /// The file that `keyward backup` wrote
        file: PathBuf,
        /// The report as JSON
        #[arg(long)]
        json: bool,
    },
    /// Check configuration, key, database, disk and clock, and say what to do; exit 1 when something is wrong
    #[command(after_help = "Example:\n  keyward doctor --json")]
    Doctor {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the OpenAPI document of the REST interface
    #[command(after_help = "Example:\n  keyward openapi > openapi.json")]
    Openapi,
    /// Accounts
    #[command(subcommand)]
    User(user::UserCommand),
    /// API tokens
    #[command(subcommand)]
    Token(token::TokenCommand),
}

/// Why a command failed, as told to the operator.
#[derive(Debug, thiserror::Error)]
enum CommandFailure {
    #[error("{0}")]
    Config(#[from] ConfigError),
    #[error("{0}")]
    Start(#[from] StartFailure),
    #[error("{}", sentence(.0))]
    Vault(#[from] Failure),
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{}", logging::chain(.0))]
    Backup(#[from] vault::backup::BackupError),
    #[error("{0}")]
    Refused(String),
}

/// A failure of the vault in words, with its causes: the reader is the operator.
fn sentence(failure: &Failure) -> String {
    let told = match failure.problem() {
        Problem::Forbidden => "This cannot be done now.".into(),
        Problem::NotFound => "There is no such account.".into(),
        problem => problem.detail(),
    };
    match std::error::Error::source(failure) {
        Some(cause) => format!("{told} ({})", logging::chain(cause)),
        None => told.into_owned(),
    }
}

/// Runs the command that the arguments name.
pub(crate) fn run() -> ExitCode {
    // clap exits with 2 on wrong usage and with 0 after --help.
    let command = Arguments::parse().command;
    match execute(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(io::stderr(), "keyward: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn execute(command: Command) -> Result<(), CommandFailure> {
    match command {
        Command::Openapi => return openapi::run(),
        // It tells what is wrong with the configuration, too.
        Command::Doctor { json } => return doctor::run(json),
        _ => {}
    }
    let data_dir = if let Command::Init { data_dir } = &command { data_dir.clone() } else { None };
    let config = Config::from_environment(data_dir)?;
    logging::start(&config);
    hardening::apply();
    panics::install_hook();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Init { .. } => init::run(&config).await,
            Command::Serve => serve::run(config).await,
            Command::Openapi => openapi::run(),
            Command::Doctor { json } => doctor::run(json),
            Command::Import(command) => import::run(&config, command).await,
            Command::Backup { file, json } => backup::write(&config, &file, json).await,
            Command::Restore { file, json } => backup::restore(&config, &file, json).await,
            Command::SetupLink => setup_link::run(&config).await,
            Command::Keyring(command) => keyring::run(&config, command).await,
            Command::Audit(command) => audit::run(&config, command).await,
            Command::User(command) => user::run(&config, command).await,
            Command::Token(command) => token::run(&config, command).await,
        }
    })
}

/// Opens the vault for a command that runs beside the server.
async fn open(config: &Config) -> Result<Vault, CommandFailure> {
    Ok(start::open(config).await?)
}

/// A value as JSON that people can read, too.
fn say_json(value: &impl serde::Serialize) -> Result<(), CommandFailure> {
    say(&serde_json::to_string_pretty(value).map_err(io::Error::from)?)
}

/// Writes a result.
fn say(line: &str) -> Result<(), CommandFailure> {
    Ok(writeln!(io::stdout(), "{line}")?)
}

/// Writes something about a result.
fn tell(line: &str) {
    // Nobody is left to tell when standard error is closed.
    let _ = writeln!(io::stderr(), "{line}");
}
