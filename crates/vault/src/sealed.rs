//! Sealed format v1: how a secret lies in the database.
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 1 | format, `0x01` |
//! | 1 | 1 | suite, `0x01`: HKDF-SHA-256, XChaCha20-Poly1305, commitment of 32 bytes |
//! | 2 | 4 | id of the data key, u32 big-endian, never 0 |
//! | 6 | 24 | nonce, fresh from the operating system for every encryption |
//! | 30 | 32 | key commitment |
//! | 62 | n | ciphertext, as long as the plaintext, 1 to 65,536 bytes |
//! | 62 + n | 16 | tag |
//!
//! With `header` = bytes 0..30, `ctx` = the context, `bind` = `header || SHA-256(ctx)` and the nonce as HKDF salt over the
//! data key, the encryption key is expanded with `"keyward/enc/v1" || bind`, the commitment with `"keyward/com/v1" || bind`,
//! and the cipher authenticates `header || commitment || ctx`.
//!
//! The commitment is there because Poly1305 does not commit to a key, and because it tells a wrong key or a moved row
//! (`commitment`) from damaged bytes (`tag`).

use crate::{
    primitives::{self, NONCE_BYTES, SecretKey, TAG_BYTES, hkdf_sha256},
    seal_context::{ContextTooLong, SealContext},
    secret::Plaintext,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;

pub use crate::primitives::RandomnessFailed;

#[cfg(test)]
mod tamper;
#[cfg(test)]
mod vectors;

const FORMAT: u8 = 0x01;
const SUITE: u8 = 0x01;
const HEADER_BYTES: usize = 30;
const COMMITMENT_BYTES: usize = 32;
const BODY: usize = HEADER_BYTES + COMMITMENT_BYTES;
/// Bytes that sealing adds.
pub const OVERHEAD: usize = BODY + TAG_BYTES;
/// The most bytes that can be sealed.
pub const LONGEST: usize = 65_536;
/// How the text form begins; base64url without padding (RFC 4648) follows.
pub const TEXT_PREFIX: &str = "keyward1.";

/// A sealed value whose shape has been checked. Whether it opens is another matter.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

/// Why a sealed value did not open. The class is for the log and the audit trail; callers are told one thing for all.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OpenError {
    /// It is not a sealed value of a known format.
    #[error("malformed")]
    Malformed,
    /// It names a data key that is not in the keyring or may not be used any more.
    #[error("unknown_key")]
    UnknownKey,
    /// It was sealed with another key or belongs elsewhere.
    #[error("commitment")]
    Commitment,
    /// Its bytes are damaged.
    #[error("tag")]
    Tag,
}

impl OpenError {
    /// The class as one word: `malformed`, `unknown_key`, `commitment` or `tag`.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::UnknownKey => "unknown_key",
            Self::Commitment => "commitment",
            Self::Tag => "tag",
        }
    }
}

/// Why a secret was not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// There is no randomness for a nonce.
    #[error(transparent)]
    Randomness(#[from] RandomnessFailed),
    /// The secret is empty or longer than 65,536 bytes.
    #[error("a sealed value holds 1 to 65,536 bytes")]
    Length,
    /// An attribute of the context is too long.
    #[error(transparent)]
    Context(#[from] ContextTooLong),
    /// Data key ids begin at 1.
    #[error("a data key cannot have the id 0")]
    KeyId,
}

impl Sealed {
    /// Checks the shape of bytes from the database.
    ///
    /// # Errors
    /// `Malformed` for a wrong length, format or suite, or the key id 0.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, OpenError> {
        let plausible = (OVERHEAD + 1..=OVERHEAD + LONGEST).contains(&bytes.len());
        if !plausible || bytes[0] != FORMAT || bytes[1] != SUITE {
            return Err(OpenError::Malformed);
        }
        let sealed = Self(bytes);
        if sealed.key_id() == 0 { Err(OpenError::Malformed) } else { Ok(sealed) }
    }
    /// Reads the text form.
    ///
    /// # Errors
    /// `Malformed` as for [`Self::parse`], and for another prefix or text that is not canonical base64url.
    pub fn parse_text(text: &str) -> Result<Self, OpenError> {
        let encoded = text.strip_prefix(TEXT_PREFIX).ok_or(OpenError::Malformed)?;
        Self::parse(URL_SAFE_NO_PAD.decode(encoded).map_err(|_| OpenError::Malformed)?)
    }
    /// The text form, for exports and the environment.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{TEXT_PREFIX}{}", URL_SAFE_NO_PAD.encode(&self.0))
    }
    /// The bytes for the database.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
    /// The id of the data key it names; never 0.
    #[must_use]
    pub fn key_id(&self) -> u32 {
        u32::from_be_bytes([self.0[2], self.0[3], self.0[4], self.0[5]])
    }
    /// SHA-256 of the bytes, which the audit trail keeps.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.0).into()
    }
    fn header(&self) -> &[u8; HEADER_BYTES] {
        self.0.first_chunk().expect("parsing checked the length")
    }
    fn nonce(&self) -> &[u8; NONCE_BYTES] {
        self.header().last_chunk().expect("24 is fewer than 30")
    }
    fn commitment(&self) -> &[u8] {
        &self.0[HEADER_BYTES..BODY]
    }
    fn body(&self) -> &[u8] {
        &self.0[BODY..]
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed(key {}, {} bytes)", self.key_id(), self.0.len())
    }
}

