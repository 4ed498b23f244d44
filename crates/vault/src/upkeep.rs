//! What a serving process does besides answering.

use crate::{Context, Failure, Vault};
use std::time::{Duration, Instant};
use tokio::time::{MissedTickBehavior, interval, sleep};

/// Between two looks at the keyring and at the second place of the audit trail.
const LOOK: Duration = Duration::from_secs(1);
/// Looks between two questions whether there is a rotation to go on with.
const ROTATION: u32 = 5;
/// How long a process that ends waits for its last checkpoint.
const GOODBYE: Duration = Duration::from_secs(2);

impl Vault {
    /// Follows the keyring that other processes change, goes on with a rotation whose process has gone, and writes checkpoints of the
    /// audit trail. Runs until it is dropped; a failure is logged and tried again.
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
            self.checkpoint(look == 0).await;
        }
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
