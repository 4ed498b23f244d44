//! Reading a signed token (JSON Web Token, RFC 7519) of the provider.
//!
//! What a token says about itself decides nothing: algorithms come from us and from the key, the key from the provider's own set,
//! issuer and audience from the configuration. `jsonwebtoken` verifies the signature and the registered claims; what it takes more
//! loosely than we want is looked at first, strictly.

use super::{
    key_set::KeySet,
    signatures::{self, ALLOWED},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::Timestamp;
use jsonwebtoken::{Algorithm, Validation, decode};
use serde_json::{Map, Value};

/// The most bytes of a token.
const LONGEST: usize = 8 * 1024;
/// How far clocks may differ, in seconds.
const LEEWAY: u64 = 30;
/// The longest life of an access token, in seconds.
const LONGEST_LIFE: u64 = 24 * 60 * 60;
/// The most bytes of a subject (OpenID Connect Core 1.0, section 2).
const LONGEST_SUBJECT: usize = 255;

/// What kind of token is expected. One is never taken for the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Says to us who signed in (OpenID Connect Core 1.0, section 2).
    Id,
    /// Lets a program call us (RFC 9068, and what providers made before it).
    Access,
}

/// The token does not hold, for a reason of ours; the caller hears the same for all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Invalid(pub(super) &'static str);

/// What a valid token says.
pub(super) struct Claims {
    /// Who it is about, at this issuer.
    pub(super) subject: String,
    /// Everything.
    pub(super) all: Map<String, Value>,
}

/// Whom tokens are to come from, and whom they are to be for.
pub(super) struct Expected<'a> {
    pub(super) kind: Kind,
    pub(super) issuer: &'a str,
    pub(super) audience: &'a str,
}

struct Header {
    algorithm: Algorithm,
    key: String,
}

