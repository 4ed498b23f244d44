//! The root key: 32 bytes outside the database, under which the keyring is wrapped.
//!
//! It is made only by [`RootKey::generate`], on a person's request, and never because one is missing.

use crate::{
    primitives::{KEY_BYTES, RandomnessFailed, SecretKey, derive_key},
    secret::lacks,
};
use base64::{
    Engine,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use std::fmt;
use zeroize::Zeroizing;

mod file;
pub use file::RootKeyFileError;

const SALT: &[u8] = b"keyward/root/v1";
/// 32 random bytes have about 30 different ones; fewer than 20 is less likely than one in 10^13.
const FEWEST_DISTINCT: usize = 20;
/// Longer than every way to write 32 bytes.
const LONGEST_TEXT: usize = 1024;

/// The root key. Wiped when dropped; cannot be copied, compared or serialised, and its `Debug` says nothing.
#[derive(Debug)]
pub struct RootKey(SecretKey);

lacks!(RootKey: Clone, Copy, fmt::Display, serde::Serialize, PartialEq);

/// Why a text is not a root key. Names the cause and never the value.
#[derive(Debug, thiserror::Error)]
pub enum RootKeyError {
    /// Nothing is there.
    #[error("the root key is empty")]
    Empty,
    /// Neither base64 nor hexadecimal.
    #[error("the root key is neither base64 nor hexadecimal")]
    Encoding,
    /// Another number of bytes.
    #[error("the root key has {0} bytes after decoding; it must have exactly 32")]
    Length(usize),
    /// All bytes are the same.
    #[error("all bytes of the root key are the same; make one with `keyward init`")]
    AllEqual,
    /// Too few different bytes to be random.
    #[error("the root key has only {0} different bytes, so it is not random; make one with `keyward init`")]
    NotRandom(usize),
    /// A value out of documentation or test files, which everybody knows.
    #[error("the root key is a published sample; make one with `keyward init`")]
    Published,
    /// There is no randomness to make one from.
    #[error(transparent)]
    Randomness(#[from] RandomnessFailed),
}

impl RootKey {
    /// Reads base64 (either alphabet, with or without padding) or hexadecimal; white space around it is ignored.
    ///
    /// # Errors
    /// See [`RootKeyError`].
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, RootKeyError> {
        let text = text.as_ref().trim_ascii();
        let decoded = match text.len() {
            0 => return Err(RootKeyError::Empty),
            1..=LONGEST_TEXT => decode(text).ok_or(RootKeyError::Encoding)?,
            _ => return Err(RootKeyError::Encoding),
        };
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        if decoded.len() != KEY_BYTES {
            return Err(RootKeyError::Length(decoded.len()));
        }
        bytes.copy_from_slice(&decoded);
        refuse_weak(&bytes)?;
        Ok(Self(SecretKey::take(&mut bytes)))
    }
    /// A fresh key from the operating system's randomness.
    ///
    /// # Errors
    /// When there is no randomness, or what came is plainly not random.
    pub fn generate() -> Result<Self, RootKeyError> {
        let key = SecretKey::generate()?;
        refuse_weak(key.bytes())?;
        Ok(Self(key))
    }
    /// Base64 with padding: what the root key file holds.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.0.bytes()))
    }
    /// The public id of this root key, which is stored beside what it wraps.
    #[must_use]
    pub fn id(&self) -> [u8; 8] {
        let derived = derive_key(SALT, &self.0, &[b"keyward/root-id/v1"]);
        *derived.bytes().first_chunk().expect("8 is fewer than 32")
    }
    /// The key that wraps the keyring.
    pub(crate) fn kek(&self) -> SecretKey {
        derive_key(SALT, &self.0, &[b"keyward/kek/v1"])
    }
    /// A key with known bytes, which [`Self::parse`] would refuse.
    #[cfg(test)]
    pub(crate) fn from_sample(mut bytes: [u8; KEY_BYTES]) -> Self {
        Self(SecretKey::take(&mut bytes))
    }
}

/// Takes both base64 alphabets and both paddings.
fn decode(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if text.len() == 2 * KEY_BYTES && text.iter().all(u8::is_ascii_hexdigit) {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok());
        let pairs = text.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?));
        return pairs.collect::<Option<Vec<u8>>>().map(Zeroizing::new);
    }
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let url_safe = text.iter().any(|byte| matches!(byte, b'-' | b'_'));
    let alphabet = if url_safe { &base64::alphabet::URL_SAFE } else { &base64::alphabet::STANDARD };
    GeneralPurpose::new(alphabet, config).decode(text).ok().map(Zeroizing::new)
}

