//! What the provider sent a browser back with, held against the sign-in that was begun.

use super::{
    claims,
    people::Told,
    provider::Provider,
    token::{Claims, Expected, Invalid, Kind, Unverified},
};
use crate::{Context, Failure, egress::Refusal, primitives::hkdf_sha256, store::rows::PendingSignInRow};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Problem, Timestamp, sign_in::ProviderRefusal};
use serde_json::Map;
use std::time::Duration;
use subtle::ConstantTimeEq;

/// The most bytes of a code.
const LONGEST: usize = 2 * 1024;
/// How far clocks may differ.
const LEEWAY: Duration = Duration::from_secs(30);

/// What the provider sent the browser back with.
#[derive(Default)]
pub struct ProviderAnswer {
    /// `code`.
    pub code: Option<String>,
    /// `state`.
    pub state: Option<String>,
    /// `iss` (RFC 9207).
    pub issuer: Option<String>,
    /// Whether there was an `error`.
    pub denied: bool,
}

/// What is derived from a cookie.
pub(super) fn derived(cookie: &str, what: &'static [u8]) -> Result<String, Failure> {
    let mut bytes = [0; 32];
    hkdf_sha256(b"keyward/sign-in/v1", cookie.as_bytes(), &[what], &mut bytes).ok_or(Problem::Internal)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

/// Why an answer does not hold, for the visitor and for the audit trail.
pub(super) struct Refused(pub(super) ProviderRefusal, pub(super) &'static str);

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        let why = match refusal {
            Refusal::BadAnswer | Refusal::TooLarge | Refusal::ForbiddenEndpoint => ProviderRefusal::NotTrusted,
            _ => ProviderRefusal::Unreachable,
        };
        Self(why, refusal.as_str())
    }
}

const fn unfinished(reason: &'static str) -> Refused {
    Refused(ProviderRefusal::Unfinished, reason)
}
const fn not_trusted(reason: &'static str) -> Refused {
    Refused(ProviderRefusal::NotTrusted, reason)
}

/// A person who signed in at the provider.
pub(super) struct SignedIn {
    pub(super) told: Told,
    pub(super) authenticated_at: Timestamp,
}

/// Who signed in, from the provider's answer.
pub(super) async fn hear(
    provider: &Provider,
    cx: &Context,
    cookie: &str,
    pending: &PendingSignInRow,
    answer: &ProviderAnswer,
) -> Result<Result<SignedIn, Refused>, Failure> {
    let (state, nonce, verifier) = (derived(cookie, b"state")?, derived(cookie, b"nonce")?, derived(cookie, b"verifier")?);
    let heard = async {
        if !answer.state.as_deref().is_some_and(|given| same(given, &state)) {
            return Err(unfinished("state"));
        }
        let says_issuer = provider.known_metadata().is_some_and(|metadata| metadata.says_issuer);
        match &answer.issuer {
            Some(issuer) if *issuer == provider.settings.issuer => {}
            None if !says_issuer => {}
            _ => return Err(not_trusted("iss")),
        }
        if answer.denied {
            return Err(Refused(ProviderRefusal::Denied, "denied"));
        }
        let code = answer.code.as_deref().filter(|code| !code.is_empty() && code.len() <= LONGEST).ok_or(unfinished("code"))?;
        let tokens = provider.exchange(cx.now, code, &verifier).await?;
        // The answer took a while: what it says is held against the clock of now.
        let now = Context::new(cx.actor.clone(), None).now.max(cx.now);
        let claims = id_token(provider, &tokens.id, &nonce, now).await?;
        let authenticated_at = authenticated_at(&claims, pending, now)?;
        let mut all = claims.all;
        if !claims::are_complete(&all, &provider.settings) {
            let told = match provider.user_info(cx.now, &tokens, &claims.subject).await {
                Ok(told) => told,
                // A role that could not be read is no role that was taken back.
                Err(refusal) if !claims::say_role(&all, &provider.settings) => return Err(refusal.into()),
                Err(_) => Map::new(),
            };
            for (name, value) in told {
                // What is signed wins.
                all.entry(name).or_insert(value);
            }
        }
        Ok(SignedIn { told: Told::at_sign_in(claims.subject, &all, &provider.settings), authenticated_at })
    };
    Ok(heard.await)
}

/// The claims of a valid ID token that was made for this sign-in.
async fn id_token(provider: &Provider, token: &str, nonce: &str, now: Timestamp) -> Result<Claims, Refused> {
    let settings = &provider.settings;
    let expected = Expected { kind: Kind::Id, issuer: &settings.issuer, audience: &settings.client_id };
    let invalid = |invalid: Invalid| not_trusted(invalid.0);
    let token = Unverified::parse(token, &expected, now).map_err(invalid)?;
    let claims = provider.verify(&token, now).await?.map_err(invalid)?;
    let given = claims.all.get("nonce").and_then(serde_json::Value::as_str);
    if given.is_some_and(|given| same(given, nonce)) { Ok(claims) } else { Err(not_trusted("nonce")) }
}

/// When the person proved who they are. To confirm a session it has to be after that was asked for; at a sign-in that does not say it,
/// it counts as long ago.
fn authenticated_at(claims: &Claims, pending: &PendingSignInRow, now: Timestamp) -> Result<Timestamp, Refused> {
    let said = match claims.all.get("auth_time") {
        None => None,
        Some(value) => {
            let seconds = value.as_i64().filter(|seconds| (0..1 << 40).contains(seconds)).ok_or(not_trusted("auth_time"))?;
            Some(Timestamp::from_micros(seconds * 1_000_000))
        }
    };
    if said.is_some_and(|at| at > now + LEEWAY) {
        return Err(not_trusted("auth_time"));
    }
    match (said, pending.session) {
        (Some(at), Some(_)) if at + LEEWAY < pending.created_at => Err(not_trusted("auth_time")),
        (None, Some(_)) => Err(not_trusted("auth_time")),
        (Some(at), _) => Ok(at.min(now)),
        (None, None) => Ok(Timestamp::from_micros(0)),
    }
}
