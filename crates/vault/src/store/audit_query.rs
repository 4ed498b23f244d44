//! Reading the audit trail by what it says.

use super::{StoreError, rows::AuditRow};
use async_trait::async_trait;
use domain::{Timestamp, ids::UserId};
use uuid::Uuid;

/// Who did it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ActorFilter {
    /// An account.
    Account(UserId),
    /// The operator or the server itself.
    System,
    /// Nobody who had signed in.
    Nobody,
}

/// Which events; all of them when nothing is given.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct AuditFilter {
    /// Who did it.
    pub actor: Option<ActorFilter>,
    /// What was done.
    pub action: Option<String>,
    /// What it was done to.
    pub object: Option<Uuid>,
    /// How it ended, as the column says it.
    pub outcome: Option<&'static str>,
    /// Not before this moment.
    pub since: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
}

impl AuditFilter {
    /// Whether only the time is asked for. Then events come in the order of their time, which has an index, and by number only where
    /// that is the same: clocks of several servers, and a request that took longer than the next, make the two differ a little.
    pub(crate) const fn is_time_alone(&self) -> bool {
        let other = self.actor.is_some() || self.action.is_some() || self.object.is_some() || self.outcome.is_some();
        !other && (self.since.is_some() || self.until.is_some())
    }
}

/// Some events of a filter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AuditWindow {
    /// Only higher numbers; oldest first, only what comes after this event.
    pub after: u64,
    /// Only lower numbers; newest first, only what comes after this event.
    pub before: u64,
    /// At most this many.
    pub limit: u32,
    /// Whether the newest come first.
    pub newest_first: bool,
}

impl AuditWindow {
    /// The newest events before a number, newest first.
    #[must_use]
    pub const fn newest(before: Option<u64>, limit: u32) -> Self {
        let before = match before {
            Some(before) => before,
            None => u64::MAX,
        };
        Self { after: 0, before, limit, newest_first: true }
    }
    /// The event after which the order goes on; `None` at its beginning.
    pub(crate) const fn goes_on_after(&self) -> Option<u64> {
        match (self.newest_first, self.after, self.before) {
            (true, _, u64::MAX) | (false, 0, _) => None,
            (true, _, before) => Some(before),
            (false, after, _) => Some(after),
        }
    }
    /// The numbers that events lie between. In the order of time, numbers say nothing about what comes after an event; that an export
    /// ends somewhere holds there, too.
    pub(crate) const fn bounds(&self, by_time: bool) -> (u64, u64) {
        match (by_time, self.newest_first) {
            (false, _) => (self.after, self.before),
            (true, true) => (0, u64::MAX),
            (true, false) => (0, self.before),
        }
    }
    /// `desc` or `asc`, and how a later one compares with an earlier one in that order.
    pub(crate) const fn direction(&self) -> (&'static str, &'static str) {
        if self.newest_first { ("desc", "<") } else { ("asc", ">") }
    }
}

/// Reads of the audit trail.
#[async_trait]
pub trait AuditQueryStore: Send + Sync {
    /// Events that fit, by number.
    async fn find_events(&self, filter: &AuditFilter, window: AuditWindow) -> Result<Vec<AuditRow>, StoreError>;
    /// Every action that the trail holds, in order.
    async fn actions(&self) -> Result<Vec<String>, StoreError>;
}
