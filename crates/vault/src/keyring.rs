//! The keyring: every data key, what each is for and what it may still do, in one sealed blob.
//!
//! One blob and not one row per key, so that a change is one compare-and-swap and the set as a whole is authenticated.
//! Fingerprint and audit keys are terms of the ring and not derived from the root key, so that another root key orphans
//! neither fingerprints nor the audit chain.

use crate::{
    primitives::{RandomnessFailed, SecretKey, hmac_sha256},
    root_key::RootKey,
    seal_context::FieldContext,
    sealed::{self, OpenError, SealError, Sealed},
    secret::{Plaintext, lacks},
};
use domain::Timestamp;
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

mod audit_key;
mod body;
mod change;
mod ring_key;
#[cfg(test)]
mod tests;

pub use audit_key::AuditKey;
pub(crate) use ring_key::RingKey;

static OPENS: AtomicU64 = AtomicU64::new(0);

/// How many times a keyring of this process was asked to open a secret since the start, whether it opened or not.
#[must_use]
pub fn opens() -> u64 {
    OPENS.load(Ordering::Relaxed)
}

/// What a term may still do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TermState {
    /// It opens and does not seal.
    DecryptOnly,
    /// It seals and opens. Exactly one term of each purpose is active.
    Active,
    /// It does neither; its bytes are kept until the backups that need them are gone.
    Retired,
    /// Its bytes are gone; the id stays so that it is never given again.
    Destroyed,
}

/// What a term is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TermPurpose {
    /// Seals secrets.
    Seal,
    /// Makes fingerprints.
    Fingerprint,
    /// Chains the audit trail.
    Audit,
}

/// One key of the ring. Ids are never used twice.
#[derive(Debug)]
pub struct Term {
    id: u32,
    state: TermState,
    purpose: TermPurpose,
    created_at: Timestamp,
    /// Absent exactly when the term is destroyed.
    key: Option<SecretKey>,
}

impl Term {
    /// Its id, which sealed values name; never 0.
    #[must_use]
    pub const fn id(&self) -> u32 {
        self.id
    }
    /// What it may still do.
    #[must_use]
    pub const fn state(&self) -> TermState {
        self.state
    }
    /// What it is for.
    #[must_use]
    pub const fn purpose(&self) -> TermPurpose {
        self.purpose
    }
    /// When it was made.
    #[must_use]
    pub const fn created_at(&self) -> Timestamp {
        self.created_at
    }
}

/// Every data key. Its keys are wiped when it is dropped, and its `Debug` shows none.
pub struct Keyring {
    ring_version: u64,
    active: u32,
    min_decrypt: u32,
    terms: Vec<Term>,
    /// Shared by the versions of the ring that follow each other in a process.
    opens: Arc<AtomicU64>,
}

lacks!(Keyring: Clone, Copy, fmt::Display, serde::Serialize, PartialEq);

/// Why a wrapped keyring could not be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyringError {
    /// It was wrapped under another root key, or is of another version than its row says.
    #[error("the keyring was wrapped under another root key, or its row was changed")]
    WrongRoot,
    /// Its bytes are damaged.
    #[error("the keyring is damaged ({0})")]
    Damaged(OpenError),
    /// It opened, but what it says contradicts itself or is of a later version of the program.
    #[error("the keyring is not usable: {0}")]
    Body(&'static str),
}

