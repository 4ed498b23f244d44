//! The outcome of testing a key: what is known, and nothing more.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Seven verdicts. "Could not check" is neither "works" nor "rejected".
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The provider answered 2xx with the JSON shape it documents.
    Valid,
    /// 401, 403, or the provider's own "invalid key" answer.
    Rejected,
    /// 402 or `insufficient_quota`: the key is accepted, the account has no credit.
    NoCredit,
    /// 429 otherwise: the key is accepted, the provider is limiting.
    RateLimited,
    /// Not allowed by the egress policy, DNS, connect, TLS, time-out or 5xx; all alike to the caller.
    Unreachable,
    /// Anything else, a 200 without the expected shape too.
    Unexpected,
    /// The catalogue has no check for this provider.
    Unchecked,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 7] =
        [Self::Valid, Self::Rejected, Self::NoCredit, Self::RateLimited, Self::Unreachable, Self::Unexpected, Self::Unchecked];

    /// The word used in REST and storage.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Rejected => "rejected",
            Self::NoCredit => "no_credit",
            Self::RateLimited => "rate_limited",
            Self::Unreachable => "unreachable",
            Self::Unexpected => "unexpected",
            Self::Unchecked => "unchecked",
        }
    }
    /// The old system's four-valued status: `valid`, `invalid`, `error`, `unknown`.
    #[must_use]
    pub const fn status(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Rejected => "invalid",
            Self::NoCredit | Self::RateLimited | Self::Unreachable | Self::Unexpected => "error",
            Self::Unchecked => "unknown",
        }
    }
    /// The fixed word on the page.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Valid => "Works",
            Self::Rejected => "Rejected",
            Self::NoCredit => "No credit",
            Self::RateLimited => "Rate limited",
            Self::Unreachable => "Unreachable",
            Self::Unexpected => "Unexpected answer",
            Self::Unchecked => "No check exists",
        }
    }
    /// The sentence that goes with it; `status_code` is the provider's HTTP status where there was one.
    #[must_use]
    pub fn message(self, status_code: Option<u16>) -> String {
        match (self, status_code) {
            (Self::Valid, _) => "API key is valid and working".to_owned(),
            (Self::Rejected, Some(code)) => format!("API key validation failed (HTTP {code})"),
            (Self::Rejected, None) => "API key validation failed".to_owned(),
            (Self::NoCredit, _) => "The provider accepted the key, but the account has no credit".to_owned(),
            (Self::RateLimited, _) => "The provider accepted the key, but is limiting requests; try again later".to_owned(),
            (Self::Unreachable, _) => "The provider could not be reached, so the key was not checked".to_owned(),
            (Self::Unexpected, _) => "The provider's answer was not understood, so nothing is known about the key".to_owned(),
            (Self::Unchecked, _) => "No check exists for this provider".to_owned(),
        }
    }
    /// Whether the provider's own answer settled it. The others say that nothing is known.
    #[must_use]
    pub const fn is_known(self) -> bool {
        matches!(self, Self::Valid | Self::Rejected | Self::NoCredit | Self::RateLimited)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no verdict.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a verdict")]
pub struct NotAVerdict;

impl FromStr for Verdict {
    type Err = NotAVerdict;
    fn from_str(text: &str) -> Result<Self, NotAVerdict> {
        Self::ALL.into_iter().find(|verdict| verdict.as_str() == text).ok_or(NotAVerdict)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_verdict_has_a_word_and_a_name_of_its_own() {
        for (i, a) in Verdict::ALL.into_iter().enumerate() {
            assert_eq!(a.as_str().parse(), Ok(a));
            for b in &Verdict::ALL[i + 1..] {
                assert_ne!(a.word(), b.word());
                assert_ne!(a.message(Some(200)), b.message(Some(200)));
            }
        }
    }

    #[test]
    fn the_words_of_the_old_system_are_kept() {
        assert_eq!(Verdict::Valid.message(Some(200)), "API key is valid and working");
        assert_eq!(Verdict::Rejected.message(Some(401)), "API key validation failed (HTTP 401)");
    }
}
