//! The cookie that carries a new token, sealed, to the one page that shows it: for a minute, to that page alone.

use super::{SessionCookie, cookies::find};
use axum::http::{HeaderMap, HeaderValue};
use domain::ids::TokenId;
use vault::api_tokens::SHOWN_FOR;

const NAME: &str = "new-token";

/// `Set-Cookie` with the sealed token.
pub(crate) fn set(cookie: SessionCookie, id: TokenId, sealed: &str) -> Option<HeaderValue> {
    let secure = if cookie.is_https() { "; Secure" } else { "" };
    let seconds = SHOWN_FOR.as_secs();
    let text = format!("{NAME}={sealed}; Max-Age={seconds}; Path={}; HttpOnly; SameSite=Strict{secure}", path(id));
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The page that shows a new token.
pub(crate) fn path(id: TokenId) -> String {
    format!("/tokens/{id}/created")
}

/// The sealed token that a request came with.
pub(super) fn read(headers: &HeaderMap) -> Option<&str> {
    find(headers, NAME)
}
