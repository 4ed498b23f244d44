//! Root key, database and what is in it.

use super::Finding;
use crate::{
    config::Config,
    logging,
    start::{self, StartFailure},
};
use domain::person::Role;
use std::time::Duration;
use vault::{
    Context, Vault,
    audit::Chain,
    start::{Schema, StartError},
};

/// The newest event may be this far ahead of the clock: servers that share a database need not agree better.
const AHEAD: Duration = Duration::from_secs(60);
/// A backup is old after this.
const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

pub(super) async fn check(config: &Config) -> Vec<Finding> {
    let roots = match start::root_keys(config) {
        Ok(roots) => roots,
        Err(StartFailure::NoDataFolder(path)) => {
            return vec![Finding::problem(
                "database",
                format!("there is none in {path}"),
                "Make one with: keyward init, or restore a backup.",
            )];
        }
        Err(failure) => {
            let remedy =
                "Put the root key that `keyward init` made back, or name its file in KEYWARD_ROOT_KEY_FILE. Without it nothing opens.";
            return vec![Finding::problem("root key", failure.to_string(), remedy)];
        }
    };
    match vault::start::schema(&config.vault).await {
        Ok(Schema::Current) => {}
        Ok(Schema::Older) => {
            return vec![Finding::advice(
                "schema",
                "the database was last used by an older version; more cannot be checked before it is brought up to date",
                "Make a backup, then start the server once: it brings the tables up to date by itself.",
            )];
        }
        Ok(Schema::Newer) => {
            return vec![Finding::problem(
                "schema",
                "the database was used by a newer version of Keyward than this one",
                "Run that version or a later one; going back needs a backup from before the update.",
            )];
        }
        Err(error) => return vec![unopened(&error)],
    }
    match vault::start::open(&config.vault, &roots).await {
        Err(error) => vec![unopened(&error)],
        Ok(vault) => {
            let mut findings = vec![
                Finding::fine("root key", "it opens the keyring"),
                Finding::fine("database", format!("{}; what was acknowledged is synced", config.vault.database)),
            ];
            findings.extend(inside(&vault).await);
            vault.close().await;
            findings
        }
    }
}

fn unopened(error: &StartError) -> Finding {
    let found = logging::chain(error);
    match error {
        StartError::WrongRootKey => {
            Finding::problem("root key", found, "Put the root key back that this database was made with; no other one will ever open it.")
        }
        StartError::Catalogue(_) | StartError::CatalogueFile { .. } => {
            Finding::problem("catalogue", found, "Correct the file that KEYWARD_CATALOGUE names, or unset it.")
        }
        StartError::Egress(_) => Finding::problem("outbound policy", found, "Correct KEYWARD_ALLOW_ENDPOINTS."),
        StartError::Missing(_) | StartError::NoKeyring => {
            Finding::problem("database", found, "Make one with: keyward init, or restore a backup with: keyward restore FILE")
        }
        _ => Finding::problem("database", found, "See that the database runs, that its address is right, and that nothing else holds it."),
    }
}

async fn inside(vault: &Vault) -> Vec<Finding> {
    let cx = Context::system();
    let mut findings = Vec::new();
    match vault.verify_audit(&cx).await {
        Ok(Chain::Intact(events)) => findings.push(Finding::fine("audit trail", format!("it holds: {events} events"))),
        Ok(Chain::Broken(seq) | Chain::Checkpoints(seq)) => findings.push(Finding::problem(
            "audit trail",
            format!("event {seq} is missing, was changed, or is not the one that was written"),
            "Somebody wrote to the database past Keyward. Keep a copy of it as it is, find out who, and restore the last good backup.",
        )),
        Err(failure) => findings.push(unreadable("audit trail", &failure)),
    }
    findings.push(clock(vault, &cx).await);
    findings.push(match vault.ready().await {
        Ok(()) => Finding::fine("writing", "the database takes changes"),
        Err(error) => Finding::problem("writing", logging::chain(&error), "See what holds the database: another program, or a full disk."),
    });
    findings.push(match vault.users(&cx).await {
        Ok(people) if people.iter().any(|person| person.role == Role::Admin && !person.disabled) => {
            Finding::fine("accounts", format!("{}, with somebody to administer them", people.len()))
        }
        Ok(_) => Finding::advice("accounts", "nobody can administer this installation yet", "Open a link from: keyward setup-link"),
        Err(failure) => unreadable("accounts", &failure),
    });
    findings.push(match vault.last_backup(&cx).await {
        Ok(Some(at)) if cx.now.since(at) <= WEEK => Finding::fine("backup", format!("the last one is of {}", at.readable())),
        Ok(Some(at)) => Finding::advice("backup", format!("the last one is of {}", at.readable()), "Make one with: keyward backup FILE"),
        Ok(None) => Finding::advice("backup", "there was none yet", "Make one with: keyward backup FILE"),
        Err(failure) => unreadable("backup", &failure),
    });
    findings
}

/// Limits, sessions and links go by the clock. The trail knows a time that has been already.
async fn clock(vault: &Vault, cx: &Context) -> Finding {
    let newest = match vault.gauges(cx).await {
        Ok(gauges) => vault.audit_events(cx, gauges.audit_events.saturating_sub(1), 1).await,
        Err(failure) => Err(failure),
    };
    match newest.ok().and_then(|events| events.first().map(|event| event.at)) {
        Some(at) if at.since(cx.now) > AHEAD => Finding::problem(
            "clock",
            format!("it is {} now, and the newest event is of {}", cx.now.readable(), at.readable()),
            "Set the clock, and keep it right with NTP. Until then sessions and limits are reckoned from a time that is not.",
        ),
        _ => Finding::fine("clock", format!("{}, not before the newest event", cx.now.readable())),
    }
}

fn unreadable(check: &'static str, failure: &vault::Failure) -> Finding {
    Finding::problem(check, format!("it cannot be read: {}", logging::chain(failure)), "See that the database runs, and try again.")
}
