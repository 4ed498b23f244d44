//! Something fetched from the provider and kept for a while: asked for by one caller at a time, and good for longer when the provider
//! does not answer.

use crate::egress::Refusal;
use domain::Timestamp;
use std::{
    future::Future,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tokio::sync::Mutex;

struct Held<T> {
    value: Arc<T>,
    at: Timestamp,
}

/// A value with its age.
pub(super) struct Kept<T> {
    held: RwLock<Option<Held<T>>>,
    /// When somebody last asked the provider. Held while asking.
    asked: Mutex<Option<Timestamp>>,
    /// For how long it is not asked for again.
    fresh: Duration,
    /// For how long after that it is still used when the provider does not answer.
    stale: Duration,
}

/// The least time between two attempts, while an old value will do.
const PATIENCE: Duration = Duration::from_secs(60);
/// The least time between two attempts, while there is nothing.
const IMPATIENCE: Duration = Duration::from_secs(2);

impl<T> Kept<T> {
    pub(super) const fn new(fresh: Duration, stale: Duration) -> Self {
        Self { held: RwLock::new(None), asked: Mutex::const_new(None), fresh, stale }
    }
    /// What is held, with its age.
    fn peek(&self, now: Timestamp) -> Option<(Arc<T>, Duration)> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.as_ref().map(|held| (Arc::clone(&held.value), now.since(held.at)))
    }
    /// What was fetched last, however old.
    pub(super) fn last(&self) -> Option<Arc<T>> {
        self.peek(Timestamp::from_micros(0)).map(|(value, _)| value)
    }
    fn keep(&self, value: T, at: Timestamp) -> Arc<T> {
        let value = Arc::new(value);
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some(Held { value: Arc::clone(&value), at });
        value
    }

    /// The value: as it is held while that is fresh, else asked for; an old one when there is no answer.
    ///
    /// # Errors
    /// Why there was no answer, when nothing that is young enough is held.
    pub(super) async fn get<F, Fut>(&self, now: Timestamp, fetch: F) -> Result<Arc<T>, Refusal>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, Refusal>>,
    {
        let usable = match self.peek(now) {
            Some((value, age)) if age < self.fresh => return Ok(value),
            held => held.filter(|(_, age)| *age < self.fresh + self.stale).map(|(value, _)| value),
        };
        let mut asked = match (self.asked.try_lock(), &usable) {
            (Ok(asked), _) => asked,
            // Somebody asks already.
            (Err(_), Some(value)) => return Ok(Arc::clone(value)),
            (Err(_), None) => self.asked.lock().await,
        };
        if let Some((value, age)) = self.peek(now)
            && age < self.fresh
        {
            return Ok(value);
        }
        let wait = if usable.is_some() { PATIENCE } else { IMPATIENCE };
        if asked.is_some_and(|at| now.since(at) < wait && at <= now) {
            return usable.ok_or(Refusal::Breaker);
        }
        *asked = Some(now);
        match fetch().await {
            Ok(value) => Ok(self.keep(value, now)),
            Err(refusal) => {
                tracing::warn!(reason = refusal.as_str(), "the OpenID provider did not answer as it should");
                usable.ok_or(refusal)
            }
        }
    }

    /// Asks again although the value that was `seen` is fresh, because it lacks something; at most once in [`PATIENCE`] and by one caller at a time.
    /// `None` when it was asked for a moment ago, or there was no answer.
    pub(super) async fn renew<F, Fut>(&self, now: Timestamp, seen: &Arc<T>, fetch: F) -> Option<Arc<T>>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, Refusal>>,
    {
        let mut asked = self.asked.lock().await;
        if let Some(current) = self.last().filter(|current| !Arc::ptr_eq(current, seen)) {
            // Whoever held the lock brought a new one.
            return Some(current);
        }
        if asked.is_some_and(|at| now.since(at) < PATIENCE && at <= now) {
            return None;
        }
        *asked = Some(now);
        match fetch().await {
            Ok(value) => Some(self.keep(value, now)),
            Err(refusal) => {
                tracing::warn!(reason = refusal.as_str(), "the OpenID provider did not answer as it should");
                None
            }
        }
    }
}

#[cfg(test)]
mod tests;
