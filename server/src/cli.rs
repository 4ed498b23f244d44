//! The command line. Results go to standard output, everything else to standard error; exit 0 fine, 1 failed, 2 wrong usage.

mod audit;
mod init;
mod keyring;
mod openapi;
mod serve;
mod setup_link;
mod token;
mod user;

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
    SetupLink,
    /// The keys that seal what is stored
    #[command(subcommand)]
    Keyring(keyring::KeyringCommand),
    /// The tamper-evident audit trail
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Print the OpenAPI document of the REST interface
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
    if matches!(command, Command::Openapi) {
        return openapi::run();
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