fn object(part: &str) -> Option<Map<String, Value>> {
    let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
    match serde_json::from_slice(&bytes).ok()? {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

/// # Errors
/// When the header asks for anything but one of our algorithms with a key of the provider's set.
fn header(part: &str, kind: Kind) -> Result<Header, Invalid> {
    let header = object(part).ok_or(Invalid("header"))?;
    // Each of them would say where the key is, or what else is to be understood.
    if ["jku", "jwk", "x5u", "x5c", "crit", "b64", "enc", "zip", "cty"].iter().any(|name| header.contains_key(*name)) {
        return Err(Invalid("header"));
    }
    let text = |name: &str| header.get(name).and_then(Value::as_str);
    let typ = match header.get("typ") {
        None => None,
        Some(typ) => Some(typ.as_str().ok_or(Invalid("typ"))?.to_ascii_lowercase()),
    };
    let fits =
        matches!((kind, typ.as_deref()), (Kind::Id, None) | (_, Some("jwt")) | (Kind::Access, Some("at+jwt" | "application/at+jwt")));
    if !fits {
        return Err(Invalid("typ"));
    }
    let algorithm = text("alg").and_then(|name| ALLOWED.into_iter().find(|one| format!("{one:?}") == name)).ok_or(Invalid("algorithm"))?;
    let key = text("kid").filter(|id| !id.is_empty()).ok_or(Invalid("key_id"))?;
    Ok(Header { algorithm, key: key.to_owned() })
}

/// A moment in whole seconds; one that is there and anything else does not hold.
fn seconds(claims: &Map<String, Value>, name: &'static str) -> Result<Option<u64>, Invalid> {
    match claims.get(name) {
        None => Ok(None),
        Some(value) => value.as_u64().filter(|seconds| *seconds < 1 << 53).map(Some).ok_or(Invalid(name)),
    }
}

fn times(claims: &Map<String, Value>, now: u64) -> Result<(), Invalid> {
    let expires = seconds(claims, "exp")?.ok_or(Invalid("exp"))?;
    let issued = seconds(claims, "iat")?;
    if expires + LEEWAY < now {
        return Err(Invalid("expired"));
    }
    if seconds(claims, "nbf")?.is_some_and(|from| now + LEEWAY < from) {
        return Err(Invalid("nbf"));
    }
    if issued.is_some_and(|at| now + LEEWAY < at || expires < at) {
        return Err(Invalid("iat"));
    }
    if expires - issued.unwrap_or(now).min(expires) > LONGEST_LIFE {
        return Err(Invalid("lifetime"));
    }
    Ok(())
}

/// The audiences: one text, or a list of texts.
fn audiences(claims: &Map<String, Value>) -> Result<Vec<&str>, Invalid> {
    match claims.get("aud") {
        Some(Value::String(one)) => Ok(vec![one]),
        Some(Value::Array(all)) => all.iter().map(|one| one.as_str().ok_or(Invalid("aud"))).collect(),
        _ => Err(Invalid("aud")),
    }
}

fn addressed(claims: &Map<String, Value>, expected: &Expected<'_>) -> Result<(), Invalid> {
    if claims.get("iss").and_then(Value::as_str) != Some(expected.issuer) {
        return Err(Invalid("iss"));
    }
    let audiences = audiences(claims)?;
    if !audiences.contains(&expected.audience) {
        return Err(Invalid("aud"));
    }
    let party = match claims.get("azp") {
        None => None,
        Some(party) => Some(party.as_str().ok_or(Invalid("azp"))?),
    };
    // OpenID Connect Core 1.0, section 3.1.3.7, points 4 and 5. In an access token it names the program that asked for it.
    if expected.kind == Kind::Id && (audiences.len() > 1 && party.is_none() || party.is_some_and(|party| party != expected.audience)) {
        return Err(Invalid("azp"));
    }
    Ok(())
}

/// Whether an access token is anything else than that.
fn is_of_another_kind(claims: &Map<String, Value>) -> bool {
    // Of an ID token; of a logout token; bound to a key that the caller would have to prove.
    let marks = ["nonce", "at_hash", "c_hash", "s_hash", "events", "cnf"];
    let typ = claims.get("typ").is_some_and(|typ| !typ.as_str().is_some_and(|typ| typ.eq_ignore_ascii_case("bearer")));
    typ || marks.iter().any(|name| claims.contains_key(*name))
}

/// A token that says the right things and has proved none of them.
pub(super) struct Unverified<'a> {
    text: &'a str,
    header: Header,
    subject: String,
    rules: Validation,
}

impl<'a> Unverified<'a> {
    /// Reads a token without asking anybody.
    ///
    /// # Errors
    /// Why it does not hold, whoever signed it.
    pub(super) fn parse(text: &'a str, expected: &Expected<'_>, now: Timestamp) -> Result<Self, Invalid> {
        let parts: Vec<_> = text.split('.').collect();
        let [head, body, _] = parts.as_slice() else { return Err(Invalid("form")) };
        if text.len() > LONGEST {
            return Err(Invalid("length"));
        }
        let header = header(head, expected.kind)?;
        let claims = object(body).ok_or(Invalid("claims"))?;
        addressed(&claims, expected)?;
        times(&claims, u64::try_from(now.micros() / 1_000_000).unwrap_or(0))?;
        let subject = claims.get("sub").and_then(Value::as_str).filter(|sub| !sub.is_empty() && sub.len() <= LONGEST_SUBJECT);
        let subject = subject.filter(|sub| !sub.contains(char::is_control)).ok_or(Invalid("sub"))?.to_owned();
        if expected.kind == Kind::Access && is_of_another_kind(&claims) {
            return Err(Invalid("kind"));
        }
        let mut rules = Validation::new(header.algorithm);
        rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        rules.set_issuer(&[expected.issuer]);
        rules.set_audience(&[expected.audience]);
        rules.validate_nbf = true;
        rules.leeway = LEEWAY;
        Ok(Self { text, header, subject, rules })
    }
    /// Verifies it; `None` when the set has no such key, so that a newer one may.
    pub(super) fn verify(&self, keys: &KeySet) -> Option<Result<Claims, Invalid>> {
        signatures::install();
        let key = keys.find(&self.header.key)?;
        let verified = key
            .for_algorithm(self.header.algorithm)
            .ok_or(Invalid("algorithm"))
            .and_then(|key| decode::<Map<String, Value>>(self.text, key, &self.rules).map_err(|_| Invalid("signature")));
        Some(verified.map(|verified| Claims { subject: self.subject.clone(), all: verified.claims }))
    }
}
