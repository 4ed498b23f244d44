//! PostgreSQL 15 and later: any number of processes on one database.
//!
//! Each process has one writer connection ([`writer`]) that runs units of work in transactions, and readers that
//! never begin one. A writer takes one lock for the whole database before it reads anything, so units of all processes
//! happen one after another, as on SQLite: whatever a unit counted still holds when it commits, and the audit chain has no
//! gaps. How the processes hear of each other's changes is in [`feed`].

mod address;
mod api_tokens;
mod audit_query;
mod backups;
mod credentials;
mod decode;
mod feed;
mod gauges;
mod identities;
mod imports;
mod leases;
mod people;
mod pooler;
mod reads;
mod retention;
mod rotation;
mod schema;
mod tx;
mod writer;

pub use address::{AddressError, PostgresAddress};

use super::{Changes, Outcome, Store, StoreError, Work, readers::Readers, rows};
use crate::access::Owner;
use async_trait::async_trait;
use domain::{Timestamp, ids::KeyId, person::Email};
use futures::future::BoxFuture;
use sqlx::{ConnectOptions, Connection, PgConnection, Row, migrate::Migrator, postgres::PgConnectOptions};
use std::time::Duration;
use tokio::time::timeout;
use writer::Writer;

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/postgres");

/// How long a connection attempt waits for the server.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a read may take, connecting excluded. The server gives up a second earlier, so that a network that
/// swallows everything and a slow statement can be told apart in its log.
const READ: Duration = Duration::from_secs(3);
/// How long a migration may wait for another process's migration and then take.
const MIGRATION: Duration = Duration::from_secs(120);
const READERS: u32 = 8;
/// What a connection that only reads begins with.
const READS_ONLY: &str = "set default_transaction_read_only = on; set statement_timeout = '2s'";
/// As `server_version_num` says it.
const OLDEST: i64 = 150_000;

/// The PostgreSQL store.
pub struct Postgres {
    readers: Readers<PgConnection>,
    options: PgConnectOptions,
    writer: Writer,
    /// The last audit event when this process came to the database.
    newest: u64,
}

/// The settings that the server reports about keeping what it acknowledged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServerSettings {
    /// `server_version_num`: 150018 is 15.18.
    pub version: i64,
    /// `on`.
    pub fsync: String,
    /// `on`.
    pub full_page_writes: String,
    /// Anything but `off`.
    pub synchronous_commit: String,
    /// `off`: a standby takes no writes.
    pub in_recovery: bool,
}

impl ServerSettings {
    async fn read(connection: &mut PgConnection) -> Result<Self, StoreError> {
        let row = sqlx::query(
            "select current_setting('server_version_num')::bigint, current_setting('fsync'), current_setting('full_page_writes'), \
             current_setting('synchronous_commit'), pg_is_in_recovery()",
        )
        .fetch_one(connection)
        .await?;
        Ok(Self {
            version: row.try_get(0)?,
            fsync: row.try_get(1)?,
            full_page_writes: row.try_get(2)?,
            synchronous_commit: row.try_get(3)?,
            in_recovery: row.try_get(4)?,
        })
    }

    /// Refuses what would lose acknowledged writes.
    ///
    /// # Errors
    /// [`StoreError::Unsafe`], naming the setting.
    pub fn require(&self) -> Result<(), StoreError> {
        let checks = [
            (self.version >= OLDEST, format!("PostgreSQL {}, older than 15", self.version / 10_000)),
            (self.fsync == "on", format!("fsync={}", self.fsync)),
            (self.full_page_writes == "on", format!("full_page_writes={}", self.full_page_writes)),
            (self.synchronous_commit != "off", format!("synchronous_commit={}", self.synchronous_commit)),
            (!self.in_recovery, "a standby server".to_owned()),
        ];
        checks.into_iter().find(|(fine, _)| !fine).map_or(Ok(()), |(_, what)| Err(StoreError::Unsafe(what)))
    }
}

/// Connects within [`PATIENCE`].
async fn connect(options: &PgConnectOptions) -> Result<PgConnection, StoreError> {
    Ok(timeout(PATIENCE, options.clone().connect()).await.map_err(|_| StoreError::Lost)??)
}

/// One read. A connection whose read failed or did not end in time is thrown away.
async fn read_over<T, F>(readers: &Readers<PgConnection>, ask: F) -> Result<T, StoreError>
where
    F: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, StoreError>>,
{
    let mut connection = readers.acquire().await?;
    let answer = timeout(READ, ask(&mut connection)).await.unwrap_or(Err(StoreError::Lost));
    if answer.is_err() {
        connection.discard();
    }
    answer
}

fn options(address: &PostgresAddress) -> PgConnectOptions {
    address.options().application_name("keyward").disable_statement_logging()
}

impl Postgres {
    /// Reads the wrapped keyring without changing anything; `None` when the tables were never made.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the server does not answer or does not let us in.
    pub async fn peek_keyring(address: &PostgresAddress) -> Result<Option<Vec<rows::KeyringRow>>, StoreError> {
        let mut connection = connect(&options(address)).await?;
        sqlx::raw_sql(READS_ONLY).execute(&mut connection).await?;
        let found = reads::keyring_if_made(&mut connection).await;
        connection.close().await?;
        found
    }

