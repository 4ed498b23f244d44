//! The provider catalogue, as data.

pub mod check;
#[cfg(feature = "catalogue")]
pub(crate) mod file;

pub use check::{Answer, Check, Expected, Kind, Method, Scalar, Shape};
#[cfg(feature = "catalogue")]
pub use file::CatalogueError;

use crate::views::ProviderView;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// A provider's id in the catalogue: 1 to 64 lower-case letters, digits, `_` or `-`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProviderId(String);

/// The text cannot be a provider's id.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a provider id")]
pub struct NotAProviderId;

impl ProviderId {
    /// Parses an id; whether the catalogue has it is another question.
    ///
    /// # Errors
    /// [`NotAProviderId`] when the text is empty, over 64 bytes or has other characters.
    pub fn parse(text: &str) -> Result<Self, NotAProviderId> {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-');
        if text.is_empty() || text.len() > 64 || !text.bytes().all(fits) {
            return Err(NotAProviderId);
        }
        Ok(Self(text.to_owned()))
    }
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl fmt::Display for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProviderId({})", self.0)
    }
}
impl TryFrom<String> for ProviderId {
    type Error = NotAProviderId;
    fn try_from(text: String) -> Result<Self, NotAProviderId> {
        Self::parse(&text)
    }
}
impl From<ProviderId> for String {
    fn from(id: ProviderId) -> Self {
        id.0
    }
}

/// A provider of the catalogue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Provider {
    /// Its id.
    pub id: ProviderId,
    /// Its name.
    pub name: String,
    /// What it is, in a sentence.
    pub description: String,
    /// How its keys begin, if they have a public prefix.
    pub key_prefix: Option<String>,
    /// The request header that carries the key, in lower case.
    pub auth_header: String,
    /// What stands before the key in that header, its trailing space included.
    pub auth_prefix: String,
    /// Headers that go with every request, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Base URL without a slash at its end; `None` when only the user can give it.
    pub base_url: Option<String>,
    /// How to find out whether a key works.
    pub check: Option<Check>,
    /// Where to make a key.
    pub key_url: Option<String>,
    /// Its documentation.
    pub docs_url: Option<String>,
    /// Whether it takes no key at all.
    pub keyless: bool,
    /// Whether the user gives the base URL.
    pub custom_endpoint: bool,
}

impl Provider {
    /// What a user sees of it; whether the caller keeps a key is for the caller to fill in.
    #[must_use]
    pub fn view(&self) -> ProviderView {
        ProviderView {
            id: self.id.clone(),
            name: self.name.clone(),
            description: self.description.clone(),
            key_format: self.key_prefix.clone(),
            configured: false,
            checkable: self.check.is_some(),
            custom_endpoint: self.custom_endpoint,
            keyless: self.keyless,
            key_url: self.key_url.clone(),
            docs_url: self.docs_url.clone(),
        }
    }
}

/// Every provider that this installation knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Catalogue {
    providers: Vec<Provider>,
}

impl Catalogue {
    /// A catalogue of these providers, ordered by name without regard to case; those whose base URL the user gives come last.
    #[must_use]
    pub fn new(mut providers: Vec<Provider>) -> Self {
        providers.sort_by_key(|entry| (entry.custom_endpoint, entry.name.to_lowercase(), entry.id.clone()));
        Self { providers }
    }
    /// The provider with this id.
    #[must_use]
    pub fn get(&self, id: &ProviderId) -> Option<&Provider> {
        self.providers.iter().find(|entry| entry.id == *id)
    }
    /// Every provider, in the order of the page.
    pub fn iter(&self) -> std::slice::Iter<'_, Provider> {
        self.providers.iter()
    }
    /// What a user sees of each, in the order of the page, none of them configured.
    #[must_use]
    pub fn view(&self) -> Vec<ProviderView> {
        self.providers.iter().map(Provider::view).collect()
    }
}

impl<'a> IntoIterator for &'a Catalogue {
    type Item = &'a Provider;
    type IntoIter = std::slice::Iter<'a, Provider>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
