//! `Authorization: Bearer`, which authenticates under `/api/v1` and nowhere else.
//!
//! A request with an `Authorization` header is who that header proves, or nobody: its cookies do not count. Whatever is wrong
//! with the header, the answer is the same 401. Failed attempts are counted by network in memory and never written anywhere,
//! for a token has 256 random bits: the limit spares the database, and no restart or second instance gives a guess a chance.

use super::{RequestInfo, Site};
use crate::{logging, problem};
use axum::{
    http::{HeaderMap, header},
    response::Response,
};
use domain::{Problem, Timestamp};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::Duration,
};
use vault::{Actor, Context, limits};

/// How API tokens begin. Everything else is read as a token of the OpenID provider, where there is one.
const API_TOKEN: &str = "kw_";
/// Failed attempts of one network in any window.
const MOST: usize = 60;
const WINDOW: Duration = Duration::from_secs(60);
/// Networks that are remembered; beyond it, those without a failure in the window are forgotten, then all.
const NETWORKS: usize = 10_000;

/// When each network's attempts failed, within the window.
#[derive(Default)]
pub(super) struct Failures(Mutex<HashMap<String, VecDeque<Timestamp>>>);

impl Failures {
    /// Seconds until the next attempt, when there were too many.
    fn wait(&self, network: &str, now: Timestamp) -> Option<u32> {
        let mut networks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let times = networks.get_mut(network)?;
        // What a clock that was wrong put into the future holds nobody up until it is there.
        times.retain(|at| *at <= now + WINDOW && now.since(*at) < WINDOW);
        let oldest = *times.front().filter(|_| times.len() >= MOST)?;
        Some(u32::try_from((oldest + WINDOW).since(now).as_millis().div_ceil(1_000)).unwrap_or(u32::MAX).max(1))
    }
    fn note(&self, network: String, now: Timestamp) {
        let mut networks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if networks.len() >= NETWORKS && !networks.contains_key(&network) {
            networks.retain(|_, times| times.back().is_some_and(|at| now.since(*at) < WINDOW));
            if networks.len() >= NETWORKS {
                networks.clear();
            }
        }
        networks.entry(network).or_default().push_back(now);
    }
}

/// The one value of the header after `Bearer `; `None` for another scheme, several headers or other bytes.
fn token(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(only), None) = (all.next(), all.next()) else { return None };
    let (scheme, token) = only.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whether who sent the request is decided by its `Authorization` header.
pub(super) fn decides(info: &RequestInfo, headers: &HeaderMap) -> bool {
    info.is_api && headers.contains_key(header::AUTHORIZATION)
}

/// The context of the one whom the header proves.
pub(super) async fn authenticate(site: &Site, info: &RequestInfo, headers: &HeaderMap) -> Result<Context, Response> {
    let context = info.context.clone();
    let network = limits::network(context.client);
    let wait = site.bearers.wait(&network, context.now).map(|retry_after| Problem::TooMany { retry_after });
    let found = match (token(headers), &wait) {
        // One indexed read: a program with a good token does not wait for another one behind the same address that has lost its own.
        (Some(token), _) if token.starts_with(API_TOKEN) => site.vault.authenticate_token(&context, token).await,
        (Some(token), None) => site.vault.authenticate_jwt(&context, token).await,
        _ => Ok(None),
    };
    match found {
        Ok(Some(identity)) => Ok(context.with_actor(Actor::Person(identity))),
        Ok(None) => {
            if let Some(problem) = wait {
                return Err(problem::answer(&problem, context.request));
            }
            site.bearers.note(network, context.now);
            Err(problem::answer(&Problem::NotAuthenticated, context.request))
        }
        Err(failure) => {
            logging::report(&failure);
            Err(problem::answer(failure.problem(), context.request))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn one_bearer_header_is_read_and_nothing_else() {
        let read = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, HeaderValue::from_static(value));
            }
            token(&headers).map(str::to_owned)
        };
        assert_eq!(read(&["Bearer kw_x"]).as_deref(), Some("kw_x"));
        assert_eq!(read(&["bearer  kw_x"]).as_deref(), Some("kw_x"));
        for other in [&[][..], &["Basic kw_x"], &["kw_x"], &["Bearer"], &["Bearer kw_x", "Bearer kw_x"]] {
            assert_eq!(read(other), None, "{other:?}");
        }
    }

    #[test]
    fn sixty_failures_in_a_minute_are_enough_and_a_refused_one_does_not_count() {
        let failures = Failures::default();
        let at = |second: i64| Timestamp::from_micros(second * 1_000_000);
        for _ in 0..MOST {
            assert_eq!(failures.wait("192.0.2.1", at(5)), None);
            failures.note("192.0.2.1".into(), at(5));
        }
        assert_eq!(failures.wait("192.0.2.1", at(5)), Some(60));
        assert_eq!(failures.wait("192.0.2.1", at(64)), Some(1));
        assert_eq!(failures.wait("192.0.2.1", at(65)), None);
        assert_eq!(failures.wait("192.0.2.2", at(5)), None);
    }

    #[test]
    fn failures_of_a_clock_that_was_ahead_hold_nobody_up() {
        let failures = Failures::default();
        let at = |second: i64| Timestamp::from_micros(second * 1_000_000);
        for _ in 0..MOST {
            failures.note("192.0.2.1".into(), at(86_400));
        }
        assert_eq!(failures.wait("192.0.2.1", at(86_400)), Some(60));
        assert_eq!(failures.wait("192.0.2.1", at(5)), None);
    }
}
