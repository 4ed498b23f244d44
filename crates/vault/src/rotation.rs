//! Rotating the data key: a new one is made, and everything that is stored is sealed anew under it, while everybody works on.
//!
//! 1. The ring gets one more data key, which opens and does not seal yet.
//! 2. It becomes the one that seals.
//! 3. Every column of the registry is walked ([`sweep`]).
//! 4. When no value is left under an older data key, older ones open nothing any more; their bytes are destroyed by an act of its own
//!    ([`Vault::retire_data_keys`]).
//!
//! How far it is, is what the columns say and nothing else; so it can be broken off anywhere, and whoever goes on with it, does.

mod retire;
mod sweep;

pub use retire::Retirement;

use crate::{
    Context, Failure, Vault, access,
    audit::{Event, Outcome},
    lease::Lease,
    limits,
    store::{SEALED_COLUMNS, Tx, rows::RotationRow},
};
use domain::{
    Problem,
    scope::Scope,
    views::{RotationState, RotationView},
};
use std::time::Duration;
use sweep::Pass;

/// The lease's name.
const TASK: &str = "rotation";
/// A rotation that nothing was heard of for so long goes to whoever asks.
const SPAN: Duration = Duration::from_secs(10);
/// Between two tries after the database did not answer, and how many tries there are without getting anywhere.
const PAUSE: Duration = Duration::from_millis(250);
const TRIES: u32 = 20;

/// How working on a rotation ended.
enum End {
    Finished,
    /// Somebody else has it.
    Lost,
}

impl Vault {
    /// Begins a rotation, or goes on with the one that is not finished, in the background of this process.
    ///
    /// # Errors
    /// `NotAuthenticated`, `Forbidden`, `Invalid` with `step_up`, `TooMany`, `RootKeyChanging`, `Unavailable`.
    pub async fn start_rotation(&self, cx: &Context) -> Result<RotationView, Failure> {
        if access::operator(cx).is_err() {
            access::recent_admin(cx, Scope::Admin)?;
        }
        self.begin_rotation(cx).await?;
        self.go_on_with_rotation().await;
        self.rotation().await?.ok_or_else(|| Problem::Internal.into())
    }

