//! Taking over keys from the system that Keyward replaces.
//!
//! Rows are hostile input: each is decrypted, parsed by the rules of the page, sealed, read back and compared, all in one unit
//! of work, so that an import which is killed leaves whole rows or none. What was imported is remembered by (source, id there,
//! SHA-256 of the encrypted value): running it again changes nothing.

mod fernet;
mod judge;
mod keycloak;
mod names;
mod row;

pub use crate::store::ops_center::rows as rows_of_database;
pub use fernet::{FernetKeys, NotAFernetKey, Unopened};
pub use keycloak::read as rows_of_keycloak;
pub use row::{OldRow, Source, Whose};

use crate::{
    Context, Failure, Vault, access,
    audit::{Event, Outcome},
};
use domain::{Problem, person::Email};
use futures::{StreamExt, stream::BoxStream};
pub(crate) use judge::Kept;
use judge::Seen;
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// Rows that are under way at once: they share commits.
const AT_ONCE: usize = 16;
/// How often a row is tried while the database is busy with other writers.
const TRIES: u32 = 5;

/// Why a source cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Not JSON, or without users.
    #[error("the file is no export of a Keycloak realm: there is no list of users in it")]
    Export,
    /// The other database.
    #[error("the other database cannot be read: {0}")]
    Database(#[from] crate::store::StoreError),
    /// It has none of the tables.
    #[error(
        "none of these tables is in the other database: user_provider_keys, service_credentials, encrypted_credentials, platform_settings"
    )]
    NoTable,
}

/// What is to be imported.
pub struct Import {
    /// The rows, in the order in which they are imported.
    pub rows: Vec<OldRow>,
    /// E-mail addresses of people, by the id they had in the other system.
    pub people: BTreeMap<String, Email>,
    /// The keys that values may have been encrypted under.
    pub keys: FernetKeys,
    /// Only tell what would happen.
    pub dry_run: bool,
}

/// What became of a row.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RowStatus {
    /// Sealed, stored and read back; in a dry run: it would be.
    Imported,
    /// Imported before, or the same secret is kept already.
    Duplicate,
    /// No key fits. The row stays where it is.
    Undecryptable,
    /// It is not a secret that can be kept, or nobody's.
    Invalid,
}

impl RowStatus {
    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Imported => "imported",
            Self::Duplicate => "duplicate",
            Self::Undecryptable => "undecryptable",
            Self::Invalid => "invalid",
        }
    }
}

/// One line of the report. Nothing in it is a secret; what comes from the other system has no control characters.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RowReport {
    /// What became of it.
    pub status: RowStatus,
    /// The table, or `keycloak`.
    pub source: &'static str,
    /// Its id there.
    pub id: String,
    /// The provider or service.
    pub name: String,
    /// The account it belongs to; none for the installation's own, and where it is not known.
    pub account: Option<String>,
    /// Why, where it was not imported; or what is special about it.
    pub reason: Option<String>,
}

impl RowReport {
    fn of(row: &OldRow) -> Self {
        let (id, name) = (shown(&row.id), shown(&row.name));
        Self { status: RowStatus::Invalid, source: row.source.as_str(), id, name, account: None, reason: None }
    }
    fn with(self, status: RowStatus, reason: impl Into<Option<String>>) -> Self {
        Self { status, reason: reason.into(), ..self }
    }
}

/// Text of the other system for a terminal: at most 80 characters, none of them a control character.
fn shown(text: &str) -> String {
    text.chars().take(80).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Counts of what became of the rows.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize)]
#[allow(missing_docs, reason = "each is the status of that name")]
pub struct Summary {
    pub rows: u64,
    pub imported: u64,
    pub duplicate: u64,
    pub undecryptable: u64,
    pub invalid: u64,
}

impl Summary {
    /// Counts a row.
    pub fn count(&mut self, status: RowStatus) {
        self.rows += 1;
        *match status {
            RowStatus::Imported => &mut self.imported,
            RowStatus::Duplicate => &mut self.duplicate,
            RowStatus::Undecryptable => &mut self.undecryptable,
            RowStatus::Invalid => &mut self.invalid,
        } += 1;
    }
}

impl Vault {
    /// Imports row by row, and reports each in the order given. An error ends it; running it again goes on where it ended.
    ///
    /// # Errors
    /// `Forbidden` unless the operator asks; in the stream `Unavailable`, when the database could not keep a row.
    pub fn import(&self, cx: &Context, import: Import) -> Result<BoxStream<'static, Result<RowReport, Failure>>, Failure> {
        let operator = access::operator(cx)?;
        let Import { rows, people, keys, dry_run } = import;
        let (me, seen) = (self.clone(), Arc::new(Seen::new(dry_run)));
        let (keys, people) = (Arc::new(keys), Arc::new(people));
        let each = move |row: OldRow| {
            let (me, keys, people, seen) = (me.clone(), Arc::clone(&keys), Arc::clone(&people), Arc::clone(&seen));
            async move { me.import_row(operator, &row, &keys, &people, &seen).await }
        };
        Ok(futures::stream::iter(rows).map(each).buffered(AT_ONCE).boxed())
    }

    async fn import_row(
        &self,
        operator: access::Operator,
        row: &OldRow,
        keys: &FernetKeys,
        people: &BTreeMap<String, Email>,
        seen: &Arc<Seen>,
    ) -> Result<RowReport, Failure> {
        let report = RowReport::of(row);
        let plan = match self.judge(operator, row, keys, people, report) {
            Ok(plan) => Arc::new(plan),
            Err(report) => return Ok(report),
        };
        let mut tries = 1;
        loop {
            let (me, plan, seen) = (self.clone(), Arc::clone(&plan), Arc::clone(seen));
            let unit = self.store().write(move |tx| Box::pin(async move { me.carry_out(tx, &plan, &seen).await }));
            match unit.await {
                Err(failure) if tries < TRIES && matches!(failure.problem(), Problem::Unavailable { .. }) => {
                    tokio::time::sleep(Duration::from_millis(200) * tries).await;
                    tries += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// Puts the beginning or the end of an import into the audit trail; the rows have events of their own.
    ///
    /// # Errors
    /// `Forbidden` unless the operator asks, `Unavailable`.
    pub async fn note_import(&self, cx: &Context, ended: Option<Summary>) -> Result<(), Failure> {
        access::operator(cx)?;
        let event = match ended {
            None => Event::new("import", Outcome::Started),
            Some(summary) => Event::success("import.result")
                .number("rows", summary.rows)
                .number("imported", summary.imported)
                .number("duplicate", summary.duplicate)
                .number("undecryptable", summary.undecryptable)
                .number("invalid", summary.invalid),
        };
        let (me, cx) = (self.clone(), cx.clone());
        self.store().write(move |tx| Box::pin(async move { me.record(tx, &cx, event).await })).await
    }
}
