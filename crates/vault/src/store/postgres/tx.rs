//! What a unit of work does, in SQL.

use super::{api_tokens, decode, decode::Moment, reads, reads::account_columns};
use crate::{
    access::Owner,
    store::{StoreError, Tx, rows::*},
};
use async_trait::async_trait;
use domain::{
    Timestamp,
    ids::{KeyId, SessionId, TokenId, UserId},
    person::Email,
};
use sqlx::{PgConnection, Postgres, Row, postgres::PgArguments, query::Query};

pub(super) struct PgTx<'c> {
    pub(super) connection: &'c mut PgConnection,
    appended: bool,
}

impl<'c> PgTx<'c> {
    pub(super) fn new(connection: &'c mut PgConnection) -> Self {
        Self { connection, appended: false }
    }
    /// Whether an audit event was written.
    pub(super) const fn appended(&self) -> bool {
        self.appended
    }
    pub(super) fn connection(&mut self) -> &mut PgConnection {
        self.connection
    }
    pub(super) async fn execute(&mut self, query: Query<'_, Postgres, PgArguments>) -> Result<u64, StoreError> {
        Ok(query.execute(&mut *self.connection).await?.rows_affected())
    }
}

/// PostgreSQL's integers are signed; every number stored here stays far below 2^63.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(super) fn moment(time: Option<Timestamp>) -> Option<Moment> {
    time.map(Moment)
}

