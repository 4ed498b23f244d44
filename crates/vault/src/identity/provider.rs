//! The OpenID provider as it describes itself (OpenID Connect Discovery 1.0), and what is asked of it.

use super::{
    IdentitySettings,
    kept::Kept,
    key_set,
    key_set::KeySet,
    token::{Claims, Invalid, Unverified},
};
use crate::egress::{self, Answer, Egress, Endpoint, Refusal, Request, Verb, secret_header};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{Timestamp, ids::UserId};
use http::{HeaderMap, HeaderValue, header};
use serde_json::{Map, Value};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use url::{Url, form_urlencoded};
use uuid::Uuid;
use zeroize::Zeroizing;

/// For how long the provider's description and keys are not asked for again.
const FRESH: Duration = Duration::from_secs(10 * 60);
/// For how long after that they are still used when it does not answer.
const STALE: Duration = Duration::from_secs(60 * 60);
/// Requests to the provider at once: it has places of its own, so that nobody's tests take them.
const AT_ONCE: usize = 8;

/// What the provider says of itself.
pub(super) struct Metadata {
    pub(super) authorization: Url,
    token: Url,
    keys: Url,
    user_info: Option<Url>,
    /// Where people are sent to sign out.
    pub(super) end_session: Option<Url>,
    /// Whether its answers always say who it is (RFC 9207).
    pub(super) says_issuer: bool,
    secret_in_body: bool,
}

/// The provider, its description and its keys.
pub(crate) struct Provider {
    pub(super) settings: IdentitySettings,
    egress: Egress,
    metadata: Kept<Metadata>,
    keys: Kept<KeySet>,
}

impl Metadata {
    fn parse(body: &[u8], settings: &IdentitySettings) -> Result<Self, Refusal> {
        let document: Value = serde_json::from_slice(body).map_err(|_| Refusal::BadAnswer)?;
        // Exactly: another issuer's description must not be taken for this one's.
        if document.get("issuer").and_then(Value::as_str) != Some(settings.issuer.as_str()) {
            return Err(Refusal::ForbiddenEndpoint);
        }
        let issuer = Url::parse(&settings.issuer).map_err(|_| Refusal::BadAnswer)?;
        let address = |name: &str| match document.get(name).and_then(Value::as_str) {
            None => Ok(None),
            Some(text) => {
                let url = Url::parse(text).map_err(|_| Refusal::BadAnswer)?;
                let sound = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
                let safe = url.scheme() == "https" || url.origin() == issuer.origin();
                if sound && safe { Ok(Some(url)) } else { Err(Refusal::ForbiddenEndpoint) }
            }
        };
        let lists = |name: &str, word: &str| document.get(name).and_then(Value::as_array).map(|all| all.iter().any(|one| one == word));
        Ok(Self {
            authorization: address("authorization_endpoint")?.ok_or(Refusal::BadAnswer)?,
            token: address("token_endpoint")?.ok_or(Refusal::BadAnswer)?,
            keys: address("jwks_uri")?.ok_or(Refusal::BadAnswer)?,
            user_info: address("userinfo_endpoint")?,
            end_session: address("end_session_endpoint")?,
            says_issuer: document.get("authorization_response_iss_parameter_supported") == Some(&Value::Bool(true)),
            secret_in_body: lists("token_endpoint_auth_methods_supported", "client_secret_basic") == Some(false),
        })
    }
}

/// What the provider gave for a code.
pub(super) struct Tokens {
    pub(super) id: Zeroizing<String>,
    access: Option<Zeroizing<String>>,
}

impl Provider {
    /// The provider, not asked for anything yet. Its origin counts as an entry of the allow-list, for these requests alone.
    pub(crate) fn new(settings: IdentitySettings, allow: &[String], own_addresses: Vec<SocketAddr>) -> Result<Self, egress::ConfigError> {
        let origin = Endpoint::from_catalogue(&settings.issuer)?.origin().to_owned();
        let allow_endpoints = allow.iter().cloned().chain([origin]).collect();
        let limits = egress::Limits { overall: AT_ONCE, per_user: AT_ONCE, ..egress::Limits::default() };
        let egress = Egress::with(
            egress::Settings { allow_endpoints, own_addresses, extra_ca: None },
            limits,
            Box::new(egress::SystemResolver::default()),
        )?;
        Ok(Self { settings, egress, metadata: Kept::new(FRESH, STALE), keys: Kept::new(FRESH, STALE) })
    }

    async fn send(&self, url: &Url, method: Verb, headers: HeaderMap, body: Option<Zeroizing<Vec<u8>>>) -> Result<Answer, Refusal> {
        let base = Endpoint::from_catalogue(&url.origin().ascii_serialization()).map_err(|_| Refusal::ForbiddenEndpoint)?;
        let path_and_query = url[url::Position::BeforePath..url::Position::AfterQuery].to_owned();
        self.egress.send(UserId::from_uuid(Uuid::nil()), &base, Request { method, path_and_query, headers, body }).await
    }

    async fn get(&self, url: &Url, headers: HeaderMap) -> Result<Vec<u8>, Refusal> {
        let answer = self.send(url, Verb::Get, headers, None).await?;
        match answer.status {
            200 if !answer.truncated && answer.body.len() <= key_set::LARGEST => Ok(answer.body),
            200 => Err(Refusal::TooLarge),
            _ => Err(Refusal::BadAnswer),
        }
    }

