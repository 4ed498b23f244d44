//! How browsers reach this installation: the origin that requests must come from, and what links begin with.

use super::ConfigError;
use std::net::SocketAddr;
use url::{Host, Url};

/// An origin: scheme, host and port. Plain http only on loopback.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PublicUrl {
    origin: String,
    https: bool,
}

impl PublicUrl {
    /// Reads the setting.
    ///
    /// # Errors
    /// When it is no origin, or plain http to somewhere else than this machine.
    pub(crate) fn parse(text: &str) -> Result<Self, ConfigError> {
        let fault = |what: &str| ConfigError(format!("KEYWARD_PUBLIC_URL {what}"));
        let url = Url::parse(text).map_err(|_| fault("is not an address, like https://keys.example.com."))?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if !bare || !url.username().is_empty() || url.password().is_some() {
            return Err(fault("must be scheme, host and port only, like https://keys.example.com."));
        }
        let https = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(fault("must begin with https:// (or http:// on this machine).")),
        };
        let loopback = match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        };
        if !https && !loopback {
            return Err(fault("is plain http to another machine: sessions and keys would travel unprotected. Use https."));
        }
        Ok(Self { origin: url.origin().ascii_serialization(), https })
    }

    /// What it is when nobody set it: the listener itself on loopback, else the documented default.
    pub(crate) fn of_listener(listen: SocketAddr) -> Self {
        let origin = if listen.ip().is_loopback() { format!("http://{listen}") } else { "http://127.0.0.1:3000".to_owned() };
        Self { origin, https: false }
    }

    /// `https://keys.example.com`, as browsers write it in `Origin`.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }
    /// Whether cookies can be `Secure` and have the `__Host-` prefix.
    pub(crate) const fn is_https(&self) -> bool {
        self.https
    }
    /// The page where somebody sets a new password with a one-time token.
    pub(crate) fn reset_link(&self, token: &str) -> String {
        format!("{}/reset?token={token}", self.origin)
    }
    /// The set-up page for a one-time token.
    pub(crate) fn setup_link(&self, token: &str) -> String {
        format!("{}/setup?token={token}", self.origin)
    }
}
