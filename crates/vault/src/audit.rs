//! The audit trail: one append-only chain, written in the transaction of the act it speaks of.
//!
//! `hash_n = HMAC-SHA256(audit key, "keyward/audit/v1" || u64be(n) || hash_{n-1} || canonical(event))`. The key is a term
//! of the keyring, because whoever can write to the database could recompute a plain hash chain.

mod checkpoint;
mod denied;
mod query;
mod retention;
mod sink;
mod verify;

pub use denied::Denied;
pub use query::{AuditExport, AuditSlice};
pub(crate) use sink::Sink;
pub use verify::Chain;

use crate::{
    Actor, Context, Failure, Vault, access,
    keyring::AuditKey,
    store::{
        Tx,
        rows::{AuditRow, SealedRow},
    },
};
use domain::{
    ids::{CredentialId, KeyId, RequestId, SessionId, TokenId, UserId},
    views::AuditView,
};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// How an act ended, as far as the event knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// About to happen; the result is an event of its own with the same request id.
    Started,
    /// Done.
    Success,
    /// Not allowed.
    Refused,
    /// Allowed, but did not work.
    Failed,
}

impl Outcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Success => "success",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// What an event is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Object {
    /// A provider key.
    Key(KeyId),
    /// An account.
    Account(UserId),
    /// A session.
    Session(SessionId),
    /// An API token.
    Token(TokenId),
    /// A service credential.
    Credential(CredentialId),
}

impl Object {
    const fn parts(self) -> (&'static str, Uuid) {
        match self {
            Self::Key(id) => ("provider_key", id.uuid()),
            Self::Account(id) => ("account", id.uuid()),
            Self::Session(id) => ("session", id.uuid()),
            Self::Token(id) => ("api_token", id.uuid()),
            Self::Credential(id) => ("service_credential", id.uuid()),
        }
    }
}

/// An event before it has a place in the chain. Its details hold words and numbers of ours, never what somebody typed.
#[derive(Clone, Debug)]
pub struct Event {
    action: &'static str,
    outcome: Outcome,
    object: Option<Object>,
    actor: Option<UserId>,
    reason: Option<&'static str>,
    details: Map<String, Value>,
    secret: Option<(u64, [u8; 32])>,
}

impl Event {
    /// An act and how it ended.
    #[must_use]
    pub fn new(action: &'static str, outcome: Outcome) -> Self {
        Self { action, outcome, object: None, actor: None, reason: None, details: Map::new(), secret: None }
    }
    /// An act that was done.
    #[must_use]
    pub fn success(action: &'static str) -> Self {
        Self::new(action, Outcome::Success)
    }
    /// The same act with another outcome.
    #[must_use]
    pub const fn ending(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }
    /// What it is about.
    #[must_use]
    pub fn on(mut self, object: Object) -> Self {
        self.object = Some(object);
        self
    }
    /// Who did it, when it is not whom the request came with: at sign-in, a browser may still carry another account's session.
    #[must_use]
    pub const fn by(mut self, account: UserId) -> Self {
        self.actor = Some(account);
        self
    }
    /// Why, as a word of ours.
    #[must_use]
    pub const fn because(mut self, reason: Option<&'static str>) -> Self {
        self.reason = reason;
        self
    }
    /// A word of ours.
    #[must_use]
    pub fn word(mut self, name: &'static str, value: &str) -> Self {
        self.details.insert(name.to_owned(), Value::from(value));
        self
    }
    /// A number.
    #[must_use]
    pub fn number(mut self, name: &'static str, value: u64) -> Self {
        self.details.insert(name.to_owned(), Value::from(value));
        self
    }
    /// Which version of which ciphertext.
    #[must_use]
    pub fn secret(mut self, version: u64, sealed: Option<&SealedRow>) -> Self {
        self.secret = sealed.map(|sealed| (version, Sha256::digest(&sealed.bytes).into()));
        self
    }
}

/// Appends an event within the unit of work. If it cannot be written, the unit fails and nothing of it happens.
///
/// # Errors
/// `Unavailable`, with the database's reason for the log.
pub async fn record(tx: &mut dyn Tx, key: &AuditKey, cx: &Context, event: Event) -> Result<(), Failure> {
    let head = tx.audit_head().await?;
    let mut row = row(cx, event);
    row.seq = head.seq + 1;
    row.hash = key.link(row.seq, &head.hash, &canonical(&row));
    tx.insert_audit(&row).await?;
    Ok(())
}

