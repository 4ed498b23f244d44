//! Identities, sign-ins under way and preferences, in SQL.

use super::{Sqlite, decode, reads::account_columns, tx::SqliteTx};
use crate::{
    access::Owner,
    store::{
        StoreError,
        identities::{IdentityStore, IdentityTx},
        rows::{AccountRow, PendingSignInRow},
    },
};
use async_trait::async_trait;
use domain::{Timestamp, ids::UserId, person::Theme};
use sqlx::SqliteConnection;

async fn account_by_identity(connection: &mut SqliteConnection, issuer: &str, subject: &str) -> Result<Option<AccountRow>, StoreError> {
    let row = sqlx::query(concat!(
        "select ",
        account_columns!(),
        " from identities i join accounts a on a.id = i.account_id where i.issuer = $1 and i.subject = $2"
    ))
    .bind(issuer)
    .bind(subject)
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(decode::account).transpose()
}

#[async_trait]
impl IdentityStore for Sqlite {
    async fn account_by_identity(&self, issuer: &str, subject: &str) -> Result<Option<AccountRow>, StoreError> {
        account_by_identity(&mut *self.readers.acquire().await?, issuer, subject).await
    }
    async fn theme(&self, owner: Owner) -> Result<Option<Theme>, StoreError> {
        let row = sqlx::query("select theme from preferences where account_id = $1")
            .bind(owner.id().bytes().to_vec())
            .fetch_optional(&mut *self.readers.acquire().await?)
            .await?;
        row.map(|row| decode::word(&row, "theme")).transpose()
    }
}

#[async_trait]
impl IdentityTx for SqliteTx<'_> {
    async fn account_by_identity(&mut self, issuer: &str, subject: &str) -> Result<Option<AccountRow>, StoreError> {
        account_by_identity(self.connection(), issuer, subject).await
    }
    async fn insert_identity(&mut self, issuer: &str, subject: &str, account: UserId, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query("insert into identities (issuer, subject, account_id, created_at) values ($1, $2, $3, $4)")
            .bind(issuer)
            .bind(subject)
            .bind(account.bytes().to_vec())
            .bind(now.micros())
            .execute(self.connection())
            .await?;
        Ok(())
    }
    async fn has_identity(&mut self, account: UserId) -> Result<bool, StoreError> {
        let found = sqlx::query("select 1 from identities where account_id = $1")
            .bind(account.bytes().to_vec())
            .fetch_optional(self.connection())
            .await?;
        Ok(found.is_some())
    }
    async fn touch_identity(&mut self, account: UserId, seen: Timestamp) -> Result<(), StoreError> {
        sqlx::query("update identities set seen_at = $2 where account_id = $1")
            .bind(account.bytes().to_vec())
            .bind(seen.micros())
            .execute(self.connection())
            .await?;
        Ok(())
    }
    async fn insert_pending_sign_in(&mut self, row: &PendingSignInRow, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query("delete from pending_sign_ins where ends_at <= $1").bind(now.micros()).execute(self.connection()).await?;
        sqlx::query("insert into pending_sign_ins (cookie_hash, session_id, next, created_at, ends_at) values ($1, $2, $3, $4, $5)")
            .bind(row.cookie_hash.to_vec())
            .bind(row.session.map(|id| id.bytes().to_vec()))
            .bind(row.next.as_str())
            .bind(row.created_at.micros())
            .bind(row.ends_at.micros())
            .execute(self.connection())
            .await?;
        Ok(())
    }
    async fn take_pending_sign_in(&mut self, cookie_hash: &[u8; 32], now: Timestamp) -> Result<Option<PendingSignInRow>, StoreError> {
        let row = sqlx::query(
            "delete from pending_sign_ins where cookie_hash = $1 and ends_at > $2 \
             returning cookie_hash, session_id, next, created_at, ends_at",
        )
        .bind(cookie_hash.to_vec())
        .bind(now.micros())
        .fetch_optional(self.connection())
        .await?;
        row.as_ref().map(decode::pending_sign_in).transpose()
    }
    async fn set_theme(&mut self, owner: Owner, theme: Option<Theme>) -> Result<(), StoreError> {
        let account = owner.id().bytes().to_vec();
        let query = match theme {
            None => sqlx::query("delete from preferences where account_id = $1").bind(account),
            Some(theme) => sqlx::query(
                "insert into preferences (account_id, theme) values ($1, $2) on conflict (account_id) do update set theme = excluded.theme",
            )
            .bind(account)
            .bind(theme.as_str()),
        };
        query.execute(self.connection()).await?;
        Ok(())
    }
}
