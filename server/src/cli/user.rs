//! `keyward user`: accounts.

use super::{CommandFailure, open, say, tell};
use crate::config::Config;
use clap::Subcommand;
use domain::{
    key_input::SecretInput,
    person::{Email, Role, Tier},
    views::PersonView,
};
use std::io::{self, BufRead};
use vault::Context;

/// The most bytes that are read as a password; the vault's own limit is below it.
const LONGEST_LINE: u64 = 4 * 1024;

#[derive(Subcommand)]
pub(super) enum UserCommand {
    /// Add an account; its password is one line of standard input
    #[command(after_help = "Example:\n  pwgen -s 24 1 | keyward user add ann@example.com --role user --password-stdin")]
    Add {
        /// E-mail address, the account's name
        #[arg(value_parser = Email::parse)]
        email: Email,
        /// user or admin
        #[arg(long)]
        role: Role,
        /// Read the password from standard input; there is no other way
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// List all accounts
    List {
        /// As a JSON array
        #[arg(long)]
        json: bool,
    },
    /// Change what an account may do; ends its sessions
    SetRole {
        /// E-mail address
        #[arg(value_parser = Email::parse)]
        email: Email,
        /// user or admin
        role: Role,
    },
    /// Change an account's tier
    SetTier {
        /// E-mail address
        #[arg(value_parser = Email::parse)]
        email: Email,
        /// trial, free, starter, professional or enterprise
        tier: Tier,
    },
    /// End an account's sessions and API tokens and let it sign in no more; its keys stay
    Disable {
        /// E-mail address
        #[arg(value_parser = Email::parse)]
        email: Email,
    },
    /// Print a link with which somebody sets a new password; it works once, within 15 minutes
    #[command(after_help = "Example:\n  keyward user reset-password ann@example.com")]
    ResetPassword {
        /// E-mail address
        #[arg(value_parser = Email::parse)]
        email: Email,
    },
    /// Let a disabled account sign in again
    Enable {
        /// E-mail address
        #[arg(value_parser = Email::parse)]
        email: Email,
    },
}

/// Runs one of them.
pub(super) async fn run(config: &Config, command: UserCommand) -> Result<(), CommandFailure> {
    let cx = Context::system();
    match command {
        UserCommand::Add { email, role, password_stdin: _ } => {
            let password = read_password(io::stdin().lock())?;
            let id = open(config).await?.add_user(&cx, email.as_str(), role, &password).await?;
            tell(&format!("Added {email} as {role}."));
            say(&id.to_string())
        }
        UserCommand::List { json } => list(&open(config).await?.users(&cx).await?, json),
        UserCommand::SetRole { email, role } => {
            open(config).await?.set_role(&cx, &email, role).await?;
            tell(&format!("{email} has the role {role} now; sessions of the account have ended."));
            Ok(())
        }
        UserCommand::SetTier { email, tier } => {
            open(config).await?.set_tier(&cx, &email, tier).await?;
            tell(&format!("{email} has the tier {tier} now."));
            Ok(())
        }
        UserCommand::Disable { email } => {
            open(config).await?.set_disabled(&cx, &email, true).await?;
            tell(&format!("{email} is disabled; sessions and API tokens of the account have ended."));
            Ok(())
        }
        UserCommand::ResetPassword { email } => {
            let token = open(config).await?.reset_link_for(&cx, &email).await?;
            tell(&format!("With this link {email} sets a new password, once, within 15 minutes:"));
            say(&config.public_url.reset_link(token.for_link()))
        }
        UserCommand::Enable { email } => {
            open(config).await?.set_disabled(&cx, &email, false).await?;
            tell(&format!("{email} may sign in."));
            Ok(())
        }
    }
}

fn list(people: &[PersonView], json: bool) -> Result<(), CommandFailure> {
    if json {
        return say(&serde_json::to_string_pretty(people).map_err(io::Error::from)?);
    }
    let width = people.iter().map(|person| person.email.as_str().len()).max().unwrap_or(0).max(5);
    say(&format!("{:width$}  {:5}  {:12}  {:8}  CREATED", "EMAIL", "ROLE", "TIER", "STATE"))?;
    for person in people {
        let state = if person.disabled { "disabled" } else { "active" };
        let PersonView { email, role, tier, created, .. } = person;
        say(&format!("{:width$}  {role:5}  {tier:12}  {state:8}  {}", email.as_str(), created.readable()))?;
    }
    Ok(())
}

/// One line; its line break is not part of it.
fn read_password(input: impl BufRead) -> Result<SecretInput, CommandFailure> {
    let mut line = String::new();
    input.take(LONGEST_LINE).read_line(&mut line)?;
    let password = line.strip_suffix('\n').unwrap_or(&line);
    let password = password.strip_suffix('\r').unwrap_or(password);
    if password.is_empty() {
        return Err(CommandFailure::Refused("Standard input had no password. Give it as one line.".into()));
    }
    Ok(SecretInput::new(password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_one_line_without_its_line_break() {
        let read = |text: &str| read_password(text.as_bytes()).map(|password| password.verbatim().to_owned());
        for text in ["correct horse ", "correct horse \n", "correct horse \r\n", "correct horse \nsecond line\n"] {
            assert_eq!(read(text).expect("a password"), "correct horse ");
        }
        assert!(read("\n").is_err());
        assert!(read("").is_err());
    }
}
