//! `keyward setup-link`.

use super::{CommandFailure, open, say};
use crate::config::Config;
use domain::Problem;
use vault::Context;

/// Prints a new link; the earlier one stops working.
pub(super) async fn run(config: &Config) -> Result<(), CommandFailure> {
    let vault = open(config).await?;
    match vault.setup_link(&Context::system()).await {
        Ok(token) => say(&config.public_url.setup_link(&token)),
        Err(failure) if *failure.problem() == Problem::Forbidden => {
            Err(CommandFailure::Refused("There is an admin already, so there is no set-up link any more. Sign in instead.".into()))
        }
        Err(failure) => Err(failure.into()),
    }
}
