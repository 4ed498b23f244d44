//! SQLite: one file, one writer, any number of readers.
//!
//! WAL with `synchronous=FULL`: a unit of work is acknowledged after its commit was synced. Units that wait at the same
//! time share a commit ([`writer`]), each in a savepoint of its own, so the disk's sync rate does not bound the clients.

mod api_tokens;
mod audit_query;
mod backups;
mod credentials;
mod decode;
mod gauges;
mod identities;
mod imports;
mod leases;
mod people;
mod reads;
mod retention;
mod rotation;
mod schema;
mod tx;
mod writer;

pub(super) use backups::{blank, names, tables_of};

use super::{Outcome, Store, StoreError, Work, readers::Readers, rows};
use crate::access::Owner;
use async_trait::async_trait;
use domain::{Timestamp, ids::KeyId, person::Email};
use sqlx::{
    ConnectOptions, Connection, Row, SqliteConnection,
    migrate::{MigrateError, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use std::{
    path::Path,
    time::{Duration, Instant},
};
use writer::Writer;

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/sqlite");

/// How long a statement waits for another process's write.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a start waits for others that start or end.
const START_PATIENCE: Duration = Duration::from_secs(10);
const READERS: u32 = 4;
/// How often a migration is tried that another process is at, too.
const MIGRATION_TRIES: u32 = 20;
/// The first version without the WAL-reset corruption bug.
const OLDEST_SAFE: (u32, u32, u32) = (3, 51, 3);

/// The SQLite store.
pub struct Sqlite {
    readers: Readers<SqliteConnection>,
    writer: Writer,
}

/// The settings that a live writer connection reports about keeping what it acknowledged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyncSettings {
    /// `wal`.
    pub journal_mode: String,
    /// 2 is FULL.
    pub synchronous: i64,
    /// 1 is on.
    pub foreign_keys: i64,
    /// 1 is on: deleted content is overwritten.
    pub secure_delete: i64,
    /// 0 is off: a disk that fails is an error of the statement then, and does not end the process.
    pub mmap_size: i64,
    /// The library's version.
    pub version: String,
}

fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(PATIENCE)
        .pragma("secure_delete", "ON")
        .pragma("mmap_size", "0")
        .pragma("temp_store", "MEMORY")
        .pragma("trusted_schema", "OFF")
        .disable_statement_logging()
}

/// Each migration is a transaction. SQLite has no lock that would hold over several: whoever finds that another process was faster looks
/// again at what is left.
async fn bring_up_to_date(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let mut tries = 0;
    loop {
        match MIGRATIONS.run(&mut *connection).await {
            Err(MigrateError::Execute(_) | MigrateError::ExecuteMigration(..)) if tries < MIGRATION_TRIES => {
                tries += 1;
                tokio::time::sleep(tries * Duration::from_millis(20)).await;
            }
            done => return done.map_err(StoreError::Schema),
        }
    }
}

/// Tries again while the database is locked, for [`START_PATIENCE`].
async fn patiently<T, F: Future<Output = Result<T, StoreError>>>(attempt: impl Fn() -> F) -> Result<T, StoreError> {
    let begun = Instant::now();
    loop {
        match attempt().await {
            Err(StoreError::Database(error)) if is_locked(&error) && begun.elapsed() < START_PATIENCE => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            done => return done,
        }
    }
}

/// Whether the reason is `SQLITE_BUSY`, alone or with more said in the higher bytes.
fn is_locked(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()).and_then(|code| code.parse::<u32>().ok());
    code.is_some_and(|code| code & 0xff == 5)
}

impl Sqlite {
    /// Reads the wrapped keyring without changing a byte of the database.
    ///
    /// # Errors
    /// [`StoreError::Database`] when there is no database, or it has no keyring table.
    pub async fn peek_keyring(file: &Path) -> Result<Vec<rows::KeyringRow>, StoreError> {
        patiently(|| Self::try_peek(file)).await
    }

    async fn try_peek(file: &Path) -> Result<Vec<rows::KeyringRow>, StoreError> {
        let mut connection =
            SqliteConnectOptions::new().filename(file).read_only(true).busy_timeout(PATIENCE).disable_statement_logging().connect().await?;
        let found = reads::keyring(&mut connection).await;
        connection.close().await?;
        found
    }

