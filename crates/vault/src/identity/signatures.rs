//! Verifying signatures of JSON Web Tokens with `ring`, which TLS brings along: `jsonwebtoken` itself holds no cryptography.
//!
//! Four algorithms (RFC 7518, section 3.1, and RFC 8037): RS256, PS256, ES256, and EdDSA on Ed25519. Nothing here signs.

use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::{ErrorKind, Result},
};
use ring::signature::{self as suite, RsaPublicKeyComponents, UnparsedPublicKey};
use signature::{Error, Verifier};
use std::sync::Once;

/// What may be used, whatever a token or a key set says.
pub(super) const ALLOWED: [Algorithm; 4] = [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::EdDSA];

static PROVIDER: CryptoProvider =
    CryptoProvider { signer_factory: refuse_to_sign, verifier_factory: verifier, key_utils: KeyUtils::new_unimplemented() };

/// Makes `jsonwebtoken` use this module. Only the first call of a process has an effect.
pub(super) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error means that there is one already; whoever installed it decides.
        let _ = PROVIDER.install_default();
    });
}

fn refuse_to_sign(_: &Algorithm, _: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    Err(ErrorKind::UnsupportedAlgorithm.into())
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    if !ALLOWED.contains(algorithm) || key.family() != algorithm.family() {
        return Err(ErrorKind::UnsupportedAlgorithm.into());
    }
    Ok(Box::new(ByRing { algorithm: *algorithm, key: key.clone() }))
}

struct ByRing {
    algorithm: Algorithm,
    key: DecodingKey,
}

impl ByRing {
    fn check(&self, message: &[u8], signature: &[u8]) -> Option<()> {
        use jsonwebtoken::DecodingKeyKind::{RsaModulusExponent, SecretOrDer};
        let rsa = |parameters| match self.key.kind() {
            RsaModulusExponent { n, e } => RsaPublicKeyComponents { n, e }.verify(parameters, message, signature).ok(),
            SecretOrDer(_) => None,
        };
        let curve = |algorithm| match self.key.kind() {
            SecretOrDer(key) => UnparsedPublicKey::new(algorithm, key).verify(message, signature).ok(),
            RsaModulusExponent { .. } => None,
        };
        match self.algorithm {
            // From 2,048 to 8,192 bits.
            Algorithm::RS256 => rsa(&suite::RSA_PKCS1_2048_8192_SHA256),
            Algorithm::PS256 => rsa(&suite::RSA_PSS_2048_8192_SHA256),
            Algorithm::ES256 => curve(&suite::ECDSA_P256_SHA256_FIXED as &'static dyn suite::VerificationAlgorithm),
            Algorithm::EdDSA => curve(&suite::ED25519),
            _ => None,
        }
    }
}

impl Verifier<Vec<u8>> for ByRing {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Error> {
        self.check(message, signature).ok_or_else(Error::new)
    }
}

impl JwtVerifier for ByRing {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}
