//! What is to become of a row: everything that can be said without the database first, then the unit of work.

use super::{
    FernetKeys, OldRow, RowReport, RowStatus, Source, Unopened, Whose,
    names::{known_as, of_setting},
};
use crate::{
    Context, Failure, Vault,
    access::{Holder, Operator},
    audit::{Event, Object},
    credentials::ImportedCredential,
    keys::ImportedKey,
    store::{
        Tx,
        rows::{AccountRow, ImportRow},
    },
};
use domain::{
    FieldProblem, Problem,
    ids::UserId,
    key_input::SecretInput,
    person::{Email, Role},
};
use std::{
    collections::{BTreeMap, HashSet},
    sync::{Mutex, PoisonError},
};
use uuid::Uuid;

/// What a dry run would have stored so far; nothing in a real one.
pub(super) struct Seen {
    dry_run: bool,
    secrets: Mutex<HashSet<(String, [u8; 8])>>,
}

impl Seen {
    pub(super) fn new(dry_run: bool) -> Self {
        Self { dry_run, secrets: Mutex::default() }
    }
    /// Whether a row before this one would have taken its place.
    fn again(&self, place: String, secret: Option<[u8; 8]>) -> bool {
        let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        secret.is_some_and(|secret| !secrets.insert((place, secret)))
    }
}

/// What a row becomes.
enum Target {
    Key(ImportedKey),
    Credential(ImportedCredential),
}

/// What the database has in the place of a target.
pub(crate) enum Kept {
    /// Nothing.
    Nothing,
    /// The same secret, as this record.
    Same(Uuid),
    /// Another secret, where there can be one only.
    Other,
}

/// A row that can be imported, unless it was.
pub(super) struct Plan {
    cx: Context,
    operator: Operator,
    report: RowReport,
    source: Source,
    source_id: String,
    token_hash: [u8; 32],
    /// Whose it becomes; absent for the installation's.
    email: Option<Email>,
    old_id: Option<String>,
    target: Target,
}

impl Vault {
    /// Opens and parses a row, or says why that does not work.
    pub(super) fn judge(
        &self,
        operator: Operator,
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
        let target = match self.target(row, &secret) {
            Ok(target) => target,
            Err(fault) => return invalid(report, &fault.message),
        };
        let (source, source_id, token_hash) = (row.source, row.id.clone(), row.token_hash());
        Ok(Plan { cx: Context::system(), operator, report, source, source_id, token_hash, email, old_id, target })
    }

    /// A key of a provider or a credential of a service, by where the row stood and what it is called.
    fn target(&self, row: &OldRow, secret: &SecretInput) -> Result<Target, FieldProblem> {
        let name = known_as(&if row.source == Source::PlatformSettings { of_setting(&row.name) } else { row.name.clone() });
        let is_provider = self.provider(&name).is_ok();
        let credential = || match row.source {
            Source::PlatformSettings => self.credential_of_variable(&row.name),
            Source::ServiceCredentials => Some((name.clone(), row.kind.clone().unwrap_or_default())),
            Source::EncryptedCredentials if !is_provider => Some((name.clone(), row.kind.clone().unwrap_or_default())),
            _ => None,
        };
        match credential() {
            // A person's key may stand among the credentials, for a provider that is no service.
            Some((service, _)) if is_provider && !self.is_service(&service) => self.imported_key(&name, row, secret).map(Target::Key),
            Some((service, kind)) => self.imported_credential(&service, &kind, row, secret).map(Target::Credential),
            None => self.imported_key(&name, row, secret).map(Target::Key),
        }
    }

