//! Numbers about the database, in SQL.

use super::{Postgres, decode, decode::Moment};
use crate::store::{BackupStore, GaugeStore, StoreError, gauges::Gauges};
use async_trait::async_trait;
use domain::Timestamp;

#[async_trait]
impl GaugeStore for Postgres {
    async fn gauges(&self, now: Timestamp) -> Result<Gauges, StoreError> {
        let asked = self.read(move |connection| {
            Box::pin(async move {
                let row = sqlx::query(
                    "select (select coalesce(max(seq), 0) from audit_events) as audit_events, \
                     (select count(*) from sessions where ends_at > $1) as sessions, \
                     (select count(*) from accounts where disabled_at is null) as accounts",
                )
                .bind(Moment(now))
                .fetch_one(connection)
                .await?;
                Ok([decode::number(&row, "audit_events")?, decode::number(&row, "sessions")?, decode::number(&row, "accounts")?])
            })
        });
        let [audit_events, sessions, accounts] = asked.await?;
        Ok(Gauges { audit_events, sessions, accounts, last_backup: self.last_backup().await? })
    }
}
