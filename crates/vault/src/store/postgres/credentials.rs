//! Service credentials, in SQL.

use super::{
    Postgres, decode,
    decode::Moment,
    reads::each,
    tx::{PgTx, signed},
};
use crate::{
    access::Holder,
    store::{CredentialStore, CredentialTx, StoreError, rows::*},
};
use async_trait::async_trait;
use domain::{
    ids::{CredentialId, TenantId, UserId},
    person::Email,
    services::{CredentialType, ServiceId},
};
use sqlx::{PgConnection, postgres::PgRow};

/// Every column of a credential but its secret, so that listing cannot read one.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select c.id, c.tenant_id, c.owner_id, c.service, c.credential_type, c.metadata, c.endpoint_origin, c.secret_version, c.hint, \
         c.fingerprint, c.tested_at, c.verdict, c.status_code, c.latency_ms, c.findings, c.used_at, c.created_at, c.updated_at, \
         c.updated_by, a.email as updated_by_email from service_credentials c left join accounts a on a.id = c.updated_by \
             where coalesce(c.owner_id, '00000000-0000-0000-0000-000000000000'::uuid) = $1",
            $rest
        )
    };
}

/// The holder's row with an id.
macro_rules! mine {
    ($statement:literal) => {
        concat!($statement, " where coalesce(owner_id, '00000000-0000-0000-0000-000000000000'::uuid) = $1 and id = $2")
    };
}

async fn all(connection: &mut PgConnection, holder: Holder) -> Result<Vec<CredentialRow>, StoreError> {
    let rows = sqlx::query(select!(" order by c.service, c.credential_type")).bind(holder.id().uuid()).fetch_all(connection).await?;
    each(&rows, decoded)
}

async fn one(
    connection: &mut PgConnection,
    holder: Holder,
    service: &ServiceId,
    kind: &CredentialType,
) -> Result<Option<CredentialRow>, StoreError> {
    let row = sqlx::query(select!(" and c.service = $2 and c.credential_type = $3"))
        .bind(holder.id().uuid())
        .bind(service.as_str())
        .bind(kind.as_str())
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(decoded).transpose()
}

fn decoded(row: &PgRow) -> Result<CredentialRow, StoreError> {
    let findings: Option<String> = decode::column(row, "findings")?;
    let test = match (decode::optional_time(row, "tested_at")?, decode::optional_word(row, "verdict")?, findings) {
        (Some(at), Some(verdict), Some(findings)) => Some((
            TestRow {
                at,
                verdict,
                status_code: decode::optional_number(row, "status_code")?,
                latency_ms: decode::optional_number(row, "latency_ms")?,
            },
            serde_json::from_str(&findings).map_err(|_| StoreError::Unreadable("findings"))?,
        )),
        _ => None,
    };
    let email: Option<String> = decode::column(row, "updated_by_email")?;
    Ok(CredentialRow {
        id: CredentialId::from_uuid(decode::uuid(row, "id")?),
        tenant: TenantId::from_uuid(decode::uuid(row, "tenant_id")?),
        owner: UserId::from_uuid(decode::optional_uuid(row, "owner_id")?.unwrap_or_default()),
        service: ServiceId::parse(decode::column(row, "service")?).map_err(|_| StoreError::Unreadable("service"))?,
        kind: CredentialType::parse(decode::column(row, "credential_type")?).map_err(|_| StoreError::Unreadable("credential_type"))?,
        metadata: serde_json::from_str(decode::column(row, "metadata")?).map_err(|_| StoreError::Unreadable("metadata"))?,
        endpoint_origin: decode::column(row, "endpoint_origin")?,
        secret_version: decode::number(row, "secret_version")?,
        hint: decode::column(row, "hint")?,
        fingerprint: decode::bytes(row, "fingerprint")?,
        test,
        used_at: decode::optional_time(row, "used_at")?,
        created_at: decode::time(row, "created_at")?,
        updated_at: decode::time(row, "updated_at")?,
        updated_by: decode::optional_uuid(row, "updated_by")?.map(UserId::from_uuid),
        updated_by_email: email.map(|text| Email::parse(&text).map_err(|_| StoreError::Unreadable("email"))).transpose()?,
    })
}

#[async_trait]
impl CredentialStore for Postgres {
    async fn credentials(&self, holder: Holder) -> Result<Vec<CredentialRow>, StoreError> {
        self.read(move |connection| Box::pin(all(connection, holder))).await
    }
    async fn credential(&self, holder: Holder, service: &ServiceId, kind: &CredentialType) -> Result<Option<CredentialRow>, StoreError> {
        let (service, kind) = (service.clone(), kind.clone());
        self.read(move |connection| Box::pin(async move { one(connection, holder, &service, &kind).await })).await
    }
}

