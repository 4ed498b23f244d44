//! Typed ids, one alphabetical registry. All are UUIDs (RFC 9562); new ones are version 7, made by the caller.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that is known to name this kind of thing.
            #[must_use]
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }
            /// The UUID inside.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
            /// The 16 bytes of the UUID, in network order.
            #[must_use]
            pub const fn bytes(self) -> [u8; 16] {
                self.0.into_bytes()
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self)
            }
        }
    )*};
}

ids! {
    /// A service credential, of the installation or of a person.
    CredentialId,
    /// A provider key of a user.
    KeyId,
    /// One request, as it appears in logs, errors and the audit trail.
    RequestId,
    /// A signed-in session, for display and audit; the secret that proves it is another value.
    SessionId,
    /// A tenant. There is one, the nil UUID, until workspaces exist.
    TenantId,
    /// An API token, for display and audit; the secret that proves it is another value.
    TokenId,
    /// An account.
    UserId,
}

impl TenantId {
    /// The only tenant there is until workspaces exist.
    pub const ONLY: Self = Self(Uuid::nil());
}
