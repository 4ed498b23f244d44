//! Copies of the whole database: from PostgreSQL into the file of a backup, and back.
//!
//! Tables and columns are asked for and not listed here, so that none can be forgotten. Each type of a column has one
//! counterpart in SQLite; a type that has none is an error and not a loss.

use super::{Postgres, PostgresAddress, decode, decode::Moment, options, tx::PgTx};
use crate::store::{
    BackupStore, BackupTx, StoreError,
    sqlite::{blank, names, tables_of},
};
use async_trait::async_trait;
use domain::Timestamp;
use futures::TryStreamExt;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, SqliteConnection};
use std::path::Path;
use tokio::runtime::Handle;

/// How a column travels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Uuid,
    Moment,
    Truth,
    Number,
    Text,
    Json,
    Bytes,
}

impl Kind {
    fn of(data_type: &str) -> Option<Self> {
        Some(match data_type {
            "uuid" => Self::Uuid,
            "timestamp with time zone" => Self::Moment,
            "boolean" => Self::Truth,
            "bigint" | "integer" | "smallint" => Self::Number,
            "text" | "character varying" => Self::Text,
            "json" | "jsonb" => Self::Json,
            "bytea" => Self::Bytes,
            _ => return None,
        })
    }
    const fn is_binary(self) -> bool {
        matches!(self, Self::Uuid | Self::Bytes)
    }
    const fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Json)
    }
    /// The column as SQLite keeps it: microseconds since 1970 for a time, 16 bytes for an id.
    fn read(self, column: &str) -> String {
        match self {
            Self::Uuid => format!("uuid_send(\"{column}\")"),
            Self::Moment => format!("(extract(epoch from \"{column}\") * 1000000)::bigint"),
            Self::Truth => format!("\"{column}\"::integer::bigint"),
            Self::Number => format!("\"{column}\"::bigint"),
            Self::Text | Self::Json => format!("\"{column}\"::text"),
            Self::Bytes => format!("\"{column}\""),
        }
    }
    /// A parameter as PostgreSQL keeps it.
    fn write(self, n: usize) -> String {
        match self {
            Self::Uuid => format!("encode(${n}::bytea, 'hex')::uuid"),
            Self::Moment => format!("timestamptz 'epoch' + ${n}::bigint * interval '1 microsecond'"),
            Self::Truth => format!("${n}::bigint <> 0"),
            Self::Number => format!("${n}::bigint"),
            Self::Text => format!("${n}::text"),
            Self::Json => format!("${n}::text::jsonb"),
            Self::Bytes => format!("${n}::bytea"),
        }
    }
}

struct Table {
    name: String,
    columns: Vec<(String, Kind)>,
}