    /// Begins a rotation, or takes over the one that is not finished, and returns when it is. `tell` hears how far it is, at most twice a
    /// second.
    ///
    /// # Errors
    /// `Forbidden` unless the operator asks, `RootKeyChanging`, `Unavailable` when the database did not answer for some seconds: what was
    /// done stays done.
    pub async fn rotate(&self, cx: &Context, tell: impl Fn(&RotationView)) -> Result<RotationView, Failure> {
        access::operator(cx)?;
        self.begin_rotation(cx).await?;
        let mut steal = true;
        loop {
            if let Some(lease) = self.take_rotation(steal).await? {
                let me = self.clone();
                let mut work = tokio::spawn(async move { me.work_on_rotation(lease).await });
                while !self.heard_the_end(&mut work, &tell).await? {}
            }
            // Whoever takes it from us goes on with it; if they stop, we do.
            steal = false;
            let view = self.rotation().await?.ok_or(Problem::Internal)?;
            tell(&view);
            if view.state.is_over() {
                return Ok(view);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn heard_the_end(
        &self,
        work: &mut tokio::task::JoinHandle<Result<End, Failure>>,
        tell: &impl Fn(&RotationView),
    ) -> Result<bool, Failure> {
        match tokio::time::timeout(2 * PAUSE, work).await {
            Ok(ended) => ended.map_err(|error| Failure::because(Problem::Internal, error))?.map(|_| true),
            Err(_) => {
                // What cannot be read now is told later.
                if let Ok(Some(view)) = self.rotation().await {
                    tell(&view);
                }
                Ok(false)
            }
        }
    }

    /// Values under older data keys, by table, and nothing is changed.
    ///
    /// # Errors
    /// `Forbidden` unless the operator asks, `Unavailable`.
    pub async fn count_for_rotation(&self, cx: &Context) -> Result<Vec<(&'static str, u64)>, Failure> {
        access::operator(cx)?;
        let mut found = Vec::new();
        for at in SEALED_COLUMNS {
            let counts = self.store().sealed_counts(at).await?;
            found.push((at.table, counts.iter().map(|(_, rows)| rows).sum()));
        }
        Ok(found)
    }

    /// Makes the new data key, unless a rotation is not finished.
    async fn begin_rotation(&self, cx: &Context) -> Result<(), Failure> {
        let (me, cx) = (self.clone(), cx.clone());
        self.unit(cx.clone(), move |tx| Box::pin(async move { me.begin_in(tx, &cx).await })).await?;
        self.follow_ring().await?;
        Ok(())
    }

    async fn begin_in(&self, tx: &mut dyn Tx, cx: &Context) -> Result<(), Failure> {
        if tx.last_rotation().await?.is_some_and(|last| last.finished_at.is_none()) {
            return Ok(());
        }
        if access::operator(cx).is_err() {
            limits::admit(tx, limits::ROTATIONS, "", cx).await?;
        }
        let mut id = 0;
        let added = self
            .change_ring(tx, |ring| {
                let (next, new) = ring.with_new_data_key(cx.now).map_err(|error| Failure::because(Problem::Internal, error))?;
                id = new;
                Ok(Some(next))
            })
            .await?;
        added.ok_or(Problem::Internal)?;
        let total = count_older(tx, id).await?;
        let row = RotationRow {
            id: cx.new_id(),
            data_key_id: id,
            started_at: cx.now,
            finished_at: None,
            total,
            resealed: 0,
            busy: 0,
            left_behind: 0,
        };
        tx.insert_rotation(&row).await?;
        self.record(tx, cx, Event::new("keyring.rotate", Outcome::Started).number("key", id.into()).number("rows", total)).await
    }

    /// Takes a rotation that is not finished and that nobody has, and works on it in the background.
    pub(crate) async fn go_on_with_rotation(&self) {
        match self.take_rotation(false).await {
            Ok(Some(lease)) => {
                let me = self.clone();
                tokio::spawn(async move {
                    if let Err(failure) = me.work_on_rotation(lease).await {
                        tracing::warn!(cause = ?std::error::Error::source(&failure).map(ToString::to_string), "a rotation stopped; it goes on in a while");
                    }
                });
            }
            Ok(None) => {}
            Err(failure) => tracing::debug!(%failure, "whether there is a rotation to go on with cannot be read"),
        }
    }

    async fn take_rotation(&self, steal: bool) -> Result<Option<Lease>, Failure> {
        let unfinished = self.store().last_rotation().await?.is_some_and(|last| last.finished_at.is_none());
        if unfinished { self.take_lease(TASK, SPAN, steal).await } else { Ok(None) }
    }

    /// Works until it is finished, through failures of the database that pass.
    async fn work_on_rotation(&self, lease: Lease) -> Result<End, Failure> {
        let mut tries = 0;
        let mut before = 0;
        loop {
            let failure = match self.try_rotation(lease).await {
                Ok(end) => return Ok(end),
                Err(failure) => failure,
            };
            let resealed = self.store().last_rotation().await.ok().flatten().map_or(before, |row| row.resealed);
            tries = if resealed > before { 0 } else { tries + 1 };
            before = resealed;
            if tries >= TRIES || !matches!(failure.problem(), Problem::Unavailable { .. } | Problem::Changed) {
                return Err(failure);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn try_rotation(&self, lease: Lease) -> Result<End, Failure> {
        loop {
            if !self.activate(lease).await? {
                return Ok(End::Lost);
            }
            let ring = self.reload_ring().await?;
            let mut pass = Pass { began: Context::system().now, failed: 0 };
            for at in SEALED_COLUMNS {
                if !self.sweep(lease, &ring, at, &mut pass).await? {
                    return Ok(End::Lost);
                }
            }
            match self.finish(lease, pass).await? {
                Some(end) => {
                    self.reload_ring().await?;
                    return Ok(end);
                }
                None => tokio::task::yield_now().await,
            }
        }
    }

    /// Makes the new data key the one that seals. `false` when the task is somebody else's.
    async fn activate(&self, lease: Lease) -> Result<bool, Failure> {
        let me = self.clone();
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    let cx = Context::system();
                    let Some(row) = unfinished(tx).await? else { return Ok(false) };
                    if !lease.holds(tx, cx.now).await? {
                        return Ok(false);
                    }
                    let id = row.data_key_id;
                    let changed = me
                        .change_ring(tx, |ring| match ring.active() == id {
                            true => Ok(None),
                            false => ring.with_active(id).map(Some).ok_or_else(|| Problem::Internal.into()),
                        })
                        .await?;
                    let action = if changed.is_some() { "keyring.activate" } else { "keyring.rotate.resume" };
                    // What is opened from here on was announced in the trail.
                    me.record(tx, &cx, Event::new(action, Outcome::Started).number("key", id.into())).await?;
                    Ok(true)
                })
            })
            .await
    }

    /// Ends the rotation when nothing is left that opens. `None` when there is, because somebody wrote in the meantime.
    async fn finish(&self, lease: Lease, pass: Pass) -> Result<Option<End>, Failure> {
        let me = self.clone();
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    let cx = Context::system();
                    let Some(row) = unfinished(tx).await? else { return Ok(Some(End::Lost)) };
                    if !lease.holds(tx, cx.now).await? {
                        return Ok(Some(End::Lost));
                    }
                    let left = count_older(tx, row.data_key_id).await?;
                    if left > pass.failed {
                        return Ok(None);
                    }
                    for at in SEALED_COLUMNS {
                        tx.forget_quarantine(at, row.data_key_id, pass.began).await?;
                    }
                    // Where nothing is left there is nothing to look for, and looking takes time that others wait for.
                    let lowest = if left == 0 { row.data_key_id } else { lowest_in_use(tx, row.data_key_id).await? };
                    me.change_ring(tx, |ring| Ok(ring.with_retired_below(lowest))).await?;
                    tx.update_rotation(&RotationRow { finished_at: Some(cx.now), left_behind: left, ..row }).await?;
                    lease.give_back(tx, cx.now).await?;
                    let (outcome, reason) = if left == 0 { (Outcome::Success, None) } else { (Outcome::Failed, Some("quarantine")) };
                    let event = Event::new("keyring.rotate", outcome).because(reason).number("key", row.data_key_id.into());
                    me.record(tx, &cx, event.number("rows", row.resealed).number("left", left)).await?;
                    Ok(Some(End::Finished))
                })
            })
            .await
    }

    /// The last rotation, as it stands.
    pub(crate) async fn rotation(&self) -> Result<Option<RotationView>, Failure> {
        let Some(row) = self.store().last_rotation().await? else { return Ok(None) };
        let mut left = 0;
        for at in SEALED_COLUMNS {
            let counts = self.store().sealed_counts(at).await?;
            left += counts.iter().filter(|(key, _)| *key < row.data_key_id).map(|(_, rows)| rows).sum::<u64>();
        }
        let lease = self.store().lease_ends(TASK).await?;
        Ok(Some(view(&row, left, lease.is_some_and(|ends| ends > Context::system().now))))
    }
}

