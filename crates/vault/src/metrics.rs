//! Counts of what this process did, and of what stands in the database, for whoever watches an installation. Nothing in them
//! says whose.

pub use crate::store::gauges::Gauges;

use crate::{Context, Failure, Vault, access, audit, keyring};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Counted {
    /// Outbound requests, by `answered` or why there was no answer.
    Egress,
    /// What the database did not do, by kind.
    DatabaseError,
}

static COUNTS: Mutex<BTreeMap<(Counted, &'static str), u64>> = Mutex::new(BTreeMap::new());

/// Counts one. `how` is a word out of a closed list of ours.
pub(crate) fn count(what: Counted, how: &'static str) {
    *COUNTS.lock().unwrap_or_else(PoisonError::into_inner).entry((what, how)).or_default() += 1;
}

/// What was counted since the process started, by word.
#[must_use]
pub fn counts(what: Counted) -> Vec<(&'static str, u64)> {
    let counts = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    counts.iter().filter(|((counted, _), _)| *counted == what).map(|((_, how), n)| (*how, *n)).collect()
}

/// How many secrets this process was asked to open since it started.
#[must_use]
pub fn secrets_opened() -> u64 {
    keyring::opens()
}

impl Vault {
    /// Whether the second place of the audit trail takes no checkpoints just now.
    #[must_use]
    pub fn checkpoints_are_stuck(&self) -> bool {
        self.0.sink.as_ref().is_some_and(audit::Sink::alarm)
    }
    /// What stands in the database now.
    ///
    /// # Errors
    /// `Forbidden` unless the server itself or the operator asks, `Unavailable`.
    pub async fn gauges(&self, cx: &Context) -> Result<Gauges, Failure> {
        access::operator(cx)?;
        Ok(self.store().gauges(cx.now).await?)
    }
}
