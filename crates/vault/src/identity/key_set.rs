//! The provider's public keys (JSON Web Key Set, RFC 7517).

use super::signatures::ALLOWED;
use crate::egress::Refusal;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::{Map, Value};

/// The most bytes of a key set.
pub(super) const LARGEST: usize = 256 * 1024;
/// The most keys of a set.
const MOST: usize = 50;

/// A key, and what it may verify.
pub(super) struct Key {
    id: String,
    algorithms: Vec<Algorithm>,
    key: DecodingKey,
}

impl Key {
    /// The key, if it may verify `algorithm`.
    pub(super) fn for_algorithm(&self, algorithm: Algorithm) -> Option<&DecodingKey> {
        self.algorithms.contains(&algorithm).then_some(&self.key)
    }
}

/// All keys that can verify something here.
pub(super) struct KeySet(Vec<Key>);

impl KeySet {
    /// Reads a set. Keys of other kinds and for other uses are left out.
    ///
    /// # Errors
    /// `BadAnswer` for what is no key set, `TooLarge` for more than 50 keys.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Refusal> {
        let document: Value = serde_json::from_slice(body).map_err(|_| Refusal::BadAnswer)?;
        let keys = document.get("keys").and_then(Value::as_array).ok_or(Refusal::BadAnswer)?;
        if keys.len() > MOST {
            return Err(Refusal::TooLarge);
        }
        Ok(Self(keys.iter().filter_map(Value::as_object).filter_map(key).collect()))
    }
    /// The key of this id. Two keys of one id are none: which is meant cannot be told.
    pub(super) fn find(&self, id: &str) -> Option<&Key> {
        let mut found = self.0.iter().filter(|key| key.id == id);
        found.next().filter(|_| found.next().is_none())
    }
}

fn text<'a>(jwk: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    jwk.get(name).and_then(Value::as_str)
}

fn key(jwk: &Map<String, Value>) -> Option<Key> {
    let id = text(jwk, "kid").filter(|id| !id.is_empty())?.to_owned();
    let verifies = match (jwk.get("use"), jwk.get("key_ops")) {
        (Some(usage), _) if usage != "sig" => false,
        (_, Some(operations)) => operations.as_array().is_some_and(|all| all.iter().any(|one| one == "verify")),
        _ => true,
    };
    // A private key in a public place verifies nothing.
    if !verifies || jwk.contains_key("d") {
        return None;
    }
    let (kind, key) = match (text(jwk, "kty")?, text(jwk, "crv")) {
        ("RSA", None) => {
            ([Algorithm::RS256, Algorithm::PS256].as_slice(), DecodingKey::from_rsa_components(text(jwk, "n")?, text(jwk, "e")?))
        }
        ("EC", Some("P-256")) => ([Algorithm::ES256].as_slice(), DecodingKey::from_ec_components(text(jwk, "x")?, text(jwk, "y")?)),
        ("OKP", Some("Ed25519")) => ([Algorithm::EdDSA].as_slice(), DecodingKey::from_ed_components(text(jwk, "x")?)),
        _ => return None,
    };
    let stated = match jwk.get("alg") {
        None => None,
        Some(name) => Some(name.as_str()?.parse::<Algorithm>().ok()?),
    };
    let algorithms: Vec<_> =
        kind.iter().copied().filter(|one| ALLOWED.contains(one) && stated.is_none_or(|stated| stated == *one)).collect();
    (!algorithms.is_empty()).then_some(Key { id, algorithms, key: key.ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    const Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";

    fn parse(keys: &str) -> KeySet {
        KeySet::parse(format!("{{\"keys\":[{keys}]}}").as_bytes()).expect("a key set")
    }

    #[test]
    fn a_key_verifies_what_its_kind_and_its_set_say() {
        let set = parse(&format!(
            r#"{{"kty":"EC","crv":"P-256","kid":"a","x":"{X}","y":"{Y}"}},
               {{"kty":"RSA","kid":"b","n":"AQAB","e":"AQAB","use":"sig"}},
               {{"kty":"RSA","kid":"c","n":"AQAB","e":"AQAB","alg":"PS256"}},
               {{"kty":"oct","kid":"d","k":"AAAA"}},
               {{"kty":"RSA","kid":"e","n":"AQAB","e":"AQAB","use":"enc"}},
               {{"kty":"RSA","kid":"f","n":"AQAB","e":"AQAB","alg":"RS512"}},
               {{"kty":"EC","crv":"P-521","kid":"g","x":"{X}","y":"{Y}"}},
               {{"kty":"RSA","kid":"h","n":"AQAB","e":"AQAB","key_ops":["sign"]}},
               {{"kty":"RSA","kid":"i","n":"AQAB","e":"AQAB","d":"AQAB"}}"#
        ));
        let reads = |id: &str, algorithm| set.find(id).is_some_and(|key| key.for_algorithm(algorithm).is_some());
        assert!(reads("a", Algorithm::ES256) && !reads("a", Algorithm::RS256));
        assert!(reads("b", Algorithm::RS256) && reads("b", Algorithm::PS256) && !reads("b", Algorithm::RS384));
        assert!(reads("c", Algorithm::PS256) && !reads("c", Algorithm::RS256));
        for left_out in ["d", "e", "f", "g", "h", "i", ""] {
            assert!(set.find(left_out).is_none(), "{left_out}");
        }
    }

    #[test]
    fn two_keys_of_one_id_are_none() {
        let one = r#"{"kty":"RSA","kid":"a","n":"AQAB","e":"AQAB"}"#;
        assert!(parse(one).find("a").is_some());
        assert!(parse(&format!("{one},{one}")).find("a").is_none());
    }

    #[test]
    fn what_is_no_set_or_too_long_is_refused() {
        for body in ["", "[]", "{}", r#"{"keys":{}}"#, "null"] {
            assert_eq!(KeySet::parse(body.as_bytes()).err(), Some(Refusal::BadAnswer), "{body}");
        }
        let many = vec!["{}"; 51].join(",");
        assert_eq!(KeySet::parse(format!("{{\"keys\":[{many}]}}").as_bytes()).err(), Some(Refusal::TooLarge));
    }
}
