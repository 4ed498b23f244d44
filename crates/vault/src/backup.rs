//! Backups: one file that holds everything but the root key, checked before it counts; and the way back.
//!
//! The file is a SQLite database with the tables of this version. It is opened like the real one, with the root key, before it
//! gets its name: its keyring must unwrap, its audit chain must hold, and every secret in it is opened.

mod draft;

use crate::{
    Context, Failure, Settings, Vault, access,
    audit::{Chain, Event, Outcome},
    keyring::Keyring,
    root_key::RootKey,
    seal_context::FieldContext,
    sealed::Sealed,
    settings::{AuditSettings, Database},
    start::{self, StartError},
    store::{
        Postgres, SEALED_COLUMNS, SealedColumn, Sqlite, StoreError,
        backups::Image,
        rows::{SealedPlace, SealedValue},
    },
};
use domain::{Timestamp, scope::Scope};
use draft::Draft;
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};
use uuid::Uuid;

/// Secrets that are read at a time.
const PAGE: u32 = 500;

/// Why there is no backup, or nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Something else is there.
    #[error("{} is there and is no backup of Keyward, so it is not overwritten", .0.display())]
    InTheWay(PathBuf),
    /// The file to restore is not one.
    #[error("{} is no backup of Keyward", .0.display())]
    NotABackup(PathBuf),
    /// There is a database where it should go.
    #[error("there is a database already at {0}, or its -wal, -shm or -journal; a backup is restored into an empty place only")]
    Occupied(Database),
    /// The file system.
    #[error("{}: {source}", .path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The copy does not open, or not with this root key.
    #[error("the copy does not hold: {0}")]
    Image(#[source] StartError),
    /// The audit chain of the copy is broken.
    #[error("the audit trail in the copy does not hold from event {0} on")]
    Chain(u64),
    /// The database to back up, or the one that was restored, does not open.
    #[error(transparent)]
    Start(#[from] StartError),
    /// An event could not be written.
    #[error("the audit trail could not be written: {0}")]
    Audit(#[from] Failure),
}

/// What was written or restored.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct BackupReport {
    /// Rows of all tables.
    pub rows: u64,
    /// Secrets that were opened.
    pub secrets: u64,
    /// Records whose secret does not open, in the database neither.
    pub unopened: Vec<Uuid>,
    /// Events of the audit trail.
    pub events: u64,
    /// The public id of the root key that opens it, in hexadecimal.
    pub root_key: Vec<String>,
}

impl Vault {
    /// When the last backup was verified.
    ///
    /// # Errors
    /// `Forbidden` unless the operator or an administrator asks, `Unavailable`.
    pub async fn last_backup(&self, cx: &Context) -> Result<Option<Timestamp>, Failure> {
        if access::operator(cx).is_err() {
            access::admin(cx, Scope::Admin)?;
        }
        Ok(self.store().last_backup().await?)
    }

    /// Opens every secret there is and forgets it again; tells how many opened, and which did not. Obligation: the use stands
    /// in the audit trail.
    async fn open_all(&self) -> Result<(u64, Vec<Uuid>), StoreError> {
        let ring = self.keyring();
        let (mut opened, mut unopened) = (0, Vec::new());
        for at in SEALED_COLUMNS {
            let mut after = None;
            loop {
                let page = self.store().sealed_values(at, u32::MAX, after, PAGE).await?;
                let Some(last) = page.last() else { break };
                after = Some(SealedPlace { data_key_id: last.sealed.data_key_id, record: last.record });
                for value in page {
                    if opens(&ring, at, &value) {
                        opened += 1;
                    } else {
                        unopened.push(value.record);
                    }
                }
            }
        }
        Ok((opened, unopened))
    }

    async fn note(&self, cx: &Context, event: Event, verified: bool) -> Result<(), Failure> {
        let (me, cx) = (self.clone(), cx.clone());
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    if verified {
                        tx.set_last_backup(cx.now).await?;
                    }
                    me.record(tx, &cx, event).await
                })
            })
            .await
    }
}

/// Whether a value opens for the place it is in.
fn opens(ring: &Keyring, at: &SealedColumn, value: &SealedValue) -> bool {
    let place = FieldContext {
        table: at.table,
        column: at.column,
        tenant: value.tenant,
        owner: value.owner,
        record: value.record,
        provider: &value.provider,
        endpoint_origin: &value.origin,
        version: value.version,
    };
    Sealed::parse(value.sealed.bytes.clone()).and_then(|sealed| ring.open(&place, &sealed)).is_ok()
}

/// Writes a backup of the database into `file`, which may be an older backup, while servers use the database. The file appears
/// under its name when it was checked, readable by its owner alone.
///
/// # Errors
/// See [`BackupError`]; then there is no new file.
pub async fn write(settings: &Settings, roots: &[RootKey], file: &Path) -> Result<BackupReport, BackupError> {
    let source = settings.database.file().and_then(|database| database.canonicalize().ok());
    let same = source.is_some() && file.canonicalize().ok() == source;
    if same || (file.exists() && !Image::is_marked(file).await) {
        return Err(BackupError::InTheWay(file.to_owned()));
    }
    let cx = Context::system();
    let vault = start::open(settings, roots).await?;
    let begun = vault.note(&cx, Event::new("backup.use", Outcome::Started), false).await;
    let written = match begun {
        Ok(()) => copy(&vault, settings, roots, file).await,
        Err(failure) => Err(failure.into()),
    };
    let outcome = match written {
        Ok(report) => {
            let unopened = u64::try_from(report.unopened.len()).unwrap_or(u64::MAX);
            let event =
                Event::success("backup.result").number("rows", report.rows).number("secrets", report.secrets).number("unopened", unopened);
            vault.note(&cx, event, true).await.map(|()| report).map_err(BackupError::from)
        }
        Err(error) => {
            // The first error is the one to tell.
            let _ = vault.note(&cx, Event::new("backup.result", Outcome::Failed), false).await;
            Err(error)
        }
    };
    vault.close().await;
    outcome
}

