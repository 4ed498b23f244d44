//! Testing a key: one request to the provider, and a verdict from what it answered.

pub(crate) mod evidence;

use crate::egress::{Egress, Endpoint, Refusal, Request, plain_headers, secret_header};
use domain::{Verdict, catalogue::Provider, ids::UserId};
use http::HeaderName;
use tokio::time::{Instant, sleep_until};

/// The outcome of testing a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CheckResult {
    /// What is known about the key.
    pub verdict: Verdict,
    /// The provider's HTTP status; absent when the provider could not be reached.
    pub status_code: Option<u16>,
    /// How long the provider took, in milliseconds; absent when it could not be reached.
    pub latency_ms: Option<u32>,
    /// Why it could not be reached: a word of a closed set for the audit trail, never for the caller.
    pub reason: Option<&'static str>,
}

impl CheckResult {
    pub(crate) const UNCHECKED: Self = Self { verdict: Verdict::Unchecked, status_code: None, latency_ms: None, reason: None };

    pub(crate) const fn unreachable(reason: &'static str) -> Self {
        Self { verdict: Verdict::Unreachable, status_code: None, latency_ms: None, reason: Some(reason) }
    }
}

/// Asks `provider` at `endpoint` whether `secret` works; `None` only for providers that take no key. Without a check in the catalogue
/// nothing is sent. `unreachable` is told no sooner than the floor of the limits, so that time does not tell its reasons apart.
pub async fn check(egress: &Egress, provider: &Provider, endpoint: &Endpoint, secret: Option<&str>, user: UserId) -> CheckResult {
    let floor = Instant::now() + egress.limits().floor;
    let Some(check) = &provider.check else {
        return CheckResult::UNCHECKED;
    };
    let outcome = async {
        let mut headers = plain_headers(&provider.headers)?;
        if let Some(secret) = secret.filter(|_| !provider.keyless) {
            let name = HeaderName::from_bytes(provider.auth_header.as_bytes()).map_err(|_| Refusal::Internal)?;
            headers.insert(name, secret_header(&provider.auth_prefix, secret)?);
        } else if !provider.keyless {
            return Err(Refusal::Unsendable);
        }
        egress.send(user, endpoint, Request { method: check.method, path_and_query: check.path.clone(), headers, body: None }).await
    };
    let result = match outcome.await {
        Err(refusal) => CheckResult::unreachable(refusal.as_str()),
        Ok(answer) if answer.status >= 500 => CheckResult::unreachable("server_error"),
        Ok(answer) => CheckResult {
            verdict: evidence::verdict(check, &answer),
            status_code: Some(answer.status),
            latency_ms: Some(u32::try_from(answer.latency.as_millis()).unwrap_or(u32::MAX)),
            reason: None,
        },
    };
    if result.verdict == Verdict::Unreachable {
        sleep_until(floor).await;
    }
    result
}

#[cfg(test)]
mod tests;