impl Keyring {
    /// A first ring: version 1 with one active term for each purpose.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn generate(now: Timestamp) -> Result<Self, RandomnessFailed> {
        let term = |id, purpose| -> Result<Term, RandomnessFailed> {
            Ok(Term { id, state: TermState::Active, purpose, created_at: now, key: Some(SecretKey::generate()?) })
        };
        let terms = vec![term(1, TermPurpose::Seal)?, term(2, TermPurpose::Fingerprint)?, term(3, TermPurpose::Audit)?];
        Ok(Self { ring_version: 1, active: 1, min_decrypt: 1, terms, opens: Arc::default() })
    }
    /// The ring sealed under a root key, for the row of that root key's id and this ring's version.
    ///
    /// # Errors
    /// When there is no randomness, or the ring has grown beyond what can be sealed (some 1,400 terms).
    pub fn wrap(&self, root: &RootKey) -> Result<Sealed, SealError> {
        RingKey::of(root).wrap(self)
    }
    /// Opens a wrapped ring. `ring_version` is what the row says, which must be what the blob was wrapped as.
    ///
    /// # Errors
    /// See [`KeyringError`].
    pub fn unwrap(root: &RootKey, ring_version: u64, blob: &Sealed) -> Result<Self, KeyringError> {
        RingKey::of(root).unwrap(ring_version, blob)
    }
    /// For the fuzzer: the bytes that are sealed.
    #[cfg(fuzzing)]
    pub fn body(&self) -> Vec<u8> {
        body::write(self).expose().to_vec()
    }
    /// For the fuzzer: whether a body is refused, or written again as it was read.
    #[cfg(fuzzing)]
    pub fn refuses_or_rewrites(body: &[u8]) -> bool {
        let text = Plaintext::from_bytes(body.to_vec());
        body::read(&text).map_or(true, |ring| body::write(&ring).expose() == body)
    }
    /// Rises with each change of the ring.
    #[must_use]
    pub const fn ring_version(&self) -> u64 {
        self.ring_version
    }
    /// The id of the term that seals.
    #[must_use]
    pub const fn active(&self) -> u32 {
        self.active
    }
    /// Values sealed under a lower id are refused.
    #[must_use]
    pub const fn min_decrypt(&self) -> u32 {
        self.min_decrypt
    }
    /// All terms, in the order they were made.
    #[must_use]
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }
    /// How many times this ring was asked to open a secret, whether it opened or not.
    #[must_use]
    pub fn opened(&self) -> u64 {
        self.opens.load(Ordering::Relaxed)
    }
    /// Seals a secret for its place under the active term.
    ///
    /// # Errors
    /// When there is no randomness, the secret is empty or too long, or an attribute of the place is too long.
    pub fn seal(&self, place: &FieldContext<'_>, secret: &Plaintext) -> Result<Sealed, SealError> {
        sealed::seal(self.only(TermPurpose::Seal), self.active, &place.canonical()?, secret)
    }
    /// Opens a sealed value for the place it was read from, and counts that it was asked to.
    ///
    /// # Errors
    /// `UnknownKey` when the term is not in the ring, below the ring's minimum, retired or destroyed; `Commitment` when the
    /// value belongs elsewhere; `Tag` when its bytes are damaged.
    pub fn open(&self, place: &FieldContext<'_>, value: &Sealed) -> Result<Plaintext, OpenError> {
        OPENS.fetch_add(1, Ordering::Relaxed);
        self.opens.fetch_add(1, Ordering::Relaxed);
        let context = place.canonical().map_err(|_| OpenError::Malformed)?;
        let id = value.key_id();
        let key = Some(id).filter(|id| *id >= self.min_decrypt).and_then(|id| self.key(TermPurpose::Seal, id));
        sealed::open(key.ok_or(OpenError::UnknownKey)?, id, &context, value)
    }
    /// Tells whether two secrets of one provider are the same, without keeping either: the first 8 bytes of HMAC-SHA-256
    /// under the fingerprint key over `provider`, a zero byte and the secret.
    #[must_use]
    pub fn fingerprint(&self, provider: &str, secret: &Plaintext) -> [u8; 8] {
        let full = hmac_sha256(self.only(TermPurpose::Fingerprint).bytes(), &[provider.as_bytes(), &[0], secret.expose()]);
        *full.first_chunk().expect("8 is fewer than 32")
    }
    /// The key that chains the audit trail.
    #[must_use]
    pub fn audit_key(&self) -> AuditKey {
        AuditKey::of(self.only(TermPurpose::Audit))
    }

    /// A key that may open.
    fn key(&self, purpose: TermPurpose, id: u32) -> Option<&SecretKey> {
        let usable = |term: &&Term| matches!(term.state, TermState::Active | TermState::DecryptOnly);
        self.terms.iter().find(|term| term.id == id && term.purpose == purpose).filter(usable)?.key.as_ref()
    }
    fn only(&self, purpose: TermPurpose) -> &SecretKey {
        let active = self.terms.iter().find(|term| term.purpose == purpose && term.state == TermState::Active);
        active.and_then(|term| term.key.as_ref()).expect("a ring has an active term of each purpose: made so, and checked when read")
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring(version {}, active {}, {} terms)", self.ring_version, self.active, self.terms.len())
    }
}