fn refuse_weak(bytes: &[u8; KEY_BYTES]) -> Result<(), RootKeyError> {
    let mut seen = Zeroizing::new([false; 256]);
    for byte in bytes {
        seen[usize::from(*byte)] = true;
    }
    let distinct = seen.iter().filter(|seen| **seen).count();
    if distinct == 1 {
        return Err(RootKeyError::AllEqual);
    }
    if distinct < FEWEST_DISTINCT {
        return Err(RootKeyError::NotRandom(distinct));
    }
    if is_published(bytes) { Err(RootKeyError::Published) } else { Ok(()) }
}

/// Counting sequences in any step (0..32 and 32..64 are in this crate's own vectors), the alphabet, and hashes of the
/// usual placeholder words.
fn is_published(bytes: &[u8; KEY_BYTES]) -> bool {
    use sha2::{Digest, Sha256};
    const TEXTS: [&[u8; KEY_BYTES]; 4] = [
        b"0123456789abcdefghijklmnopqrstuv",
        b"abcdefghijklmnopqrstuvwxyz012345",
        b"abcdefghijklmnopqrstuvwxyz123456",
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345",
    ];
    const WORDS: [&str; 10] = ["", "password", "secret", "changeme", "change-me", "test", "example", "keyward", "master", "root"];
    let step = bytes[1].wrapping_sub(bytes[0]);
    bytes.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) == step)
        || TEXTS.contains(&bytes)
        || WORDS.iter().any(|word| Sha256::digest(word)[..] == bytes[..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
    fn refusal(bytes: &[u8]) -> String {
        let messages = [STANDARD.encode(bytes), URL_SAFE_NO_PAD.encode(bytes)].map(|text| {
            let message = RootKey::parse(&text).expect_err("a refusal").to_string();
            assert!(!message.contains(&text), "the value is in the message");
            message
        });
        assert_eq!(messages[0], messages[1]);
        messages[0].clone()
    }

    #[test]
    fn a_generated_key_reads_back_from_every_way_to_write_it() {
        for _ in 0..200 {
            let key = RootKey::generate().expect("randomness");
            let bytes = key.0.bytes();
            let ways = [
                key.to_text().to_string(),
                STANDARD_NO_PAD.encode(bytes),
                URL_SAFE.encode(bytes),
                URL_SAFE_NO_PAD.encode(bytes),
                hex(bytes),
                hex(bytes).to_uppercase(),
                format!(" {}\r\n", *key.to_text()),
            ];
            for way in ways {
                let again = RootKey::parse(&way).expect("a legal way to write it");
                assert_eq!((again.0.bytes(), again.id()), (bytes, key.id()));
            }
        }
    }

    #[test]
    fn a_text_that_is_no_key_is_refused_by_cause() {
        let message = |text: &str| RootKey::parse(text).expect_err("a refusal").to_string();
        assert_eq!(message(" \n"), "the root key is empty");
        assert_eq!(message("not base64 at all!"), "the root key is neither base64 nor hexadecimal");
        assert_eq!(message(&"A".repeat(100_000)), "the root key is neither base64 nor hexadecimal");
        assert_eq!(message(&STANDARD.encode([7; 31])), "the root key has 31 bytes after decoding; it must have exactly 32");
        assert_eq!(message(&STANDARD.encode([7; 33])), "the root key has 33 bytes after decoding; it must have exactly 32");
        assert!(RootKey::parse([0xff; 32]).is_err(), "raw bytes are not text");
    }

    #[test]
    fn a_key_that_is_not_random_is_refused() {
        for byte in 0..=255 {
            assert!(refusal(&[byte; 32]).contains("are the same"));
        }
        let few: Vec<u8> =
            (0..32).map(|place| [3, 1, 4, 15, 92, 65, 35, 89, 79, 32, 38, 46, 26, 43, 38, 32, 79, 50, 28][place % 19]).collect();
        assert!(refusal(&few).contains("different bytes, so it is not random"));
    }

    #[test]
    fn published_samples_are_refused() {
        let counting = [(0..32).collect::<Vec<u8>>(), (32..64).collect(), (0..32).rev().collect(), (0..32).map(|n| n * 7).collect()];
        for sample in counting {
            assert!(refusal(&sample).contains("published sample"));
        }
        assert!(refusal(b"0123456789abcdefghijklmnopqrstuv").contains("published sample"));
        let of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert!(matches!(RootKey::parse(of_nothing), Err(RootKeyError::Published)));
    }

    #[test]
    fn a_root_key_says_nothing_in_debug_output() {
        assert_eq!(format!("{:?}", RootKey::generate().expect("randomness")), "RootKey(SecretKey(..))");
    }
}