/// Seals a secret under the data key `key_id` with a fresh nonce.
///
/// # Errors
/// See [`SealError`]; without randomness nothing is sealed.
pub(crate) fn seal(key: &SecretKey, key_id: u32, context: &SealContext, secret: &Plaintext) -> Result<Sealed, SealError> {
    seal_drawing(key, key_id, context, secret, primitives::fill_random)
}

/// [`seal`] with another source of randomness, so that its failure can be tested.
fn seal_drawing(
    key: &SecretKey,
    key_id: u32,
    context: &SealContext,
    secret: &Plaintext,
    draw: impl FnOnce(&mut [u8]) -> Result<(), RandomnessFailed>,
) -> Result<Sealed, SealError> {
    let mut nonce = [0; NONCE_BYTES];
    draw(&mut nonce)?;
    seal_with_nonce(key, key_id, &nonce, context, secret.expose())
}

/// Obligation: a nonce is used once. Only [`seal_drawing`] and the known-answer tests call this.
fn seal_with_nonce(
    key: &SecretKey,
    key_id: u32,
    nonce: &[u8; NONCE_BYTES],
    context: &SealContext,
    text: &[u8],
) -> Result<Sealed, SealError> {
    if key_id == 0 {
        return Err(SealError::KeyId);
    }
    if !(1..=LONGEST).contains(&text.len()) {
        return Err(SealError::Length);
    }
    let mut header = [0; HEADER_BYTES];
    header[0] = FORMAT;
    header[1] = SUITE;
    header[2..6].copy_from_slice(&key_id.to_be_bytes());
    header[6..].copy_from_slice(nonce);
    let (message_key, commitment) = message_keys(key, &header, context);
    let body = primitives::encrypt(&message_key, nonce, &associated(&header, &commitment, context), text).ok_or(SealError::Length)?;
    let mut bytes = Vec::with_capacity(OVERHEAD + text.len());
    bytes.extend_from_slice(&header);
    bytes.extend_from_slice(&commitment);
    bytes.extend_from_slice(&body);
    Ok(Sealed(bytes))
}

/// Opens a sealed value with the data key `key_id`, into a fresh buffer.
///
/// # Errors
/// `UnknownKey` when it names another key, `Commitment` when it was sealed with another key or in another context, `Tag`
/// when its bytes are damaged.
pub(crate) fn open(key: &SecretKey, key_id: u32, context: &SealContext, sealed: &Sealed) -> Result<Plaintext, OpenError> {
    if sealed.key_id() != key_id {
        return Err(OpenError::UnknownKey);
    }
    let (message_key, commitment) = message_keys(key, sealed.header(), context);
    if !bool::from(commitment[..].ct_eq(sealed.commitment())) {
        return Err(OpenError::Commitment);
    }
    primitives::decrypt(&message_key, sealed.nonce(), &associated(sealed.header(), &commitment, context), sealed.body())
        .map(Plaintext::from_zeroizing)
        .ok_or(OpenError::Tag)
}

/// The encryption key of one message, and the commitment to it.
fn message_keys(key: &SecretKey, header: &[u8; HEADER_BYTES], context: &SealContext) -> (SecretKey, [u8; COMMITMENT_BYTES]) {
    let nonce = &header[HEADER_BYTES - NONCE_BYTES..];
    let bound = Sha256::digest(context.bytes());
    let message_key = primitives::derive_key(nonce, key, &[b"keyward/enc/v1", header, &bound]);
    let mut commitment = [0; COMMITMENT_BYTES];
    hkdf_sha256(nonce, key.bytes(), &[b"keyward/com/v1", header, &bound], &mut commitment).expect("32 bytes are less than 255 blocks");
    (message_key, commitment)
}

fn associated(header: &[u8], commitment: &[u8], context: &SealContext) -> Vec<u8> {
    [header, commitment, context.bytes()].concat()
}
