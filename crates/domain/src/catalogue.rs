//! The provider catalogue, as data.

use serde::{Deserialize, Serialize};
use std::fmt;

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
