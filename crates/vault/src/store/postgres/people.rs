//! Accounts as administrators see them, in SQL.

use super::{
    Postgres,
    decode::{self, Moment},
    reads::{self, account_columns, each},
    tx::PgTx,
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
use sqlx::{Row, postgres::PgRow};

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

fn person(row: &PgRow) -> Result<PersonRow, StoreError> {
    Ok(PersonRow {
        account: decode::account(row)?,
        keys: decode::number(row, "keys")?,
        tokens: decode::number(row, "tokens")?,
        seen_at: decode::optional_time(row, "seen_at")?,
    })
}

#[async_trait]
impl PeopleStore for Postgres {
    async fn people(&self, filter: &PeopleFilter) -> Result<Vec<PersonRow>, StoreError> {
        let filter = filter.clone();
        self.read(move |connection| {
            Box::pin(async move {
                let rows = sqlx::query(concat!(
                    select_people!(),
                    "where a.email > $1 and ($2 = '' or strpos(a.email, $2) > 0) and ($3::text is null or a.role = $3) \
                     and ($4::text is null or a.tier = $4) and ($5::boolean is null or (a.disabled_at is not null) = $5) \
                     order by a.email limit $6"
                ))
                .bind(filter.after)
                .bind(filter.search)
                .bind(filter.role.map(Role::as_str))
                .bind(filter.tier.map(Tier::as_str))
                .bind(filter.disabled)
                .bind(i64::from(filter.limit))
                .fetch_all(connection)
                .await?;
                each(&rows, person)
            })
        })
        .await
    }
    async fn person(&self, id: UserId) -> Result<Option<PersonRow>, StoreError> {
        self.read(move |connection| {
            Box::pin(async move {
                let row = sqlx::query(concat!(select_people!(), "where a.id = $1")).bind(id.uuid()).fetch_optional(connection).await?;
                row.as_ref().map(person).transpose()
            })
        })
        .await
    }
    async fn sessions_of(&self, account: UserId) -> Result<Vec<SessionRow>, StoreError> {
        self.read(move |connection| {
            Box::pin(async move {
                let rows = sqlx::query(
                    "select token_hash, id as session_id, account_id, created_at, seen_at, ends_at, authenticated_at, client \
                     from sessions where account_id = $1 order by seen_at desc, id",
                )
                .bind(account.uuid())
                .fetch_all(connection)
                .await?;
                each(&rows, decode::session)
            })
        })
        .await
    }
    async fn admins(&self) -> Result<u32, StoreError> {
        self.read(|connection| Box::pin(reads::count_admins(connection))).await
    }
    async fn password_reset(&self, token_hash: &[u8; 32], now: Timestamp) -> Result<Option<AccountRow>, StoreError> {
        let token_hash = *token_hash;
        self.read(move |connection| {
            Box::pin(async move {
                let row = sqlx::query(concat!(
                    "select ",
                    account_columns!(),
                    " from password_resets r join accounts a on a.id = r.account_id \
                     where r.token_hash = $1 and r.expires_at > $2 and a.disabled_at is null"
                ))
                .bind(token_hash.to_vec())
                .bind(Moment(now))
                .fetch_optional(connection)
                .await?;
                row.as_ref().map(decode::account).transpose()
            })
        })
        .await
    }
    async fn names(&self, accounts: &[UserId]) -> Result<Vec<(UserId, Email)>, StoreError> {
        let ids: Vec<_> = accounts.iter().map(|id| id.uuid()).collect();
        self.read(move |connection| {
            Box::pin(async move {
                let rows = sqlx::query("select id, email from accounts where id = any($1)").bind(ids).fetch_all(connection).await?;
                each(&rows, |row| {
                    let email = Email::parse(row.try_get("email")?).map_err(|_| StoreError::Unreadable("email"))?;
                    Ok((UserId::from_uuid(decode::uuid(row, "id")?), email))
                })
            })
        })
        .await
    }
    async fn ending_keys(&self, now: Timestamp, until: Timestamp) -> Result<Ending, StoreError> {
        self.read(move |connection| {
            Box::pin(async move {
                let row = sqlx::query(
                    "select count(*) filter (where expires_at <= $1) as over, count(*) filter (where expires_at > $1) as soon, \
                     count(distinct owner_id) as people from provider_keys where expires_at is not null and expires_at <= $2 and enabled",
                )
                .bind(Moment(now))
                .bind(Moment(until))
                .fetch_one(connection)
                .await?;
                Ok(Ending {
                    over: decode::number(&row, "over")?,
                    soon: decode::number(&row, "soon")?,
                    people: decode::number(&row, "people")?,
                })
            })
        })
        .await
    }
}

#[async_trait]
impl PeopleTx for PgTx<'_> {
    async fn set_password_reset(
        &mut self,
        account: UserId,
        made_by: Option<UserId>,
        hash: &[u8; 32],
        now: Timestamp,
        expires: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query("delete from password_resets where account_id = $1 or expires_at <= $2")
            .bind(account.uuid())
            .bind(Moment(now))
            .execute(&mut *self.connection)
            .await?;
        sqlx::query("insert into password_resets (token_hash, account_id, created_at, expires_at, made_by) values ($1, $2, $3, $4, $5)")
            .bind(hash.to_vec())
            .bind(account.uuid())
            .bind(Moment(now))
            .bind(Moment(expires))
            .bind(made_by.map(UserId::uuid))
            .execute(&mut *self.connection)
            .await?;
        Ok(())
    }
    async fn take_password_reset(&mut self, hash: &[u8; 32], now: Timestamp) -> Result<Option<UserId>, StoreError> {
        let row = sqlx::query("delete from password_resets where token_hash = $1 and expires_at > $2 returning account_id")
            .bind(hash.to_vec())
            .bind(Moment(now))
            .fetch_optional(&mut *self.connection)
            .await?;
        Ok(row.map(|row| decode::uuid(&row, "account_id")).transpose()?.map(UserId::from_uuid))
    }
    async fn delete_password_resets_of(&mut self, account: UserId) -> Result<(), StoreError> {
        sqlx::query("delete from password_resets where account_id = $1 or made_by = $1")
            .bind(account.uuid())
            .execute(&mut *self.connection)
            .await?;
        Ok(())
    }
    async fn delete_api_tokens_of(&mut self, account: UserId) -> Result<u64, StoreError> {
        let deleted =
            sqlx::query("delete from api_tokens where account_id = $1").bind(account.uuid()).execute(&mut *self.connection).await?;
        Ok(deleted.rows_affected())
    }
    async fn end_session_of(&mut self, account: UserId, id: SessionId) -> Result<bool, StoreError> {
        let deleted = sqlx::query("delete from sessions where account_id = $1 and id = $2")
            .bind(account.uuid())
            .bind(id.uuid())
            .execute(&mut *self.connection)
            .await?;
        Ok(deleted.rows_affected() == 1)
    }
}
