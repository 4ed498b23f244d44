//! Changing the root key: the keyring is wrapped under the new one beside the old one, and both open it until a server has started with
//! the new one and the old row is deleted. Each step is one unit of work, so whatever happens, one of the two fits.

use crate::{
    Context, Failure, Vault, access,
    audit::{Event, Outcome},
    keyring::RingKey,
    ring::{RingError, unwrap_row, wrap_row},
    root_key::RootKey,
    store::rows::{KeyringRow, RootKeyRow},
};
use domain::Problem;
use std::time::Duration;

/// What came of asking for another root key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RootChange {
    /// The keyring is wrapped under the new one, too.
    Begun,
    /// It was before.
    AlreadyBegun,
    /// The old root key opens nothing any more.
    Finalised,
    /// There is one root key, and it is this one.
    NothingToDo,
    /// The keyring is not wrapped under the root key that this process was given first.
    NotBegun,
    /// No server has started with the new root key yet.
    NotServed,
    /// The new root key opens nothing any more.
    Cancelled,
    /// A server has started with the new root key.
    Served,
}

/// Public ids of root keys, for people.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Vault {
    /// Whether the keyring is wrapped under this root key.
    ///
    /// # Errors
    /// `Forbidden` unless the operator asks, `Unavailable`.
    pub async fn fits(&self, cx: &Context, root: &RootKey) -> Result<bool, Failure> {
        access::operator(cx)?;
        let id = root.id();
        Ok(self.store().root_keys().await?.iter().any(|row| row.root_id == id))
    }

    /// Wraps the keyring under a further root key.
    ///
    /// # Errors
    /// `Forbidden` unless the operator asks, `RootKeyChanging` when two root keys fit already and this is neither, `Unavailable`.
    pub async fn begin_root_change(&self, cx: &Context, new: &RootKey) -> Result<RootChange, Failure> {
        access::operator(cx)?;
        let key = RingKey::of(new);
        let (me, cx) = (self.clone(), cx.clone());
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    let rows = tx.keyring().await?;
                    if rows.iter().any(|row| row.root_id == *key.root_id()) {
                        return Ok(RootChange::AlreadyBegun);
                    }
                    let [old] = rows.as_slice() else { return Err(Problem::RootKeyChanging.into()) };
                    let ring = me.read_ring(&rows)?;
                    // The new one is the newer one, even when the clock went back.
                    let newest = tx.root_keys().await?.iter().filter_map(|row| row.created_at).max();
                    let at = newest.map_or(cx.now, |newest| cx.now.max(newest + Duration::from_micros(1)));
                    tx.insert_keyring(&wrap_row(&key, &ring)?, at).await?;
                    let back = tx.keyring().await?.into_iter().find(|row| row.root_id == *key.root_id());
                    let same = back.is_some_and(|row| unwrap_row(&key, &row).is_ok_and(|back| back.is_same(&ring)));
                    if !same {
                        return Err(RingError::ReadBack.into());
                    }
                    let event = Event::new("keyring.rekey_root", Outcome::Started).word("from", &hex(&old.root_id));
                    me.record(tx, &cx, event.word("to", &hex(key.root_id()))).await?;
                    Ok(RootChange::Begun)
                })
            })
            .await
    }

    /// Deletes what the old root key opens. The process must have been given the new one first, and a server must have started with it.
    ///
    /// # Errors
    /// `Forbidden` unless the operator asks, `Unavailable`.
    pub async fn finalise_root_change(&self, cx: &Context) -> Result<RootChange, Failure> {
        access::operator(cx)?;
        let (me, cx) = (self.clone(), cx.clone());
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    let Some(key) = me.0.ring_keys.first() else { return Ok(RootChange::NotBegun) };
                    let rows = tx.keyring().await?;
                    if !opens_one(key, &rows) {
                        return Ok(RootChange::NotBegun);
                    }
                    if rows.len() == 1 {
                        return Ok(RootChange::NothingToDo);
                    }
                    let known = tx.root_keys().await?;
                    let Some(mine) = known.iter().find(|row| row.root_id == *key.root_id()) else { return Ok(RootChange::NotBegun) };
                    // The one that goes is the older one, whichever this process was given.
                    if !is_newest(mine, &known) || mine.served_at.is_none() {
                        return Ok(RootChange::NotServed);
                    }
                    for row in rows.iter().filter(|row| row.root_id != *key.root_id()) {
                        tx.delete_keyring(&row.root_id).await?;
                        let event = Event::success("keyring.rekey_root").word("from", &hex(&row.root_id));
                        me.record(tx, &cx, event.word("to", &hex(key.root_id()))).await?;
                    }
                    Ok(RootChange::Finalised)
                })
            })
            .await
    }

    /// Deletes what the new root key opens, as when its file was lost before any server had started with it. The process must have been
    /// given the old one first.
    ///
    /// # Errors
    /// `Forbidden` unless the operator asks, `Unavailable`.
    pub async fn cancel_root_change(&self, cx: &Context) -> Result<RootChange, Failure> {
        access::operator(cx)?;
        let (me, cx) = (self.clone(), cx.clone());
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    let Some(key) = me.0.ring_keys.first() else { return Ok(RootChange::NotBegun) };
                    if !opens_one(key, &tx.keyring().await?) {
                        return Ok(RootChange::NotBegun);
                    }
                    let known = tx.root_keys().await?;
                    let Some(new) = known.iter().find(|row| row.root_id != *key.root_id()) else { return Ok(RootChange::NothingToDo) };
                    if !is_newest(new, &known) || new.served_at.is_some() {
                        return Ok(RootChange::Served);
                    }
                    tx.delete_keyring(&new.root_id).await?;
                    let event = Event::new("keyring.rekey_root", Outcome::Failed).because(Some("cancelled"));
                    me.record(tx, &cx, event.word("from", &hex(key.root_id())).word("to", &hex(&new.root_id))).await?;
                    Ok(RootChange::Cancelled)
                })
            })
            .await
    }

    /// Notes, while the root key is being changed, that a server has started with the first of its root keys that fits.
    ///
    /// # Errors
    /// `Unavailable`.
    pub(crate) async fn note_serving(&self) -> Result<(), Failure> {
        let rows = self.store().root_keys().await?;
        let fitting = self.0.ring_keys.iter().find_map(|key| rows.iter().find(|row| row.root_id == *key.root_id()));
        if self.0.ring_keys.first().is_some_and(|key| rows.iter().all(|row| row.root_id != *key.root_id())) {
            tracing::warn!(
                "the keyring is not wrapped under the root key yet, only under the previous one; run: keyward keyring rekey-root"
            );
        }
        let Some(id) = fitting.filter(|row| rows.len() > 1 && row.served_at.is_none()).map(|row| row.root_id) else { return Ok(()) };
        let me = self.clone();
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    let cx = Context::system();
                    tx.stamp_root_key(&id, cx.now).await?;
                    me.record(tx, &cx, Event::success("keyring.root_key.served").word("root_key", &hex(&id))).await
                })
            })
            .await
    }
}

/// Whether this root key opens its row of the keyring.
fn opens_one(key: &RingKey, rows: &[KeyringRow]) -> bool {
    rows.iter().any(|row| row.root_id == *key.root_id() && unwrap_row(key, row).is_ok())
}

/// Whether a root key came after all others. One without a time is older than any.
fn is_newest(one: &RootKeyRow, known: &[RootKeyRow]) -> bool {
    known.iter().all(|row| row.root_id == one.root_id || row.created_at < one.created_at)
}
