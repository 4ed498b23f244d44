//! A new token on its way to the one page that shows it.

use std::fmt;
use vault::api_tokens::PlainToken;

/// Provided as context to the page of a new token: the token, while it may be shown. Its `Debug` says nothing.
#[derive(Clone)]
pub struct Shown(pub Option<PlainToken>);

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown(..)")
    }
}