fn view(row: &RotationRow, left: u64, at_work: bool) -> RotationView {
    let state = match (row.finished_at, row.left_behind, at_work) {
        (Some(_), 0, _) => RotationState::Finished,
        (Some(_), ..) => RotationState::FinishedWithQuarantine,
        (None, _, true) => RotationState::Running,
        (None, _, false) => RotationState::Interrupted,
    };
    let rows_per_second = row.resealed.saturating_mul(1_000_000).checked_div(row.busy).unwrap_or(0);
    RotationView {
        state,
        key: row.data_key_id,
        started_at: row.started_at,
        finished_at: row.finished_at,
        total: row.total,
        resealed: row.resealed,
        left,
        rows_per_second,
        seconds_left: if state == RotationState::Running { left.checked_div(rows_per_second) } else { None },
    }
}

async fn unfinished(tx: &mut dyn Tx) -> Result<Option<RotationRow>, Failure> {
    Ok(tx.last_rotation().await?.filter(|row| row.finished_at.is_none()))
}

/// Values under data keys older than this one.
async fn count_older(tx: &mut dyn Tx, data_key: u32) -> Result<u64, Failure> {
    let mut count = 0;
    for at in SEALED_COLUMNS {
        count += tx.count_older(at, data_key).await?;
    }
    Ok(count)
}

/// The oldest data key that some stored value names; `active` when it is the only one.
async fn lowest_in_use(tx: &mut dyn Tx, active: u32) -> Result<u32, Failure> {
    let mut lowest = active;
    for at in SEALED_COLUMNS {
        lowest = tx.sealed_counts(at).await?.iter().map(|(key, _)| *key).chain([lowest]).min().unwrap_or(lowest);
    }
    Ok(lowest)
}
