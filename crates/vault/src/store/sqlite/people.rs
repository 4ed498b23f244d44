//! Accounts as administrators see them, in SQL.

use super::{
    Sqlite, decode,
    reads::{self, account_columns, each},
    tx::SqliteTx,
};
use crate::store::{
    StoreError,
    people::{Ending, PeopleFilter, PeopleStore, PeopleTx, PersonRow},
    rows::*,
};
use async_trait::async_trait;
use domain::{
    Timestamp,
    ids::{SessionId, UserId},
    person::{Email, Role, Tier},
};
use sqlx::{QueryBuilder, Row, sqlite::SqliteRow};

macro_rules! select_people {
    () => {
        concat!(
            "select ",
            account_columns!(),
            ", (select count(*) from provider_keys k where k.owner_id = a.id) as keys, \
             (select count(*) from api_tokens t where t.account_id = a.id) as tokens, \
             (select max(s.seen_at) from sessions s where s.account_id = a.id) as seen_at from accounts a "
        )
    };
}

fn person(row: &SqliteRow) -> Result<PersonRow, StoreError> {
    Ok(PersonRow {
        account: decode::account(row)?,
        keys: decode::number(row, "keys")?,
        tokens: decode::number(row, "tokens")?,
        seen_at: decode::optional_time(row, "seen_at")?,
    })
}

#[async_trait]
impl PeopleStore for Sqlite {
    async fn people(&self, filter: &PeopleFilter) -> Result<Vec<PersonRow>, StoreError> {
        let rows = sqlx::query(concat!(
            select_people!(),
            "where a.email > $1 and ($2 = '' or instr(a.email, $2) > 0) and ($3 is null or a.role = $3) and ($4 is null or a.tier = $4) \
             and ($5 is null or (a.disabled_at is not null) = $5) order by a.email limit $6"
        ))
        .bind(filter.after.as_str())
        .bind(filter.search.as_str())
        .bind(filter.role.map(Role::as_str))
        .bind(filter.tier.map(Tier::as_str))
        .bind(filter.disabled)
        .bind(filter.limit)
        .fetch_all(&mut *self.readers.acquire().await?)
        .await?;
        each(&rows, person)
    }
    async fn person(&self, id: UserId) -> Result<Option<PersonRow>, StoreError> {
        let row = sqlx::query(concat!(select_people!(), "where a.id = $1"))
            .bind(id.bytes().to_vec())
            .fetch_optional(&mut *self.readers.acquire().await?)
            .await?;
        row.as_ref().map(person).transpose()
    }
    async fn sessions_of(&self, account: UserId) -> Result<Vec<SessionRow>, StoreError> {
        let rows = sqlx::query(
            "select token_hash, id as session_id, account_id, created_at, seen_at, ends_at, authenticated_at, client from sessions \
             where account_id = $1 order by seen_at desc, id",
        )
        .bind(account.bytes().to_vec())
        .fetch_all(&mut *self.readers.acquire().await?)
        .await?;
        each(&rows, decode::session)
    }
    async fn admins(&self) -> Result<u32, StoreError> {
        reads::count_admins(&mut *self.readers.acquire().await?).await
    }
    async fn password_reset(&self, token_hash: &[u8; 32], now: Timestamp) -> Result<Option<AccountRow>, StoreError> {
        let row = sqlx::query(concat!(
            "select ",
            account_columns!(),
            " from password_resets r join accounts a on a.id = r.account_id \
             where r.token_hash = $1 and r.expires_at > $2 and a.disabled_at is null"
        ))
        .bind(token_hash.as_slice())
        .bind(now.micros())
        .fetch_optional(&mut *self.readers.acquire().await?)
        .await?;
        row.as_ref().map(decode::account).transpose()
    }
    async fn names(&self, accounts: &[UserId]) -> Result<Vec<(UserId, Email)>, StoreError> {
        let mut query = QueryBuilder::<sqlx::Sqlite>::new("select id, email from accounts where id in (");
        let mut list = query.separated(", ");
        for id in accounts {
            list.push_bind(id.bytes().to_vec());
        }
        query.push(")");
        let rows = query.build().fetch_all(&mut *self.readers.acquire().await?).await?;
        each(&rows, |row| {
            let email = Email::parse(row.try_get("email")?).map_err(|_| StoreError::Unreadable("email"))?;
            Ok((UserId::from_uuid(decode::uuid(row, "id")?), email))
        })
    }
    async fn ending_keys(&self, now: Timestamp, until: Timestamp) -> Result<Ending, StoreError> {
        let row = sqlx::query(
            "select coalesce(sum(expires_at <= $1), 0) as over, coalesce(sum(expires_at > $1), 0) as soon, count(distinct owner_id) as people \
             from provider_keys where expires_at is not null and expires_at <= $2 and enabled = 1",
        )
        .bind(now.micros())
        .bind(until.micros())
        .fetch_one(&mut *self.readers.acquire().await?)
        .await?;
        Ok(Ending { over: decode::number(&row, "over")?, soon: decode::number(&row, "soon")?, people: decode::number(&row, "people")? })
    }
}

#[async_trait]
impl PeopleTx for SqliteTx<'_> {
    async fn set_password_reset(
        &mut self,
        account: UserId,
        made_by: Option<UserId>,
        hash: &[u8; 32],
        now: Timestamp,
        expires: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query("delete from password_resets where account_id = $1 or expires_at <= $2")
            .bind(account.bytes().to_vec())
            .bind(now.micros())
            .execute(&mut *self.connection)
            .await?;
        sqlx::query("insert into password_resets (token_hash, account_id, created_at, expires_at, made_by) values ($1, $2, $3, $4, $5)")
            .bind(hash.to_vec())
            .bind(account.bytes().to_vec())
            .bind(now.micros())
            .bind(expires.micros())
            .bind(made_by.map(|id| id.bytes().to_vec()))
            .execute(&mut *self.connection)
            .await?;
        Ok(())
    }
    async fn take_password_reset(&mut self, hash: &[u8; 32], now: Timestamp) -> Result<Option<UserId>, StoreError> {
        let row = sqlx::query("delete from password_resets where token_hash = $1 and expires_at > $2 returning account_id")
            .bind(hash.to_vec())
            .bind(now.micros())
            .fetch_optional(&mut *self.connection)
            .await?;
        Ok(row.map(|row| decode::uuid(&row, "account_id")).transpose()?.map(UserId::from_uuid))
    }
    async fn delete_password_resets_of(&mut self, account: UserId) -> Result<(), StoreError> {
        sqlx::query("delete from password_resets where account_id = $1 or made_by = $1")
            .bind(account.bytes().to_vec())
            .execute(&mut *self.connection)
            .await?;
        Ok(())
    }
    async fn delete_api_tokens_of(&mut self, account: UserId) -> Result<u64, StoreError> {
        let deleted = sqlx::query("delete from api_tokens where account_id = $1")
            .bind(account.bytes().to_vec())
            .execute(&mut *self.connection)
            .await?;
        Ok(deleted.rows_affected())
    }
    async fn end_session_of(&mut self, account: UserId, id: SessionId) -> Result<bool, StoreError> {
        let deleted = sqlx::query("delete from sessions where account_id = $1 and id = $2")
            .bind(account.bytes().to_vec())
            .bind(id.bytes().to_vec())
            .execute(&mut *self.connection)
            .await?;
        Ok(deleted.rows_affected() == 1)
    }
}
