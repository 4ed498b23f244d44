//! Who may do a background task: one process at a time, over all processes on one database.

use super::StoreError;
use async_trait::async_trait;
use domain::Timestamp;
use uuid::Uuid;

/// What can be asked about leases.
#[async_trait]
pub trait LeaseStore {
    /// Until when the task of this name belongs to somebody; `None` when nobody ever had it.
    async fn lease_ends(&self, name: &str) -> Result<Option<Timestamp>, StoreError>;
}

/// Leases within a unit of work.
#[async_trait]
pub trait LeaseTx {
    /// Takes the task when its lease is over, or ends so much later than this one that it was taken by a clock that was wrong, or in any
    /// case with `steal`. The number is the fence: higher than every one before.
    async fn take_lease(
        &mut self,
        name: &str,
        holder: Uuid,
        now: Timestamp,
        until: Timestamp,
        steal: bool,
    ) -> Result<Option<u64>, StoreError>;
    /// Whether the task still belongs to whoever has this fence; if so it does until `until`.
    async fn keep_lease(&mut self, name: &str, fence: u64, until: Timestamp) -> Result<bool, StoreError>;
    /// Forgets links, begun sign-ins and answers under idempotency keys that ended by `now`, and sessions and admitted acts that did so by
    /// `useless`. Tells how many rows.
    async fn forget_ended(&mut self, now: Timestamp, useless: Timestamp) -> Result<u64, StoreError>;
}
