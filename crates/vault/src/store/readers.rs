//! Connections that stay open for reads.
//!
//! `sqlx::Pool` asks every connection that comes back whether it still answers. That is a round trip to the server, or to the thread that
//! a SQLite connection has, after each read, as long as the read itself. Here it is asked at most once a second.

use super::StoreError;
use futures::future::BoxFuture;
use sqlx::Connection;
use std::{
    collections::VecDeque,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// How long a read waits for a connection, opening one included.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a connection is trusted to answer.
const TRUSTED: Duration = Duration::from_secs(1);

type Open<C> = Box<dyn Fn() -> BoxFuture<'static, Result<C, StoreError>> + Send + Sync>;

/// A number of connections that is never exceeded. Cheap to clone.
pub(super) struct Readers<C>(Arc<Inner<C>>);

struct Inner<C> {
    open: Open<C>,
    most: u32,
    permits: Arc<Semaphore>,
    resting: Mutex<VecDeque<Kept<C>>>,
}

struct Kept<C> {
    connection: C,
    /// When it was known to answer.
    answered: Instant,
}

/// A connection for one read; it goes back when this is dropped.
pub(super) struct Reader<C> {
    /// Only `None` while it is dropped or in [`Self::discard`].
    kept: Option<Kept<C>>,
    home: Arc<Inner<C>>,
    _permit: OwnedSemaphorePermit,
}

impl<C> Clone for Readers<C> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<C> Inner<C> {
    fn resting(&self) -> MutexGuard<'_, VecDeque<Kept<C>>> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Connection> Readers<C> {
    /// At most so many, each opened when there is need of it.
    pub(super) fn new(most: u32, open: Open<C>) -> Self {
        Self(Arc::new(Inner { open, most, permits: Arc::new(Semaphore::new(most as usize)), resting: Mutex::default() }))
    }

    /// The connection that has rested longest, or a new one.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when there is none within two seconds, [`StoreError::Lost`] after [`Self::close`], and what opening one
    /// comes to.
    pub(super) async fn acquire(&self) -> Result<Reader<C>, StoreError> {
        timeout(PATIENCE, self.acquire_patiently()).await.map_err(|_| StoreError::Busy)?
    }

    async fn acquire_patiently(&self) -> Result<Reader<C>, StoreError> {
        let permit = Arc::clone(&self.0.permits).acquire_owned().await.map_err(|_| StoreError::Lost)?;
        let rested = self.0.resting().pop_front();
        let kept = match rested {
            Some(kept) if kept.answered.elapsed() < TRUSTED => kept,
            Some(kept) => self.asked(kept).await?,
            None => self.opened().await?,
        };
        Ok(Reader { kept: Some(kept), home: Arc::clone(&self.0), _permit: permit })
    }

    /// The connection, if it still answers. If not, whatever happened to it happened to the others: nobody asks them one by one.
    async fn asked(&self, mut kept: Kept<C>) -> Result<Kept<C>, StoreError> {
        if matches!(timeout(TRUSTED, kept.connection.ping()).await, Ok(Ok(()))) {
            return Ok(Kept { answered: Instant::now(), ..kept });
        }
        drop(std::mem::take(&mut *self.0.resting()));
        self.opened().await
    }

    async fn opened(&self) -> Result<Kept<C>, StoreError> {
        Ok(Kept { connection: (self.0.open)().await?, answered: Instant::now() })
    }

    /// Waits for the reads that are under way, and closes every connection.
    pub(super) async fn close(&self) {
        // An error means that they were closed before.
        let all = self.0.permits.acquire_many(self.0.most).await;
        self.0.permits.close();
        drop(all);
        let resting = std::mem::take(&mut *self.0.resting());
        for kept in resting {
            if let Err(error) = kept.connection.close().await {
                tracing::debug!(%error, "closing a connection for reads");
            }
        }
    }

    /// Whether [`Self::close`] was called.
    pub(super) fn is_closed(&self) -> bool {
        self.0.permits.is_closed()
    }
}

impl<C> Reader<C> {
    /// Nobody reads over this connection again.
    pub(super) fn discard(mut self) {
        self.kept = None;
    }
}

impl<C> Drop for Reader<C> {
    fn drop(&mut self) {
        if let Some(kept) = self.kept.take() {
            self.home.resting().push_back(kept);
        }
    }
}

impl<C> Deref for Reader<C> {
    type Target = C;
    fn deref(&self) -> &C {
        &self.kept.as_ref().expect("a reader has its connection until it is dropped").connection
    }
}

impl<C> DerefMut for Reader<C> {
    fn deref_mut(&mut self) -> &mut C {
        &mut self.kept.as_mut().expect("a reader has its connection until it is dropped").connection
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::{ConnectOptions, SqliteConnection, sqlite::SqliteConnectOptions};
    use std::sync::atomic::{AtomicU32, Ordering};

    /// Readers of nothing, and how many connections were opened for them.
    fn readers(most: u32) -> (Readers<SqliteConnection>, Arc<AtomicU32>) {
        let opened = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&opened);
        let open: Open<SqliteConnection> = Box::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
            Box::pin(async { Ok(SqliteConnectOptions::new().in_memory(true).connect().await?) })
        });
        (Readers::new(most, open), opened)
    }

    /// Seen red with a reader that does not go back, and with one that does after it was thrown away.
    #[tokio::test]
    async fn a_connection_is_used_again_unless_it_was_thrown_away() {
        let (readers, opened) = readers(2);
        for _ in 0..3 {
            drop(readers.acquire().await.expect("a reader"));
        }
        assert_eq!(opened.load(Ordering::Relaxed), 1);
        readers.acquire().await.expect("a reader").discard();
        drop(readers.acquire().await.expect("a reader"));
        assert_eq!(opened.load(Ordering::Relaxed), 2);
    }

    /// Seen red without the wait's end.
    #[tokio::test]
    async fn there_are_never_more_than_allowed_and_nobody_waits_for_long() {
        let (readers, opened) = readers(2);
        let (first, _second) = (readers.acquire().await.expect("a reader"), readers.acquire().await.expect("a reader"));
        let begun = Instant::now();
        assert!(matches!(readers.acquire().await, Err(StoreError::Busy)));
        assert!(begun.elapsed() >= PATIENCE && begun.elapsed() < 2 * PATIENCE, "{:?}", begun.elapsed());
        drop(first);
        drop(readers.acquire().await.expect("one is free again"));
        assert_eq!(opened.load(Ordering::Relaxed), 2);
    }

    /// Seen red with a closing that does not wait.
    #[tokio::test]
    async fn closing_waits_for_reads_and_ends_them_all() {
        let (readers, _) = readers(2);
        let reader = readers.acquire().await.expect("a reader");
        let closing = tokio::spawn({
            let readers = readers.clone();
            async move { readers.close().await }
        });
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(!closing.is_finished());
        drop(reader);
        closing.await.expect("it closes");
        assert!(readers.is_closed() && matches!(readers.acquire().await, Err(StoreError::Lost)));
    }
}
