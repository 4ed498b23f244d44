//! What an import remembers, in SQL.

use super::{decode, decode::Moment, reads::account_columns, tx::PgTx};
use crate::store::{
    ImportTx, StoreError,
    rows::{AccountRow, ImportRow},
};
use async_trait::async_trait;
use domain::ids::UserId;

#[async_trait]
impl ImportTx for PgTx<'_> {
    async fn imported(&mut self, source: &str, source_id: &str, token_hash: &[u8; 32]) -> Result<bool, StoreError> {
        let row = sqlx::query("select 1 from imports where source = $1 and source_id = $2 and token_hash = $3")
            .bind(source)
            .bind(source_id)
            .bind(token_hash.to_vec())
            .fetch_optional(&mut *self.connection)
            .await?;
        Ok(row.is_some())
    }
    async fn insert_import(&mut self, row: &ImportRow) -> Result<(), StoreError> {
        self.execute(
            sqlx::query(
                "insert into imports (source, source_id, token_hash, object_kind, object_id, imported_at) values ($1, $2, $3, $4, $5, $6)",
            )
            .bind(row.source)
            .bind(row.source_id.as_str())
            .bind(row.token_hash.to_vec())
            .bind(row.object_kind)
            .bind(row.object_id)
            .bind(Moment(row.imported_at)),
        )
        .await?;
        Ok(())
    }
    async fn insert_imported_account(&mut self, old_id: &str, account: UserId) -> Result<(), StoreError> {
        self.execute(
            sqlx::query("insert into imported_accounts (old_id, account_id) values ($1, $2) on conflict do nothing")
                .bind(old_id)
                .bind(account.uuid()),
        )
        .await?;
        Ok(())
    }
    async fn take_imported_account(&mut self, old_id: &str) -> Result<Option<UserId>, StoreError> {
        let taken = sqlx::query("delete from imported_accounts where old_id = $1 returning account_id")
            .bind(old_id)
            .fetch_optional(&mut *self.connection)
            .await?;
        taken.as_ref().map(|row| Ok(UserId::from_uuid(decode::uuid(row, "account_id")?))).transpose()
    }
    async fn oldest_admin(&mut self) -> Result<Option<AccountRow>, StoreError> {
        let row = sqlx::query(concat!(
            "select ",
            account_columns!(),
            " from accounts a where a.role = 'admin' and a.disabled_at is null order by a.created_at, a.id limit 1"
        ))
        .fetch_optional(&mut *self.connection)
        .await?;
        row.as_ref().map(decode::account).transpose()
    }
}
