//! What readers and the writer both ask.

use super::{decode, decode::Moment};
use crate::{
    access::Owner,
    store::{StoreError, rows::*},
};
use domain::{Timestamp, ids::KeyId, person::Email};
use sqlx::{PgConnection, postgres::PgRow};

macro_rules! account_columns {
    () => {
        "a.id as account_id, a.email, a.password_hash, a.role, a.tier, a.disabled_at, a.created_at as account_created_at, a.updated_at"
    };
}
pub(super) use account_columns;

/// Every column of a key but its secret, so that listing cannot read one.
macro_rules! key_columns {
    () => {
        "id, tenant_id, owner_id, provider, label, description, endpoint, endpoint_origin, enabled, is_default, \
         secret is not null as has_secret, secret_version, hint, fingerprint, tested_at, verdict, status_code, latency_ms, \
         used_at, expires_at, revision, created_at, updated_at"
    };
}

pub(super) fn each<T>(rows: &[PgRow], decode: fn(&PgRow) -> Result<T, StoreError>) -> Result<Vec<T>, StoreError> {
    rows.iter().map(decode).collect()
}

pub(super) async fn session(connection: &mut PgConnection, token_hash: &[u8; 32]) -> Result<Option<(SessionRow, AccountRow)>, StoreError> {
    let row = sqlx::query(concat!(
        "select s.token_hash, s.id as session_id, s.created_at, s.seen_at, s.ends_at, s.authenticated_at, s.client, ",
        account_columns!(),
        " from sessions s join accounts a on a.id = s.account_id where s.token_hash = $1"
    ))
    .bind(token_hash.as_slice())
    .fetch_optional(connection)
    .await?;
    row.map(|row| Ok((decode::session(&row)?, decode::account(&row)?))).transpose()
}

pub(super) async fn account_by_email(connection: &mut PgConnection, email: &Email) -> Result<Option<AccountRow>, StoreError> {
    let row = sqlx::query(concat!("select ", account_columns!(), " from accounts a where a.email = $1"))
        .bind(email.as_str())
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(decode::account).transpose()
}

pub(super) async fn accounts(connection: &mut PgConnection) -> Result<Vec<AccountRow>, StoreError> {
    let rows = sqlx::query(concat!("select ", account_columns!(), " from accounts a order by a.email")).fetch_all(connection).await?;
    each(&rows, decode::account)
}

pub(super) async fn count_admins(connection: &mut PgConnection) -> Result<u32, StoreError> {
    let row = sqlx::query("select count(*) from accounts where role = 'admin' and disabled_at is null").fetch_one(connection).await?;
    decode::number(&row, "count")
}

pub(super) async fn setup_link_works(connection: &mut PgConnection, hash: &[u8; 32], now: Timestamp) -> Result<bool, StoreError> {
    let row = sqlx::query("select 1 from setup_links where token_hash = $1 and expires_at > $2")
        .bind(hash.as_slice())
        .bind(Moment(now))
        .fetch_optional(connection)
        .await?;
    Ok(row.is_some())
}

pub(super) async fn keys(connection: &mut PgConnection, owner: Owner) -> Result<Vec<KeyRow>, StoreError> {
    let rows = sqlx::query(concat!(
        "select ",
        key_columns!(),
        " from provider_keys where owner_id = $1 order by provider, is_default desc, coalesce(label, ''), id"
    ))
    .bind(owner.id().uuid())
    .fetch_all(connection)
    .await?;
    each(&rows, decode::key)
}

pub(super) async fn key(connection: &mut PgConnection, owner: Owner, id: KeyId) -> Result<Option<KeyRow>, StoreError> {
    let row = sqlx::query(concat!("select ", key_columns!(), " from provider_keys where owner_id = $1 and id = $2"))
        .bind(owner.id().uuid())
        .bind(id.uuid())
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(decode::key).transpose()
}

pub(super) async fn key_place(
    connection: &mut PgConnection,
    owner: Owner,
    provider: &str,
    label: Option<&str>,
    fingerprint: Option<[u8; 8]>,
) -> Result<KeyPlace, StoreError> {
    let row = sqlx::query(
        "select (select count(*) from provider_keys where owner_id = $1) as held, \
         exists (select 1 from provider_keys where owner_id = $1 and provider = $2 and is_default) as has_default, \
         (select id from provider_keys where owner_id = $1 and provider = $2 and coalesce(label, '') = coalesce($3, '')) as same_label, \
         twin.id as twin_id, twin.label as twin_label \
         from (select 1) one left join (select id, label from provider_keys where owner_id = $1 and provider = $2 \
         and fingerprint = $4 and coalesce(label, '') <> coalesce($3, '') order by is_default desc, coalesce(label, ''), id limit 1) twin \
         on true",
    )
    .bind(owner.id().uuid())
    .bind(provider)
    .bind(label)
    .bind(fingerprint.map(|bytes| bytes.to_vec()))
    .fetch_one(connection)
    .await?;
    decode::key_place(&row)
}

pub(super) async fn hits_since(
    connection: &mut PgConnection,
    rule: &'static str,
    subject: &[u8],
    since: Timestamp,
) -> Result<Vec<Timestamp>, StoreError> {
    let rows = sqlx::query("select at from limit_hits where rule = $1 and subject = $2 and at > $3 order by at")
        .bind(rule)
        .bind(subject)
        .bind(Moment(since))
        .fetch_all(connection)
        .await?;
    rows.iter().map(|row| decode::time(row, "at")).collect()
}

pub(super) async fn keyring(connection: &mut PgConnection) -> Result<Vec<KeyringRow>, StoreError> {
    let rows = sqlx::query("select root_id, ring_version, sealed from keyring order by root_id").fetch_all(connection).await?;
    each(&rows, decode::keyring)
}

pub(super) async fn audit_events(connection: &mut PgConnection, after: u64, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
    let rows = sqlx::query(
        "select seq, at, actor_kind, actor_id, session_id, client, request_id, action, object_kind, object_id, outcome, reason, \
         details, secret_version, secret_hash, hash from audit_events where seq > $1 order by seq limit $2",
    )
    .bind(i64::try_from(after).unwrap_or(i64::MAX))
    .bind(i64::from(limit))
    .fetch_all(connection)
    .await?;
    each(&rows, decode::audit)
}

/// The keyring of a database that may not have been made yet: `None` where there is no table for one.
pub(super) async fn keyring_if_made(connection: &mut PgConnection) -> Result<Option<Vec<KeyringRow>>, StoreError> {
    let row = sqlx::query("select to_regclass('keyring') is not null as made").fetch_one(&mut *connection).await?;
    if decode::truth(&row, "made")? { keyring(connection).await.map(Some) } else { Ok(None) }
}

/// The number of the newest audit event.
pub(super) async fn newest_event(connection: &mut PgConnection) -> Result<u64, StoreError> {
    let row = sqlx::query("select coalesce(max(seq), 0) as seq from audit_events").fetch_one(connection).await?;
    decode::number(&row, "seq")
}
