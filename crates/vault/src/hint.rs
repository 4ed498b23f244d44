//! What may be shown of a secret for ever: enough for its owner to recognise it, and no more.

use crate::secret::Plaintext;

/// The fewest characters a secret must have before any of them is shown.
const SHORTEST_HINTED: usize = 20;
/// How many of the last characters are shown.
const SHOWN: usize = 4;

/// Makes hints. A hint is made when a secret is sealed and stored beside it, so that a list opens nothing.
#[derive(Clone, Copy, Debug)]
pub struct Hint;

impl Hint {
    /// `sk-…1a2b`: the provider's public prefix if the secret begins with it, and the last 4 characters.
    ///
    /// `None` for a secret of fewer than 20 characters or one that is not text. The prefix is left out when it would
    /// reach into the last 4 characters.
    #[must_use]
    pub fn of(secret: &Plaintext, public_prefix: Option<&str>) -> Option<String> {
        let text = secret.expose_str()?;
        if text.chars().count() < SHORTEST_HINTED {
            return None;
        }
        let (last, _) = text.char_indices().rev().nth(SHOWN - 1)?;
        let prefix = public_prefix.filter(|prefix| text.starts_with(prefix) && prefix.len() < last).unwrap_or_default();
        Some(format!("{prefix}…{}", &text[last..]))
    }
    /// The same with whichever of several public prefixes the secret begins with.
    #[must_use]
    pub fn beginning(secret: &Plaintext, public_prefixes: &[String]) -> Option<String> {
        let text = secret.expose_str()?;
        Self::of(secret, public_prefixes.iter().map(String::as_str).find(|prefix| text.starts_with(prefix)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hint(text: &str, prefix: Option<&str>) -> Option<String> {
        Hint::of(&Plaintext::from_bytes(text.as_bytes().to_vec()), prefix)
    }

    #[test]
    fn a_hint_is_the_public_prefix_and_the_last_four_characters() {
        assert_eq!(hint("sk-0123456789abcdef1a2b", Some("sk-")).as_deref(), Some("sk-…1a2b"));
        assert_eq!(hint("0123456789abcdef1a2b", Some("sk-")).as_deref(), Some("…1a2b"));
        assert_eq!(hint("0123456789abcdef1a2b", None).as_deref(), Some("…1a2b"));
        assert_eq!(hint("0123456789abcdef1a2", None), None);
        assert_eq!(hint("clé-0123456789abcdefключ", None).as_deref(), Some("…ключ"));
    }

    #[test]
    fn a_prefix_that_would_reach_the_last_characters_is_left_out() {
        let secret = "abcdefghijklmnopqrst";
        assert_eq!(hint(secret, Some(secret)).as_deref(), Some("…qrst"));
        assert_eq!(hint(secret, Some(&secret[..17])).as_deref(), Some("…qrst"));
        assert_eq!(hint(secret, Some(&secret[..16])).as_deref(), Some("…qrst"), "prefix and end together would be the whole secret");
        assert_eq!(hint(secret, Some(&secret[..15])).as_deref(), Some("abcdefghijklmno…qrst"));
    }

    #[test]
    fn bytes_that_are_not_text_have_no_hint() {
        assert_eq!(Hint::of(&Plaintext::from_bytes(vec![0xff; 64]), None), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn a_hint_never_shows_more_than_the_public_prefix_and_four_characters(
            body in "[!-~é]{1,200}", prefix in "[a-z]{0,12}[-_]?", begins in any::<bool>(),
        ) {
            let text: String = if begins { format!("{prefix}{body}").chars().take(200).collect() } else { body };
            let characters: Vec<char> = text.chars().collect();
            match hint(&text, Some(&prefix)) {
                None => prop_assert!(characters.len() < 20),
                Some(shown) => {
                    prop_assert!(characters.len() >= 20);
                    let (before, after) = shown.split_once('…').expect("an ellipsis");
                    prop_assert_eq!(after.chars().collect::<Vec<_>>(), &characters[characters.len() - 4..]);
                    prop_assert!(before.is_empty() || (before == prefix && text.starts_with(&prefix)));
                    prop_assert!(before.chars().count() + 4 < characters.len());
                }
            }
        }
    }

    #[test]
    fn every_length_from_1_to_200_follows_the_rule() {
        for length in 1..=200 {
            let text: String = ('0'..='9').cycle().take(length).collect();
            let expected = (length >= 20).then(|| format!("…{}", &text[length - 4..]));
            assert_eq!(hint(&text, Some("sk-")), expected, "{length}");
        }
    }
}