async fn copy(vault: &Vault, settings: &Settings, roots: &[RootKey], file: &Path) -> Result<BackupReport, BackupError> {
    let draft = Draft::beside(file)?;
    vault.store().copy_to(&draft.0).await?;
    let report = check(settings, roots, &draft, true, None).await?;
    draft.become_file(file)?;
    Ok(report)
}

/// Opens the draft as a database of its own and walks through everything in it.
async fn check(
    settings: &Settings,
    roots: &[RootKey],
    draft: &Draft,
    marked: bool,
    event: Option<Event>,
) -> Result<BackupReport, BackupError> {
    // Its events are no news for the second place of the trail.
    let here = Settings { database: Database::Sqlite(draft.0.clone()), audit: AuditSettings::default(), ..settings.clone() };
    let image = start::open(&here, roots).await.map_err(BackupError::Image)?;
    let report = walk(&image, event).await;
    image.close().await;
    let rows = Image::finish(&draft.0, marked).await?.rows();
    Ok(BackupReport { rows, ..report? })
}

async fn walk(image: &Vault, event: Option<Event>) -> Result<BackupReport, BackupError> {
    let cx = Context::system();
    if let Some(event) = event {
        let (me, cx) = (image.clone(), cx.clone());
        let unit = image.store().write(move |tx| {
            Box::pin(async move {
                let ended = tx.end_everything().await?;
                me.record(tx, &cx, event.number("sessions_ended", ended)).await
            })
        });
        unit.await?;
    }
    let events = match image.verify_audit(&cx).await? {
        Chain::Intact(events) => events,
        Chain::Broken(seq) | Chain::Checkpoints(seq) => return Err(BackupError::Chain(seq)),
    };
    let root_key = image.store().keyring().await?.iter().map(|row| hex(row.root_id)).collect();
    let (secrets, unopened) = image.open_all().await?;
    Ok(BackupReport { rows: 0, secrets, unopened, events, root_key })
}

/// The public ids of the root keys that open a backup, in hexadecimal.
///
/// # Errors
/// [`BackupError::NotABackup`], or what the file system says.
pub async fn root_keys_of(file: &Path) -> Result<Vec<String>, BackupError> {
    File::open(file).map_err(|source| BackupError::File { path: file.to_owned(), source })?;
    if !Image::is_marked(file).await {
        return Err(BackupError::NotABackup(file.to_owned()));
    }
    Ok(Sqlite::peek_keyring(file).await?.iter().map(|row| hex(row.root_id)).collect())
}

fn hex(id: [u8; 8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether there is a database, or what a crash left of one: SQLite would replay a left-behind log into the restored file.
fn is_taken(database: &Path) -> bool {
    ["", "-wal", "-shm", "-journal"].iter().any(|end| {
        let mut name = database.as_os_str().to_owned();
        name.push(end);
        fs::symlink_metadata(PathBuf::from(name)).is_ok()
    })
}

/// Puts a backup where there is no database yet. Ids and secrets stay; sessions and set-up links end, because those that were
/// ended since must not live again. The backup itself is not changed.
///
/// # Errors
/// See [`BackupError`]; then there is no database where there was none.
pub async fn restore(settings: &Settings, roots: &[RootKey], file: &Path) -> Result<BackupReport, BackupError> {
    if !Image::is_marked(file).await {
        return Err(BackupError::NotABackup(file.to_owned()));
    }
    let occupied = || BackupError::Occupied(settings.database.clone());
    let place = match &settings.database {
        Database::Sqlite(database) if is_taken(database) => return Err(occupied()),
        Database::Sqlite(database) => database.clone(),
        Database::Postgres(address) => {
            if Postgres::peek_keyring(address).await?.is_some_and(|rows| !rows.is_empty()) {
                return Err(occupied());
            }
            file.to_owned()
        }
    };
    let draft = Draft::beside(&place)?;
    // Byte by byte: a copy would bring the modes of the backup, which may have been kept readable or locked.
    let said = |path: &Path| {
        let path = path.to_owned();
        move |source| BackupError::File { path, source }
    };
    let mut from = File::open(file).map_err(said(file))?;
    let mut to = fs::OpenOptions::new().write(true).open(&draft.0).map_err(said(&draft.0))?;
    io::copy(&mut from, &mut to).map_err(said(&draft.0))?;
    drop(to);
    let report = check(settings, roots, &draft, false, Some(Event::success("vault.restore"))).await?;
    match &settings.database {
        Database::Sqlite(database) if is_taken(database) => return Err(occupied()),
        Database::Sqlite(database) => draft.become_new_file(database)?,
        Database::Postgres(address) => {
            use crate::store::Store;
            Postgres::open(address).await?.close().await;
            Postgres::fill(address, &draft.0).await.map_err(|error| match error {
                StoreError::Conflict => occupied(),
                other => other.into(),
            })?;
        }
    }
    // What was restored must open as a server will open it.
    let vault = start::open(&Settings { audit: AuditSettings::default(), ..settings.clone() }, roots).await?;
    let events = vault.verify_audit(&Context::system()).await;
    vault.close().await;
    match events? {
        Chain::Intact(events) if events == report.events => Ok(report),
        Chain::Intact(events) => Err(BackupError::Chain(events + 1)),
        Chain::Broken(seq) | Chain::Checkpoints(seq) => Err(BackupError::Chain(seq)),
    }
}
