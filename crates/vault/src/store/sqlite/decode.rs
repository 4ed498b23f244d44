//! From SQLite's values to rows.

use crate::store::{StoreError, rows::*};
use domain::{
    Timestamp,
    catalogue::ProviderId,
    ids::{KeyId, SessionId, TenantId, TokenId, UserId},
    person::Email,
};
use sqlx::{Row, sqlite::SqliteRow};
use uuid::Uuid;

/// Reads one column; an error names the column and never its value.
pub(super) fn column<'r, T>(row: &'r SqliteRow, name: &'static str) -> Result<T, StoreError>
where
    T: sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
{
    row.try_get(name).map_err(|_| StoreError::Unreadable(name))
}

pub(super) fn time(row: &SqliteRow, name: &'static str) -> Result<Timestamp, StoreError> {
    column(row, name).map(Timestamp::from_micros)
}

pub(super) fn optional_time(row: &SqliteRow, name: &'static str) -> Result<Option<Timestamp>, StoreError> {
    Ok(column::<Option<i64>>(row, name)?.map(Timestamp::from_micros))
}

pub(super) fn uuid(row: &SqliteRow, name: &'static str) -> Result<Uuid, StoreError> {
    optional_uuid(row, name)?.ok_or(StoreError::Unreadable(name))
}

pub(super) fn optional_uuid(row: &SqliteRow, name: &'static str) -> Result<Option<Uuid>, StoreError> {
    column::<Option<&[u8]>>(row, name)?.map(|bytes| Uuid::from_slice(bytes).map_err(|_| StoreError::Unreadable(name))).transpose()
}

pub(super) fn bytes<const N: usize>(row: &SqliteRow, name: &'static str) -> Result<[u8; N], StoreError> {
    optional_bytes(row, name)?.ok_or(StoreError::Unreadable(name))
}

fn optional_bytes<const N: usize>(row: &SqliteRow, name: &'static str) -> Result<Option<[u8; N]>, StoreError> {
    column::<Option<&[u8]>>(row, name)?.map(|bytes| bytes.try_into().map_err(|_| StoreError::Unreadable(name))).transpose()
}

pub(super) fn number<T: TryFrom<i64>>(row: &SqliteRow, name: &'static str) -> Result<T, StoreError> {
    optional_number(row, name)?.ok_or(StoreError::Unreadable(name))
}

pub(super) fn optional_number<T: TryFrom<i64>>(row: &SqliteRow, name: &'static str) -> Result<Option<T>, StoreError> {
    column::<Option<i64>>(row, name)?.map(|value| T::try_from(value).map_err(|_| StoreError::Unreadable(name))).transpose()
}

pub(super) fn word<T: std::str::FromStr>(row: &SqliteRow, name: &'static str) -> Result<T, StoreError> {
    optional_word(row, name)?.ok_or(StoreError::Unreadable(name))
}

pub(super) fn optional_word<T: std::str::FromStr>(row: &SqliteRow, name: &'static str) -> Result<Option<T>, StoreError> {
    column::<Option<&str>>(row, name)?.map(|text| text.parse().map_err(|_| StoreError::Unreadable(name))).transpose()
}

