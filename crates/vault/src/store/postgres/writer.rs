//! The one writer of this process. Units of work queue here and share commits, as on SQLite; a lock in the database makes
//! the writers of all processes take turns.

use super::tx::PgTx;
use crate::{
    Failure,
    store::{Outcome, StoreError, Work},
};
use futures::FutureExt;
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio::{
    sync::{Notify, mpsc, oneshot, watch},
    time::{Instant, timeout},
};

/// Units that may share a commit: bounds how long the first of them, and the other processes, wait.
const BATCH: usize = 64;
/// Units that may wait. Beyond it callers are told to come back.
const QUEUE: usize = 512;
/// How long a batch may take, waiting for the other processes included. What did not end by then is given up.
const LONGEST: Duration = Duration::from_secs(3);
/// A unit that waited this long in the queue is not begun: its caller is about to be told to come back.
const STALE: Duration = Duration::from_secs(3);

/// Begins a transaction, takes the writers' lock before anything is read, so that every statement that follows sees all that
/// was committed before, and makes the first unit's savepoint. The time limits are the server's own net for a process that
/// stops in the middle: they end its transaction, and with it the lock.
const BEGIN: &str = "begin isolation level read committed; \
     set local lock_timeout = '2500ms'; set local statement_timeout = '2500ms'; set local idle_in_transaction_session_timeout = '5s'; \
     select pg_advisory_xact_lock(7737420218); savepoint unit";

/// The channel on which a batch with audit events is announced.
pub(super) const CHANNEL: &str = "keyward_audit";

struct Job {
    work: Work,
    done: oneshot::Sender<Outcome>,
    since: Instant,
}

/// The queue in front of the writer connection.
pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
    closed: watch::Receiver<bool>,
    stop: Arc<Notify>,
}

impl Writer {
    pub(super) fn start(options: PgConnectOptions) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let stop = Arc::new(Notify::new());
        let stopped = Arc::clone(&stop);
        let (closing, closed) = watch::channel(false);
        tokio::spawn(async move {
            Loop { options, connection: None }.serve(queue, &stopped).await;
            closing.send_replace(true);
        });
        Self { jobs, closed, stop }
    }

    pub(super) async fn run(&self, work: Work) -> Outcome {
        let (done, outcome) = oneshot::channel();
        self.jobs.try_send(Job { work, done, since: Instant::now() }).map_err(|_| StoreError::Busy)?;
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
    options: PgConnectOptions,
    connection: Option<PgConnection>,
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
            // A dropped job is an answer too: its caller is told that the unit was lost.
            batch.retain(|job| job.since.elapsed() < STALE);
            if batch.is_empty() {
                continue;
            }
            if timeout(LONGEST, self.commit(batch)).await.is_err() {
                tracing::warn!("the database took too long over a unit of work; its connection is given up");
            }
        }
        if let Some(connection) = self.connection.take()
            && !matches!(timeout(LONGEST, connection.close()).await, Ok(Ok(())))
        {
            tracing::warn!("the connection to the database could not be closed properly");
        }
    }

    /// Runs a batch in one transaction and answers each unit. After any failure outside a unit, and when this future is
    /// dropped in the middle, the connection is closed and never used again: no transaction can be left open on it.
    async fn commit(&mut self, batch: Vec<Job>) {
        let mut connection = match self.begin().await {
            Ok(connection) => connection,
            Err(error) => return refuse(batch.into_iter().map(|job| job.done), &error),
        };
        let mut kept = Vec::with_capacity(batch.len());
        let mut appended = false;
        let mut batch = batch.into_iter().peekable();
        let ended = loop {
            let Some(Job { work, done, .. }) = batch.next() else { break Ok(()) };
            let outcome = unit(&mut connection, work, &mut appended).await;
            // What follows upon each other goes to the server together. To release fails if a statement of the unit failed and the
            // unit went on as if nothing had happened: then nothing is committed.
            let next = match (&outcome, batch.peek().is_some(), appended) {
                (Ok(_), true, _) => "release unit; savepoint unit",
                (Err(_), true, _) => "rollback to unit",
                (Ok(_), false, true) => "release unit; notify keyward_audit; commit",
                (Ok(_), false, false) => "release unit; commit",
                (Err(_), false, true) => "rollback to unit; notify keyward_audit; commit",
                (Err(_), false, false) => "rollback to unit; commit",
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

    /// A connection in a new transaction. The one that was kept may have died since; nothing has run yet, so a fresh one
    /// may be tried.
    async fn begin(&mut self) -> Result<PgConnection, StoreError> {
        if let Some(mut connection) = self.connection.take() {
            match statement(&mut connection, BEGIN).await {
                Ok(()) => return Ok(connection),
                // Another process holds the lock; asking again would only wait once more.
                Err(StoreError::Database(error @ sqlx::Error::Database(_))) if !is_going_away(&error) => return Err(error.into()),
                Err(_) => {}
            }
        }
        let mut connection = super::connect(&self.options).await?;
        statement(&mut connection, BEGIN).await?;
        Ok(connection)
    }
}

/// Class 57P: the server shuts down, crashed or cannot accept connections; or it ended an idle session.
fn is_going_away(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|error| error.code()).is_some_and(|code| code.starts_with("57P") || code.starts_with("08"))
}

/// Runs one unit, in a savepoint that was made.
async fn unit(connection: &mut PgConnection, work: Work, appended: &mut bool) -> Outcome {
    let mut tx = PgTx::new(connection);
    let outcome = AssertUnwindSafe(work(&mut tx)).catch_unwind().await.unwrap_or_else(|_| Err(StoreError::Lost.into()));
    *appended |= outcome.is_ok() && tx.appended();
    outcome
}

async fn statement(connection: &mut PgConnection, sql: &'static str) -> Result<(), StoreError> {
    sqlx::raw_sql(sql).execute(connection).await?;
    Ok(())
}

fn refuse(waiting: impl IntoIterator<Item = oneshot::Sender<Outcome>>, error: &StoreError) {
    for done in waiting {
        let _ =
            done.send(Err(Failure::because(domain::Problem::Unavailable { retry_after: crate::store::RETRY_AFTER }, error.to_string())));
    }
}
