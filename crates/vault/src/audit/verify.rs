//! Walking the chain: from its beginning, or from the mark that stands for what was pruned, to its end; and against the checkpoints.

use super::{canonical, checkpoint, checkpoint::Checkpoints, retention};
use crate::{
    Context, Failure, Vault, access,
    keyring::AuditKey,
    store::{Store, StoreError},
};
use domain::Problem;

/// Events that are read at once.
const PAGE: u32 = 1_000;

/// What a walk along the chain found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Chain {
    /// Every event is where and what it was; this many.
    Intact(u64),
    /// The first event that is not: changed, missing, or not the one that belongs there.
    Broken(u64),
    /// The first line of the checkpoints that this vault did not write, or that does not follow the one before.
    Checkpoints(u64),
}

impl Vault {
    /// Walks the audit trail from its beginning.
    ///
    /// # Errors
    /// `Forbidden` unless the operator asks, `Unavailable` when it cannot be read.
    pub async fn verify_audit(&self, cx: &Context) -> Result<Chain, Failure> {
        access::operator(cx)?;
        Ok(verify(self.store(), &self.0.audit_key, &[]).await?)
    }

    /// Walks the audit trail and compares it with the content of a file of checkpoints: a trail whose end was cut off is whole in
    /// itself, but not what the checkpoints say.
    ///
    /// # Errors
    /// `Forbidden` unless the operator asks, `Unavailable` when it cannot be read.
    pub async fn verify_audit_against(&self, cx: &Context, checkpoints: &[u8]) -> Result<Chain, Failure> {
        access::operator(cx)?;
        match checkpoint::read(&self.0.audit_key, checkpoints) {
            Checkpoints::Broken(line) => Ok(Chain::Checkpoints(line)),
            Checkpoints::Whole(found) => Ok(verify(self.store(), &self.0.audit_key, &found).await?),
        }
    }

    /// How many checkpoints a file has.
    ///
    /// # Errors
    /// `Forbidden` unless the operator asks.
    pub fn count_checkpoints(&self, cx: &Context, checkpoints: &[u8]) -> Result<usize, Problem> {
        access::operator(cx)?;
        Ok(match checkpoint::read(&self.0.audit_key, checkpoints) {
            Checkpoints::Whole(found) => found.len(),
            Checkpoints::Broken(_) => 0,
        })
    }
}

/// Walks the whole chain. `checkpoints` rise.
pub(super) async fn verify(store: &dyn Store, key: &AuditKey, checkpoints: &[(u64, [u8; 32])]) -> Result<Chain, StoreError> {
    let (mut seq, mut previous) = (0, [0; 32]);
    if let Some(mark) = store.audit_mark().await? {
        if !retention::is_ours(key, &mark) {
            return Ok(Chain::Broken(store.oldest_event().await?.unwrap_or(1)));
        }
        (seq, previous) = (mark.seq, mark.hash);
        // Behind a mark there is nothing.
        if let Some(oldest) = store.oldest_event().await?.filter(|oldest| *oldest <= seq) {
            return Ok(Chain::Broken(oldest));
        }
    }
    let pruned = seq;
    let mut rest = checkpoints.iter().peekable();
    // A checkpoint of a pruned event says nothing any more, but that of the last of them has to agree with the mark.
    while let Some((at, hash)) = rest.next_if(|(at, _)| *at <= pruned) {
        if *at == pruned && *hash != previous {
            return Ok(Chain::Broken(pruned));
        }
    }
    loop {
        let events = store.audit_events(seq, PAGE).await?;
        if events.is_empty() {
            // The newest that a checkpoint knows is not there: what follows the end was cut off.
            return Ok(if rest.peek().is_some() { Chain::Broken(seq + 1) } else { Chain::Intact(seq - pruned) });
        }
        for event in &events {
            if event.seq != seq + 1 || event.hash != key.link(event.seq, &previous, &canonical(event)) {
                return Ok(Chain::Broken(seq + 1));
            }
            (seq, previous) = (event.seq, event.hash);
            while let Some((_, hash)) = rest.next_if(|(at, _)| *at == seq) {
                if *hash != previous {
                    return Ok(Chain::Broken(seq));
                }
            }
        }
    }
}
