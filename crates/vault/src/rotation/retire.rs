//! Destroying data keys that nothing is sealed under any more.

use super::lowest_in_use;
use crate::{
    Context, Failure, Vault, access,
    audit::Event,
    keyring::TermState,
    store::{SEALED_COLUMNS, Tx},
};
use domain::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

/// What became of the data keys that do not seal any more.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Retirement {
    /// Destroyed; in a dry run, what would be.
    pub destroyed: Vec<u32>,
    /// Kept, because so many stored values are sealed under them.
    pub in_use: Vec<(u32, u64)>,
    /// Kept, because they were replaced too short a time ago.
    pub too_young: Vec<u32>,
}

impl Vault {
    /// Destroys the bytes of every data key that no stored value names, and that another one replaced at least `older_than` ago. What is
    /// sealed under them elsewhere, as in single rows of an old backup, can never be opened again.
    ///
    /// # Errors
    /// `Forbidden` unless the operator asks, `RootKeyChanging`, `Unavailable`.
    pub async fn retire_data_keys(&self, cx: &Context, older_than: Duration, dry_run: bool) -> Result<Retirement, Failure> {
        access::operator(cx)?;
        let (me, unit_cx) = (self.clone(), cx.clone());
        let retirement = self
            .store()
            .write(move |tx| Box::pin(async move { me.retire_in(tx, &unit_cx, unit_cx.now - older_than, dry_run).await }))
            .await?;
        self.follow_ring().await?;
        Ok(retirement)
    }

    async fn retire_in(&self, tx: &mut dyn Tx, cx: &Context, replaced_by: Timestamp, dry_run: bool) -> Result<Retirement, Failure> {
        let mut rows = BTreeMap::<u32, u64>::new();
        for at in SEALED_COLUMNS {
            for (key, count) in tx.sealed_counts(at).await? {
                *rows.entry(key).or_default() += count;
            }
        }
        let ring = self.read_ring(&tx.keyring().await?)?;
        let lowest = lowest_in_use(tx, ring.active()).await?;
        let keys: Vec<_> = ring.data_keys().collect();
        let mut found = Retirement::default();
        for (key, successor) in keys.iter().zip(keys.iter().skip(1)) {
            let id = key.id();
            match (key.state(), rows.get(&id)) {
                (TermState::Destroyed | TermState::Active, _) => {}
                (_, Some(count)) => found.in_use.push((id, *count)),
                // A key between others that are in use opens nothing, but only what is below all of them can be retired.
                _ if id >= lowest => found.in_use.push((id, 0)),
                _ if successor.created_at() > replaced_by => found.too_young.push(id),
                _ => found.destroyed.push(id),
            }
        }
        if dry_run || found.destroyed.is_empty() {
            return Ok(found);
        }
        let ids = found.destroyed.clone();
        self.change_ring(tx, |ring| {
            let retired = ring.with_retired_below(lowest);
            Ok(retired.as_ref().unwrap_or(ring).with_destroyed(&ids))
        })
        .await?;
        for id in &found.destroyed {
            self.record(tx, cx, Event::success("keyring.retire").number("key", (*id).into())).await?;
        }
        Ok(found)
    }
}
