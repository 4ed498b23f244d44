//! `keyward import`: keys of the system that Keyward replaces.

use super::{CommandFailure, open, say, tell};
use crate::{config::Config, logging};
use clap::{Args, Subcommand};
use domain::{key_input::SecretInput, person::Email};
use futures::StreamExt;
use std::{
    collections::BTreeMap,
    fs,
    io::{self, IsTerminal},
    path::{Path, PathBuf},
};
use vault::{
    Context,
    import::{FernetKeys, Import, ImportError, OldRow, RowReport, Summary, rows_of_database, rows_of_keycloak},
    store::PostgresAddress,
};

/// The most bytes of a file that names people, and of an export.
const LONGEST_FILE: u64 = 512 * 1024 * 1024;

#[derive(Subcommand)]
pub(super) enum ImportCommand {
    /// From Ops-Center: its PostgreSQL database, or an export of its Keycloak realm
    ///
    /// Prints a line for each row (imported, duplicate, undecryptable, invalid) and a summary. Nothing is changed there, and
    /// running it again changes nothing here. Accounts that are missing are made, and are disabled until their owner
    /// signs in at the same OpenID provider, or `keyward user enable` lets them in.
    #[command(after_help = "Examples:\n  \
        keyward import ops-center --database postgres://ops@127.0.0.1/unicorn_db --fernet-key-file old.key --users-file users.csv --dry-run\n  \
        keyward import ops-center --keycloak-export realm.json --fernet-key-file old.key --fernet-key-file older.key")]
    OpsCenter(OpsCenter),
}

/// Where the other system's data is: one of these.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct Place {
    /// Its database; a password in it is seen by other users of this machine: better --database-file
    #[arg(long, value_name = "postgres://...")]
    database: Option<String>,
    /// A file with the address of its database
    #[arg(long, value_name = "FILE")]
    database_file: Option<PathBuf>,
    /// The JSON export of its Keycloak realm, with users
    #[arg(long, value_name = "FILE")]
    keycloak_export: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct OpsCenter {
    #[command(flatten)]
    place: Place,
    /// A file with one of its Fernet keys (ENCRYPTION_KEY, BYOK_ENCRYPTION_KEY, ...); give it once for each key
    #[arg(long = "fernet-key-file", value_name = "FILE", required = true)]
    fernet_key_files: Vec<PathBuf>,
    /// A CSV file `old_id,email`: whose ids are whose, where the export does not say so
    #[arg(long, value_name = "FILE")]
    users_file: Option<PathBuf>,
    /// Only tell what would be imported
    #[arg(long)]
    dry_run: bool,
    /// One JSON object a line, the last with the counts
    #[arg(long)]
    json: bool,
}

/// Runs one of them.
pub(super) async fn run(config: &Config, command: ImportCommand) -> Result<(), CommandFailure> {
    let ImportCommand::OpsCenter(from) = command;
    let mut keys = FernetKeys::default();
    for file in &from.fernet_key_files {
        let text = SecretInput::new(read(file)?);
        keys.add(&text).map_err(|error| CommandFailure::Refused(format!("{}: {error}", file.display())))?;
    }
    let mut people = BTreeMap::new();
    let rows = rows(&from.place, &mut people).await?;
    if let Some(file) = &from.users_file {
        people.extend(users(file)?);
    }
    if rows.is_empty() {
        tell("There is nothing to import there.");
    }
    let vault = open(config).await?;
    let cx = Context::system();
    if !from.dry_run {
        vault.note_import(&cx, None).await?;
    }
    let total = rows.len();
    let mut reports = vault.import(&cx, Import { rows, people, keys, dry_run: from.dry_run })?;
    let mut summary = Summary::default();
    while let Some(report) = reports.next().await {
        let report = report.inspect_err(|_| tell("It stopped here. Run it again: what is imported already is not imported twice."))?;
        summary.count(report.status);
        say(&if from.json { json(&report)? } else { line(&report) })?;
        progress(summary.rows, total);
    }
    if !from.dry_run {
        vault.note_import(&Context::system(), Some(summary)).await?;
    }
    vault.close().await;
    if from.json { say(&json(&summary)?) } else { say(&sentence(&summary, from.dry_run)) }
}

