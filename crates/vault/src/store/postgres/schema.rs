//! Which version of the tables a database has.

use super::{MIGRATIONS, Postgres, PostgresAddress, connect, options};
use crate::{start::Schema, store::StoreError};
use sqlx::{Connection, Row};

impl Postgres {
    /// Compares the tables of a database with those of this version; `None` when there are none.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the server does not answer or does not let us in.
    pub async fn schema(address: &PostgresAddress) -> Result<Option<Schema>, StoreError> {
        let options = options(address).options([("default_transaction_read_only", "on"), ("statement_timeout", "2000")]);
        let mut connection = connect(&options).await?;
        let made = sqlx::query("select to_regclass('_sqlx_migrations') is not null").fetch_one(&mut connection).await?;
        let found = if made.try_get(0)? {
            let newest = sqlx::query("select coalesce(max(version), 0) from _sqlx_migrations").fetch_one(&mut connection).await?;
            Some(Schema::of(newest.try_get(0)?, &MIGRATIONS))
        } else {
            None
        };
        connection.close().await?;
        Ok(found)
    }
}
