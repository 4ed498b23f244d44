//! The one writer. Units of work queue here and share commits.

use super::tx::SqliteTx;
use crate::{
    Failure,
    store::{Outcome, StoreError, Work},
};
use futures::FutureExt;
use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{panic::AssertUnwindSafe, sync::Arc};
use tokio::sync::{Notify, mpsc, oneshot, watch};

/// Units that may share a commit: bounds how long the first of them waits.
const BATCH: usize = 64;
/// Units that may wait. Beyond it callers are told to come back.
const QUEUE: usize = 512;

struct Job {
    work: Work,
    done: oneshot::Sender<Outcome>,
}

/// The queue in front of the writer connection.
pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
    closed: watch::Receiver<bool>,
    stop: Arc<Notify>,
}

impl Writer {
    pub(super) fn start(options: SqliteConnectOptions, connection: SqliteConnection) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let stop = Arc::new(Notify::new());
        let stopped = Arc::clone(&stop);
        let (closing, closed) = watch::channel(false);
        tokio::spawn(async move {
            Loop { options, connection: Some(connection) }.serve(queue, &stopped).await;
            closing.send_replace(true);
        });
        Self { jobs, closed, stop }
    }

    pub(super) async fn run(&self, work: Work) -> Outcome {
        let (done, outcome) = oneshot::channel();
        self.jobs.try_send(Job { work, done }).map_err(|_| StoreError::Busy)?;
        outcome.await.map_err(|_| StoreError::Lost)?
    }

    pub(super) async fn close(&self) {
        self.stop.notify_one();
        let mut closed = self.closed.clone();
        // An error means that the writer's task is gone, which is what is waited for.
        let _ = closed.wait_for(|done| *done).await;
    }
}

struct Loop {
    options: SqliteConnectOptions,
    connection: Option<SqliteConnection>,
}

impl Loop {
    async fn serve(mut self, mut queue: mpsc::Receiver<Job>, stopped: &Notify) {
        loop {
            let first = tokio::select! {
                biased;
                job = queue.recv() => job,
                () = stopped.notified() => { queue.close(); queue.recv().await }
            };
            let Some(first) = first else { break };
            let mut batch = vec![first];
            while batch.len() < BATCH
                && let Ok(job) = queue.try_recv()
            {
                batch.push(job);
            }
            self.commit(batch).await;
        }
        if let Some(connection) = self.connection.take()
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "closing the database");
        }
    }

    /// Runs a batch in one transaction and answers each unit. After a failed begin or commit the connection is given up:
    /// what a file system says after a failed sync cannot be trusted, so the next batch starts from what is on disk.
    async fn commit(&mut self, batch: Vec<Job>) {
        let mut connection = match self.connect().await {
            Ok(connection) => connection,
            Err(error) => return refuse(batch.into_iter().map(|job| job.done), &error),
        };
        if let Err(error) = statement(&mut connection, "begin immediate; savepoint unit").await {
            refuse(batch.into_iter().map(|job| job.done), &error);
            return;
        }
        let mut kept = Vec::with_capacity(batch.len());
        let mut batch = batch.into_iter().peekable();
        let ended = loop {
            let Some(Job { work, done }) = batch.next() else { break Ok(()) };
            let outcome = unit(&mut connection, work).await;
            // What follows upon each other goes to the connection's thread together.
            let next = match (&outcome, batch.peek().is_some()) {
                (Ok(_), true) => "release unit; savepoint unit",
                (Err(_), true) => "rollback to unit",
                (Ok(_), false) => "release unit; commit",
                (Err(_), false) => "rollback to unit; commit",
            };
            kept.push((done, outcome));
            if let Err(error) = statement(&mut connection, next).await {
                break Err(error);
            }
        };
        match ended {
            Ok(()) => {
                self.connection = Some(connection);
                for (done, outcome) in kept {
                    // An error means that nobody waits any more; the unit stays done.
                    let _ = done.send(outcome);
                }
            }
            Err(error) => refuse(kept.into_iter().map(|(done, _)| done).chain(batch.map(|job| job.done)), &error),
        }
    }

    async fn connect(&mut self) -> Result<SqliteConnection, StoreError> {
        match self.connection.take() {
            Some(connection) => Ok(connection),
            None => Ok(self.options.clone().connect().await?),
        }
    }
}

/// Runs one unit, in a savepoint that was made.
async fn unit(connection: &mut SqliteConnection, work: Work) -> Outcome {
    let mut tx = SqliteTx::new(connection);
    AssertUnwindSafe(work(&mut tx)).catch_unwind().await.unwrap_or_else(|_| Err(StoreError::Lost.into()))
}

async fn statement(connection: &mut SqliteConnection, sql: &'static str) -> Result<(), StoreError> {
    sqlx::query(sql).execute(connection).await?;
    Ok(())
}

fn refuse(waiting: impl IntoIterator<Item = oneshot::Sender<Outcome>>, error: &StoreError) {
    for done in waiting {
        let _ =
            done.send(Err(Failure::because(domain::Problem::Unavailable { retry_after: super::super::RETRY_AFTER }, error.to_string())));
    }
}