#[async_trait]
impl Tx for PgTx<'_> {
    async fn account_of_session(&mut self, id: SessionId) -> Result<Option<AccountRow>, StoreError> {
        let of = concat!("select ", account_columns!(), " from accounts a where a.id = (select account_id from sessions where id = $1)");
        let row = sqlx::query(of).bind(id.uuid()).fetch_optional(&mut *self.connection).await?;
        row.as_ref().map(decode::account).transpose()
    }
    async fn account_of_api_token(&mut self, id: TokenId) -> Result<Option<AccountRow>, StoreError> {
        let of = concat!("select ", account_columns!(), " from accounts a where a.id = (select account_id from api_tokens where id = $1)");
        let row = sqlx::query(of).bind(id.uuid()).fetch_optional(&mut *self.connection).await?;
        row.as_ref().map(decode::account).transpose()
    }
    async fn account(&mut self, id: UserId) -> Result<Option<AccountRow>, StoreError> {
        let row = sqlx::query(concat!("select ", account_columns!(), " from accounts a where a.id = $1"))
            .bind(id.uuid())
            .fetch_optional(&mut *self.connection)
            .await?;
        row.as_ref().map(decode::account).transpose()
    }
    async fn account_by_email(&mut self, email: &Email) -> Result<Option<AccountRow>, StoreError> {
        reads::account_by_email(self.connection, email).await
    }
    async fn insert_account(&mut self, row: &AccountRow) -> Result<(), StoreError> {
        self.execute(
            sqlx::query(
                "insert into accounts (id, email, password_hash, role, tier, disabled_at, created_at, updated_at) \
                 values ($1, $2, $3, $4, $5, $6, $7, $8)",
            )
            .bind(row.id.uuid())
            .bind(row.email.as_str())
            .bind(row.password_hash.as_deref())
            .bind(row.role.as_str())
            .bind(row.tier.as_str())
            .bind(moment(row.disabled_at))
            .bind(Moment(row.created_at))
            .bind(Moment(row.updated_at)),
        )
        .await?;
        Ok(())
    }
    async fn update_account(&mut self, row: &AccountRow) -> Result<(), StoreError> {
        self.execute(
            sqlx::query("update accounts set password_hash = $2, role = $3, tier = $4, disabled_at = $5, updated_at = $6 where id = $1")
                .bind(row.id.uuid())
                .bind(row.password_hash.as_deref())
                .bind(row.role.as_str())
                .bind(row.tier.as_str())
                .bind(moment(row.disabled_at))
                .bind(Moment(row.updated_at)),
        )
        .await?;
        Ok(())
    }
    async fn count_admins(&mut self) -> Result<u32, StoreError> {
        reads::count_admins(self.connection).await
    }
    async fn mark_first_admin(&mut self, id: UserId) -> Result<(), StoreError> {
        self.execute(sqlx::query("insert into first_admin (one, account_id) values (1, $1)").bind(id.uuid())).await?;
        Ok(())
    }
    async fn set_setup_link(&mut self, token_hash: &[u8; 32], now: Timestamp, expires: Timestamp) -> Result<(), StoreError> {
        self.execute(sqlx::query("delete from setup_links")).await?;
        self.execute(
            sqlx::query("insert into setup_links (token_hash, created_at, expires_at) values ($1, $2, $3)")
                .bind(token_hash.to_vec())
                .bind(Moment(now))
                .bind(Moment(expires)),
        )
        .await?;
        Ok(())
    }
    async fn take_setup_link(&mut self, token_hash: &[u8; 32], now: Timestamp) -> Result<bool, StoreError> {
        let taken = self
            .execute(
                sqlx::query("delete from setup_links where token_hash = $1 and expires_at > $2")
                    .bind(token_hash.to_vec())
                    .bind(Moment(now)),
            )
            .await?;
        Ok(taken == 1)
    }
    async fn insert_session(&mut self, row: &SessionRow) -> Result<(), StoreError> {
        self.execute(
            sqlx::query(
                "insert into sessions (token_hash, id, account_id, created_at, seen_at, ends_at, authenticated_at, client) \
                 values ($1, $2, $3, $4, $5, $6, $7, $8)",
            )
            .bind(row.token_hash.to_vec())
            .bind(row.id.uuid())
            .bind(row.account.uuid())
            .bind(Moment(row.created_at))
            .bind(Moment(row.seen_at))
            .bind(Moment(row.ends_at))
            .bind(Moment(row.authenticated_at))
            .bind(row.client.as_deref()),
        )
        .await?;
        Ok(())
    }
    async fn touch_session(&mut self, id: SessionId, seen: Timestamp) -> Result<(), StoreError> {
        self.execute(sqlx::query("update sessions set seen_at = $2 where id = $1 and seen_at < $2").bind(id.uuid()).bind(Moment(seen)))
            .await?;
        Ok(())
    }
    async fn delete_session_by_hash(&mut self, token_hash: &[u8; 32]) -> Result<Option<SessionId>, StoreError> {
        let row = sqlx::query("delete from sessions where token_hash = $1 returning id")
            .bind(token_hash.to_vec())
            .fetch_optional(&mut *self.connection)
            .await?;
        row.map(|row| row.try_get("id").map(SessionId::from_uuid)).transpose().map_err(|_| StoreError::Unreadable("id"))
    }
    async fn is_known_client(&mut self, email: &Email, client: &str, now: Timestamp) -> Result<bool, StoreError> {
        let row = sqlx::query(
            "select 1 from sessions s join accounts a on a.id = s.account_id where a.email = $1 and s.client = $2 and s.ends_at > $3 limit 1",
        )
        .bind(email.as_str())
        .bind(client)
        .bind(Moment(now))
        .fetch_optional(&mut *self.connection)
        .await?;
        Ok(row.is_some())
    }
    async fn delete_session(&mut self, id: SessionId) -> Result<bool, StoreError> {
        Ok(self.execute(sqlx::query("delete from sessions where id = $1").bind(id.uuid())).await? == 1)
    }
    async fn delete_sessions_of(&mut self, account: UserId) -> Result<u64, StoreError> {
        self.execute(sqlx::query("delete from sessions where account_id = $1").bind(account.uuid())).await
    }
    async fn delete_ended_sessions(&mut self, now: Timestamp) -> Result<u64, StoreError> {
        self.execute(sqlx::query("delete from sessions where ends_at <= $1").bind(Moment(now))).await
    }
    async fn delete_session_of(&mut self, owner: Owner, id: SessionId) -> Result<bool, StoreError> {
        api_tokens::delete_session(self.connection, owner, id).await
    }
    async fn delete_other_sessions(&mut self, owner: Owner, keep: SessionId) -> Result<u64, StoreError> {
        api_tokens::delete_other_sessions(self.connection, owner, keep).await
    }
    async fn insert_api_token(&mut self, row: &ApiTokenRow) -> Result<(), StoreError> {
        api_tokens::insert(self.connection, row).await
    }
    async fn count_api_tokens(&mut self, account: UserId) -> Result<u32, StoreError> {
        api_tokens::count(self.connection, account).await
    }
    async fn touch_api_token(&mut self, id: TokenId, used: Timestamp) -> Result<(), StoreError> {
        api_tokens::touch(self.connection, id, used).await
    }
    async fn delete_api_token(&mut self, owner: Owner, id: TokenId) -> Result<bool, StoreError> {
        api_tokens::delete(self.connection, owner, id).await
    }
    async fn keys(&mut self, owner: Owner) -> Result<Vec<KeyRow>, StoreError> {
        reads::keys(self.connection, owner).await
    }
    async fn key_place(
        &mut self,
        owner: Owner,
        provider: &str,
        label: Option<&str>,
        fingerprint: Option<[u8; 8]>,
    ) -> Result<KeyPlace, StoreError> {
        reads::key_place(self.connection, owner, provider, label, fingerprint).await
    }
    async fn key(&mut self, owner: Owner, id: KeyId) -> Result<Option<KeyRow>, StoreError> {
        reads::key(self.connection, owner, id).await
    }
    async fn key_secret(&mut self, owner: Owner, id: KeyId) -> Result<Option<SealedRow>, StoreError> {
        let row = sqlx::query("select secret, data_key_id from provider_keys where owner_id = $1 and id = $2 and secret is not null")
            .bind(owner.id().uuid())
            .bind(id.uuid())
            .fetch_optional(&mut *self.connection)
            .await?;
        row.as_ref().map(decode::sealed).transpose()
    }
    async fn insert_key(&mut self, row: &KeyRow, secret: Option<&SealedRow>) -> Result<(), StoreError> {
        let test = row.test;
        self.execute(
            sqlx::query(
                "insert into provider_keys (id, tenant_id, owner_id, provider, label, description, endpoint, endpoint_origin, enabled, \
                 is_default, secret, data_key_id, secret_version, hint, fingerprint, tested_at, verdict, status_code, latency_ms, used_at, \
                 expires_at, revision, created_at, updated_at) \
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)",
            )
            .bind(row.id.uuid())
            .bind(row.tenant.uuid())
            .bind(row.owner.uuid())
            .bind(row.provider.as_str())
            .bind(row.label.as_deref())
            .bind(row.description.as_deref())
            .bind(row.endpoint.as_deref())
            .bind(row.endpoint_origin.as_str())
            .bind(row.enabled)
            .bind(row.is_default)
            .bind(secret.map(|sealed| sealed.bytes.as_slice()))
            .bind(secret.map(|sealed| i64::from(sealed.data_key_id)))
            .bind(signed(row.secret_version))
            .bind(row.hint.as_deref())
            .bind(row.fingerprint.map(|bytes| bytes.to_vec()))
            .bind(moment(test.map(|test| test.at)))
            .bind(test.map(|test| test.verdict.as_str()))
            .bind(test.and_then(|test| test.status_code).map(i64::from))
            .bind(test.and_then(|test| test.latency_ms).map(i64::from))
            .bind(moment(row.used_at))
            .bind(moment(row.expires_at))
            .bind(signed(row.revision))
            .bind(Moment(row.created_at))
            .bind(Moment(row.updated_at)),
        )
        .await?;
        Ok(())
    }
    async fn update_key(&mut self, owner: Owner, row: &KeyRow) -> Result<(), StoreError> {
        let test = row.test;
        self.execute(
            sqlx::query(
                "update provider_keys set label = $3, description = $4, endpoint = $5, endpoint_origin = $6, enabled = $7, is_default = $8, \
                 secret_version = $9, hint = $10, fingerprint = $11, tested_at = $12, verdict = $13, status_code = $14, latency_ms = $15, \
                 used_at = $16, expires_at = $17, revision = $18, updated_at = $19 where owner_id = $1 and id = $2",
            )
            .bind(owner.id().uuid())
            .bind(row.id.uuid())
            .bind(row.label.as_deref())
            .bind(row.description.as_deref())
            .bind(row.endpoint.as_deref())
            .bind(row.endpoint_origin.as_str())
            .bind(row.enabled)
            .bind(row.is_default)
            .bind(signed(row.secret_version))
            .bind(row.hint.as_deref())
            .bind(row.fingerprint.map(|bytes| bytes.to_vec()))
            .bind(moment(test.map(|test| test.at)))
            .bind(test.map(|test| test.verdict.as_str()))
            .bind(test.and_then(|test| test.status_code).map(i64::from))
            .bind(test.and_then(|test| test.latency_ms).map(i64::from))
            .bind(moment(row.used_at))
            .bind(moment(row.expires_at))
            .bind(signed(row.revision))
            .bind(Moment(row.updated_at)),
        )
        .await?;
        Ok(())
    }
    async fn set_key_secret(&mut self, owner: Owner, id: KeyId, secret: Option<&SealedRow>) -> Result<(), StoreError> {
        self.execute(
            sqlx::query("update provider_keys set secret = $3, data_key_id = $4 where owner_id = $1 and id = $2")
                .bind(owner.id().uuid())
                .bind(id.uuid())
                .bind(secret.map(|sealed| sealed.bytes.as_slice()))
                .bind(secret.map(|sealed| i64::from(sealed.data_key_id))),
        )
        .await?;
        Ok(())
    }
    async fn clear_default(&mut self, owner: Owner, provider: &str) -> Result<(), StoreError> {
        self.execute(
            sqlx::query("update provider_keys set is_default = false where owner_id = $1 and provider = $2 and is_default")
                .bind(owner.id().uuid())
                .bind(provider),
        )
        .await?;
        Ok(())
    }
    async fn delete_key(&mut self, owner: Owner, id: KeyId) -> Result<bool, StoreError> {
        let deleted = self
            .execute(sqlx::query("delete from provider_keys where owner_id = $1 and id = $2").bind(owner.id().uuid()).bind(id.uuid()))
            .await?;
        Ok(deleted == 1)
    }
    async fn idempotent(&mut self, owner: Owner, name: &[u8; 32], now: Timestamp) -> Result<Option<IdempotencyRow>, StoreError> {
        let row = sqlx::query(
            "select name, request, key_id, provider, ends_at from idempotency where owner_id = $1 and name = $2 and ends_at > $3",
        )
        .bind(owner.id().uuid())
        .bind(name.to_vec())
        .bind(Moment(now))
        .fetch_optional(&mut *self.connection)
        .await?;
        row.as_ref().map(decode::idempotency).transpose()
    }
    async fn insert_idempotent(&mut self, owner: Owner, row: &IdempotencyRow, now: Timestamp) -> Result<(), StoreError> {
        self.execute(sqlx::query("delete from idempotency where ends_at <= $1").bind(Moment(now))).await?;
        self.execute(
            sqlx::query("insert into idempotency (owner_id, name, request, key_id, provider, ends_at) values ($1, $2, $3, $4, $5, $6)")
                .bind(owner.id().uuid())
                .bind(row.name.to_vec())
                .bind(row.request.to_vec())
                .bind(row.key.uuid())
                .bind(row.provider.as_str())
                .bind(Moment(row.ends_at)),
        )
        .await?;
        Ok(())
    }
    async fn insert_keyring(&mut self, row: &KeyringRow, now: Timestamp) -> Result<(), StoreError> {
        self.execute(
            sqlx::query("insert into keyring (root_id, ring_version, sealed, created_at) values ($1, $2, $3, $4)")
                .bind(row.root_id.to_vec())
                .bind(signed(row.ring_version))
                .bind(row.sealed.as_slice())
                .bind(Moment(now)),
        )
        .await?;
        Ok(())
    }
    async fn hits_since(&mut self, rule: &'static str, subject: &[u8], since: Timestamp) -> Result<Vec<Timestamp>, StoreError> {
        reads::hits_since(self.connection, rule, subject, since).await
    }
    async fn insert_hit(&mut self, rule: &'static str, subject: &[u8], at: Timestamp) -> Result<(), StoreError> {
        self.execute(
            sqlx::query("insert into limit_hits (rule, subject, at) values ($1, $2, $3)")
                .bind(rule)
                .bind(subject.to_vec())
                .bind(Moment(at)),
        )
        .await?;
        Ok(())
    }
    async fn clear_hits(&mut self, rule: &'static str, subject: &[u8]) -> Result<(), StoreError> {
        self.execute(sqlx::query("delete from limit_hits where rule = $1 and subject = $2").bind(rule).bind(subject.to_vec())).await?;
        Ok(())
    }
    async fn audit_head(&mut self) -> Result<AuditHead, StoreError> {
        let row = sqlx::query("select seq, hash from audit_events order by seq desc limit 1").fetch_optional(&mut *self.connection).await?;
        row.as_ref().map_or(Ok(AuditHead { seq: 0, hash: [0; 32] }), decode::head)
    }
    async fn insert_audit(&mut self, row: &AuditRow) -> Result<(), StoreError> {
        self.appended = true;
        let event = self.execute(
            sqlx::query(
                "insert into audit_events (seq, at, actor_kind, actor_id, session_id, client, request_id, action, object_kind, object_id, \
                 outcome, reason, details, secret_version, secret_hash, hash) \
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
            )
            .bind(signed(row.seq))
            .bind(Moment(row.at))
            .bind(row.actor_kind.as_str())
            .bind(row.actor_id)
            .bind(row.session_id)
            .bind(row.client.as_deref())
            .bind(row.request_id)
            .bind(row.action.as_str())
            .bind(row.object_kind.as_deref())
            .bind(row.object_id)
            .bind(row.outcome.as_str())
            .bind(row.reason.as_deref())
            .bind(row.details.as_str())
            .bind(row.secret_version.map(signed))
            .bind(row.secret_hash.map(|hash| hash.to_vec()))
            .bind(row.hash.to_vec()),
        );
        // A trigger of somebody else's can keep a row out without an error.
        if event.await? == 1 { Ok(()) } else { Err(StoreError::Lost) }
    }
}