impl Table {
    async fn find(connection: &mut PgConnection, name: &str) -> Result<Self, StoreError> {
        let rows = sqlx::query(
            "select column_name::text, data_type::text from information_schema.columns \
             where table_schema = current_schema() and table_name = $1 order by ordinal_position",
        )
        .bind(name)
        .fetch_all(connection)
        .await?;
        let column = |row: &sqlx::postgres::PgRow| {
            let data_type: String = row.try_get(1)?;
            Ok((row.try_get(0)?, Kind::of(&data_type).ok_or(StoreError::Unreadable("type of a column"))?))
        };
        let columns = rows.iter().map(column).collect::<Result<Vec<_>, StoreError>>()?;
        if columns.is_empty() { Err(StoreError::Unreadable("table")) } else { Ok(Self { name: name.to_owned(), columns }) }
    }
    fn names(&self) -> String {
        self.columns.iter().map(|(name, _)| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
    }
    fn each(&self, part: impl Fn(usize, &str, Kind) -> String) -> String {
        self.columns.iter().enumerate().map(|(n, (name, kind))| part(n + 1, name, *kind)).collect::<Vec<_>>().join(", ")
    }

    /// From PostgreSQL into the file; tells how many rows there were.
    async fn save(&self, from: &mut PgConnection, to: &mut SqliteConnection) -> Result<(), StoreError> {
        let select = format!("select {} from \"{}\"", self.each(|_, name, kind| kind.read(name)), self.name);
        let insert = format!("insert into \"{}\" ({}) values ({})", self.name, self.names(), self.each(|n, _, _| format!("${n}")));
        sqlx::raw_sql(AssertSqlSafe(format!("delete from \"{}\"", self.name))).execute(&mut *to).await?;
        let mut rows = sqlx::query(AssertSqlSafe(select)).fetch(from);
        while let Some(row) = rows.try_next().await? {
            let mut query = sqlx::query(AssertSqlSafe(insert.clone()));
            for (n, (_, kind)) in self.columns.iter().enumerate() {
                query = match kind {
                    kind if kind.is_binary() => query.bind(row.try_get::<Option<Vec<u8>>, _>(n)?),
                    kind if kind.is_text() => query.bind(row.try_get::<Option<String>, _>(n)?),
                    _ => query.bind(row.try_get::<Option<i64>, _>(n)?),
                };
            }
            query.execute(&mut *to).await?;
        }
        Ok(())
    }

    /// From the file into PostgreSQL.
    async fn load(&self, from: &mut SqliteConnection, to: &mut PgConnection) -> Result<(), StoreError> {
        let select = format!("select {} from \"{}\"", self.names(), self.name);
        let insert = format!("insert into \"{}\" ({}) values ({})", self.name, self.names(), self.each(|n, _, kind| kind.write(n)));
        sqlx::raw_sql(AssertSqlSafe(format!("delete from \"{}\"", self.name))).execute(&mut *to).await?;
        let mut rows = sqlx::query(AssertSqlSafe(select)).fetch(from);
        while let Some(row) = rows.try_next().await? {
            let mut query = sqlx::query(AssertSqlSafe(insert.clone()));
            for (n, (_, kind)) in self.columns.iter().enumerate() {
                query = match kind {
                    kind if kind.is_binary() => query.bind(row.try_get::<Option<Vec<u8>>, _>(n)?),
                    kind if kind.is_text() => query.bind(row.try_get::<Option<String>, _>(n)?),
                    _ => query.bind(row.try_get::<Option<i64>, _>(n)?),
                };
            }
            query.execute(&mut *to).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl BackupStore for Postgres {
    async fn copy_to(&self, file: &Path) -> Result<(), StoreError> {
        let (options, file) = (self.options.clone(), file.to_owned());
        let runtime = Handle::current();
        // A thread of its own: a large database takes a while, and the compiler need not prove that the rows may change threads.
        let copying = tokio::task::spawn_blocking(move || {
            runtime.block_on(async {
                let mut to = blank(&file).await?;
                let mut from = super::connect(&options).await?;
                let copied = save_all(&mut from, &mut to).await;
                from.close().await?;
                to.close().await?;
                copied
            })
        });
        copying.await.map_err(|_| StoreError::Lost)?
    }
    async fn last_backup(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(|connection| {
            Box::pin(async move {
                let row = sqlx::query("select at from last_backup").fetch_optional(connection).await?;
                row.as_ref().map(|row| decode::time(row, "at")).transpose()
            })
        })
        .await
    }
}

async fn save_all(from: &mut PgConnection, to: &mut SqliteConnection) -> Result<(), StoreError> {
    // One snapshot for all tables; it blocks nobody.
    sqlx::raw_sql("begin isolation level repeatable read read only").execute(&mut *from).await?;
    // Tables that others have in the same schema are left alone; one of ours that is missing is an error.
    let known = names(to).await?;
    sqlx::raw_sql("begin").execute(&mut *to).await?;
    for name in known {
        Table::find(from, &name).await?.save(from, to).await?;
    }
    sqlx::raw_sql("commit").execute(to).await?;
    sqlx::raw_sql("rollback").execute(from).await?;
    Ok(())
}

impl Postgres {
    /// Fills the tables that [`Self::open`] made from the file of a backup, in one transaction: all of it or nothing.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there is a keyring already, [`StoreError::Database`] when the server did not keep it.
    pub async fn fill(address: &PostgresAddress, file: &Path) -> Result<(), StoreError> {
        let mut from = tables_of(file).await?;
        let mut to = super::connect(&options(address)).await?;
        let filled = load_all(&mut from, &mut to).await;
        from.close().await?;
        to.close().await?;
        filled
    }
}

async fn load_all(from: &mut SqliteConnection, to: &mut PgConnection) -> Result<(), StoreError> {
    // The lock that every writer takes.
    sqlx::raw_sql("begin; select pg_advisory_xact_lock(7737420218)").execute(&mut *to).await?;
    let made: i64 = sqlx::query("select count(*) from keyring").fetch_one(&mut *to).await?.try_get(0)?;
    if made > 0 {
        return Err(StoreError::Conflict);
    }
    for name in names(from).await? {
        Table::find(to, &name).await?.load(from, to).await?;
    }
    sqlx::raw_sql("commit").execute(to).await?;
    Ok(())
}

#[async_trait]
impl BackupTx for PgTx<'_> {
    async fn set_last_backup(&mut self, at: Timestamp) -> Result<(), StoreError> {
        let upsert = "insert into last_backup (one, at) values (1, $1) on conflict (one) do update set at = excluded.at";
        self.execute(sqlx::query(upsert).bind(Moment(at))).await?;
        Ok(())
    }
    async fn end_everything(&mut self) -> Result<u64, StoreError> {
        for table in ["delete from setup_links", "delete from password_resets", "delete from pending_sign_ins"] {
            self.execute(sqlx::query(table)).await?;
        }
        self.execute(sqlx::query("delete from sessions")).await
    }
}
