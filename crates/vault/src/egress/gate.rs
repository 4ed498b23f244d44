//! How many requests run at once, and hosts that are left alone for a while.

use super::Refusal;
use domain::ids::UserId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// Entries kept before those that say nothing are dropped.
const MANY: usize = 1024;

/// Failures in a row after which a host is left alone.
const FAILURES: u32 = 5;

/// Places for requests: some overall, some for each user.
pub(crate) struct Gate {
    all: Arc<Semaphore>,
    users: Mutex<HashMap<UserId, Arc<Semaphore>>>,
    per_user: usize,
    wait: Duration,
}

impl Gate {
    pub(crate) fn new(overall: usize, per_user: usize, wait: Duration) -> Self {
        Self { all: Arc::new(Semaphore::new(overall)), users: Mutex::default(), per_user, wait }
    }
    /// Waits for a place; the user's own first, so that one user's queue takes no place of the others.
    pub(crate) async fn enter(&self, user: UserId) -> Result<[OwnedSemaphorePermit; 2], Refusal> {
        let own = {
            let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
            if users.len() >= MANY {
                users.retain(|_, places| Arc::strong_count(places) > 1 || places.available_permits() < self.per_user);
            }
            users.entry(user).or_insert_with(|| Arc::new(Semaphore::new(self.per_user))).clone()
        };
        let both = async {
            let own = own.acquire_owned().await.ok()?;
            let all = self.all.clone().acquire_owned().await.ok()?;
            Some([own, all])
        };
        timeout(self.wait, both).await.ok().flatten().ok_or(Refusal::Busy)
    }
}

/// Leaves a host alone after failures in a row.
pub(crate) struct Breaker {
    hosts: Mutex<HashMap<String, Failures>>,
    rest: Duration,
}

struct Failures {
    in_a_row: u32,
    last: Instant,
}

impl Breaker {
    pub(crate) fn new(rest: Duration) -> Self {
        Self { hosts: Mutex::default(), rest }
    }
    pub(crate) fn check(&self, origin: &str) -> Result<(), Refusal> {
        let hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let open = hosts.get(origin).is_some_and(|host| host.in_a_row >= FAILURES && host.last.elapsed() < self.rest);
        if open { Err(Refusal::Breaker) } else { Ok(()) }
    }
    pub(crate) fn failed(&self, origin: &str) {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= MANY {
            hosts.retain(|_, host| host.last.elapsed() < self.rest);
        }
        if hosts.len() < MANY || hosts.contains_key(origin) {
            let host = hosts.entry(origin.to_owned()).or_insert(Failures { in_a_row: 0, last: Instant::now() });
            host.in_a_row = host.in_a_row.saturating_add(1);
            host.last = Instant::now();
        }
    }
    pub(crate) fn answered(&self, origin: &str) {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner).remove(origin);
    }
}
