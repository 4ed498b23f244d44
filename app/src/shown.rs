//! A new secret on its way to the one page that shows it.

use std::fmt;
use vault::api_tokens::PlainToken;

/// Provided as context to the page that shows a secret once. Its `Debug` says nothing.
#[derive(Clone)]
pub enum Shown {
    /// A new API token, while it may be shown.
    Token(Option<PlainToken>),
    /// A link for somebody's new password.
    ResetLink(String),
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown(..)")
    }
}
