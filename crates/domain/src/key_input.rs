//! What people paste into a secret field, and what can be said about it without asking anybody.
//!
//! The same rules run in the browser (help while typing) and on the server (which decides).

use crate::{FieldProblem, catalogue::ProviderId, views::ProviderView};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The fewest characters a secret can have.
pub const SHORTEST: usize = 10;
/// The most bytes a secret can have (8 KiB).
pub const LONGEST: usize = 8 * 1024;

/// A secret as it was submitted, on its way to being sealed. Its `Debug` says nothing.
///
/// It serialises because the browser has to send it; nothing the server sends holds one.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretInput(String);

impl SecretInput {
    /// Wraps what was submitted.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }
    /// Whether nothing was submitted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.trim().is_empty()
    }
    /// The secret within what was pasted: see [`tidy`].
    #[must_use]
    pub fn tidied(&self) -> &str {
        tidy(&self.0)
    }
    /// The text exactly as submitted; passwords are not tidied.
    #[must_use]
    pub fn verbatim(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretInput(..)")
    }
}

/// Takes white space, one pair of quotes, `export NAME=`, `NAME=` and `Bearer ` off a pasted secret.
#[must_use]
pub fn tidy(pasted: &str) -> &str {
    let mut rest = pasted.trim();
    loop {
        let before = rest;
        rest = without_assignment(rest);
        rest = without_word(rest, "authorization:");
        rest = without_word(rest, "bearer ");
        rest = without_quotes(rest).trim();
        if rest == before {
            return rest;
        }
    }
}

fn without_word<'a>(text: &'a str, word: &str) -> &'a str {
    match text.get(..word.len()) {
        Some(head) if head.eq_ignore_ascii_case(word) => text[word.len()..].trim_start(),
        _ => text,
    }
}

fn without_quotes(text: &str) -> &str {
    ['"', '\'', '`'].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote)).unwrap_or(text)
}

/// `OPENAI_API_KEY=sk-..` and `export OPENAI_API_KEY="sk-.."`. Only a name in capitals counts, so that a secret
/// which happens to contain `=` is left alone.
fn without_assignment(text: &str) -> &str {
    let text = text.strip_prefix("export ").map_or(text, str::trim_start);
    let Some((name, value)) = text.split_once('=') else { return text };
    let name = name.trim_end();
    let is_name = name.len() >= 3
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.contains('_')
        && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    if is_name && !value.trim().is_empty() { value.trim_start() } else { text }
}

/// What forbids storing a tidied secret, if anything.
#[must_use]
pub fn fault(field: &'static str, secret: &str) -> Option<FieldProblem> {
    let (code, message) = if secret.is_empty() {
        ("required", "Paste the key here.")
    } else if secret.len() > LONGEST {
        ("key_too_long", "This is longer than 8 KiB, so it cannot be an API key.")
    } else if secret.chars().any(char::is_control) {
        ("control_characters", "The key contains line breaks or other control characters. Copy it again from the provider.")
    } else if secret.chars().any(char::is_whitespace) {
        ("white_space", "The key contains spaces. Copy it again from the provider.")
    } else if looks_masked(secret) {
        ("masked", "This looks like a masked key. Paste the full key from the provider.")
    } else if !secret.is_ascii() {
        ("not_ascii", "The key contains letters or signs that no API key has. Copy it again from the provider.")
    } else if secret.len() < SHORTEST {
        ("key_too_short", "This is shorter than 10 characters, so it cannot be an API key.")
    } else {
        return None;
    };
    Some(FieldProblem::new(field, code, message))
}

/// Whether the text is what a page shows instead of a secret (`sk-…1a2b`, `****1a2b`).
fn looks_masked(secret: &str) -> bool {
    secret.contains('…') || secret.contains("***") || secret.contains("•••") || secret.contains("...")
}

/// The provider whose public prefix is the longest that the secret begins with, when exactly one has it.
#[must_use]
pub fn recognise<'a>(secret: &str, providers: &'a [ProviderView]) -> Option<&'a ProviderView> {
    let fitting = |provider: &&ProviderView| provider.key_format.as_deref().is_some_and(|prefix| secret.starts_with(prefix));
    let longest = providers.iter().filter(fitting).filter_map(|p| p.key_format.as_deref()).map(str::len).max()?;
    let mut found = providers.iter().filter(fitting).filter(|p| p.key_format.as_deref().map(str::len) == Some(longest));
    match (found.next(), found.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

/// What to say about a secret's prefix for the chosen provider. It warns and never forbids.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PrefixAdvice {
    /// Nothing is known about it.
    Silent,
    /// It has the chosen provider's prefix.
    Fits,
    /// It has the prefix of another provider.
    Belongs {
        /// That provider.
        to: ProviderId,
        /// Its name.
        name: String,
    },
    /// The chosen provider's keys usually begin otherwise.
    Unusual {
        /// How they usually begin.
        prefix: String,
    },
}