pub(super) fn account(row: &SqliteRow) -> Result<AccountRow, StoreError> {
    Ok(AccountRow {
        id: UserId::from_uuid(uuid(row, "account_id")?),
        email: Email::parse(column(row, "email")?).map_err(|_| StoreError::Unreadable("email"))?,
        password_hash: column(row, "password_hash")?,
        role: word(row, "role")?,
        tier: word(row, "tier")?,
        disabled_at: optional_time(row, "disabled_at")?,
        created_at: time(row, "account_created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}

pub(super) fn key_place(row: &SqliteRow) -> Result<KeyPlace, StoreError> {
    let id = |name| Ok::<_, StoreError>(optional_uuid(row, name)?.map(KeyId::from_uuid));
    let label = column(row, "twin_label")?;
    Ok(KeyPlace {
        held: number(row, "held")?,
        has_default: column(row, "has_default")?,
        same_label: id("same_label")?,
        same_secret: id("twin_id")?.map(|twin| (twin, label)),
    })
}

pub(super) fn session(row: &SqliteRow) -> Result<SessionRow, StoreError> {
    Ok(SessionRow {
        token_hash: bytes(row, "token_hash")?,
        id: SessionId::from_uuid(uuid(row, "session_id")?),
        account: UserId::from_uuid(uuid(row, "account_id")?),
        created_at: time(row, "created_at")?,
        seen_at: time(row, "seen_at")?,
        ends_at: time(row, "ends_at")?,
        authenticated_at: time(row, "authenticated_at")?,
        client: column(row, "client")?,
    })
}

pub(super) fn pending_sign_in(row: &SqliteRow) -> Result<PendingSignInRow, StoreError> {
    Ok(PendingSignInRow {
        cookie_hash: bytes(row, "cookie_hash")?,
        session: optional_uuid(row, "session_id")?.map(SessionId::from_uuid),
        next: column(row, "next")?,
        created_at: time(row, "created_at")?,
        ends_at: time(row, "ends_at")?,
    })
}

pub(super) fn api_token(row: &SqliteRow) -> Result<ApiTokenRow, StoreError> {
    Ok(ApiTokenRow {
        id: TokenId::from_uuid(uuid(row, "token_id")?),
        handle: column(row, "handle")?,
        secret_hash: bytes(row, "secret_hash")?,
        account: UserId::from_uuid(uuid(row, "account_id")?),
        name: column(row, "name")?,
        scopes: ApiTokenRow::read_scopes(column(row, "scopes")?).ok_or(StoreError::Unreadable("scopes"))?,
        created_at: time(row, "created_at")?,
        expires_at: time(row, "expires_at")?,
        last_used_at: optional_time(row, "last_used_at")?,
    })
}

pub(super) fn key(row: &SqliteRow) -> Result<KeyRow, StoreError> {
    let test = match (optional_time(row, "tested_at")?, optional_word(row, "verdict")?) {
        (Some(at), Some(verdict)) => Some(TestRow {
            at,
            verdict,
            status_code: optional_number(row, "status_code")?,
            latency_ms: optional_number(row, "latency_ms")?,
        }),
        _ => None,
    };
    Ok(KeyRow {
        id: KeyId::from_uuid(uuid(row, "id")?),
        tenant: TenantId::from_uuid(uuid(row, "tenant_id")?),
        owner: UserId::from_uuid(uuid(row, "owner_id")?),
        provider: ProviderId::parse(column(row, "provider")?).map_err(|_| StoreError::Unreadable("provider"))?,
        label: column(row, "label")?,
        description: column(row, "description")?,
        endpoint: column(row, "endpoint")?,
        endpoint_origin: column(row, "endpoint_origin")?,
        enabled: column(row, "enabled")?,
        is_default: column(row, "is_default")?,
        has_secret: column(row, "has_secret")?,
        secret_version: number(row, "secret_version")?,
        hint: column(row, "hint")?,
        fingerprint: optional_bytes(row, "fingerprint")?,
        test,
        used_at: optional_time(row, "used_at")?,
        expires_at: optional_time(row, "expires_at")?,
        revision: number(row, "revision")?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}

pub(super) fn sealed(row: &SqliteRow) -> Result<SealedRow, StoreError> {
    Ok(SealedRow { data_key_id: number(row, "data_key_id")?, bytes: column(row, "secret")? })
}

pub(super) fn idempotency(row: &SqliteRow) -> Result<IdempotencyRow, StoreError> {
    Ok(IdempotencyRow {
        name: bytes(row, "name")?,
        request: bytes(row, "request")?,
        key: KeyId::from_uuid(uuid(row, "key_id")?),
        provider: ProviderId::parse(column(row, "provider")?).map_err(|_| StoreError::Unreadable("provider"))?,
        ends_at: time(row, "ends_at")?,
    })
}

pub(super) fn keyring(row: &SqliteRow) -> Result<KeyringRow, StoreError> {
    Ok(KeyringRow { root_id: bytes(row, "root_id")?, ring_version: number(row, "ring_version")?, sealed: column(row, "sealed")? })
}

pub(super) fn head(row: &SqliteRow) -> Result<AuditHead, StoreError> {
    Ok(AuditHead { seq: number(row, "seq")?, hash: bytes(row, "hash")? })
}

pub(super) fn audit(row: &SqliteRow) -> Result<AuditRow, StoreError> {
    Ok(AuditRow {
        seq: number(row, "seq")?,
        at: time(row, "at")?,
        actor_kind: column(row, "actor_kind")?,
        actor_id: optional_uuid(row, "actor_id")?,
        session_id: optional_uuid(row, "session_id")?,
        client: column(row, "client")?,
        request_id: uuid(row, "request_id")?,
        action: column(row, "action")?,
        object_kind: column(row, "object_kind")?,
        object_id: optional_uuid(row, "object_id")?,
        outcome: column(row, "outcome")?,
        reason: column(row, "reason")?,
        details: column(row, "details")?,
        secret_version: optional_number(row, "secret_version")?,
        secret_hash: optional_bytes(row, "secret_hash")?,
        hash: bytes(row, "hash")?,
    })
}

pub(super) fn mark(row: &SqliteRow) -> Result<AuditMarkRow, StoreError> {
    Ok(AuditMarkRow { seq: number(row, "seq")?, at: time(row, "at")?, hash: bytes(row, "hash")?, mac: bytes(row, "mac")? })
}

pub(super) fn root_key(row: &SqliteRow) -> Result<RootKeyRow, StoreError> {
    let root_id = bytes(row, "root_id")?;
    Ok(RootKeyRow { root_id, created_at: optional_time(row, "created_at")?, served_at: optional_time(row, "served_at")? })
}

pub(super) fn sealed_value(row: &SqliteRow) -> Result<SealedValue, StoreError> {
    Ok(SealedValue {
        record: uuid(row, "record_id")?,
        tenant: TenantId::from_uuid(uuid(row, "tenant_id")?),
        owner: UserId::from_uuid(optional_uuid(row, "owner_id")?.unwrap_or_default()),
        provider: column(row, "provider")?,
        origin: column(row, "endpoint_origin")?,
        version: number(row, "secret_version")?,
        sealed: sealed(row)?,
    })
}

pub(super) fn rotation(row: &SqliteRow) -> Result<RotationRow, StoreError> {
    Ok(RotationRow {
        id: uuid(row, "id")?,
        data_key_id: number(row, "data_key_id")?,
        started_at: time(row, "started_at")?,
        finished_at: optional_time(row, "finished_at")?,
        total: number(row, "total")?,
        resealed: number(row, "resealed")?,
        busy: number(row, "busy")?,
        left_behind: number(row, "left_behind")?,
    })
}

pub(super) fn quarantine(row: &SqliteRow) -> Result<QuarantineRow, StoreError> {
    Ok(QuarantineRow {
        table: column(row, "table_name")?,
        column: column(row, "column_name")?,
        record: uuid(row, "record_id")?,
        owner: optional_uuid(row, "owner_id")?.map(UserId::from_uuid),
        data_key_id: number(row, "data_key_id")?,
        secret_version: number(row, "secret_version")?,
        reason: column(row, "reason")?,
        found_at: time(row, "found_at")?,
        checked_at: time(row, "checked_at")?,
    })
}
