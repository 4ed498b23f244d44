//! Long work shows on a terminal that it goes on; a pipe sees nothing of it.

use std::{
    future::Future,
    io::{self, IsTerminal, Write},
    time::Duration,
};
use tokio::time::{Instant, interval};

/// Waits for `work`, and says each second how long it has been at it.
pub(super) async fn show<T>(what: &str, work: impl Future<Output = T>) -> T {
    if !io::stderr().is_terminal() {
        return work.await;
    }
    let begun = Instant::now();
    let mut seconds = interval(Duration::from_secs(1));
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => {
                // Over what was said, the result.
                let _ = write!(io::stderr(), "\r\x1b[K");
                return done;
            }
            _ = seconds.tick() => {
                let _ = write!(io::stderr(), "\r{what} ... {} s", begun.elapsed().as_secs());
            }
        }
    }
}
