//! Copies of the whole database, and what is remembered of them.
//!
//! A backup is a SQLite file with the tables of this version, whatever the database is: so it can be checked, and restored
//! into either.

use super::StoreError;
use async_trait::async_trait;
use domain::Timestamp;
use std::path::Path;

/// What a backup has as its `application_id`: `KWBK`. A database in use has none.
pub(super) const MARK: i64 = 0x4b57_424b;

/// The part of a database that is copied.
#[async_trait]
pub trait BackupStore {
    /// Writes a consistent copy into an empty file, while others go on reading and writing.
    async fn copy_to(&self, file: &Path) -> Result<(), StoreError>;
    /// When the last backup was verified.
    async fn last_backup(&self) -> Result<Option<Timestamp>, StoreError>;
}

/// The part of a unit of work that speaks of backups.
#[async_trait]
pub trait BackupTx {
    /// Remembers that a backup was verified.
    async fn set_last_backup(&mut self, at: Timestamp) -> Result<(), StoreError>;
    /// Ends every session and set-up link: what was ended after a backup must not live again when it is restored. Tells how
    /// many sessions there were.
    async fn end_everything(&mut self) -> Result<u64, StoreError>;
}

/// What is in the file of a backup.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Image {
    /// Rows of each table, those that others refer to first.
    pub tables: Vec<(String, u64)>,
}

impl Image {
    /// Rows of all tables.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|(_, rows)| rows).sum()
    }
}
