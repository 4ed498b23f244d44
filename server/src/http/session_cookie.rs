//! The cookie that holds the session's secret (RFC 6265bis: the `__Host-` prefix binds it to one host over https).

use super::cookies::find;
use axum::http::{HeaderMap, HeaderValue};
use vault::accounts::{NewSession, SessionToken};

/// Name and attributes of the cookie.
#[derive(Clone, Copy)]
pub(crate) struct SessionCookie {
    https: bool,
}

impl SessionCookie {
    /// For a public URL with or without TLS.
    pub(super) const fn new(https: bool) -> Self {
        Self { https }
    }
    /// Whether the public URL has TLS.
    pub(super) const fn is_https(self) -> bool {
        self.https
    }
    const fn name(self) -> &'static str {
        if self.https { "__Host-sid" } else { "sid" }
    }
    /// The token that a request came with.
    pub(crate) fn read(self, headers: &HeaderMap) -> Option<SessionToken> {
        find(headers, self.name()).and_then(SessionToken::parse)
    }
    /// `Set-Cookie` for a new session, until its absolute end.
    pub(crate) fn set(self, session: &NewSession, now: domain::Timestamp) -> Option<HeaderValue> {
        let seconds = session.ends.since(now).as_secs();
        let text = format!("{}={}; Max-Age={seconds}; {}", self.name(), session.token.for_cookie(), self.attributes());
        let mut value = HeaderValue::try_from(text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
    /// `Set-Cookie` that takes it away.
    pub(crate) fn clear(self) -> Option<HeaderValue> {
        HeaderValue::try_from(format!("{}=; Max-Age=0; {}", self.name(), self.attributes())).ok()
    }
    const fn attributes(self) -> &'static str {
        if self.https { "Path=/; HttpOnly; SameSite=Lax; Secure" } else { "Path=/; HttpOnly; SameSite=Lax" }
    }
}
