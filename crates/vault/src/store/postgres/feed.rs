//! How the processes on one database hear of each other's changes.
//!
//! The audit trail is the feed: every change of a key is an event in it, written in the transaction of the change, and its
//! numbers have no gaps and follow the order of commits. So "everything after the last number I saw" misses nothing. A
//! notification says that there is something to read; when notifications are lost, the poll finds it.

use super::{reads, writer::CHANNEL};
use crate::store::{Changes, readers::Readers, rows::AuditRow};
use domain::{
    Verdict,
    ids::{CredentialId, KeyId, UserId},
    views::LiveEvent,
};
use futures::{StreamExt, stream};
use sqlx::{
    PgConnection, PgPool,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};
use std::{collections::VecDeque, time::Duration};
use tokio::time::{sleep, timeout};

/// Between two looks at the trail when no notification comes.
const POLL: Duration = Duration::from_secs(1);
/// Events that are read at once.
const PAGE: u32 = 500;

struct Feed {
    readers: Readers<PgConnection>,
    listeners: PgPool,
    listener: Option<PgListener>,
    /// The last event that was seen.
    seen: u64,
    ready: VecDeque<(UserId, LiveEvent)>,
}

/// Changes of all processes after the event `seen`, as long as `readers` are open.
pub(super) fn start(readers: Readers<PgConnection>, options: PgConnectOptions, seen: u64) -> Changes {
    let listeners = PgPoolOptions::new().max_connections(1).acquire_timeout(POLL).connect_lazy_with(options);
    let feed = Feed { readers, listeners, listener: None, seen, ready: VecDeque::new() };
    stream::unfold(feed, |mut feed| async move { feed.next().await.map(|change| (change, feed)) }).boxed()
}

impl Feed {
    async fn next(&mut self) -> Option<(UserId, LiveEvent)> {
        loop {
            if let Some(change) = self.ready.pop_front() {
                return Some(change);
            }
            if self.readers.is_closed() {
                return None;
            }
            if self.look().await {
                continue;
            }
            self.wait().await;
        }
    }

    /// Reads what is new; whether there was anything.
    async fn look(&mut self) -> bool {
        let seen = self.seen;
        match super::read_over(&self.readers, |connection| Box::pin(reads::audit_events(connection, seen, PAGE))).await {
            Ok(events) => {
                self.seen = events.last().map_or(seen, |event| event.seq);
                self.ready.extend(events.iter().filter_map(change));
                !events.is_empty()
            }
            Err(error) => {
                tracing::debug!(%error, "the feed of changes cannot be read");
                false
            }
        }
    }

    /// Until there may be something to read.
    async fn wait(&mut self) {
        if self.listener.is_none() {
            let listening = timeout(POLL, async {
                let mut listener = PgListener::connect_with(&self.listeners).await?;
                listener.listen(CHANNEL).await?;
                Ok::<_, sqlx::Error>(listener)
            });
            match listening.await {
                // What was committed before LISTEN took effect is found by looking once more.
                Ok(Ok(listener)) => self.listener = Some(listener),
                Ok(Err(_)) => sleep(POLL).await,
                Err(_) => {}
            }
            return;
        }
        if let Some(listener) = &mut self.listener
            && let Ok(Err(_) | Ok(None)) = timeout(POLL, listener.try_recv()).await
        {
            self.listener = None;
            sleep(POLL / 4).await;
        }
    }
}

/// What a page is told about an event: owners change their keys themselves, so the actor is whose page it is.
fn change(event: &AuditRow) -> Option<(UserId, LiveEvent)> {
    if event.object_kind.as_deref() == Some("service_credential") {
        return credential(event);
    }
    if event.object_kind.as_deref() != Some("provider_key") || event.outcome != "success" {
        return None;
    }
    let owner = UserId::from_uuid(event.actor_id?);
    let id = KeyId::from_uuid(event.object_id?);
    let verdict = (event.action == "key.test.result").then(|| verdict(&event.details)).flatten();
    Some((owner, verdict.map_or(LiveEvent::KeyChanged { id }, |verdict| LiveEvent::KeyTested { id, verdict })))
}

/// Of a service credential the event says whose it is: nobody's stands for the installation.
fn credential(event: &AuditRow) -> Option<(UserId, LiveEvent)> {
    if event.outcome != "success" || event.action == "credential.result" {
        return None;
    }
    let details: serde_json::Value = serde_json::from_str(&event.details).ok()?;
    let owner = match details.get("owner")?.as_str()? {
        "installation" => UserId::from_uuid(uuid::Uuid::nil()),
        account => account.parse().ok()?,
    };
    Some((owner, LiveEvent::CredentialChanged { id: CredentialId::from_uuid(event.object_id?) }))
}

fn verdict(details: &str) -> Option<Verdict> {
    let details: serde_json::Value = serde_json::from_str(details).ok()?;
    details.get("verdict")?.as_str()?.parse().ok()
}
