//! Values as the system that Keyward replaces encrypted them: Fernet (<https://github.com/fernet/spec>), AES-128-CBC with
//! PKCS #7 padding under HMAC-SHA-256.
//!
//! What opens is what Python's `cryptography` opens without a time to live: the time in a token is not looked at, and white
//! space around it does not count. Padding of the base64 may be missing.

use crate::primitives::{KEY_BYTES, SecretKey, hmac_sha256};
use aes::Aes128;
use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use cbc::{
    Decryptor,
    cipher::{BlockModeDecrypt, KeyIvInit, block_padding::Pkcs7},
};
use domain::key_input::SecretInput;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent).with_decode_allow_trailing_bits(true),
);
/// How every token begins: version 0x80, and a time before the year 2106.
const MARK: &str = "gAAAA";
/// Version and time, and the MAC at the end.
const HEAD: usize = 9;
const IV: usize = 16;
const MAC: usize = 32;

/// A text is no key for Fernet, in none of the ways that the old system read one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("it holds no Fernet key: 32 bytes in base64, or a text of at least 32 characters")]
pub struct NotAFernetKey;

/// Why a value did not open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unopened {
    /// It is no token, so it was never encrypted.
    NotAToken,
    /// It is a token, or the rest of one, and no key fits.
    NoKeyFits,
    /// A key fits, and what it holds is not text.
    NotText,
}

/// The keys that a value may have been encrypted under. Wiped when dropped.
#[derive(Debug, Default)]
pub struct FernetKeys(Vec<SecretKey>);

impl FernetKeys {
    /// Adds a key as its variable had it: base64 of 32 bytes; and, because parts of the old system took the first 32
    /// characters of that text for a key, those too.
    ///
    /// # Errors
    /// [`NotAFernetKey`] when the text is neither.
    pub fn add(&mut self, text: &SecretInput) -> Result<(), NotAFernetKey> {
        let text = text.verbatim().trim().as_bytes();
        let known = self.0.len();
        if let Some(decoded) = decode(text).filter(|decoded| decoded.len() == KEY_BYTES) {
            self.push(&decoded);
        }
        if let Some(first) = text.get(..KEY_BYTES) {
            self.push(first);
        }
        if self.0.len() == known { Err(NotAFernetKey) } else { Ok(()) }
    }

    fn push(&mut self, bytes: &[u8]) {
        if let Ok(mut key) = <[u8; KEY_BYTES]>::try_from(bytes) {
            self.0.push(SecretKey::take(&mut key));
        }
    }

    /// What is in a token, by the first key that fits.
    ///
    /// # Errors
    /// See [`Unopened`].
    pub fn open(&self, token: &str) -> Result<SecretInput, Unopened> {
        let damaged = if token.trim_start().starts_with(MARK) { Unopened::NoKeyFits } else { Unopened::NotAToken };
        let bytes = decode(token.as_bytes()).ok_or(damaged)?;
        let text = bytes.len().checked_sub(HEAD + IV + MAC).filter(|text| *text >= IV && text % IV == 0);
        if text.is_none() || bytes[0] != 0x80 {
            return Err(damaged);
        }
        let opened = self.0.iter().find_map(|key| decrypt(key, &bytes)).ok_or(Unopened::NoKeyFits)?;
        std::str::from_utf8(&opened).map(|text| SecretInput::new(text.to_owned())).map_err(|_| Unopened::NotText)
    }
}

/// Either alphabet, with or without padding, white space left out.
fn decode(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let one_alphabet = |byte: &u8| match byte {
        b'+' => b'-',
        b'/' => b'_',
        other => *other,
    };
    let packed: Zeroizing<Vec<u8>> = Zeroizing::new(text.iter().filter(|byte| !byte.is_ascii_whitespace()).map(one_alphabet).collect());
    BASE64.decode(&*packed).ok().map(Zeroizing::new)
}

/// Obligation: `token` has a head, an initialisation vector, whole blocks and a MAC. The MAC is checked before anything is
/// decrypted, so nothing can be learnt from how the padding fails.
fn decrypt(key: &SecretKey, token: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (signing, encryption) = key.bytes().split_at(KEY_BYTES / 2);
    let (signed, mac) = token.split_at(token.len() - MAC);
    if !bool::from(hmac_sha256(signing, &[signed]).ct_eq(mac)) {
        return None;
    }
    let (iv, text) = signed[HEAD..].split_at(IV);
    let mut buffer = Zeroizing::new(text.to_vec());
    let length = Decryptor::<Aes128>::new_from_slices(encryption, iv).ok()?.decrypt_padded::<Pkcs7>(&mut buffer).ok()?.len();
    buffer.truncate(length);
    Some(buffer)
}

#[cfg(test)]
mod tests;
