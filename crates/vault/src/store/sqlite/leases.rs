//! Leases, in SQL.

use super::{Sqlite, decode, tx::SqliteTx, tx::signed};
use crate::{
    context::CLOCK_LEEWAY,
    store::{LeaseStore, LeaseTx, StoreError},
};
use async_trait::async_trait;
use domain::Timestamp;
use uuid::Uuid;

#[async_trait]
impl LeaseStore for Sqlite {
    async fn lease_ends(&self, name: &str) -> Result<Option<Timestamp>, StoreError> {
        let row = sqlx::query("select ends_at from leases where name = $1")
            .bind(name)
            .fetch_optional(&mut *self.readers.acquire().await?)
            .await?;
        row.as_ref().map(|row| decode::time(row, "ends_at")).transpose()
    }
}

#[async_trait]
impl LeaseTx for SqliteTx<'_> {
    async fn take_lease(
        &mut self,
        name: &str,
        holder: Uuid,
        now: Timestamp,
        until: Timestamp,
        steal: bool,
    ) -> Result<Option<u64>, StoreError> {
        let row = sqlx::query(
            "insert into leases (name, holder, fence, ends_at) values ($1, $2, 1, $4) on conflict (name) do update \
             set holder = excluded.holder, fence = leases.fence + 1, ends_at = excluded.ends_at \
             where leases.ends_at <= $3 or leases.ends_at > $6 or $5 returning fence",
        )
        .bind(name)
        .bind(holder.into_bytes().to_vec())
        .bind(now.micros())
        .bind(until.micros())
        .bind(steal)
        .bind((until + CLOCK_LEEWAY).micros())
        .fetch_optional(&mut *self.connection)
        .await?;
        row.as_ref().map(|row| decode::number(row, "fence")).transpose()
    }
    async fn keep_lease(&mut self, name: &str, fence: u64, until: Timestamp) -> Result<bool, StoreError> {
        let kept = self
            .execute(
                sqlx::query("update leases set ends_at = $3 where name = $1 and fence = $2")
                    .bind(name)
                    .bind(signed(fence))
                    .bind(until.micros()),
            )
            .await?;
        Ok(kept == 1)
    }
    async fn forget_ended(&mut self, now: Timestamp, useless: Timestamp) -> Result<u64, StoreError> {
        let mut gone = 0;
        for (statement, before) in [
            // A while later: whoever comes back to a form whose session has just ended still finds what they typed.
            ("delete from sessions where ends_at <= $1", useless),
            ("delete from setup_links where expires_at <= $1", now),
            ("delete from password_resets where expires_at <= $1", now),
            ("delete from pending_sign_ins where ends_at <= $1", now),
            ("delete from idempotency where ends_at <= $1", now),
            ("delete from limit_hits where at < $1", useless),
        ] {
            gone += self.execute(sqlx::query(statement).bind(before.micros())).await?;
        }
        Ok(gone)
    }
}
