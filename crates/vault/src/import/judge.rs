//! What is to become of a row: everything that can be said without the database first, then the unit of work.

use super::{FernetKeys, OldRow, RowReport, RowStatus, Source, Unopened, Whose};
use crate::{
    Context, Failure, Vault,
    access::Owner,
    audit::{Event, Object},
    keys::ImportedKey,
    store::{
        Tx,
        rows::{AccountRow, ImportRow},
    },
};
use domain::{
    Problem,
    ids::UserId,
    person::{Email, Role},
};
use std::{
    collections::{BTreeMap, HashSet},
    sync::{Mutex, PoisonError},
};

/// What a dry run would have stored so far; nothing in a real one.
pub(super) struct Seen {
    dry_run: bool,
    secrets: Mutex<HashSet<(String, [u8; 8])>>,
}

impl Seen {
    pub(super) fn new(dry_run: bool) -> Self {
        Self { dry_run, secrets: Mutex::default() }
    }
    /// Whether a row before this one had the secret.
    fn again(&self, account: &str, fingerprint: Option<[u8; 8]>) -> bool {
        let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        fingerprint.is_some_and(|fingerprint| !secrets.insert((account.to_owned(), fingerprint)))
    }
}

/// A row that can be imported, unless it was.
pub(super) struct Plan {
    cx: Context,
    report: RowReport,
    source: Source,
    source_id: String,
    token_hash: [u8; 32],
    /// Whose it becomes; nobody's is the first administrator's.
    email: Option<Email>,
    old_id: Option<String>,
    key: ImportedKey,
}

/// The words under which other names of a provider are known.
fn known_as(name: &str) -> String {
    let name = name.trim().to_lowercase().replace([' ', '.'], "_");
    match name.as_str() {
        "ollamacloud" | "ollama-cloud" => "ollama_cloud".into(),
        "gemini" | "google_ai" => "google".into(),
        "together_ai" | "togetherai" => "together".into(),
        "hugging_face" | "hf" => "huggingface".into(),
        "x_ai" | "grok" => "xai".into(),
        _ => name,
    }
}

/// `OPENAI_API_KEY` is a key of `openai`.
fn of_setting(name: &str) -> String {
    let name = name.to_lowercase();
    let bare = ["_api_key", "_api_token", "_key", "_token"].iter().find_map(|end| name.strip_suffix(end));
    bare.unwrap_or(&name).to_owned()
}

impl Vault {
    /// Opens and parses a row, or says why that does not work.
    pub(super) fn judge(
        &self,
        row: &OldRow,
        keys: &FernetKeys,
        people: &BTreeMap<String, Email>,
        report: RowReport,
    ) -> Result<Plan, RowReport> {
        let invalid = |report: RowReport, reason: &str| Err(report.with(RowStatus::Invalid, reason.to_owned()));
        if row.deleted {
            return invalid(report, "deleted there");
        }
        let (email, old_id) = match &row.whose {
            Whose::Installation => (None, None),
            Whose::Person(id) => match people.get(id).cloned().or_else(|| Email::parse(id).ok()) {
                Some(email) => (Some(email), Some(id.clone())),
                None => return invalid(report, "no e-mail address for this person; name it in the file of users"),
            },
        };
        let report = RowReport { account: email.as_ref().map(Email::to_string), ..report };
        let secret = match keys.open(&row.token) {
            Ok(secret) => secret,
            Err(Unopened::NoKeyFits) => return Err(report.with(RowStatus::Undecryptable, "no Fernet key fits".to_owned())),
            Err(Unopened::NotAToken) => return invalid(report, "not an encrypted value"),
            Err(Unopened::NotText) => return invalid(report, "what is encrypted is not text"),
        };
        let name = known_as(&if row.source == Source::PlatformSettings { of_setting(&row.name) } else { row.name.clone() });
        let key = match self.imported_key(&name, row, &secret) {
            Ok(key) => key,
            Err(fault) => return invalid(report, &fault.message),
        };
        let (source, source_id, token_hash) = (row.source, row.id.clone(), row.token_hash());
        Ok(Plan { cx: Context::system(), report, source, source_id, token_hash, email, old_id, key })
    }

