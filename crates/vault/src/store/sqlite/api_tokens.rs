//! API tokens and the list of sessions, in SQL.

use super::{
    decode,
    reads::{account_columns, each},
};
use crate::{
    access::Owner,
    store::{StoreError, rows::*},
};
use domain::{
    Timestamp,
    ids::{SessionId, TokenId, UserId},
};
use sqlx::{Row, SqliteConnection};

macro_rules! token_columns {
    () => {
        "t.id as token_id, t.handle, t.secret_hash, t.account_id, t.name, t.scopes, t.created_at, t.expires_at, t.last_used_at"
    };
}

pub(super) async fn by_handle(connection: &mut SqliteConnection, handle: &str) -> Result<Option<(ApiTokenRow, AccountRow)>, StoreError> {
    let row = sqlx::query(concat!(
        "select ",
        token_columns!(),
        ", ",
        account_columns!(),
        " from api_tokens t join accounts a on a.id = t.account_id where t.handle = $1"
    ))
    .bind(handle)
    .fetch_optional(connection)
    .await?;
    row.map(|row| Ok((decode::api_token(&row)?, decode::account(&row)?))).transpose()
}

pub(super) async fn of_owner(connection: &mut SqliteConnection, owner: Owner) -> Result<Vec<ApiTokenRow>, StoreError> {
    let rows = sqlx::query(concat!(
        "select ",
        token_columns!(),
        " from api_tokens t where t.account_id = $1 order by t.created_at desc, t.id desc"
    ))
    .bind(owner.id().bytes().as_slice())
    .fetch_all(connection)
    .await?;
    each(&rows, decode::api_token)
}

pub(super) async fn count(connection: &mut SqliteConnection, account: UserId) -> Result<u32, StoreError> {
    let row =
        sqlx::query("select count(*) from api_tokens where account_id = $1").bind(account.bytes().to_vec()).fetch_one(connection).await?;
    Ok(row.try_get(0)?)
}

pub(super) async fn insert(connection: &mut SqliteConnection, row: &ApiTokenRow) -> Result<(), StoreError> {
    sqlx::query(
        "insert into api_tokens (id, handle, secret_hash, account_id, name, scopes, created_at, expires_at, last_used_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(row.id.bytes().to_vec())
    .bind(row.handle.as_str())
    .bind(row.secret_hash.to_vec())
    .bind(row.account.bytes().to_vec())
    .bind(row.name.as_str())
    .bind(row.scope_words())
    .bind(row.created_at.micros())
    .bind(row.expires_at.micros())
    .bind(row.last_used_at.map(Timestamp::micros))
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn touch(connection: &mut SqliteConnection, id: TokenId, at: Timestamp) -> Result<(), StoreError> {
    sqlx::query("update api_tokens set last_used_at = $2 where id = $1 and (last_used_at is null or last_used_at < $2)")
        .bind(id.bytes().to_vec())
        .bind(at.micros())
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn delete(connection: &mut SqliteConnection, owner: Owner, id: TokenId) -> Result<bool, StoreError> {
    let deleted = sqlx::query("delete from api_tokens where account_id = $1 and id = $2")
        .bind(owner.id().bytes().to_vec())
        .bind(id.bytes().to_vec())
        .execute(connection)
        .await?;
    Ok(deleted.rows_affected() == 1)
}

pub(super) async fn sessions(connection: &mut SqliteConnection, owner: Owner) -> Result<Vec<SessionRow>, StoreError> {
    let rows = sqlx::query(
        "select token_hash, id as session_id, account_id, created_at, seen_at, ends_at, authenticated_at, client from sessions \
         where account_id = $1 order by seen_at desc, id",
    )
    .bind(owner.id().bytes().to_vec())
    .fetch_all(connection)
    .await?;
    each(&rows, decode::session)
}

pub(super) async fn delete_session(connection: &mut SqliteConnection, owner: Owner, id: SessionId) -> Result<bool, StoreError> {
    let deleted = sqlx::query("delete from sessions where account_id = $1 and id = $2")
        .bind(owner.id().bytes().to_vec())
        .bind(id.bytes().to_vec())
        .execute(connection)
        .await?;
    Ok(deleted.rows_affected() == 1)
}

pub(super) async fn delete_other_sessions(connection: &mut SqliteConnection, owner: Owner, keep: SessionId) -> Result<u64, StoreError> {
    let deleted = sqlx::query("delete from sessions where account_id = $1 and id <> $2")
        .bind(owner.id().bytes().to_vec())
        .bind(keep.bytes().to_vec())
        .execute(connection)
        .await?;
    Ok(deleted.rows_affected())
}
