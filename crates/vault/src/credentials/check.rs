//! Asking a service whether a credential works: a verdict from what it answered, and what else the answer tells.

mod cloudflare;
mod namecheap;

use crate::{
    check::{
        CheckResult,
        evidence::{self, json},
    },
    egress::{Answer, Egress, Endpoint, Refusal, Request, plain_headers, secret_header},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    Verdict,
    catalogue::{Check, Method},
    ids::UserId,
    services::{CredentialKind, Metadata, Protocol, Service},
    views::credentials::{Findings, Grant, PermissionView},
};
use http::{HeaderMap, HeaderName};
use serde_json::Value;
use std::net::Ipv4Addr;
use tokio::time::{Instant, sleep_until};
use zeroize::Zeroizing;

/// Scopes that are kept, and the longest name of one.
const SCOPES: (usize, usize) = (50, 64);

/// What is asked, of whom, with what.
pub(super) struct Question<'a> {
    pub(super) egress: &'a Egress,
    pub(super) service: &'a Service,
    pub(super) kind: &'a CredentialKind,
    pub(super) endpoint: &'a Endpoint,
    pub(super) metadata: &'a Metadata,
    pub(super) secret: &'a str,
    pub(super) user: UserId,
}

/// What came out.
pub(super) struct Checked {
    pub(super) result: CheckResult,
    pub(super) findings: Findings,
}

/// Asks. `unreachable` is told no sooner than the floor of the limits, so that time does not tell its reasons apart, and with nothing else.
pub(super) async fn check(question: &Question<'_>) -> Checked {
    let floor = Instant::now() + question.egress.limits().floor;
    let Some(check) = &question.service.check else {
        return Checked { result: CheckResult::UNCHECKED, findings: Findings::default() };
    };
    let mut checked = match question.service.protocol {
        Protocol::Json => question.json(check).await,
        Protocol::Cloudflare => cloudflare::check(question, check).await,
        Protocol::Namecheap => namecheap::check(question, check).await,
    };
    if checked.result.verdict == Verdict::Unreachable {
        checked.findings = Findings::default();
        sleep_until(floor).await;
    }
    let advice = question.kind.advice.iter().filter(|advice| question.secret.starts_with(&advice.prefix));
    checked.findings.advice.extend(advice.map(|advice| advice.text.clone()));
    checked
}

impl Question<'_> {
    /// The service's headers, with the credential in its own.
    fn headers(&self) -> Result<HeaderMap, Refusal> {
        let mut headers = plain_headers(&self.service.headers)?;
        let name = HeaderName::from_bytes(self.kind.auth_header.as_bytes()).map_err(|_| Refusal::Internal)?;
        let value = if self.kind.basic {
            let pair = Zeroizing::new(format!("{}:", self.secret));
            let encoded = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
            secret_header(&self.kind.auth_prefix, &encoded)?
        } else {
            secret_header(&self.kind.auth_prefix, self.secret)?
        };
        headers.insert(name, value);
        Ok(headers)
    }

    /// A reading call with the credential.
    async fn get(&self, path: &str) -> Result<Answer, Refusal> {
        let request = Request { method: Method::Get, path_and_query: path.to_owned(), headers: self.headers()?, body: None };
        self.egress.send(self.user, self.endpoint, request).await
    }

    /// The verdict of an answer whose body was read already.
    fn judge(&self, check: &Check, answer: &Answer, body: Option<&Value>) -> CheckResult {
        if answer.status >= 500 {
            return CheckResult::unreachable("server_error");
        }
        CheckResult {
            verdict: evidence::judged(check, &self.kind.answers, answer, body),
            status_code: Some(answer.status),
            latency_ms: Some(u32::try_from(answer.latency.as_millis()).unwrap_or(u32::MAX)),
            reason: None,
        }
    }

    async fn json(&self, check: &Check) -> Checked {
        let sent = match check.method {
            Method::Get => self.get(&check.path).await,
            Method::Post => match self.headers() {
                Ok(headers) => {
                    let request = Request { method: Method::Post, path_and_query: check.path.clone(), headers, body: None };
                    self.egress.send(self.user, self.endpoint, request).await
                }
                Err(refusal) => Err(refusal),
            },
        };
        let answer = match sent {
            Ok(answer) => answer,
            Err(refusal) => return unreachable(refusal),
        };
        let result = self.judge(check, &answer, json(&answer).as_ref());
        let scopes = self.kind.scopes_header.as_ref().filter(|_| result.verdict == Verdict::Valid);
        let scopes = scopes.and_then(|name| answer.headers.get(name)).and_then(|value| value.to_str().ok()).map(scopes_in);
        let findings = Findings { permissions: self.permissions(|_| Grant::Unknown, result), scopes, ..Findings::default() };
        Checked { result, findings }
    }

    /// What is known of each required permission, when the credential works at all.
    fn permissions(&self, grant: impl Fn(&str) -> Grant, result: CheckResult) -> Vec<PermissionView> {
        let required = self.kind.permissions.iter().filter(|_| result.verdict == Verdict::Valid);
        required.map(|permission| PermissionView { id: permission.id.clone(), grant: grant(&permission.id) }).collect()
    }
}

fn unreachable(refusal: Refusal) -> Checked {
    Checked { result: CheckResult::unreachable(refusal.as_str()), findings: Findings::default() }
}

/// Names between commas, as far as they look like names.
fn scopes_in(header: &str) -> Vec<String> {
    let (most, longest) = SCOPES;
    let is_name = |name: &&str| {
        (1..=longest).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b':' | b'_' | b'-' | b'.'))
    };
    header.split(',').map(str::trim).filter(is_name).take(most).map(str::to_owned).collect()
}

/// The first IPv4 address in a text of the service: the one thing that is taken out of it.
fn address_in(text: &str) -> Option<Ipv4Addr> {
    text.split(|c: char| !c.is_ascii_digit() && c != '.').find_map(|word| word.trim_matches('.').parse().ok())
}

#[cfg(test)]
mod tests;
