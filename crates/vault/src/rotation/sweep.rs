//! Walking one column: what is under an older data key is opened, sealed under the new one, opened again and compared, and written
//! where the old value still stands. A value that somebody wrote in the meantime wins; no other column of the row is touched.
//!
//! While one batch is written, the next is read and sealed.

use crate::{
    Context, Failure, Vault,
    audit::Event,
    keyring::Keyring,
    lease::Lease,
    quarantine::Stored,
    seal_context::FieldContext,
    sealed::{OpenError, SealError, Sealed},
    store::{
        SealedColumn, Tx,
        rows::{QuarantineRow, Resealed, SealedPlace, SealedValue},
    },
};
use domain::{Problem, Timestamp};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use subtle::ConstantTimeEq;

/// Values that are written in one unit of work: bounds how long others wait for it.
const BATCH: u32 = 200;

/// One walk along all columns.
#[derive(Clone, Copy)]
pub(super) struct Pass {
    pub(super) began: Timestamp,
    /// Values that did not open.
    pub(super) failed: u64,
}

/// Values of one column, sealed anew and not yet written.
struct Batch {
    values: Vec<Resealed>,
    failed: Vec<QuarantineRow>,
    last: SealedPlace,
    /// What preparing it took.
    took: Duration,
}

/// Why a value was not sealed anew.
enum Refusal {
    Open(OpenError),
    Seal(SealError),
}

impl Vault {
    /// Walks a column from its beginning to its end. `false` when the task is somebody else's by now.
    pub(super) async fn sweep(
        &self,
        lease: Lease,
        ring: &Arc<Keyring>,
        at: &'static SealedColumn,
        pass: &mut Pass,
    ) -> Result<bool, Failure> {
        let mut ready = self.prepare(ring, at, None).await?;
        while let Some(batch) = ready {
            let (last, failed) = (batch.last, batch.failed.len() as u64);
            let (written, next) = futures::join!(self.write_batch(lease, ring, at, batch), self.prepare(ring, at, Some(last)));
            if !written? {
                return Ok(false);
            }
            pass.failed += failed;
            ready = next?;
        }
        Ok(true)
    }

    /// The next values of older data keys, sealed anew; `None` at the end of the column.
    async fn prepare(&self, ring: &Arc<Keyring>, at: &'static SealedColumn, after: Option<SealedPlace>) -> Result<Option<Batch>, Failure> {
        let begun = Instant::now();
        let values = self.store().sealed_values(at, ring.active(), after, BATCH).await?;
        let Some(last) = values.last().map(|value| SealedPlace { data_key_id: value.sealed.data_key_id, record: value.record }) else {
            return Ok(None);
        };
        let ring = Arc::clone(ring);
        let (now, internal) = (Context::system().now, |error: SealError| Failure::because(Problem::Internal, error));
        let work = tokio::task::spawn_blocking(move || {
            let mut batch = Batch { values: Vec::with_capacity(values.len()), failed: Vec::new(), last, took: Duration::ZERO };
            for value in values {
                match reseal(&ring, at, &value) {
                    Ok(new) => batch.values.push(Resealed { record: value.record, old: value.sealed.bytes, new }),
                    Err(Refusal::Open(error)) => {
                        let stored = Stored { at, record: value.record, owner: value.owner, version: value.version };
                        batch.failed.push(stored.unopened(value.sealed.data_key_id, error, now));
                    }
                    Err(Refusal::Seal(error)) => return Err(error),
                }
            }
            batch.took = begun.elapsed();
            Ok(batch)
        });
        work.await.map_err(|error| Failure::because(Problem::Internal, error))?.map(Some).map_err(internal)
    }

    /// Writes a batch. `false` when the task is somebody else's by now.
    async fn write_batch(&self, lease: Lease, ring: &Keyring, at: &'static SealedColumn, batch: Batch) -> Result<bool, Failure> {
        let begun = Instant::now();
        let (me, version, active) = (self.clone(), ring.ring_version(), ring.active());
        self.store().write(move |tx| Box::pin(async move { me.write_in(tx, lease, (version, active), at, &batch, begun).await })).await
    }

    async fn write_in(
        &self,
        tx: &mut dyn Tx,
        lease: Lease,
        (version, active): (u64, u32),
        at: &'static SealedColumn,
        batch: &Batch,
        begun: Instant,
    ) -> Result<bool, Failure> {
        let cx = Context::system();
        if !lease.holds(tx, cx.now).await? {
            return Ok(false);
        }
        // Nobody changes the ring while a rotation goes on, except the root key's change; what was sealed is still good then, but the rule
        // is one for all who seal.
        if tx.ring_version().await? != Some(version) {
            return Err(Problem::Changed.into());
        }
        let Some(mut row) = super::unfinished(tx).await? else { return Ok(false) };
        let resealed = tx.reseal(at, active, &batch.values).await?;
        for failed in &batch.failed {
            tx.insert_quarantine(failed).await?;
        }
        row.resealed += resealed;
        row.busy += u64::try_from(begun.elapsed().max(batch.took).as_micros()).unwrap_or(u64::MAX);
        tx.update_rotation(&row).await?;
        let event = Event::success("keyring.reseal").word("table", at.table).number("key", active.into());
        self.record(tx, &cx, event.number("rows", resealed).number("unopened", batch.failed.len() as u64)).await?;
        Ok(true)
    }
}

/// A value sealed under the ring's active data key for the place it is in. It counts only after it was opened again and is the same.
fn reseal(ring: &Keyring, at: &'static SealedColumn, value: &SealedValue) -> Result<Vec<u8>, Refusal> {
    let place = FieldContext {
        table: at.table,
        column: at.column,
        tenant: value.tenant,
        owner: value.owner,
        record: value.record,
        provider: &value.provider,
        endpoint_origin: &value.origin,
        version: value.version,
    };
    let sealed = Sealed::parse(value.sealed.bytes.clone()).map_err(Refusal::Open)?;
    let secret = ring.open(&place, &sealed).map_err(Refusal::Open)?;
    let new = ring.seal(&place, &secret).map_err(Refusal::Seal)?.as_bytes().to_vec();
    let again = Sealed::parse(new.clone()).and_then(|sealed| ring.open(&place, &sealed)).map_err(Refusal::Open)?;
    if bool::from(again.expose().ct_eq(secret.expose())) { Ok(new) } else { Err(Refusal::Open(OpenError::Tag)) }
}
