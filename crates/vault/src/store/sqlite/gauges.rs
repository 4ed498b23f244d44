//! Numbers about the database, in SQL.

use super::{Sqlite, decode};
use crate::store::{BackupStore, GaugeStore, StoreError, gauges::Gauges};
use async_trait::async_trait;
use domain::Timestamp;

#[async_trait]
impl GaugeStore for Sqlite {
    async fn gauges(&self, now: Timestamp) -> Result<Gauges, StoreError> {
        let row = sqlx::query(
            "select (select coalesce(max(seq), 0) from audit_events) as audit_events, \
             (select count(*) from sessions where ends_at > $1) as sessions, \
             (select count(*) from accounts where disabled_at is null) as accounts",
        )
        .bind(now.micros())
        .fetch_one(&mut *self.readers.acquire().await?)
        .await?;
        Ok(Gauges {
            audit_events: decode::number(&row, "audit_events")?,
            sessions: decode::number(&row, "sessions")?,
            accounts: decode::number(&row, "accounts")?,
            last_backup: self.last_backup().await?,
        })
    }
}
