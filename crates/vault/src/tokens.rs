//! Random secrets that prove something to us: sessions and set-up links. The database keeps their SHA-256, which is
//! enough for 256 random bits.

use crate::Failure;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::Problem;
use sha2::{Digest, Sha256};

const BYTES: usize = 32;

/// 256 random bits as base64url without padding (43 characters).
pub(crate) fn generate() -> Result<String, Failure> {
    let mut random = [0; BYTES];
    getrandom::fill(&mut random).map_err(|error| Failure::because(Problem::Internal, error.to_string()))?;
    Ok(URL_SAFE_NO_PAD.encode(random))
}

/// Whether the text has the form of a token.
pub(crate) fn well_formed(text: &str) -> bool {
    URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == BYTES)
}

/// What the database keeps.
pub(crate) fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