fn row(cx: &Context, event: Event) -> AuditRow {
    let (kind, actor, session) = match (event.actor, &cx.actor) {
        (Some(account), _) => ("person", Some(account.uuid()), None),
        (None, Actor::Person(identity)) => ("person", Some(identity.user.uuid()), Some(identity.proof_id())),
        (None, Actor::System) => ("system", None, None),
        (None, Actor::Nobody) => ("nobody", None, None),
    };
    let (object_kind, object_id) = event.object.map(Object::parts).unzip();
    AuditRow {
        seq: 0,
        at: cx.now,
        actor_kind: kind.to_owned(),
        actor_id: actor,
        session_id: session,
        client: cx.client.map(|address| address.to_string()),
        request_id: cx.request.uuid(),
        action: event.action.to_owned(),
        object_kind: object_kind.map(str::to_owned),
        object_id,
        outcome: event.outcome.as_str().to_owned(),
        reason: event.reason.map(str::to_owned),
        details: Value::Object(event.details).to_string(),
        secret_version: event.secret.map(|(version, _)| version),
        secret_hash: event.secret.map(|(_, hash)| hash),
        hash: [0; 32],
    }
}

/// The bytes that are hashed: every column but `seq` and `hash`, in the table's order, each as `0x00` when absent or
/// `0x01 || u32be(length) || bytes`, so that no two events have the same bytes.
fn canonical(row: &AuditRow) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    let mut put = |value: Option<&[u8]>| match value {
        None => out.push(0),
        Some(bytes) => {
            out.push(1);
            out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
            out.extend_from_slice(bytes);
        }
    };
    put(Some(&row.at.micros().to_be_bytes()));
    put(Some(row.actor_kind.as_bytes()));
    put(row.actor_id.as_ref().map(|id| id.as_bytes().as_slice()));
    put(row.session_id.as_ref().map(|id| id.as_bytes().as_slice()));
    put(row.client.as_deref().map(str::as_bytes));
    put(Some(row.request_id.as_bytes()));
    put(Some(row.action.as_bytes()));
    put(row.object_kind.as_deref().map(str::as_bytes));
    put(row.object_id.as_ref().map(|id| id.as_bytes().as_slice()));
    put(Some(row.outcome.as_bytes()));
    put(row.reason.as_deref().map(str::as_bytes));
    put(Some(row.details.as_bytes()));
    put(row.secret_version.map(u64::to_be_bytes).as_ref().map(<[u8; 8]>::as_slice));
    put(row.secret_hash.as_ref().map(<[u8; 32]>::as_slice));
    out
}

impl Vault {
    /// Events after `after`, oldest first, at most `limit`.
    ///
    /// # Errors
    /// `Forbidden` unless the operator asks, `Unavailable` when they cannot be read.
    pub async fn audit_events(&self, cx: &Context, after: u64, limit: u32) -> Result<Vec<AuditView>, Failure> {
        access::operator(cx)?;
        Ok(self.store().audit_events(after, limit).await?.into_iter().map(view).collect())
    }
}

fn view(row: AuditRow) -> AuditView {
    AuditView {
        seq: row.seq,
        at: row.at,
        actor_kind: row.actor_kind,
        actor: row.actor_id.map(UserId::from_uuid),
        proof: row.session_id.map(|id| id.to_string()),
        client: row.client,
        request: RequestId::from_uuid(row.request_id),
        action: row.action,
        object_kind: row.object_kind,
        object: row.object_id.map(|id| id.to_string()),
        outcome: row.outcome,
        reason: row.reason,
        details: row.details,
        secret_version: row.secret_version,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> AuditRow {
        let cx = Context::system();
        row(&cx, Event::success("key.add").on(Object::Key(KeyId::from_uuid(Uuid::from_u128(7)))).word("provider", "openai").number("n", 1))
    }

    #[test]
    fn absent_and_empty_are_different_events() {
        let with = AuditRow { reason: Some(String::new()), ..event() };
        assert_ne!(canonical(&with), canonical(&event()));
    }

    #[test]
    fn text_cannot_move_between_columns() {
        let a = AuditRow { action: "ab".into(), object_kind: Some("c".into()), ..event() };
        let b = AuditRow { action: "a".into(), object_kind: Some("bc".into()), ..a.clone() };
        assert_ne!(canonical(&a), canonical(&b));
    }
}