    /// Opens the database, makes it with `create`, and brings its schema up to date. While others start or end at the same moment it
    /// waits, for ten seconds at most: what SQLite does then can be told "locked" without waiting by itself.
    ///
    /// # Errors
    /// [`StoreError::Schema`] for a schema of a newer version, [`StoreError::Unsafe`] when a write would not be kept,
    /// [`StoreError::Database`] when the file cannot be used.
    pub async fn open(file: &Path, create: bool) -> Result<Self, StoreError> {
        patiently(|| Self::try_open(file, create)).await
    }

    async fn try_open(file: &Path, create: bool) -> Result<Self, StoreError> {
        let options = options(file);
        let mut connection = options.clone().create_if_missing(create).connect().await?;
        bring_up_to_date(&mut connection).await?;
        Self::sync_settings(&mut connection).await?.require()?;
        let reading = options.clone().pragma("query_only", "ON");
        let readers = Readers::new(
            READERS,
            Box::new(move || {
                let reading = reading.clone();
                Box::pin(async move { Ok(reading.connect().await?) })
            }),
        );
        Ok(Self { readers, writer: Writer::start(options, connection) })
    }

    async fn sync_settings(connection: &mut SqliteConnection) -> Result<SyncSettings, StoreError> {
        let text = |row: sqlx::sqlite::SqliteRow| row.try_get::<String, _>(0);
        let number = |row: sqlx::sqlite::SqliteRow| row.try_get::<i64, _>(0);
        Ok(SyncSettings {
            journal_mode: sqlx::query("pragma journal_mode").try_map(text).fetch_one(&mut *connection).await?,
            synchronous: sqlx::query("pragma synchronous").try_map(number).fetch_one(&mut *connection).await?,
            foreign_keys: sqlx::query("pragma foreign_keys").try_map(number).fetch_one(&mut *connection).await?,
            secure_delete: sqlx::query("pragma secure_delete").try_map(number).fetch_one(&mut *connection).await?,
            mmap_size: sqlx::query("pragma mmap_size").try_map(number).fetch_one(&mut *connection).await?,
            version: sqlx::query("select sqlite_version()").try_map(text).fetch_one(connection).await?,
        })
    }
}

impl SyncSettings {
    /// Refuses what would lose acknowledged writes or keep deleted secrets.
    ///
    /// # Errors
    /// [`StoreError::Unsafe`], naming the setting.
    pub fn require(&self) -> Result<(), StoreError> {
        let mut parts = self.version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
        let mut next = || parts.next().unwrap_or(0);
        let checks = [
            (self.journal_mode == "wal", format!("journal_mode={}", self.journal_mode)),
            (self.synchronous == 2, format!("synchronous={}", self.synchronous)),
            (self.foreign_keys == 1, format!("foreign_keys={}", self.foreign_keys)),
            (self.secure_delete == 1, format!("secure_delete={}", self.secure_delete)),
            (self.mmap_size == 0, format!("mmap_size={}", self.mmap_size)),
            ((next(), next(), next()) >= OLDEST_SAFE, format!("SQLite {}", self.version)),
        ];
        checks.into_iter().find(|(fine, _)| !fine).map_or(Ok(()), |(_, what)| Err(StoreError::Unsafe(what)))
    }
}

