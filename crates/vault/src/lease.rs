//! Background tasks that one process does for all.
//!
//! A lease alone does not keep two processes from being at it: one may have been stopped while its time went by. Therefore
//! each has a fence, a number that rises with every holder, and every unit of work of the task asks [`Lease::holds`] first.

use crate::{Context, Failure, Vault, store::Tx};
use domain::Timestamp;
use std::time::Duration;

/// The right to do a task, until somebody else has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lease {
    name: &'static str,
    fence: u64,
    span: Duration,
}

impl Vault {
    /// Takes a task for `span`, when nobody has it or with `steal`.
    ///
    /// # Errors
    /// `Unavailable`.
    pub(crate) async fn take_lease(&self, name: &'static str, span: Duration, steal: bool) -> Result<Option<Lease>, Failure> {
        let (holder, now) = (self.0.process, Context::system().now);
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    let fence = tx.take_lease(name, holder, now, now + span, steal).await?;
                    Ok(fence.map(|fence| Lease { name, fence, span }))
                })
            })
            .await
    }
}

impl Lease {
    /// Whether the task is still ours; if so, it is for another span from `now`.
    ///
    /// # Errors
    /// `Unavailable`.
    pub(crate) async fn holds(&self, tx: &mut dyn Tx, now: Timestamp) -> Result<bool, Failure> {
        Ok(tx.keep_lease(self.name, self.fence, now + self.span).await?)
    }
    /// Gives the task back, if it is still ours.
    ///
    /// # Errors
    /// `Unavailable`.
    pub(crate) async fn give_back(&self, tx: &mut dyn Tx, now: Timestamp) -> Result<(), Failure> {
        tx.keep_lease(self.name, self.fence, now).await?;
        Ok(())
    }
}
