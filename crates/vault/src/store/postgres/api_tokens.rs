//! API tokens and the list of sessions, in SQL.

use super::{
    decode,
    decode::Moment,
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
use sqlx::PgConnection;

macro_rules! token_columns {
    () => {
        "t.id as token_id, t.handle, t.secret_hash, t.account_id, t.name, t.scopes, t.created_at, t.expires_at, t.last_used_at"
    };
}

pub(super) async fn by_handle(connection: &mut PgConnection, handle: &str) -> Result<Option<(ApiTokenRow, AccountRow)>, StoreError> {
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

pub(super) async fn of_owner(connection: &mut PgConnection, owner: Owner) -> Result<Vec<ApiTokenRow>, StoreError> {
    let rows = sqlx::query(concat!(
        "select ",
        token_columns!(),
        " from api_tokens t where t.account_id = $1 order by t.created_at desc, t.id desc"
    ))
    .bind(owner.id().uuid())
    .fetch_all(connection)
    .await?;
    each(&rows, decode::api_token)
}

pub(super) async fn count(connection: &mut PgConnection, account: UserId) -> Result<u32, StoreError> {
    let row = sqlx::query("select count(*) from api_tokens where account_id = $1").bind(account.uuid()).fetch_one(connection).await?;
    decode::number(&row, "count")
}

pub(super) async fn insert(connection: &mut PgConnection, row: &ApiTokenRow) -> Result<(), StoreError> {
    sqlx::query(
        "insert into api_tokens (id, handle, secret_hash, account_id, name, scopes, created_at, expires_at, last_used_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(row.id.uuid())
    .bind(row.handle.as_str())
    .bind(row.secret_hash.to_vec())
    .bind(row.account.uuid())
    .bind(row.name.as_str())
    .bind(row.scope_words())
    .bind(Moment(row.created_at))
    .bind(Moment(row.expires_at))
    .bind(row.last_used_at.map(Moment))
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn touch(connection: &mut PgConnection, id: TokenId, at: Timestamp) -> Result<(), StoreError> {
    sqlx::query("update api_tokens set last_used_at = $2 where id = $1 and (last_used_at is null or last_used_at < $2)")
        .bind(id.uuid())
        .bind(Moment(at))
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn delete(connection: &mut PgConnection, owner: Owner, id: TokenId) -> Result<bool, StoreError> {
    let deleted = sqlx::query("delete from api_tokens where account_id = $1 and id = $2")
        .bind(owner.id().uuid())
        .bind(id.uuid())
        .execute(connection)
        .await?;
    Ok(deleted.rows_affected() == 1)
}

pub(super) async fn sessions(connection: &mut PgConnection, owner: Owner) -> Result<Vec<SessionRow>, StoreError> {
    let rows = sqlx::query(
        "select token_hash, id as session_id, account_id, created_at, seen_at, ends_at, authenticated_at, client from sessions \
         where account_id = $1 order by seen_at desc, id",
    )
    .bind(owner.id().uuid())
    .fetch_all(connection)
    .await?;
    each(&rows, decode::session)
}

pub(super) async fn delete_session(connection: &mut PgConnection, owner: Owner, id: SessionId) -> Result<bool, StoreError> {
    let deleted = sqlx::query("delete from sessions where account_id = $1 and id = $2")
        .bind(owner.id().uuid())
        .bind(id.uuid())
        .execute(connection)
        .await?;
    Ok(deleted.rows_affected() == 1)
}

pub(super) async fn delete_other_sessions(connection: &mut PgConnection, owner: Owner, keep: SessionId) -> Result<u64, StoreError> {
    let deleted = sqlx::query("delete from sessions where account_id = $1 and id <> $2")
        .bind(owner.id().uuid())
        .bind(keep.uuid())
        .execute(connection)
        .await?;
    Ok(deleted.rows_affected())
}
