//! The token, opened for one act, and the way to Cloudflare.

use super::answer::{self, Reply, Upstream};
use crate::{
    Context, Failure, Vault,
    access::Admin,
    audit::{Event, Outcome},
    credentials::Resolved,
    egress::{Egress, Refusal, Request, Verb, bearer},
};
use domain::{cloudflare::AccountId, ids::UserId};
use http::{HeaderMap, HeaderValue, header};
use serde_json::Value;
use url::form_urlencoded::Serializer;
use zeroize::Zeroizing;

/// What is asked of Cloudflare: a path below the base URL, with a query or a body.
#[derive(Debug)]
pub(super) struct Call {
    verb: Verb,
    path: String,
    query: Vec<(&'static str, String)>,
    body: Option<Value>,
}

impl Call {
    pub(super) const fn new(verb: Verb, path: String) -> Self {
        Self { verb, path, query: Vec::new(), body: None }
    }
    pub(super) const fn get(path: String) -> Self {
        Self::new(Verb::Get, path)
    }
    /// With one more parameter.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }
    /// With one more parameter, if it has a value.
    pub(super) fn with_some(self, name: &'static str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }
    /// With a body.
    pub(super) fn sending(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }
    fn path_and_query(&self) -> String {
        if self.query.is_empty() {
            return self.path.clone();
        }
        format!("{}?{}", self.path, Serializer::new(String::new()).extend_pairs(&self.query).finish())
    }
}

/// The opened token. It ends with the act.
pub(super) struct Session {
    egress: Egress,
    used: Resolved,
    user: UserId,
}

impl Session {
    /// Opens the installation's token; its use is in the audit trail before.
    pub(super) async fn open(vault: &Vault, cx: &Context, admin: Admin) -> Result<Self, Failure> {
        let used = vault.resolve_credential(cx, "cloudflare", "api_token").await?;
        Ok(Self { egress: vault.0.egress.clone(), used, user: admin.id() })
    }
    /// The account at Cloudflare that new zones go to unless another is named.
    pub(super) fn account(&self) -> Option<AccountId> {
        self.used.metadata.text("account_id").and_then(|text| text.parse().ok())
    }
    /// The event that ends the use of the token.
    pub(super) fn result(&self, outcome: Outcome, reason: Option<&'static str>) -> Event {
        self.used.event("credential.result", outcome).because(reason)
    }
    /// Asks Cloudflare.
    pub(super) async fn send(&self, call: Call) -> Result<Reply, Upstream> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, bearer(&self.used.secret)?);
        let path_and_query = call.path_and_query();
        let body = match &call.body {
            None => None,
            Some(body) => {
                headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
                Some(Zeroizing::new(serde_json::to_vec(body).map_err(|_| Refusal::Internal)?))
            }
        };
        let request = Request { method: call.verb, path_and_query, headers, body };
        let answer = self.egress.send(self.user, &self.used.endpoint, request).await?;
        answer::read(&answer, &self.used.secret)
    }
}