#[async_trait]
impl CredentialTx for PgTx<'_> {
    async fn credential(
        &mut self,
        holder: Holder,
        service: &ServiceId,
        kind: &CredentialType,
    ) -> Result<Option<CredentialRow>, StoreError> {
        one(self.connection, holder, service, kind).await
    }
    async fn credential_secret(&mut self, holder: Holder, id: CredentialId) -> Result<Option<SealedRow>, StoreError> {
        let row = sqlx::query(mine!("select secret, data_key_id from service_credentials"))
            .bind(holder.id().uuid())
            .bind(id.uuid())
            .fetch_optional(&mut *self.connection)
            .await?;
        row.as_ref().map(decode::sealed).transpose()
    }
    async fn insert_credential(&mut self, row: &CredentialRow, secret: &SealedRow) -> Result<(), StoreError> {
        let test = row.test.as_ref().map(|(test, _)| *test);
        self.execute(
            sqlx::query(
                "insert into service_credentials (id, tenant_id, owner_id, service, credential_type, metadata, endpoint_origin, secret, \
                 data_key_id, secret_version, hint, fingerprint, tested_at, verdict, status_code, latency_ms, findings, used_at, created_at, \
                 updated_at, updated_by) \
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)",
            )
            .bind(row.id.uuid())
            .bind(row.tenant.uuid())
            .bind(row.owner_column().map(UserId::uuid))
            .bind(row.service.as_str())
            .bind(row.kind.as_str())
            .bind(row.metadata_column())
            .bind(row.endpoint_origin.as_str())
            .bind(secret.bytes.as_slice())
            .bind(i64::from(secret.data_key_id))
            .bind(signed(row.secret_version))
            .bind(row.hint.as_deref())
            .bind(row.fingerprint.to_vec())
            .bind(test.map(|test| test.at).map(Moment))
            .bind(test.map(|test| test.verdict.as_str()))
            .bind(test.and_then(|test| test.status_code).map(i64::from))
            .bind(test.and_then(|test| test.latency_ms).map(i64::from))
            .bind(row.findings_column())
            .bind(row.used_at.map(Moment))
            .bind(Moment(row.created_at))
            .bind(Moment(row.updated_at))
            .bind(row.updated_by.map(UserId::uuid)),
        )
        .await?;
        Ok(())
    }
    async fn update_credential(&mut self, holder: Holder, row: &CredentialRow) -> Result<(), StoreError> {
        let test = row.test.as_ref().map(|(test, _)| *test);
        self.execute(
            sqlx::query(mine!(
                "update service_credentials set metadata = $3, endpoint_origin = $4, secret_version = $5, hint = $6, fingerprint = $7, \
                 tested_at = $8, verdict = $9, status_code = $10, latency_ms = $11, findings = $12, used_at = $13, updated_at = $14, \
                 updated_by = $15"
            ))
            .bind(holder.id().uuid())
            .bind(row.id.uuid())
            .bind(row.metadata_column())
            .bind(row.endpoint_origin.as_str())
            .bind(signed(row.secret_version))
            .bind(row.hint.as_deref())
            .bind(row.fingerprint.to_vec())
            .bind(test.map(|test| test.at).map(Moment))
            .bind(test.map(|test| test.verdict.as_str()))
            .bind(test.and_then(|test| test.status_code).map(i64::from))
            .bind(test.and_then(|test| test.latency_ms).map(i64::from))
            .bind(row.findings_column())
            .bind(row.used_at.map(Moment))
            .bind(Moment(row.updated_at))
            .bind(row.updated_by.map(UserId::uuid)),
        )
        .await?;
        Ok(())
    }
    async fn set_credential_secret(&mut self, holder: Holder, id: CredentialId, secret: &SealedRow) -> Result<(), StoreError> {
        self.execute(
            sqlx::query(mine!("update service_credentials set secret = $3, data_key_id = $4"))
                .bind(holder.id().uuid())
                .bind(id.uuid())
                .bind(secret.bytes.as_slice())
                .bind(i64::from(secret.data_key_id)),
        )
        .await?;
        Ok(())
    }
    async fn delete_credential(&mut self, holder: Holder, id: CredentialId) -> Result<bool, StoreError> {
        let deleted = self.execute(sqlx::query(mine!("delete from service_credentials")).bind(holder.id().uuid()).bind(id.uuid())).await?;
        Ok(deleted == 1)
    }
}
