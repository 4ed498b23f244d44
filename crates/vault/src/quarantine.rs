//! Stored values that do not open. They are noted, so that operators see them, and nothing else is done to them: whatever is wrong with
//! the bytes, they may be all there is.

use crate::{
    Context, Failure, Vault,
    audit::{Event, Object, Outcome},
    sealed::OpenError,
    store::{
        SealedColumn,
        rows::{QuarantineRow, SealedRow},
    },
};
use domain::{Timestamp, ids::UserId};
use uuid::Uuid;

/// A stored value.
#[derive(Clone, Copy)]
pub(crate) struct Stored {
    pub(crate) at: &'static SealedColumn,
    pub(crate) record: Uuid,
    /// Nil for the installation itself.
    pub(crate) owner: UserId,
    pub(crate) version: u64,
}

impl Stored {
    /// The entry for it.
    pub(crate) fn unopened(self, data_key_id: u32, error: OpenError, now: Timestamp) -> QuarantineRow {
        QuarantineRow {
            table: self.at.table.to_owned(),
            column: self.at.column.to_owned(),
            record: self.record,
            owner: Some(self.owner).filter(|owner| !owner.uuid().is_nil()),
            data_key_id,
            secret_version: self.version,
            reason: error.class().to_owned(),
            found_at: now,
            checked_at: now,
        }
    }
}

impl Vault {
    /// A value was to be used and does not open: an event, and an entry in the quarantine.
    ///
    /// # Errors
    /// `Unavailable`.
    pub(crate) async fn did_not_open(
        &self,
        cx: &Context,
        object: Object,
        stored: Stored,
        sealed: &SealedRow,
        error: OpenError,
    ) -> Result<(), Failure> {
        let event = Event::new("decrypt_failed", Outcome::Failed).on(object).because(Some(error.class()));
        let entry = stored.unopened(sealed.data_key_id, error, cx.now);
        let (me, cx) = (self.clone(), cx.clone());
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    tx.insert_quarantine(&entry).await?;
                    me.record(tx, &cx, event).await
                })
            })
            .await
    }
}
