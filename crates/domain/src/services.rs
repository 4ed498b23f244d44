//! The service catalogue, as data: what an installation keeps credentials for.

#[cfg(feature = "catalogue")]
mod file;
pub mod metadata;

pub use metadata::{FieldKind, Metadata, MetadataField, MetadataValue};

use crate::catalogue::{Answer, Check};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// The text cannot be an id of the service catalogue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not an id of the service catalogue")]
pub struct NotAnId;

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Parses an id; whether the catalogue has it is another question.
            ///
            /// # Errors
            /// [`NotAnId`] when the text is empty, over 64 bytes or has other characters.
            pub fn parse(text: &str) -> Result<Self, NotAnId> {
                let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-');
                if text.is_empty() || text.len() > 64 || !text.bytes().all(fits) {
                    return Err(NotAnId);
                }
                Ok(Self(text.to_owned()))
            }
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
        impl TryFrom<String> for $name {
            type Error = NotAnId;
            fn try_from(text: String) -> Result<Self, NotAnId> {
                Self::parse(&text)
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    )*};
}

words! {
    /// A service's id in the catalogue: 1 to 64 lower-case letters, digits, `_` or `-`.
    ServiceId,
    /// A credential type of a service, by its id: 1 to 64 lower-case letters, digits, `_` or `-`.
    CredentialType,
}

/// How a credential is sent and an answer read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// One request with the credential in a header, and a JSON answer.
    #[default]
    Json,
    /// Cloudflare's envelope, tokens of accounts, and reading calls that tell permissions.
    Cloudflare,
    /// Namecheap's form and XML.
    Namecheap,
}

/// What a credential must be allowed to do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Permission {
    /// As the service names it, like `DNS:Edit`.
    pub id: String,
    /// What it is needed for, as the end of a sentence.
    pub why: String,
}

/// Something worth saying about credentials that begin in a certain way.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advice {
    /// How they begin.
    pub prefix: String,
    /// What to say, in sentences.
    pub text: String,
}

/// A kind of credential that a service has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CredentialKind {
    /// Its id.
    pub id: CredentialType,
    /// Its name.
    pub name: String,
    /// What to know before making one.
    pub help: String,
    /// The environment variable that answers when nothing is stored.
    pub variable: Option<String>,
    /// How they begin, if they have public prefixes.
    pub prefixes: Vec<String>,
    /// The request header that carries it, in lower case.
    pub auth_header: String,
    /// What stands before it in that header, its trailing space included.
    pub auth_prefix: String,
    /// Whether it is sent as the user name of HTTP Basic (RFC 7617), with an empty password.
    pub basic: bool,
    /// What it must be allowed to do.
    pub permissions: Vec<Permission>,
    /// The response header that lists what it may do, between commas.
    pub scopes_header: Option<String>,
    /// Things worth saying about some of them.
    pub advice: Vec<Advice>,
    /// Known answers for this kind, looked at before those of the check.
    pub answers: Vec<Answer>,
    /// Where to make one, filled in beforehand where the service allows it.
    pub make_url: Option<String>,
}

/// A service of the catalogue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Service {
    /// Its id.
    pub id: ServiceId,
    /// Its name.
    pub name: String,
    /// What it is, in a sentence.
    pub description: String,
    /// How it is spoken to.
    pub protocol: Protocol,
    /// Base URL without a slash at its end.
    pub base_url: String,
    /// The environment variable that replaces the base URL.
    pub base_url_variable: Option<String>,
    /// Base URL of its sandbox, for services with a field `sandbox`.
    pub sandbox_url: Option<String>,
    /// Headers that go with every request, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Kinds of credentials, in the order of the page; at least one.
    pub types: Vec<CredentialKind>,
    /// What is kept with a credential besides its description.
    pub metadata: Vec<MetadataField>,
    /// How to find out whether a credential works.
    pub check: Option<Check>,
    /// Its documentation.
    pub docs_url: Option<String>,
}

impl Service {
    /// The kind with this id.
    #[must_use]
    pub fn kind(&self, id: &CredentialType) -> Option<&CredentialKind> {
        self.types.iter().find(|kind| kind.id == *id)
    }
    /// Where a credential with this metadata is sent to.
    #[must_use]
    pub fn address(&self, metadata: &Metadata) -> &str {
        match &self.sandbox_url {
            Some(sandbox) if metadata.flag("sandbox") => sandbox,
            _ => &self.base_url,
        }
    }
}

/// Every service that this installation knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServiceCatalogue {
    services: Vec<Service>,
}

impl ServiceCatalogue {
    /// A catalogue of these services, ordered by name without regard to case.
    #[must_use]
    pub fn new(mut services: Vec<Service>) -> Self {
        services.sort_by_key(|service| (service.name.to_lowercase(), service.id.clone()));
        Self { services }
    }
    /// The service with this id.
    #[must_use]
    pub fn get(&self, id: &ServiceId) -> Option<&Service> {
        self.services.iter().find(|service| service.id == *id)
    }
    /// Every service, in the order of the page.
    pub fn iter(&self) -> std::slice::Iter<'_, Service> {
        self.services.iter()
    }
    /// The same services at addresses that the environment names: `address` is asked for each `base_url_variable`.
    #[must_use]
    pub fn at(mut self, address: impl Fn(&str) -> Option<String>) -> Self {
        for service in &mut self.services {
            if let Some(url) = service.base_url_variable.as_deref().and_then(&address) {
                url.trim_end_matches('/').clone_into(&mut service.base_url);
            }
        }
        self
    }
}

impl<'a> IntoIterator for &'a ServiceCatalogue {
    type Item = &'a Service;
    type IntoIter = std::slice::Iter<'a, Service>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Environment variables of the system that Keyward replaces. They answer while nothing is stored; a catalogue can name no others.
pub const VARIABLES: [&str; 10] = [
    "CLOUDFLARE_ACCOUNT_ID",
    "CLOUDFLARE_API_BASE_URL",
    "CLOUDFLARE_API_TOKEN",
    "GITHUB_API_TOKEN",
    "NAMECHEAP_API_KEY",
    "NAMECHEAP_API_USERNAME",
    "NAMECHEAP_CLIENT_IP",
    "NAMECHEAP_SANDBOX",
    "NAMECHEAP_USERNAME",
    "STRIPE_SECRET_KEY",
];
