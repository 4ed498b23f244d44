//! Copies of the whole database, and the file that every backup is.

use super::{MIGRATIONS, PATIENCE, Sqlite, decode, options, tx::SqliteTx};
use crate::store::{
    BackupStore, BackupTx, StoreError,
    backups::{Image, MARK},
};
use async_trait::async_trait;
use domain::Timestamp;
use sqlx::{
    ConnectOptions, Connection, Row, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};
use std::path::Path;

#[async_trait]
impl BackupStore for Sqlite {
    async fn copy_to(&self, file: &Path) -> Result<(), StoreError> {
        let source: String = sqlx::query("select file from pragma_database_list where name = 'main'")
            .fetch_one(&mut *self.readers.acquire().await?)
            .await?
            .try_get(0)?;
        let mut connection = options(Path::new(&source)).connect().await?;
        let copied = sqlx::query("vacuum into $1").bind(file.to_string_lossy().into_owned()).execute(&mut connection).await;
        connection.close().await?;
        Ok(copied.map(drop)?)
    }
    async fn last_backup(&self) -> Result<Option<Timestamp>, StoreError> {
        let row = sqlx::query("select at from last_backup").fetch_optional(&mut *self.readers.acquire().await?).await?;
        row.as_ref().map(|row| decode::time(row, "at")).transpose()
    }
}

#[async_trait]
impl BackupTx for SqliteTx<'_> {
    async fn set_last_backup(&mut self, at: Timestamp) -> Result<(), StoreError> {
        let upsert = "insert into last_backup (one, at) values (1, $1) on conflict (one) do update set at = excluded.at";
        self.execute(sqlx::query(upsert).bind(at.micros())).await?;
        Ok(())
    }
    async fn end_everything(&mut self) -> Result<u64, StoreError> {
        for table in ["delete from setup_links", "delete from password_resets", "delete from pending_sign_ins"] {
            self.execute(sqlx::query(table)).await?;
        }
        self.execute(sqlx::query("delete from sessions")).await
    }
}

/// A file for one process, without side files, as a backup is.
async fn alone(file: &Path) -> Result<SqliteConnection, StoreError> {
    let options = SqliteConnectOptions::new().filename(file).journal_mode(SqliteJournalMode::Delete).busy_timeout(PATIENCE);
    Ok(options.foreign_keys(false).disable_statement_logging().connect().await?)
}

/// Makes the tables of this version in an empty file.
pub(in crate::store) async fn blank(file: &Path) -> Result<SqliteConnection, StoreError> {
    let mut connection = alone(file).await?;
    MIGRATIONS.run(&mut connection).await.map_err(StoreError::Schema)?;
    Ok(connection)
}

/// Opens a file to read its tables.
pub(in crate::store) async fn tables_of(file: &Path) -> Result<SqliteConnection, StoreError> {
    let options = SqliteConnectOptions::new().filename(file).read_only(true).disable_statement_logging();
    Ok(options.connect().await?)
}

impl Image {
    /// Whether a file says of itself that it is a backup.
    pub async fn is_marked(file: &Path) -> bool {
        let Ok(mut connection) = tables_of(file).await else { return false };
        let mark = sqlx::query("select application_id from pragma_application_id").fetch_one(&mut connection).await;
        let marked = mark.and_then(|row| row.try_get::<i64, _>(0)).is_ok_and(|mark| mark == MARK);
        // Nothing was written.
        let _ = connection.close().await;
        marked
    }

    /// Makes a file that nobody has open a backup (`marked`) or a database again, and counts what is in it.
    ///
    /// # Errors
    /// [`StoreError::Unsafe`] when the file is damaged, or when it shall be a database and something in it would act that is not ours: a
    /// trigger can change rows behind the program's back and keep events out of the trail.
    pub async fn finish(file: &Path, marked: bool) -> Result<Self, StoreError> {
        let mut connection = alone(file).await?;
        let mark = if marked { "pragma application_id = 1264009803" } else { "pragma application_id = 0" };
        sqlx::raw_sql(mark).execute(&mut connection).await?;
        let image = if marked || are_ours(&mut connection).await? {
            Self::read(&mut connection).await
        } else {
            Err(StoreError::Unsafe("other tables, indexes or triggers than Keyward's own".into()))
        };
        connection.close().await?;
        image
    }

    async fn read(connection: &mut SqliteConnection) -> Result<Self, StoreError> {
        let sound: String = sqlx::query("pragma integrity_check(1)").fetch_one(&mut *connection).await?.try_get(0)?;
        let dangling = sqlx::query("pragma foreign_key_check").fetch_optional(&mut *connection).await?;
        if sound != "ok" || dangling.is_some() {
            return Err(StoreError::Unsafe("a damaged file".into()));
        }
        let mut tables = Vec::new();
        for table in names(connection).await? {
            let sql = sqlx::AssertSqlSafe(format!("select count(*) from \"{table}\""));
            let rows: i64 = sqlx::query(sql).fetch_one(&mut *connection).await?.try_get(0)?;
            tables.push((table, u64::try_from(rows).unwrap_or_default()));
        }
        Ok(Self { tables })
    }
}

/// Whether a database of this version has the tables, indexes and triggers of the migrations and nothing else.
async fn are_ours(connection: &mut SqliteConnection) -> Result<bool, StoreError> {
    let mut fresh = SqliteConnectOptions::new().in_memory(true).disable_statement_logging().connect().await?;
    MIGRATIONS.run(&mut fresh).await.map_err(StoreError::Schema)?;
    Ok(schema(&mut fresh).await? == schema(connection).await?)
}

async fn schema(connection: &mut SqliteConnection) -> Result<Vec<String>, StoreError> {
    let all = "select type || ' ' || name || ': ' || coalesce(sql, '') from sqlite_schema where name not like 'sqlite_%' order by 1";
    Ok(sqlx::query(all).try_map(|row: sqlx::sqlite::SqliteRow| row.try_get(0)).fetch_all(connection).await?)
}

/// The tables of Keyward, each after those that it refers to.
pub(in crate::store) async fn names(connection: &mut SqliteConnection) -> Result<Vec<String>, StoreError> {
    let all =
        "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' and name <> '_sqlx_migrations' order by name";
    let mut waiting: Vec<String> =
        sqlx::query(all).try_map(|row: sqlx::sqlite::SqliteRow| row.try_get(0)).fetch_all(&mut *connection).await?;
    let references =
        "select m.name as child, f.\"table\" as parent from sqlite_schema m, pragma_foreign_key_list(m.name) f where m.type = 'table'";
    let references: Vec<(String, String)> = sqlx::query(references)
        .try_map(|row: sqlx::sqlite::SqliteRow| Ok((row.try_get(0)?, row.try_get(1)?)))
        .fetch_all(connection)
        .await?;
    let mut ordered = Vec::new();
    while !waiting.is_empty() {
        let waits = |name: &String| references.iter().any(|(child, parent)| child == name && parent != name && waiting.contains(parent));
        let (later, next): (Vec<_>, Vec<_>) = waiting.iter().cloned().partition(waits);
        if next.is_empty() {
            return Err(StoreError::Unreadable("order of the tables"));
        }
        ordered.extend(next);
        waiting = later;
    }
    Ok(ordered)
}
