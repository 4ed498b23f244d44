//! Letting go of old events, by an act that itself stands in the trail. A mark with the number and hash of the last pruned event, under
//! a MAC of the audit key, takes their place: the walk begins there. Nobody without that key can make one.

use super::Event;
use crate::{
    Context, Failure, Vault, access,
    keyring::AuditKey,
    store::{StoreError, Tx, rows::AuditMarkRow},
};
use domain::Timestamp;

/// Events that are deleted in one unit of work.
const BATCH: u64 = 2_000;

/// `"audit.mark"` MAC over number, time (microseconds) and hash; numbers as 8 bytes big-endian.
fn mac(key: &AuditKey, seq: u64, at: Timestamp, hash: &[u8; 32]) -> [u8; 32] {
    key.link_bytes("audit.mark", &[&seq.to_be_bytes()[..], &at.micros().to_be_bytes(), hash].concat())
}

/// Whether the holder of the audit key made the mark.
pub(super) fn is_ours(key: &AuditKey, mark: &AuditMarkRow) -> bool {
    mark.mac == mac(key, mark.seq, mark.at, &mark.hash)
}

impl Vault {
    /// How many events lie before a moment, up to the first that does not. The newest event is never among them.
    ///
    /// # Errors
    /// `Forbidden` unless the operator asks, `Unavailable`.
    pub async fn count_prunable(&self, cx: &Context, before: Timestamp) -> Result<u64, Failure> {
        access::operator(cx)?;
        Ok(self.prunable(before).await?.map_or(0, |(oldest, last)| last + 1 - oldest))
    }

    /// The first and last event to prune.
    async fn prunable(&self, before: Timestamp) -> Result<Option<(u64, u64)>, StoreError> {
        let Some(oldest) = self.store().oldest_event().await? else { return Ok(None) };
        let head = self.store().audit_head().await?.seq;
        let kept = self.store().first_event_since(before).await?.unwrap_or(head).min(head);
        Ok((kept > oldest).then(|| (oldest, kept - 1)))
    }

    /// Deletes the events before a moment, up to the first that does not lie before it, and leaves a mark in their place. Returns how many
    /// that were. What was done before a failure stays done; the next call goes on.
    ///
    /// # Errors
    /// `Forbidden` unless the operator asks, `Unavailable`.
    pub async fn prune_audit(&self, cx: &Context, before: Timestamp) -> Result<u64, Failure> {
        access::operator(cx)?;
        // What is written from here on, this act's own events among it, stays.
        let Some((mut oldest, last)) = self.prunable(before).await? else { return Ok(0) };
        let mut pruned = 0;
        while oldest <= last {
            let through = last.min(oldest + BATCH - 1);
            let (me, cx) = (self.clone(), cx.clone());
            pruned += self.store().write(move |tx| Box::pin(async move { me.prune_in(tx, &cx, through).await })).await?;
            oldest = through + 1;
        }
        Ok(pruned)
    }

    async fn prune_in(&self, tx: &mut dyn Tx, cx: &Context, through: u64) -> Result<u64, Failure> {
        // Somebody else may have pruned in the meantime.
        let Some(hash) = tx.audit_hash(through).await? else { return Ok(0) };
        let mark = AuditMarkRow { seq: through, at: cx.now, hash, mac: mac(&self.0.audit_key, through, cx.now, &hash) };
        tx.insert_audit_mark(&mark).await?;
        let deleted = tx.delete_events_through(through).await?;
        self.record(tx, cx, Event::success("audit.prune").number("through", through).number("events", deleted)).await?;
        Ok(deleted)
    }
}
