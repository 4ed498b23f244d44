//! What an API token may do. A session may do everything its account's role allows.

use crate::person::{Role, UnknownWord};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// One permission of a token. A token never exceeds its account's role.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Scope {
    /// See provider keys, providers and counts.
    #[serde(rename = "keys:read")]
    KeysRead,
    /// Add, replace, change and delete provider keys.
    #[serde(rename = "keys:write")]
    KeysWrite,
    /// Test provider keys, which uses them.
    #[serde(rename = "keys:test")]
    KeysTest,
    /// See service credentials.
    #[serde(rename = "credentials:read")]
    CredentialsRead,
    /// Add, replace, test and delete service credentials.
    #[serde(rename = "credentials:write")]
    CredentialsWrite,
    /// See Cloudflare zones and records.
    #[serde(rename = "cloudflare:read")]
    CloudflareRead,
    /// Change Cloudflare zones and records.
    #[serde(rename = "cloudflare:write")]
    CloudflareWrite,
    /// People, audit trail and vault.
    #[serde(rename = "admin")]
    Admin,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 8] = [
        Self::KeysRead,
        Self::KeysWrite,
        Self::KeysTest,
        Self::CredentialsRead,
        Self::CredentialsWrite,
        Self::CloudflareRead,
        Self::CloudflareWrite,
        Self::Admin,
    ];

    /// The word used in commands, REST and storage.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::KeysRead => "keys:read",
            Self::KeysWrite => "keys:write",
            Self::KeysTest => "keys:test",
            Self::CredentialsRead => "credentials:read",
            Self::CredentialsWrite => "credentials:write",
            Self::CloudflareRead => "cloudflare:read",
            Self::CloudflareWrite => "cloudflare:write",
            Self::Admin => "admin",
        }
    }
    /// What it stands for, as a person reads it.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::KeysRead => "See provider keys (never the secrets)",
            Self::KeysWrite => "Add, replace, change and delete provider keys",
            Self::KeysTest => "Test provider keys",
            Self::CredentialsRead => "See service credentials (never the secrets)",
            Self::CredentialsWrite => "Add, replace, test and delete service credentials",
            Self::CloudflareRead => "See Cloudflare zones and records",
            Self::CloudflareWrite => "Change Cloudflare zones and records",
            Self::Admin => "Manage people, audit trail and vault",
        }
    }
    /// Whether an account with this role can have it: a user only what concerns their own keys and credentials.
    #[must_use]
    pub const fn allowed_to(self, role: Role) -> bool {
        match self {
            Self::KeysRead | Self::KeysWrite | Self::KeysTest | Self::CredentialsRead | Self::CredentialsWrite => true,
            Self::CloudflareRead | Self::CloudflareWrite | Self::Admin => matches!(role, Role::Admin),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or(UnknownWord::of(
            "keys:read, keys:write, keys:test, credentials:read, credentials:write, cloudflare:read, cloudflare:write, admin",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scope_is_written_as_it_is_read() {
        for scope in Scope::ALL {
            assert_eq!(scope.as_str().parse(), Ok(scope));
            assert_eq!(serde_json::to_value(scope).expect("a word"), scope.as_str());
        }
        assert!("keys:*".parse::<Scope>().is_err());
    }
}
