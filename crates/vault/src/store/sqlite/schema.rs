//! Which version of the tables a file has.

use super::{MIGRATIONS, Sqlite, backups::tables_of};
use crate::{start::Schema, store::StoreError};
use sqlx::{Connection, Row};
use std::path::Path;

impl Sqlite {
    /// Compares the tables of a file with those of this version; `None` when there are none.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the file cannot be read.
    pub async fn schema(file: &Path) -> Result<Option<Schema>, StoreError> {
        let mut connection = tables_of(file).await?;
        let made = sqlx::query("select 1 from sqlite_schema where name = '_sqlx_migrations'").fetch_optional(&mut connection).await?;
        let found = match made {
            None => None,
            Some(_) => {
                let newest = sqlx::query("select coalesce(max(version), 0) from _sqlx_migrations").fetch_one(&mut connection).await?;
                Some(Schema::of(newest.try_get(0)?, &MIGRATIONS))
            }
        };
        connection.close().await?;
        Ok(found)
    }
}
