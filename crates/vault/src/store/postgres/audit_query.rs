//! Reading the audit trail by what it says, in SQL. The planner has statistics and chooses the index itself.

use super::{
    Postgres,
    decode::{self, Moment},
    reads::each,
};
use crate::store::{
    StoreError,
    audit_query::{ActorFilter, AuditFilter, AuditQueryStore, AuditWindow},
    rows::AuditRow,
};
use async_trait::async_trait;
use sqlx::{QueryBuilder, Row};

type Query = QueryBuilder<sqlx::Postgres>;

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn push_filter(query: &mut Query, filter: &AuditFilter) {
    if let Some(object) = filter.object {
        query.push(" and object_id = ").push_bind(object);
    }
    match filter.actor {
        None => {}
        Some(ActorFilter::Account(id)) => {
            query.push(" and actor_id = ").push_bind(id.uuid());
        }
        Some(ActorFilter::System) => {
            query.push(" and actor_id is null and actor_kind = 'system'");
        }
        Some(ActorFilter::Nobody) => {
            query.push(" and actor_id is null and actor_kind = 'nobody'");
        }
    }
    if let Some(action) = &filter.action {
        query.push(" and action = ").push_bind(action.clone());
    }
    if let Some(outcome) = filter.outcome {
        query.push(" and outcome = ").push_bind(outcome);
    }
    for (comparison, moment) in [(" and at >= ", filter.since), (" and at < ", filter.until)] {
        if let Some(moment) = moment {
            query.push(comparison).push_bind(Moment(moment));
        }
    }
}

/// The statement for some events.
fn statement(filter: &AuditFilter, window: AuditWindow) -> Query {
    let (direction, later) = window.direction();
    let by_time = filter.is_time_alone();
    let order = if by_time { format!("at {direction}, seq {direction}") } else { format!("seq {direction}") };
    let mut query = Query::new(
        "select seq, at, actor_kind, actor_id, session_id, client, request_id, action, object_kind, object_id, outcome, reason, details, \
         secret_version, secret_hash, hash from audit_events where seq in (select seq from audit_events where ",
    );
    let (above, below) = window.bounds(by_time);
    query.push("seq > ").push_bind(signed(above)).push(" and seq < ").push_bind(signed(below));
    push_filter(&mut query, filter);
    if let Some(last) = window.goes_on_after().filter(|_| by_time) {
        query.push(format!(" and (at, seq) {later} ((select at from audit_events where seq <= "));
        query.push_bind(signed(last)).push(" order by seq desc limit 1), ").push_bind(signed(last)).push(")");
    }
    query.push(format!(" order by {order} limit ")).push_bind(i64::from(window.limit)).push(format!(") order by {order}"));
    query
}

#[async_trait]
impl AuditQueryStore for Postgres {
    async fn find_events(&self, filter: &AuditFilter, window: AuditWindow) -> Result<Vec<AuditRow>, StoreError> {
        let filter = filter.clone();
        self.read(move |connection| {
            Box::pin(async move {
                let rows = statement(&filter, window).build().fetch_all(connection).await?;
                each(&rows, decode::audit)
            })
        })
        .await
    }
    async fn actions(&self) -> Result<Vec<String>, StoreError> {
        self.read(|connection| {
            Box::pin(async move {
                // One step in the index for each action, instead of a walk along all events.
                let rows = sqlx::query(
                    "with recursive known (action) as ((select min(action) as action from audit_events) union all \
                     select (select min(e.action) from audit_events e where e.action > known.action) from known \
                     where known.action is not null) select action from known where action is not null",
                )
                .fetch_all(connection)
                .await?;
                rows.iter().map(|row| row.try_get("action").map_err(|_| StoreError::Unreadable("action"))).collect()
            })
        })
        .await
    }
}
