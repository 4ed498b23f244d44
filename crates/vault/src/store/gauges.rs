//! Numbers about a database, each cheap to ask for.

use super::StoreError;
use async_trait::async_trait;
use domain::Timestamp;

/// How much of what there is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gauges {
    /// The number of the newest audit event; 0 before the first.
    pub audit_events: u64,
    /// Sessions that have not reached their end.
    pub sessions: u64,
    /// Accounts that may sign in.
    pub accounts: u64,
    /// When the last backup was verified.
    pub last_backup: Option<Timestamp>,
}

/// A database that knows its numbers.
#[async_trait]
pub trait GaugeStore {
    /// The numbers at this moment.
    async fn gauges(&self, now: Timestamp) -> Result<Gauges, StoreError>;
}
