//! Reading the audit trail by what it says, in SQL.
//!
//! The planner keeps no statistics here, so the index is chosen by hand: the one on the most telling filter that is given. A `+`
//! before a column keeps the planner from using an index on it (SQLite, "The query planner", section 7.2).

use super::{Sqlite, decode, reads::each};
use crate::store::{
    StoreError,
    audit_query::{ActorFilter, AuditFilter, AuditQueryStore, AuditWindow},
    rows::AuditRow,
};
use async_trait::async_trait;
use domain::Timestamp;
use sqlx::{QueryBuilder, Row};

/// The filters, most telling first.
struct Terms<'f> {
    filter: &'f AuditFilter,
    /// Whether one before it was given, so that this one is not to be looked up.
    settled: bool,
}

impl Terms<'_> {
    fn column(&mut self, query: &mut QueryBuilder<sqlx::Sqlite>, name: &str) {
        query.push(" and ");
        if std::mem::replace(&mut self.settled, true) {
            query.push("+");
        }
        query.push(name);
    }
    fn push(&mut self, query: &mut QueryBuilder<sqlx::Sqlite>) {
        if let Some(object) = self.filter.object {
            self.column(query, "object_id");
            query.push(" = ").push_bind(object.into_bytes().to_vec());
        }
        match self.filter.actor {
            None => {}
            Some(ActorFilter::Account(id)) => {
                self.column(query, "actor_id");
                query.push(" = ").push_bind(id.bytes().to_vec());
            }
            Some(who) => {
                self.column(query, "actor_id");
                query.push(" is null and actor_kind = ").push_bind(if who == ActorFilter::System { "system" } else { "nobody" });
            }
        }
        if let Some(action) = &self.filter.action {
            self.column(query, "action");
            query.push(" = ").push_bind(action.clone());
        }
        if let Some(outcome) = self.filter.outcome {
            self.column(query, "outcome");
            query.push(" = ").push_bind(outcome);
        }
        let sign = if self.filter.is_time_alone() { "" } else { "+" };
        for (comparison, moment) in [(">=", self.filter.since), ("<", self.filter.until)] {
            if let Some(moment) = moment {
                query.push(format!(" and {sign}at {comparison} ")).push_bind(Timestamp::micros(moment));
            }
        }
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The statement for some events.
pub(super) fn statement(filter: &AuditFilter, window: AuditWindow) -> QueryBuilder<sqlx::Sqlite> {
    let (direction, later) = window.direction();
    let by_time = filter.is_time_alone();
    let (seq, order) = if by_time { ("+seq", format!("at {direction}, seq {direction}")) } else { ("seq", format!("seq {direction}")) };
    let mut query = QueryBuilder::new(
        "select seq, at, actor_kind, actor_id, session_id, client, request_id, action, object_kind, object_id, outcome, reason, details, \
         secret_version, secret_hash, hash from audit_events where seq in (select seq from audit_events where ",
    );
    let (above, below) = window.bounds(by_time);
    query.push(seq).push(" > ").push_bind(signed(above)).push(format!(" and {seq} < ")).push_bind(signed(below));
    Terms { filter, settled: false }.push(&mut query);
    if let Some(last) = window.goes_on_after().filter(|_| by_time) {
        query.push(format!(" and (at, seq) {later} ((select at from audit_events where seq <= "));
        query.push_bind(signed(last)).push(" order by seq desc limit 1), ").push_bind(signed(last)).push(")");
    }
    query.push(format!(" order by {order} limit ")).push_bind(window.limit).push(format!(") order by {order}"));
    query
}

#[async_trait]
impl AuditQueryStore for Sqlite {
    async fn find_events(&self, filter: &AuditFilter, window: AuditWindow) -> Result<Vec<AuditRow>, StoreError> {
        let rows = statement(filter, window).build().fetch_all(&mut *self.readers.acquire().await?).await?;
        each(&rows, decode::audit)
    }
    async fn actions(&self) -> Result<Vec<String>, StoreError> {
        // One step in the index for each action, instead of a walk along all events.
        let rows = sqlx::query(
            "with recursive known (action) as (select min(action) from audit_events union all \
             select (select min(e.action) from audit_events e where e.action > known.action) from known where known.action is not null) \
             select action from known where action is not null",
        )
        .fetch_all(&mut *self.readers.acquire().await?)
        .await?;
        rows.iter().map(|row| row.try_get("action").map_err(|_| StoreError::Unreadable("action"))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::UserId;
    use uuid::Uuid;

    /// Seen to fail with the events of a time ordered by number.
    #[tokio::test]
    async fn every_filter_is_served_by_its_index() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Sqlite::open(&folder.path().join("keyward.db"), true).await.expect("a new database");
        let at = Some(Timestamp::from_micros(1));
        let everything = AuditFilter {
            actor: Some(ActorFilter::Account(UserId::from_uuid(Uuid::from_u128(1)))),
            action: Some("key.add".into()),
            object: Some(Uuid::from_u128(2)),
            outcome: Some("success"),
            since: at,
            until: at,
        };
        let none = AuditFilter::default();
        for (filter, index) in [
            (AuditFilter { object: None, ..everything.clone() }, "audit_events_actor (actor_id=?"),
            (AuditFilter { object: None, actor: Some(ActorFilter::Nobody), ..everything.clone() }, "audit_events_actor (actor_id=?"),
            (AuditFilter { object: None, actor: None, ..everything.clone() }, "audit_events_action (action=?"),
            (AuditFilter { outcome: Some("failed"), since: at, ..none.clone() }, "audit_events_outcome (outcome=?"),
            (AuditFilter { since: at, until: at, ..none.clone() }, "audit_events_at (at>?"),
            (none, "INTEGER PRIMARY KEY (rowid"),
            (everything, "audit_events_object (object_id=?"),
        ] {
            let sql = statement(&filter, AuditWindow::newest(None, 50)).sql().as_str().to_owned();
            let explained = QueryBuilder::<sqlx::Sqlite>::new(format!("explain query plan {sql}"));
            let mut explained = explained;
            let plan = explained.build().fetch_all(&mut *store.readers.acquire().await.expect("a reader")).await.expect("a plan");
            let lines: Vec<String> = plan.iter().map(|row| row.get("detail")).collect();
            assert!(lines.iter().any(|line| line.contains(index)), "{filter:?}: {lines:#?}");
            // What is found by time is put in its order, a page at most; nothing else is sorted.
            let sorts = lines.iter().filter(|line| line.contains("TEMP B-TREE")).count();
            assert_eq!(sorts, usize::from(filter.is_time_alone()), "{filter:?}: {lines:#?}");
        }
    }
}
