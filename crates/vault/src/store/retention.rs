//! The ends of the audit trail: its head, and the mark that stands for what was pruned.

use super::{
    StoreError,
    rows::{AuditHead, AuditMarkRow},
};
use async_trait::async_trait;
use domain::Timestamp;

/// What can be asked about the ends of the trail.
#[async_trait]
pub trait RetentionStore {
    /// The end of the chain.
    async fn audit_head(&self) -> Result<AuditHead, StoreError>;
    /// The last mark of pruned events.
    async fn audit_mark(&self) -> Result<Option<AuditMarkRow>, StoreError>;
    /// The number of the oldest event that is kept.
    async fn oldest_event(&self) -> Result<Option<u64>, StoreError>;
    /// The number of the first event at or after a moment.
    async fn first_event_since(&self, moment: Timestamp) -> Result<Option<u64>, StoreError>;
}

/// Pruning within a unit of work.
#[async_trait]
pub trait RetentionTx {
    /// The hash of an event.
    async fn audit_hash(&mut self, seq: u64) -> Result<Option<[u8; 32]>, StoreError>;
    /// Sets a mark, behind which events can be deleted.
    async fn insert_audit_mark(&mut self, row: &AuditMarkRow) -> Result<(), StoreError>;
    /// Deletes events up to and including `seq`; how many that were.
    async fn delete_events_through(&mut self, seq: u64) -> Result<u64, StoreError>;
}
