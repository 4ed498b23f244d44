//! A secret in the clear, for as short a time as possible.

use domain::{
    FieldProblem,
    key_input::{self, SecretInput},
};
use zeroize::Zeroizing;

/// The bytes of a secret. Wiped when dropped.
///
/// It cannot be copied, printed, serialised or compared, and only this crate can look inside.
pub struct Plaintext(Zeroizing<Vec<u8>>);

impl Plaintext {
    /// The secret within what was submitted as `field`.
    ///
    /// # Errors
    /// What forbids storing it: see [`key_input::fault`].
    pub fn parse(field: &'static str, submitted: &SecretInput) -> Result<Self, FieldProblem> {
        let tidied = submitted.tidied();
        match key_input::fault(field, tidied) {
            Some(fault) => Err(fault),
            None => Ok(Self::from_bytes(tidied.as_bytes().to_vec())),
        }
    }
    /// Takes over bytes that are already known to be a secret.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }
    /// The same secret once more, for a use that ends sooner than what it was read from.
    pub(crate) fn once_more(&self) -> Self {
        Self(self.0.clone())
    }
    pub(crate) const fn from_zeroizing(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }
    /// The bytes. Whoever asks must not keep them.
    pub(crate) fn expose(&self) -> &[u8] {
        &self.0
    }
    /// The bytes as text; `None` when they are not UTF-8, which no parsed secret is.
    pub(crate) fn expose_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }
}

/// Fails to compile when `$type` has one of the traits: the method's path is then ambiguous.
macro_rules! lacks {
    ($type:ty: $($bound:path),+ $(,)?) => {$(
        const _: fn() = || {
            trait Ambiguous<A> {
                fn item() {}
            }
            struct Has;
            impl<T: ?Sized> Ambiguous<()> for T {}
            impl<T: ?Sized + $bound> Ambiguous<Has> for T {}
            let _ = <$type as Ambiguous<_>>::item;
        };
    )+};
}
pub(crate) use lacks;

lacks!(Plaintext: Clone, Copy, std::fmt::Debug, std::fmt::Display, serde::Serialize, PartialEq, AsRef<[u8]>, std::ops::Deref);
lacks!(crate::primitives::SecretKey: Clone, Copy, std::fmt::Display, serde::Serialize, PartialEq, AsRef<[u8]>, std::ops::Deref);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_submitted_secret_is_tidied_and_checked() {
        let parse = |text: &str| Plaintext::parse("key", &SecretInput::new(text.to_owned()));
        let secret = parse(" export OPENAI_API_KEY='sk-0123456789' \n").expect("a storable secret");
        assert_eq!(secret.expose(), b"sk-0123456789");
        assert_eq!(secret.expose_str(), Some("sk-0123456789"));
        for (text, code) in [("", "required"), ("short", "key_too_short"), ("sk-0123\u{7}456789", "control_characters")] {
            let fault = parse(text).err().expect("a fault");
            assert_eq!((fault.field.as_ref(), fault.code.as_ref()), ("key", code));
        }
    }

    #[test]
    fn bytes_that_are_not_text_have_no_text() {
        assert_eq!(Plaintext::from_bytes(vec![0xff, 0xfe]).expose_str(), None);
    }
}