    /// What it says of itself.
    pub(super) async fn metadata(&self, now: Timestamp) -> Result<Arc<Metadata>, Refusal> {
        let fetch = || async {
            let url = format!("{}/.well-known/openid-configuration", self.settings.issuer.trim_end_matches('/'));
            let url = Url::parse(&url).map_err(|_| Refusal::Internal)?;
            Metadata::parse(&self.get(&url, HeaderMap::new()).await?, &self.settings)
        };
        self.metadata.get(now, fetch).await
    }

    /// What it last said of itself, if it was ever asked.
    pub(super) fn known_metadata(&self) -> Option<Arc<Metadata>> {
        self.metadata.last()
    }

    async fn fetch_keys(&self, now: Timestamp) -> Result<KeySet, Refusal> {
        let metadata = self.metadata(now).await?;
        KeySet::parse(&self.get(&metadata.keys, HeaderMap::new()).await?)
    }

    /// Its keys.
    async fn keys(&self, now: Timestamp) -> Result<Arc<KeySet>, Refusal> {
        self.keys.get(now, || self.fetch_keys(now)).await
    }

    /// Its keys as they are now, when a key was not among those that are known; asked for at most once a minute.
    async fn newer_keys(&self, now: Timestamp, known: &Arc<KeySet>) -> Option<Arc<KeySet>> {
        self.keys.renew(now, known, || self.fetch_keys(now)).await
    }

    /// Verifies a token; its key is looked for once more when the provider may have a new one.
    ///
    /// # Errors
    /// Why its keys cannot be had. Inside, why the token does not hold.
    pub(super) async fn verify(&self, token: &Unverified<'_>, now: Timestamp) -> Result<Result<Claims, Invalid>, Refusal> {
        let keys = self.keys(now).await?;
        if let Some(verified) = token.verify(&keys) {
            return Ok(verified);
        }
        let newer = self.newer_keys(now, &keys).await;
        Ok(newer.and_then(|keys| token.verify(&keys)).unwrap_or(Err(Invalid("key_id"))))
    }

    /// Changes a code into tokens (RFC 6749, section 4.1.3, with RFC 7636).
    pub(super) async fn exchange(&self, now: Timestamp, code: &str, verifier: &str) -> Result<Tokens, Refusal> {
        let metadata = self.metadata(now).await?;
        let settings = &self.settings;
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        let mut pairs = vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", &settings.redirect_uri)];
        pairs.push(("code_verifier", verifier));
        match &settings.client_secret {
            Some(secret) if !metadata.secret_in_body => {
                let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
                let pair = Zeroizing::new(format!("{}:{}", encoded(&settings.client_id), encoded(secret.verbatim())));
                headers.insert(header::AUTHORIZATION, secret_header("Basic ", &Zeroizing::new(STANDARD.encode(pair.as_bytes())))?);
            }
            Some(secret) => pairs.extend([("client_id", settings.client_id.as_str()), ("client_secret", secret.verbatim())]),
            None => pairs.push(("client_id", &settings.client_id)),
        }
        let form = Zeroizing::new(form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish().into_bytes());
        let answer = self.send(&metadata.token, Verb::Post, headers, Some(form)).await?;
        if answer.status != 200 || answer.truncated {
            tracing::warn!(status = answer.status, error = known_error(&answer.body), "the OpenID provider gave no tokens for a code");
            return Err(Refusal::BadAnswer);
        }
        let body: Value = serde_json::from_slice(&answer.body).map_err(|_| Refusal::BadAnswer)?;
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(|text| Zeroizing::new(text.to_owned()));
        Ok(Tokens { id: text("id_token").ok_or(Refusal::BadAnswer)?, access: text("access_token") })
    }

    /// What the provider tells of the person besides the ID token (OpenID Connect Core 1.0, section 5.3); nothing where it has no such place
    /// or speaks of somebody else.
    ///
    /// # Errors
    /// Why it does not answer, though it has a place for it: nobody knows then what it would have told.
    pub(super) async fn user_info(&self, now: Timestamp, tokens: &Tokens, subject: &str) -> Result<Map<String, Value>, Refusal> {
        let metadata = self.metadata(now).await?;
        let (Some(url), Some(access)) = (&metadata.user_info, &tokens.access) else { return Ok(Map::new()) };
        let authorization = secret_header("Bearer ", access)?;
        let told = self.get(url, HeaderMap::from_iter([(header::AUTHORIZATION, authorization)])).await?;
        match serde_json::from_slice(&told).map_err(|_| Refusal::BadAnswer)? {
            // Section 5.3.2: it is this person's only when it says so.
            Value::Object(told) if told.get("sub").and_then(Value::as_str) == Some(subject) => Ok(told),
            _ => Ok(Map::new()),
        }
    }
}

/// The word of an error of the token endpoint, if it is one that the standard knows; nothing else of it gets into the log.
fn known_error(body: &[u8]) -> &'static str {
    const KNOWN: [&str; 6] =
        ["invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope"];
    let body: Option<Value> = serde_json::from_slice(body).ok();
    let said = body.as_ref().and_then(|body| body.get("error")).and_then(Value::as_str);
    KNOWN.into_iter().find(|word| Some(*word) == said).unwrap_or("other")
}
