//! What a serving process does besides answering.

use crate::{Context, Failure, Vault, limits::LONGEST_WINDOW};
use std::time::{Duration, Instant};
use tokio::time::{MissedTickBehavior, interval, sleep};

/// Between two looks at the keyring and at the second place of the audit trail.
const LOOK: Duration = Duration::from_secs(1);
/// Looks between two questions whether there is a rotation to go on with.
const ROTATION: u32 = 5;
/// Looks between two questions whether there is something to clean away, and how long one process does it for all.
const CLEANING: u32 = 60;
const CLEANING_SPAN: Duration = Duration::from_secs(10 * 60);
/// How long a process that ends waits for its last checkpoint.
const GOODBYE: Duration = Duration::from_secs(2);

impl Vault {
    /// Follows the keyring that other processes change, goes on with a rotation whose process has gone, writes checkpoints of the audit
    /// trail, and cleans away what has ended. Runs until it is dropped; a failure is logged and tried again.
    pub async fn keep_up(&self) {
        let mut noted = false;
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for look in 0_u32.. {
            looks.tick().await;
            if !noted {
                noted = passed(&self.note_serving().await, "that a server has started with this root key cannot be noted");
            }
            passed(&self.follow_ring().await, "the keyring cannot be read again");
            if look % ROTATION == 0 {
                self.go_on_with_rotation().await;
            }
            if look % CLEANING == 0 {
                passed(&self.clean_up().await, "what has ended cannot be cleaned away");
            }
            self.checkpoint(look == 0).await;
        }
    }

    /// Forgets sessions, links, begun sign-ins, answers and admitted acts whose time is over. One process does so for all, at most every
    /// ten minutes; `None` when it was another one's turn, else how many rows went.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn clean_up(&self) -> Result<Option<u64>, Failure> {
        let Some(lease) = self.take_lease("clean-up", CLEANING_SPAN, false).await? else { return Ok(None) };
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    let now = Context::system().now;
                    if !lease.holds(tx, now).await? {
                        return Ok(None);
                    }
                    Ok(Some(tx.forget_ended(now, now - LONGEST_WINDOW).await?))
                })
            })
            .await
    }

    /// The newest event's checkpoint, as far as the second place takes it in time.
    pub(crate) async fn last_checkpoint(&self) {
        let Some(sink) = &self.0.sink else { return };
        let begun = Instant::now();
        let mut asked = false;
        while begun.elapsed() < GOODBYE {
            // What is under way comes first.
            asked |= !sink.is_busy();
            self.checkpoint(true).await;
            if asked && !sink.is_busy() {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Gives the second place of the audit trail a checkpoint, when one is due or with `now`, and hears what became of the last.
    async fn checkpoint(&self, now: bool) {
        let Some(sink) = &self.0.sink else { return };
        match self.store().audit_head().await {
            Ok(head) => sink.look(head, Context::system().now, now),
            Err(error) => tracing::debug!(%error, "the end of the audit trail cannot be read"),
        }
    }
}

/// Whether it worked; if not, the log says why.
fn passed<T>(outcome: &Result<T, Failure>, what: &'static str) -> bool {
    if let Err(failure) = outcome {
        tracing::warn!(cause = ?std::error::Error::source(failure).map(ToString::to_string), "{what}");
    }
    outcome.is_ok()
}