async fn rows(from: &Place, people: &mut BTreeMap<String, Email>) -> Result<Vec<OldRow>, CommandFailure> {
    let refused = |error: &ImportError| CommandFailure::Refused(logging::chain(error));
    if let Some(file) = &from.keycloak_export {
        let (rows, emails) = rows_of_keycloak(&read(file)?).map_err(|error| refused(&error))?;
        people.extend(emails.into_iter().filter_map(|(id, email)| Some((id, Email::parse(&email).ok()?))));
        return Ok(rows);
    }
    let address = match (&from.database, &from.database_file) {
        (Some(address), _) => address.clone(),
        (None, Some(file)) => read(file)?,
        (None, None) => return Err(CommandFailure::Refused("Say where the other database is.".into())),
    };
    let address = PostgresAddress::parse(&address).map_err(|error| CommandFailure::Refused(format!("The other database: {error}")))?;
    rows_of_database(&address).await.map_err(|error| refused(&error))
}

fn read(file: &Path) -> Result<String, CommandFailure> {
    let said = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", file.display()));
    if fs::metadata(file).map_err(said)?.len() > LONGEST_FILE {
        return Err(CommandFailure::Refused(format!("{} is larger than 512 MiB.", file.display())));
    }
    Ok(fs::read_to_string(file).map_err(said)?)
}

/// Reads `old_id,email`, with or without that heading.
fn users(file: &Path) -> Result<BTreeMap<String, Email>, CommandFailure> {
    let text = read(file)?;
    let mut lines = csv::ReaderBuilder::new().has_headers(false).trim(csv::Trim::All).from_reader(text.as_bytes());
    let wrong =
        |line: usize| CommandFailure::Refused(format!("{}, line {line}: it must be an old id and an e-mail address.", file.display()));
    let mut people = BTreeMap::new();
    for (n, record) in lines.records().enumerate() {
        let record = record.map_err(|_| wrong(n + 1))?;
        match (record.get(0), record.get(1), record.len()) {
            (Some("old_id"), Some("email"), 2) if n == 0 => {}
            (Some(id), Some(email), 2) if !id.is_empty() => {
                people.insert(id.to_owned(), Email::parse(email).map_err(|_| wrong(n + 1))?);
            }
            _ => return Err(wrong(n + 1)),
        }
    }
    Ok(people)
}

fn line(report: &RowReport) -> String {
    let RowReport { status, source, id, name, account, reason } = report;
    let whose = account.as_ref().map(|account| format!(" of {account}")).unwrap_or_default();
    let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("{:13}  {source}  {id}  {name}{whose}{reason}", status.as_str())
}

fn sentence(summary: &Summary, dry_run: bool) -> String {
    let Summary { rows, imported, duplicate, undecryptable, invalid } = summary;
    let end = if dry_run { " This was a dry run: nothing was changed." } else { "" };
    format!("{rows} rows: {imported} imported, {duplicate} duplicate, {undecryptable} undecryptable, {invalid} invalid.{end}")
}

fn json(value: &impl serde::Serialize) -> Result<String, CommandFailure> {
    Ok(serde_json::to_string(value).map_err(io::Error::from)?)
}

/// Where the lines go to a file, the terminal sees a count.
fn progress(done: u64, total: usize) {
    if io::stderr().is_terminal() && !io::stdout().is_terminal() && (done.is_multiple_of(50) || done == total as u64) {
        let end = if done == total as u64 { "\n" } else { "" };
        // Nobody is left to tell when standard error is closed.
        let _ = io::Write::write_fmt(&mut io::stderr(), format_args!("\r{done} of {total} rows{end}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn written(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(text.as_bytes()).expect("it is written");
        file
    }

    #[test]
    fn a_file_of_users_has_an_id_and_an_address_on_each_line() {
        for text in ["u1,ann@example.com\nu2, Bob@Example.com \n", "old_id,email\nu1,ann@example.com\nu2,\"bob@example.com\"\n"] {
            let found = users(written(text).path()).expect("people");
            assert_eq!(
                found.iter().map(|(id, email)| (id.as_str(), email.as_str())).collect::<Vec<_>>(),
                [("u1", "ann@example.com"), ("u2", "bob@example.com")]
            );
        }
        for (text, wrong) in
            [("u1\n", "line 1"), ("u1,ann@example.com\nu2,nobody\n", "line 2"), ("u1,a@b.c,x\n", "line 1"), (",a@b.c", "line 1")]
        {
            assert!(users(written(text).path()).expect_err("a fault").to_string().contains(wrong), "{text}");
        }
    }
}
