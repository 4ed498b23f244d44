//! Who people are: role, tier and e-mail address.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What an account may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Manages the account's own provider keys.
    User,
    /// Also manages people and the installation; never reads anybody's keys.
    Admin,
}

/// What an account has paid for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Trying it out.
    Trial,
    /// Without payment.
    Free,
    /// The smallest paid tier; the default of a local account.
    Starter,
    /// For people who live from it.
    Professional,
    /// For organisations.
    Enterprise,
}

/// How pages look, where somebody does not leave it to their system.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// Dark ink on light paper.
    Light,
    /// Light ink on dark paper.
    Dark,
}

/// The text is none of the words this type knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("must be one of {0}")]
pub struct UnknownWord(&'static str);

impl UnknownWord {
    pub(crate) const fn of(known: &'static str) -> Self {
        Self(known)
    }
}

macro_rules! words {
    ($kind:ident, $list:literal, $($variant:ident = $word:literal),+) => {
        impl $kind {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The word used in commands, configuration and REST.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
        impl FromStr for $kind {
            type Err = UnknownWord;
            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                match text { $($word => Ok(Self::$variant),)+ _ => Err(UnknownWord($list)) }
            }
        }
    };
}
words!(Role, "user, admin", User = "user", Admin = "admin");
words!(Theme, "light, dark", Light = "light", Dark = "dark");
words!(
    Tier,
    "trial, free, starter, professional, enterprise",
    Trial = "trial",
    Free = "free",
    Starter = "starter",
    Professional = "professional",
    Enterprise = "enterprise"
);

/// An e-mail address as an account name: lower case, 3 to 254 bytes, one `@`, no white space, control, formatting or quoting
/// characters (`<`, `>`, `"`, `\`).
///
/// It is not checked for delivery. RFC 5321 section 4.5.3.1 gives the limit.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

/// The text is not an e-mail address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("Enter an e-mail address, like ann@example.com.")]
pub struct NotAnEmail;

impl Email {
    /// Parses an address, trimming white space around it and folding case.
    ///
    /// # Errors
    /// [`NotAnEmail`] when a part is missing, too long, or has characters that an account name cannot hold.
    pub fn parse(text: &str) -> Result<Self, NotAnEmail> {
        let text = text.trim().to_lowercase();
        let (local, host) = text.split_once('@').ok_or(NotAnEmail)?;
        let unfit = |c: char| matches!(c, '@' | '<' | '>' | '"' | '\\') || c.is_whitespace() || c.is_control() || is_invisible(c);
        let clean = |part: &str| !part.is_empty() && !part.contains(unfit);
        if text.len() > 254 || local.len() > 64 || !clean(local) || !clean(host) {
            return Err(NotAnEmail);
        }
        Ok(Self(text))
    }
    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl TryFrom<String> for Email {
    type Error = NotAnEmail;
    fn try_from(text: String) -> Result<Self, NotAnEmail> {
        Self::parse(&text)
    }
}
impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

/// Formatting characters, which make two different names look alike (Unicode's general category Cf).
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0001}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_trimmed_and_folded() {
        assert_eq!(Email::parse(" Ann@Example.COM ").map(String::from), Ok("ann@example.com".to_owned()));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "ann",
            "@b",
            "a@",
            "a@b@c",
            "a b@c",
            "a\u{0}@b",
            "a@b\u{200b}c",
            "a\u{202e}@b",
            "a@</title><b>",
            "\"a\"@b",
            &format!("{}@b", "a".repeat(65)),
        ] {
            assert_eq!(Email::parse(text), Err(NotAnEmail), "{text:?}");
        }
    }
}