    /// Within a unit of work: nothing when it is there already, else the account if it is missing, what the row becomes, the event
    /// and the note that it was imported.
    pub(super) async fn carry_out(&self, tx: &mut dyn Tx, plan: &Plan, seen: &Seen) -> Result<RowReport, Failure> {
        let report = plan.report.clone();
        if tx.imported(plan.source.as_str(), &plan.source_id, &plan.token_hash).await? {
            return Ok(report.with(RowStatus::Duplicate, "imported before".to_owned()));
        }
        let account = match (&plan.email, &plan.target) {
            (Some(email), _) => tx.account_by_email(email).await?,
            (None, Target::Credential(_)) => None,
            (None, Target::Key(_)) => match tx.oldest_admin().await? {
                Some(admin) => Some(admin),
                None => {
                    let reason = "a key of the installation, and there is no administrator to give it to";
                    return Ok(report.with(RowStatus::Invalid, reason.to_owned()));
                }
            },
        };
        let name = account.as_ref().map(|account| &account.email).or(plan.email.as_ref());
        let report = RowReport { account: name.map(Email::to_string), ..report };
        let kept = match (&account, &plan.email) {
            (None, Some(_)) => Kept::Nothing,
            (account, _) => self.kept(tx, plan, account.as_ref().map(|account| account.id)).await?,
        };
        let same = "the same is kept already".to_owned();
        let other = "another one is kept already; it is not replaced".to_owned();
        if seen.dry_run {
            let (what, secret) = match &plan.target {
                Target::Key(key) => (key.provider_id().to_string(), self.fingerprint_of(key)),
                // There is one of a kind.
                Target::Credential(credential) => (credential.purpose(), Some([0; 8])),
            };
            let again = seen.again(format!("{} {what}", report.account.as_deref().unwrap_or_default()), secret);
            return Ok(match kept {
                Kept::Same(_) => report.with(RowStatus::Duplicate, same),
                Kept::Other => report.with(RowStatus::Duplicate, other),
                Kept::Nothing if again => report.with(RowStatus::Duplicate, same),
                Kept::Nothing => report.with(RowStatus::Imported, None),
            });
        }
        match kept {
            Kept::Other => return Ok(report.with(RowStatus::Duplicate, other)),
            Kept::Same(record) => {
                // Remembered all the same: when its owner deletes it, it must not come back.
                tx.insert_import(&plan.note(record)).await?;
                let event = Event::success(plan.action()).on(plan.object(record)).because(Some("duplicate"));
                self.record(tx, &plan.cx, event.word("source", plan.source.as_str())).await?;
                return Ok(report.with(RowStatus::Duplicate, same));
            }
            Kept::Nothing => {}
        }
        let (owner, made) = match (account, &plan.email) {
            (Some(account), _) => (Some(account.id), false),
            (None, Some(email)) => (Some(self.missing_account(tx, plan, email).await?), true),
            (None, None) => (None, false),
        };
        let record = self.take_over(tx, plan, owner).await?;
        tx.insert_import(&plan.note(record)).await?;
        let reason = made.then(|| "the account was made, and is disabled".to_owned());
        Ok(report.with(RowStatus::Imported, reason))
    }

    async fn kept(&self, tx: &mut dyn Tx, plan: &Plan, account: Option<UserId>) -> Result<Kept, Failure> {
        match &plan.target {
            Target::Credential(credential) => self.credential_kept(tx, plan.holder(account), credential).await,
            Target::Key(key) => {
                let owner = plan.operator.owner(account.ok_or(Problem::Internal)?);
                let fingerprint = self.fingerprint_of(key);
                let same = |other: &crate::store::rows::KeyRow| other.provider == *key.provider_id() && other.fingerprint == fingerprint;
                let same = tx.keys(owner).await?.into_iter().find(|other| fingerprint.is_some() && same(other));
                Ok(same.map_or(Kept::Nothing, |other| Kept::Same(other.id.uuid())))
            }
        }
    }

    async fn take_over(&self, tx: &mut dyn Tx, plan: &Plan, account: Option<UserId>) -> Result<Uuid, Failure> {
        let source = plan.source.as_str();
        match &plan.target {
            Target::Credential(credential) => self.import_credential_in(tx, &plan.cx, plan.holder(account), credential, source).await,
            Target::Key(key) => {
                let owner = plan.operator.owner(account.ok_or(Problem::Internal)?);
                self.import_key_in(tx, &plan.cx, owner, key, source).await
            }
        }
    }

    /// An account for somebody who has none: without a password, and disabled until somebody lets them in.
    async fn missing_account(&self, tx: &mut dyn Tx, plan: &Plan, email: &Email) -> Result<UserId, Failure> {
        let account = AccountRow {
            id: UserId::from_uuid(plan.cx.new_id()),
            email: email.clone(),
            password_hash: None,
            role: Role::User,
            tier: self.0.default_tier,
            disabled_at: Some(plan.cx.now),
            created_at: plan.cx.now,
            updated_at: plan.cx.now,
        };
        tx.insert_account(&account).await?;
        // Ids of an identity provider; other ids prove nothing about who signs in there.
        if let Some(old_id) = plan.old_id.as_deref().filter(|id| Uuid::try_parse(id).is_ok()) {
            tx.insert_imported_account(old_id, account.id).await?;
        }
        let event = Event::success("account.import").on(Object::Account(account.id)).word("source", plan.source.as_str());
        self.record(tx, &plan.cx, event).await?;
        Ok(account.id)
    }
}

impl Plan {
    const fn holder(&self, account: Option<UserId>) -> Holder {
        match account {
            Some(account) => self.operator.of(account),
            None => self.operator.installation(),
        }
    }
    const fn action(&self) -> &'static str {
        match self.target {
            Target::Key(_) => "key.import",
            Target::Credential(_) => "credential.import",
        }
    }
    fn object(&self, record: Uuid) -> Object {
        match self.target {
            Target::Key(_) => Object::Key(domain::ids::KeyId::from_uuid(record)),
            Target::Credential(_) => Object::Credential(domain::ids::CredentialId::from_uuid(record)),
        }
    }
    fn note(&self, record: Uuid) -> ImportRow {
        ImportRow {
            source: self.source.as_str(),
            source_id: self.source_id.clone(),
            token_hash: self.token_hash,
            object_kind: if matches!(self.target, Target::Key(_)) { "provider_key" } else { "service_credential" },
            object_id: record,
            imported_at: self.cx.now,
        }
    }
}
