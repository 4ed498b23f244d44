//! What is said to Cloudflare about zones and DNS records, parsed before it is sent.
//!
//! Cloudflare has the last word: a value that parses here can still be refused there, with a sentence of its own.

mod content;
mod mail;
mod name;
mod record;

pub use content::{Content, RecordType};
pub use mail::MailPart;
pub use name::{DomainName, HostName, RecordName};
pub use record::{Record, RecordData, RecordFields};

use crate::{FieldProblem, person::UnknownWord};
use std::{fmt, str::FromStr};

/// The text is not an identifier of Cloudflare's: 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not 32 hexadecimal digits")]
pub struct NotAnId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(String);

        impl $name {
            /// The 32 digits, in lower case.
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
        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let fits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
                if fits { Ok(Self(text.to_ascii_lowercase())) } else { Err(NotAnId) }
            }
        }
    )*};
}

ids! {
    /// An account at Cloudflare, which zones belong to.
    AccountId,
    /// A DNS record.
    RecordId,
    /// A zone.
    ZoneId,
}

/// How long resolvers may keep a record, in seconds: 1, which leaves it to Cloudflare, or 60 to 86,400.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Ttl(u32);

impl Ttl {
    /// Cloudflare decides.
    pub const AUTO: Self = Self(1);

    /// Parses a number of seconds; absent means [`Ttl::AUTO`].
    ///
    /// # Errors
    /// A fault of the field `ttl` for any other number.
    pub fn parse(seconds: Option<i64>) -> Result<Self, FieldProblem> {
        match seconds {
            None | Some(1) => Ok(Self::AUTO),
            Some(seconds @ 60..=86_400) => u32::try_from(seconds).map(Self).map_err(|_| Self::fault()),
            Some(_) => Err(Self::fault()),
        }
    }
    /// Seconds, 1 for automatic.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        self.0
    }
    fn fault() -> FieldProblem {
        FieldProblem::new("ttl", "out_of_range", "The TTL is 1 for automatic, or 60 to 86400 seconds.")
    }
}

/// How urgent a new zone is to whoever asks for it. Cloudflare is not told: it knows no such thing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Priority {
    /// Before everything else.
    Critical,
    /// Soon.
    High,
    /// As usual.
    #[default]
    Normal,
    /// When there is time.
    Low,
}

impl Priority {
    /// The word used in REST and the audit trail.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Normal => "normal",
            Self::Low => "low",
        }
    }
}

impl FromStr for Priority {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let all = [Self::Critical, Self::High, Self::Normal, Self::Low];
        all.into_iter().find(|priority| priority.as_str() == text).ok_or(UnknownWord::of("critical, high, normal, low"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_32_hexadecimal_digits() {
        let id: ZoneId = "C029D2CE45C12046E50BAC63B249179A".parse().expect("an id");
        assert_eq!(id.as_str(), "c029d2ce45c12046e50bac63b249179a");
        for text in
            ["", "c029", "c029d2ce45c12046e50bac63b249179g", "c029d2ce-45c1-2046-e50b-ac63b249179a", "../../zones/aaaaaaaaaaaaaaaaaaaaaa"]
        {
            assert_eq!(text.parse::<RecordId>(), Err(NotAnId), "{text}");
        }
    }

    #[test]
    fn a_ttl_is_automatic_or_a_minute_to_a_day() {
        for (given, seconds) in [(None, 1), (Some(1), 1), (Some(60), 60), (Some(86_400), 86_400)] {
            assert_eq!(Ttl::parse(given).map(Ttl::seconds), Ok(seconds), "{given:?}");
        }
        for given in [-1, 0, 2, 59, 86_401, i64::MAX] {
            assert!(Ttl::parse(Some(given)).is_err(), "{given}");
        }
    }

    #[test]
    fn priorities_are_four_words() {
        assert_eq!("normal".parse(), Ok(Priority::Normal));
        assert!("Normal".parse::<Priority>().is_err());
    }
}