/// Compares a tidied secret with the chosen provider's prefix and everybody else's.
#[must_use]
pub fn advise(secret: &str, chosen: &ProviderId, providers: &[ProviderView]) -> PrefixAdvice {
    if secret.is_empty() {
        return PrefixAdvice::Silent;
    }
    let own = providers.iter().find(|p| &p.id == chosen).and_then(|p| p.key_format.as_deref());
    let known = recognise(secret, providers);
    match (own, known) {
        (Some(prefix), None) if secret.starts_with(prefix) => PrefixAdvice::Fits,
        (_, Some(provider)) if &provider.id == chosen => PrefixAdvice::Fits,
        (_, Some(provider)) => PrefixAdvice::Belongs { to: provider.id.clone(), name: provider.name.clone() },
        (Some(prefix), None) => PrefixAdvice::Unusual { prefix: prefix.to_owned() },
        (None, None) => PrefixAdvice::Silent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_is_tidied() {
        for pasted in [
            "sk-abc",
            "  sk-abc\n",
            "\"sk-abc\"",
            "'sk-abc'",
            "Bearer sk-abc",
            "bearer  sk-abc",
            "OPENAI_API_KEY=sk-abc",
            "export OPENAI_API_KEY=\"sk-abc\"",
            "OPENAI_API_KEY = 'sk-abc' ",
            "Authorization: Bearer sk-abc",
            "`sk-abc`",
        ] {
            assert_eq!(tidy(pasted), "sk-abc", "{pasted:?}");
        }
    }

    #[test]
    fn a_secret_that_only_resembles_wrapping_is_left_alone() {
        for secret in ["abc=def==", "KEY=", "\"open", "AB=c", "bearer"] {
            assert_eq!(tidy(secret), secret);
        }
    }

    #[test]
    fn a_submitted_secret_says_nothing_in_debug_output() {
        assert_eq!(format!("{:?}", SecretInput::new("sk-canary".into())), "SecretInput(..)");
    }

    #[test]
    fn faults_have_a_code_each() {
        let code = |secret: &str| fault("key", secret).map(|f| f.code.into_owned());
        assert_eq!(code("sk-0123456789"), None);
        assert_eq!(code("short"), Some("key_too_short".into()));
        assert_eq!(code(&"k".repeat(LONGEST + 1)), Some("key_too_long".into()));
        assert_eq!(code("sk-01234\n56789"), Some("control_characters".into()));
        assert_eq!(code("sk-01234 56789"), Some("white_space".into()));
        assert_eq!(code("sk-…0123456789"), Some("masked".into()));
        assert_eq!(code("sk-ключ0123456789"), Some("not_ascii".into()));
        assert_eq!(code(""), Some("required".into()));
    }

    fn provider(id: &str, prefix: Option<&str>) -> ProviderView {
        ProviderView::new(ProviderId::parse(id).expect("a test id"), id.to_owned(), prefix.map(str::to_owned))
    }

    #[test]
    fn the_longest_prefix_wins_and_a_shared_one_names_nobody() {
        let all = [
            provider("openai", Some("sk-")),
            provider("deepseek", Some("sk-")),
            provider("anthropic", Some("sk-ant-")),
            provider("mistral", None),
        ];
        let advice = |secret: &str, chosen: &str| advise(secret, &ProviderId::parse(chosen).expect("a test id"), &all);
        assert_eq!(recognise("sk-ant-x", &all).map(|p| p.id.as_str()), Some("anthropic"));
        assert_eq!(recognise("sk-x", &all), None);
        assert_eq!(advice("sk-x", "openai"), PrefixAdvice::Fits);
        assert!(matches!(advice("sk-ant-x", "openai"), PrefixAdvice::Belongs { .. }));
        assert!(matches!(advice("hello", "openai"), PrefixAdvice::Unusual { .. }));
        assert_eq!(advice("hello", "mistral"), PrefixAdvice::Silent);
    }
}
