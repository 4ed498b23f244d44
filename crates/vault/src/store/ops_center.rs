//! Reading the PostgreSQL of the system that Keyward replaces. Nothing there is ever changed: the connection is read-only, and
//! so is the one transaction that everything is read in.

use super::{PostgresAddress, StoreError};
use crate::import::{ImportError, OldRow, Source};
use serde_json::{Map, Value};
use sqlx::{ConnectOptions, Connection, PgConnection, Row};
use std::time::Duration;
use tokio::time::timeout;

/// How long connecting may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Every row of the tables that hold encrypted keys, those of a table by age.
///
/// # Errors
/// [`ImportError::NoTable`] when there is none of them, [`ImportError::Database`] when the server does not answer or does not
/// let us in.
pub async fn rows(address: &PostgresAddress) -> Result<Vec<OldRow>, ImportError> {
    let options = address.options().application_name("keyward import").options([("default_transaction_read_only", "on")]);
    let options = options.disable_statement_logging();
    let mut connection = timeout(PATIENCE, options.connect()).await.map_err(|_| StoreError::Lost)?.map_err(StoreError::from)?;
    let rows = read(&mut connection).await;
    connection.close().await.map_err(StoreError::from)?;
    rows
}

async fn read(connection: &mut PgConnection) -> Result<Vec<OldRow>, ImportError> {
    sqlx::raw_sql("begin isolation level repeatable read read only").execute(&mut *connection).await.map_err(StoreError::from)?;
    let mut all = Vec::new();
    let mut tables = 0;
    for source in Source::TABLES {
        let made = sqlx::query("select to_regclass($1) is not null").bind(source.as_str()).fetch_one(&mut *connection).await;
        if !made.and_then(|row| row.try_get::<bool, _>(0)).map_err(StoreError::from)? {
            continue;
        }
        tables += 1;
        // A row as JSON, because the table has had several shapes.
        let sql = match source {
            Source::UserProviderKeys => "select to_jsonb(t)::text from user_provider_keys t order by to_jsonb(t)->>'created_at', t.id",
            Source::ServiceCredentials => {
                // There can be one of a kind: the newest, as that system took it.
                "select to_jsonb(t)::text from service_credentials t order by to_jsonb(t)->>'updated_at' desc nulls last, t.id"
            }
            Source::EncryptedCredentials => "select to_jsonb(t)::text from encrypted_credentials t order by t.id",
            // The other categories are settings in the clear.
            Source::PlatformSettings => "select to_jsonb(t)::text from platform_settings t where t.category = 'api_keys' order by t.key",
            Source::Keycloak => continue,
        };
        for row in sqlx::query(sql).fetch_all(&mut *connection).await.map_err(StoreError::from)? {
            let text: String = row.try_get(0).map_err(StoreError::from)?;
            let columns: Map<String, Value> = serde_json::from_str(&text).map_err(|_| StoreError::Unreadable("row"))?;
            all.push(OldRow::of_table(source, &columns));
        }
    }
    sqlx::raw_sql("rollback").execute(connection).await.map_err(StoreError::from)?;
    if tables == 0 { Err(ImportError::NoTable) } else { Ok(all) }
}
