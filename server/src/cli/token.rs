//! `keyward token`: API tokens.

use super::{CommandFailure, open, say, tell};
use crate::config::Config;
use clap::Subcommand;
use domain::{person::Email, scope::Scope};
use std::time::Duration;
use vault::{Context, api_tokens::NewToken};

#[derive(Subcommand)]
pub(super) enum TokenCommand {
    /// Make an API token and print it, once and alone, on standard output
    #[command(after_help = "Example:\n  keyward token create --user ann@example.com --name CI --scope keys:read --expires 30d")]
    Create {
        /// E-mail address of the account it acts for
        #[arg(long, value_name = "EMAIL", value_parser = Email::parse)]
        user: Email,
        /// What it is for, as the list shows it
        #[arg(long)]
        name: String,
        /// What it may do; give it once for each scope
        #[arg(long = "scope", value_name = "S", required = true)]
        scopes: Vec<Scope>,
        /// How long it works, in hours, days or weeks: 12h, 90d, 52w; at most a year
        #[arg(long, value_name = "SPAN", default_value = "90d", value_parser = span)]
        expires: Duration,
    },
}

/// Runs one of them.
pub(super) async fn run(config: &Config, command: TokenCommand) -> Result<(), CommandFailure> {
    let TokenCommand::Create { user, name, scopes, expires } = command;
    let cx = Context::system();
    let scopes = scopes.iter().map(|scope| scope.as_str().to_owned()).collect();
    let new = NewToken { name, scopes, expires_at: Some(cx.now + expires) };
    let (view, token) = open(config).await?.create_token_for(&cx, &user, new).await?;
    tell(&format!("This token of {user} works until {}. It is not shown again.", view.expires.readable()));
    say(token.for_owner())
}

/// Reads `90d`.
pub(super) fn span(text: &str) -> Result<Duration, String> {
    const HOUR: u64 = 60 * 60;
    let wrong = || "must be a number and h, d or w, like 90d".to_owned();
    let unit = text.chars().last().ok_or_else(wrong)?;
    let hours = match unit {
        'h' => 1,
        'd' => 24,
        'w' => 24 * 7,
        _ => return Err(wrong()),
    };
    let count: u32 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    if count == 0 { Err(wrong()) } else { Ok(Duration::from_secs(u64::from(count) * hours * HOUR)) }
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn a_span_is_a_number_and_a_unit() {
        assert_eq!(span("90d").map(|span| span.as_secs()), Ok(7_776_000));
        assert_eq!(span("12h").map(|span| span.as_secs()), Ok(43_200));
        for wrong in ["", "d", "90", "-1d", "0d", "90 d", "1y", "9\u{e9}"] {
            assert!(span(wrong).is_err(), "{wrong:?}");
        }
    }
}