    /// Opens the database and brings its schema up to date, while other processes that do the same wait.
    ///
    /// # Errors
    /// [`StoreError::Schema`] for a schema of a newer version, [`StoreError::Unsafe`] when a write would not be kept,
    /// [`StoreError::Database`] when the server does not answer or does not let us in.
    pub async fn open(address: &PostgresAddress) -> Result<Self, StoreError> {
        let options = options(address);
        pooler::require_sessions(&options).await?;
        let mut connection = connect(&options).await?;
        ServerSettings::read(&mut connection).await?.require()?;
        timeout(MIGRATION, MIGRATIONS.run(&mut connection)).await.map_err(|_| StoreError::Lost)?.map_err(StoreError::Schema)?;
        let newest = reads::newest_event(&mut connection).await?;
        connection.close().await?;
        let reading = options.clone();
        let readers = Readers::new(
            READERS,
            Box::new(move || {
                let reading = reading.clone();
                Box::pin(async move {
                    let mut connection = connect(&reading).await?;
                    // Not as options of the connection, which a pooler in front would refuse.
                    sqlx::raw_sql(READS_ONLY).execute(&mut connection).await?;
                    Ok(connection)
                })
            }),
        );
        Ok(Self { readers, writer: Writer::start(options.clone()), options, newest })
    }

    /// Runs a read in a task of its own: whoever waits for it may go away, and the connection still goes back between two
    /// statements and never in the middle of one.
    async fn read<T, F>(&self, ask: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        let readers = self.readers.clone();
        tokio::spawn(async move { read_over(&readers, ask).await }).await.map_err(|_| StoreError::Lost)?
    }
}

#[async_trait]
impl Store for Postgres {
    async fn session(&self, token_hash: &[u8; 32]) -> Result<Option<(rows::SessionRow, rows::AccountRow)>, StoreError> {
        let token_hash = *token_hash;
        self.read(move |connection| Box::pin(async move { reads::session(connection, &token_hash).await })).await
    }
    async fn account_by_email(&self, email: &Email) -> Result<Option<rows::AccountRow>, StoreError> {
        let email = email.clone();
        self.read(move |connection| Box::pin(async move { reads::account_by_email(connection, &email).await })).await
    }
    async fn accounts(&self) -> Result<Vec<rows::AccountRow>, StoreError> {
        self.read(|connection| Box::pin(reads::accounts(connection))).await
    }
    async fn setup_link_works(&self, token_hash: &[u8; 32], now: Timestamp) -> Result<bool, StoreError> {
        let token_hash = *token_hash;
        self.read(move |connection| Box::pin(async move { reads::setup_link_works(connection, &token_hash, now).await })).await
    }
    async fn keys(&self, owner: Owner) -> Result<Vec<rows::KeyRow>, StoreError> {
        self.read(move |connection| Box::pin(reads::keys(connection, owner))).await
    }
    async fn key(&self, owner: Owner, id: KeyId) -> Result<Option<rows::KeyRow>, StoreError> {
        self.read(move |connection| Box::pin(reads::key(connection, owner, id))).await
    }
    async fn api_token(&self, handle: &str) -> Result<Option<(rows::ApiTokenRow, rows::AccountRow)>, StoreError> {
        let handle = handle.to_owned();
        self.read(move |connection| Box::pin(async move { api_tokens::by_handle(connection, &handle).await })).await
    }
    async fn api_tokens(&self, owner: Owner) -> Result<Vec<rows::ApiTokenRow>, StoreError> {
        self.read(move |connection| Box::pin(api_tokens::of_owner(connection, owner))).await
    }
    async fn sessions(&self, owner: Owner) -> Result<Vec<rows::SessionRow>, StoreError> {
        self.read(move |connection| Box::pin(api_tokens::sessions(connection, owner))).await
    }
    async fn keyring(&self) -> Result<Vec<rows::KeyringRow>, StoreError> {
        self.read(|connection| Box::pin(reads::keyring(connection))).await
    }
    async fn audit_events(&self, after: u64, limit: u32) -> Result<Vec<rows::AuditRow>, StoreError> {
        self.read(move |connection| Box::pin(reads::audit_events(connection, after, limit))).await
    }
    async fn hits_since(&self, rule: &'static str, subject: &[u8], since: Timestamp) -> Result<Vec<Timestamp>, StoreError> {
        let subject = subject.to_vec();
        self.read(move |connection| Box::pin(async move { reads::hits_since(connection, rule, &subject, since).await })).await
    }
    async fn ready(&self) -> Result<(), StoreError> {
        self.read(|connection| Box::pin(async move { Ok(sqlx::query("select 1").execute(connection).await.map(drop)?) })).await?;
        let nothing: Work = Box::new(|_| Box::pin(async { Ok(Box::new(()) as Box<dyn std::any::Any + Send>) }));
        self.writer.run(nothing).await.map(drop).map_err(|_| StoreError::Busy)
    }
    async fn run(&self, work: Work) -> Outcome {
        self.writer.run(work).await
    }
    fn changes(&self) -> Option<Changes> {
        Some(feed::start(self.readers.clone(), self.options.clone(), self.newest))
    }
    async fn close(&self) {
        self.writer.close().await;
        self.readers.close().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound() -> ServerSettings {
        ServerSettings {
            version: 150_000,
            fsync: "on".into(),
            full_page_writes: "on".into(),
            synchronous_commit: "on".into(),
            in_recovery: false,
        }
    }

    #[test]
    fn servers_that_lose_writes_are_refused() {
        sound().require().expect("this is a safe server");
        ServerSettings { synchronous_commit: "remote_apply".into(), ..sound() }.require().expect("stricter is safe too");
        for broken in [
            ServerSettings { version: 140_012, ..sound() },
            ServerSettings { fsync: "off".into(), ..sound() },
            ServerSettings { full_page_writes: "off".into(), ..sound() },
            ServerSettings { synchronous_commit: "off".into(), ..sound() },
            ServerSettings { in_recovery: true, ..sound() },
        ] {
            assert!(broken.require().is_err(), "{broken:?}");
        }
    }
}
