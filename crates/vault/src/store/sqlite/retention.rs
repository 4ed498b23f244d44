//! The ends of the audit trail, in SQL.

use super::{Sqlite, decode, tx::SqliteTx, tx::signed};
use crate::store::{
    RetentionStore, RetentionTx, StoreError,
    rows::{AuditHead, AuditMarkRow},
};
use async_trait::async_trait;
use domain::Timestamp;

#[async_trait]
impl RetentionStore for Sqlite {
    async fn audit_head(&self) -> Result<AuditHead, StoreError> {
        let row = sqlx::query("select seq, hash from audit_events order by seq desc limit 1")
            .fetch_optional(&mut *self.readers.acquire().await?)
            .await?;
        row.as_ref().map_or(Ok(AuditHead { seq: 0, hash: [0; 32] }), decode::head)
    }
    async fn audit_mark(&self) -> Result<Option<AuditMarkRow>, StoreError> {
        let row = sqlx::query("select seq, at, hash, mac from audit_marks order by seq desc limit 1")
            .fetch_optional(&mut *self.readers.acquire().await?)
            .await?;
        row.as_ref().map(decode::mark).transpose()
    }
    async fn oldest_event(&self) -> Result<Option<u64>, StoreError> {
        let row = sqlx::query("select min(seq) as seq from audit_events").fetch_one(&mut *self.readers.acquire().await?).await?;
        decode::optional_number(&row, "seq")
    }
    async fn first_event_since(&self, moment: Timestamp) -> Result<Option<u64>, StoreError> {
        let row = sqlx::query("select min(seq) as seq from audit_events where at >= $1")
            .bind(moment.micros())
            .fetch_one(&mut *self.readers.acquire().await?)
            .await?;
        decode::optional_number(&row, "seq")
    }
}

#[async_trait]
impl RetentionTx for SqliteTx<'_> {
    async fn audit_hash(&mut self, seq: u64) -> Result<Option<[u8; 32]>, StoreError> {
        let row =
            sqlx::query("select hash from audit_events where seq = $1").bind(signed(seq)).fetch_optional(&mut *self.connection).await?;
        row.as_ref().map(|row| decode::bytes(row, "hash")).transpose()
    }
    async fn insert_audit_mark(&mut self, row: &AuditMarkRow) -> Result<(), StoreError> {
        self.execute(
            sqlx::query("insert into audit_marks (seq, at, hash, mac) values ($1, $2, $3, $4)")
                .bind(signed(row.seq))
                .bind(row.at.micros())
                .bind(row.hash.to_vec())
                .bind(row.mac.to_vec()),
        )
        .await?;
        Ok(())
    }
    async fn delete_events_through(&mut self, seq: u64) -> Result<u64, StoreError> {
        self.execute(sqlx::query("delete from audit_events where seq <= $1").bind(signed(seq))).await
    }
}