    /// Within a unit of work: nothing when it is there already, else the account if it is missing, the key, the event and the
    /// note that it was imported.
    pub(super) async fn carry_out(&self, tx: &mut dyn Tx, plan: &Plan, seen: &Seen) -> Result<RowReport, Failure> {
        let report = plan.report.clone();
        if tx.imported(plan.source.as_str(), &plan.source_id, &plan.token_hash).await? {
            return Ok(report.with(RowStatus::Duplicate, "imported before".to_owned()));
        }
        let account = match &plan.email {
            Some(email) => tx.account_by_email(email).await?,
            None => match tx.oldest_admin().await? {
                Some(admin) => Some(admin),
                None => {
                    return Ok(
                        report.with(RowStatus::Invalid, "of the installation, and there is no administrator to give it to".to_owned())
                    );
                }
            },
        };
        let name = account.as_ref().map(|account| &account.email).or(plan.email.as_ref());
        let report = RowReport { account: name.map(Email::to_string), ..report };
        let kept = match &account {
            Some(account) => tx.keys(Owner::of_import(account.id)).await?,
            None => Vec::new(),
        };
        let fingerprint = self.fingerprint_of(&plan.key);
        let same =
            kept.iter().find(|key| key.provider == *plan.key.provider_id() && key.fingerprint == fingerprint && fingerprint.is_some());
        if seen.dry_run {
            let again = seen.again(report.account.as_deref().unwrap_or_default(), fingerprint);
            let duplicate = same.is_some() || again;
            return Ok(if duplicate { report.with(RowStatus::Duplicate, kept_already()) } else { report.with(RowStatus::Imported, None) });
        }
        let note = |object: uuid::Uuid| ImportRow {
            source: plan.source.as_str(),
            source_id: plan.source_id.clone(),
            token_hash: plan.token_hash,
            object_kind: "provider_key",
            object_id: object,
            imported_at: plan.cx.now,
        };
        if let Some(same) = same {
            // Remembered all the same: when its owner deletes the key, it must not come back.
            tx.insert_import(&note(same.id.uuid())).await?;
            let event = Event::success("key.import").on(Object::Key(same.id)).because(Some("duplicate"));
            self.record(tx, &plan.cx, event.word("source", plan.source.as_str())).await?;
            return Ok(report.with(RowStatus::Duplicate, kept_already()));
        }
        let (owner, made) = match account {
            Some(account) => (Owner::of_import(account.id), false),
            None => (self.missing_account(tx, plan).await?, true),
        };
        let id = self.import_key_in(tx, &plan.cx, owner, &kept, &plan.key, plan.source.as_str()).await?;
        tx.insert_import(&note(id.uuid())).await?;
        let reason = made.then(|| "the account was made, and is disabled".to_owned());
        Ok(report.with(RowStatus::Imported, reason))
    }

    /// An account for somebody who has none: disabled, without a password, until they sign in at the identity provider of the
    /// other system or somebody enables it.
    async fn missing_account(&self, tx: &mut dyn Tx, plan: &Plan) -> Result<Owner, Failure> {
        let email = plan.email.clone().ok_or(Problem::Internal)?;
        let account = AccountRow {
            id: UserId::from_uuid(plan.cx.new_id()),
            email,
            password_hash: None,
            role: Role::User,
            tier: self.0.default_tier,
            disabled_at: Some(plan.cx.now),
            created_at: plan.cx.now,
            updated_at: plan.cx.now,
        };
        tx.insert_account(&account).await?;
        if let Some(old_id) = &plan.old_id {
            tx.insert_imported_account(old_id, account.id).await?;
        }
        let event = Event::success("account.import").on(Object::Account(account.id)).word("source", plan.source.as_str());
        self.record(tx, &plan.cx, event).await?;
        Ok(Owner::of_import(account.id))
    }
}

fn kept_already() -> String {
    "the same key is kept already".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_other_system_are_understood() {
        for (there, here) in [("OpenAI", "openai"), ("ollamacloud", "ollama_cloud"), ("Gemini", "google"), ("custom", "custom")] {
            assert_eq!(known_as(there), here);
        }
        for (there, here) in [("OPENAI_API_KEY", "openai"), ("openrouter_api_key", "openrouter"), ("groq", "groq")] {
            assert_eq!(of_setting(there), here);
        }
    }
}
