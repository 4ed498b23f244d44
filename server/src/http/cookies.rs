//! Cookies that belong to this site, by name.

use super::SessionCookie;
use axum::http::{HeaderMap, HeaderValue, header};
use domain::{key_input::SecretInput, person::Theme};
use std::time::Duration;
use vault::{identity::PENDING, kept_forms::KEPT_FOR};

/// The value of a cookie.
pub(super) fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}

fn set(cookie: SessionCookie, name: &str, value: &str, life: Duration, path: &str) -> Option<HeaderValue> {
    let secure = if cookie.is_https() { "; Secure" } else { "" };
    let text = format!("{name}={value}; Max-Age={}; Path={path}; HttpOnly; SameSite=Lax{secure}", life.as_secs());
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The cookie of a sign-in at the provider that was begun. It comes back with a request from the provider's site, so `Lax`.
#[derive(Clone, Copy)]
pub(super) struct Pending(pub(super) SessionCookie);

impl Pending {
    const fn name(self) -> &'static str {
        if self.0.is_https() { "__Host-sign-in" } else { "sign-in" }
    }
    /// What a request came with.
    pub(super) fn read(self, headers: &HeaderMap) -> Option<SecretInput> {
        find(headers, self.name()).map(|value| SecretInput::new(value.to_owned()))
    }
    /// `Set-Cookie`, for as long as a sign-in may take.
    pub(super) fn set(self, value: &str) -> Option<HeaderValue> {
        set(self.0, self.name(), value, PENDING, "/")
    }
    /// `Set-Cookie` that takes it away.
    pub(super) fn clear(self) -> Option<HeaderValue> {
        set(self.0, self.name(), "", Duration::ZERO, "/")
    }
}

const KEPT: &str = "kept-form";

/// The form that a request to its page brought back.
pub(super) fn kept_form(headers: &HeaderMap) -> Option<&str> {
    find(headers, KEPT).filter(|kept| !kept.is_empty())
}

/// `Set-Cookie` with a form that is kept for its page alone; an empty one takes it away.
pub(crate) fn keep_form(cookie: SessionCookie, path: &str, kept: &str) -> Option<HeaderValue> {
    // A path of ours has no character that would end the attribute.
    if path.contains([';', ',', ' ']) {
        return None;
    }
    set(cookie, KEPT, kept, if kept.is_empty() { Duration::ZERO } else { KEPT_FOR }, path)
}

const THEME: &str = "theme";
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The look that a browser was told.
pub(super) fn theme(headers: &HeaderMap) -> Option<Theme> {
    find(headers, THEME)?.parse().ok()
}

/// `Set-Cookie` with a look; without one, pages look as the system does.
pub(crate) fn set_theme(cookie: SessionCookie, theme: Option<Theme>) -> Option<HeaderValue> {
    match theme {
        Some(theme) => set(cookie, THEME, theme.as_str(), YEAR, "/"),
        None => set(cookie, THEME, "", Duration::ZERO, "/"),
    }
}