#[async_trait]
impl Store for Sqlite {
    async fn session(&self, token_hash: &[u8; 32]) -> Result<Option<(rows::SessionRow, rows::AccountRow)>, StoreError> {
        reads::session(&mut *self.readers.acquire().await?, token_hash).await
    }
    async fn account_by_email(&self, email: &Email) -> Result<Option<rows::AccountRow>, StoreError> {
        reads::account_by_email(&mut *self.readers.acquire().await?, email).await
    }
    async fn accounts(&self) -> Result<Vec<rows::AccountRow>, StoreError> {
        reads::accounts(&mut *self.readers.acquire().await?).await
    }
    async fn setup_link_works(&self, token_hash: &[u8; 32], now: Timestamp) -> Result<bool, StoreError> {
        reads::setup_link_works(&mut *self.readers.acquire().await?, token_hash, now).await
    }
    async fn keys(&self, owner: Owner) -> Result<Vec<rows::KeyRow>, StoreError> {
        reads::keys(&mut *self.readers.acquire().await?, owner).await
    }
    async fn key(&self, owner: Owner, id: KeyId) -> Result<Option<rows::KeyRow>, StoreError> {
        reads::key(&mut *self.readers.acquire().await?, owner, id).await
    }
    async fn api_token(&self, handle: &str) -> Result<Option<(rows::ApiTokenRow, rows::AccountRow)>, StoreError> {
        api_tokens::by_handle(&mut *self.readers.acquire().await?, handle).await
    }
    async fn api_tokens(&self, owner: Owner) -> Result<Vec<rows::ApiTokenRow>, StoreError> {
        api_tokens::of_owner(&mut *self.readers.acquire().await?, owner).await
    }
    async fn sessions(&self, owner: Owner) -> Result<Vec<rows::SessionRow>, StoreError> {
        api_tokens::sessions(&mut *self.readers.acquire().await?, owner).await
    }
    async fn keyring(&self) -> Result<Vec<rows::KeyringRow>, StoreError> {
        reads::keyring(&mut *self.readers.acquire().await?).await
    }
    async fn audit_events(&self, after: u64, limit: u32) -> Result<Vec<rows::AuditRow>, StoreError> {
        reads::audit_events(&mut *self.readers.acquire().await?, after, limit).await
    }
    async fn hits_since(&self, rule: &'static str, subject: &[u8], since: Timestamp) -> Result<Vec<Timestamp>, StoreError> {
        reads::hits_since(&mut *self.readers.acquire().await?, rule, subject, since).await
    }
    async fn ready(&self) -> Result<(), StoreError> {
        sqlx::query("select 1 from accounts limit 1").fetch_optional(&mut *self.readers.acquire().await?).await?;
        let nothing: Work = Box::new(|_| Box::pin(async { Ok(Box::new(()) as Box<dyn std::any::Any + Send>) }));
        self.writer.run(nothing).await.map(drop).map_err(|_| StoreError::Busy)
    }
    async fn run(&self, work: Work) -> Outcome {
        self.writer.run(work).await
    }
    async fn close(&self) {
        self.writer.close().await;
        self.readers.close().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound() -> SyncSettings {
        let (journal_mode, version) = ("wal".into(), "3.51.3".into());
        SyncSettings { journal_mode, synchronous: 2, foreign_keys: 1, secure_delete: 1, mmap_size: 0, version }
    }

    /// Seen red with readers that map the file into memory, and with a writer that does.
    #[tokio::test]
    async fn live_connections_of_the_writer_and_of_every_reader_keep_what_they_acknowledge() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("keyward.db");
        let store = Sqlite::open(&file, true).await.expect("a new database opens");
        // The writer's connections are made so, the first and whichever follows on one that was given up.
        let mut connection = options(&file).connect().await.expect("a connection");
        let mut live = vec![Sqlite::sync_settings(&mut connection).await.expect("pragmas can be read")];
        let mut all = Vec::new();
        for _ in 0..READERS {
            let mut reader = store.readers.acquire().await.expect("a reader");
            live.push(Sqlite::sync_settings(&mut reader).await.expect("pragmas can be read"));
            all.push(reader);
        }
        for settings in live {
            settings.require().expect("the bundled library and our options are safe");
        }
        drop(all);
        store.close().await;
    }

    /// Seen red with a refusal that does not look at `mmap_size`.
    #[tokio::test]
    async fn a_live_connection_that_maps_the_file_into_memory_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mapped = options(&folder.path().join("keyward.db")).create_if_missing(true).pragma("mmap_size", "268435456");
        let mut connection = mapped.connect().await.expect("a new database opens");
        let settings = Sqlite::sync_settings(&mut connection).await.expect("pragmas can be read");
        let refused = settings.require().expect_err("it is not safe");
        assert!(matches!(&refused, StoreError::Unsafe(what) if what == "mmap_size=268435456"), "{refused}");
    }

    #[test]
    fn unsafe_settings_and_old_libraries_are_refused() {
        sound().require().expect("this is the safe configuration");
        for broken in [
            SyncSettings { synchronous: 1, ..sound() },
            SyncSettings { journal_mode: "delete".into(), ..sound() },
            SyncSettings { foreign_keys: 0, ..sound() },
            SyncSettings { secure_delete: 0, ..sound() },
            SyncSettings { mmap_size: 268_435_456, ..sound() },
            SyncSettings { version: "3.51.2".into(), ..sound() },
            SyncSettings { version: "3.40.1".into(), ..sound() },
        ] {
            assert!(broken.require().is_err(), "{broken:?}");
        }
    }
}
