//! What is inside a wrapped keyring, version 1. All numbers are big-endian.
//!
//! | bytes | field |
//! |---|---|
//! | 18 | `"keyward/keyring/v1"` |
//! | 8 | ring version, from 1 |
//! | 4 | id of the active sealing term |
//! | 4 | lowest id that may still be opened |
//! | 2 | number of terms |
//! | 46 each | id (4), state (1), purpose (1), made at in microseconds since 1970 (8), key (32; zero when destroyed) |
//!
//! States: 1 decrypt only, 2 active, 3 retired, 4 destroyed. Purposes: 1 seal, 2 fingerprint, 3 audit. Ids rise.
//! Binary and of a size known beforehand, so that the keys are written into one buffer that is wiped.

use super::{Keyring, Term, TermPurpose, TermState};
use crate::{
    primitives::{KEY_BYTES, SecretKey},
    secret::Plaintext,
};
use domain::Timestamp;
use std::sync::Arc;
use zeroize::{Zeroize, Zeroizing};

const MAGIC: &[u8; 18] = b"keyward/keyring/v1";
const HEAD_BYTES: usize = 36;
const TERM_BYTES: usize = 46;

const fn state_code(state: TermState) -> u8 {
    match state {
        TermState::DecryptOnly => 1,
        TermState::Active => 2,
        TermState::Retired => 3,
        TermState::Destroyed => 4,
    }
}
const fn purpose_code(purpose: TermPurpose) -> u8 {
    match purpose {
        TermPurpose::Seal => 1,
        TermPurpose::Fingerprint => 2,
        TermPurpose::Audit => 3,
    }
}

/// The body of a ring.
pub(super) fn write(ring: &Keyring) -> Plaintext {
    let mut body = Zeroizing::new(Vec::with_capacity(HEAD_BYTES + TERM_BYTES * ring.terms.len()));
    body.extend_from_slice(MAGIC);
    body.extend_from_slice(&ring.ring_version.to_be_bytes());
    body.extend_from_slice(&ring.active.to_be_bytes());
    body.extend_from_slice(&ring.min_decrypt.to_be_bytes());
    // A count that does not fit makes a body longer than can be sealed, so it is never written.
    body.extend_from_slice(&u16::try_from(ring.terms.len()).unwrap_or(u16::MAX).to_be_bytes());
    for term in &ring.terms {
        body.extend_from_slice(&term.id.to_be_bytes());
        body.extend_from_slice(&[state_code(term.state), purpose_code(term.purpose)]);
        body.extend_from_slice(&term.created_at.micros().to_be_bytes());
        body.extend_from_slice(term.key.as_ref().map_or(&[0; KEY_BYTES], |key| key.bytes()));
    }
    Plaintext::from_zeroizing(body)
}

/// Reads a body and checks everything that the rest of the program relies on.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(body: &Plaintext) -> Result<Keyring, &'static str> {
    let mut rest = Fields(body.expose());
    if rest.take::<18>()? != *MAGIC {
        return Err("it is not of version 1");
    }
    let ring_version = u64::from_be_bytes(rest.take()?);
    let active = u32::from_be_bytes(rest.take()?);
    let min_decrypt = u32::from_be_bytes(rest.take()?);
    let count = u16::from_be_bytes(rest.take()?);
    let terms = (0..count).map(|_| term(&mut rest)).collect::<Result<Vec<_>, _>>()?;
    if !rest.0.is_empty() {
        return Err("there is more behind the last term");
    }
    let ring = Keyring { ring_version, active, min_decrypt, terms, opens: Arc::default() };
    match contradiction(&ring) {
        Some(contradiction) => Err(contradiction),
        None => Ok(ring),
    }
}

fn term(rest: &mut Fields<'_>) -> Result<Term, &'static str> {
    let id = u32::from_be_bytes(rest.take()?);
    let state = match rest.take::<1>()?[0] {
        1 => TermState::DecryptOnly,
        2 => TermState::Active,
        3 => TermState::Retired,
        4 => TermState::Destroyed,
        _ => return Err("a term has an unknown state"),
    };
    let purpose = match rest.take::<1>()?[0] {
        1 => TermPurpose::Seal,
        2 => TermPurpose::Fingerprint,
        3 => TermPurpose::Audit,
        _ => return Err("a term has an unknown purpose"),
    };
    let created_at = Timestamp::from_micros(i64::from_be_bytes(rest.take()?));
    let mut bytes: [u8; KEY_BYTES] = rest.take()?;
    let is_zero = bytes == [0; KEY_BYTES];
    let key = (state != TermState::Destroyed).then(|| SecretKey::take(&mut bytes));
    bytes.zeroize();
    match (is_zero, &key) {
        (true, Some(_)) => Err("a term has no key and is not destroyed"),
        (false, None) => Err("a destroyed term still has its key"),
        _ => Ok(Term { id, state, purpose, created_at, key }),
    }
}

/// What a ring must not be: the rest of the program relies on each of these.
fn contradiction(ring: &Keyring) -> Option<&'static str> {
    let active = |purpose| {
        let mut found = ring.terms.iter().filter(move |term| term.purpose == purpose && term.state == TermState::Active);
        found.next().filter(|_| found.next().is_none())
    };
    if ring.ring_version == 0 {
        Some("its version is 0")
    } else if ring.terms.first().is_some_and(|term| term.id == 0) || !ring.terms.is_sorted_by(|one, next| one.id < next.id) {
        Some("its ids do not rise from 1")
    } else if active(TermPurpose::Seal).is_none_or(|term| term.id != ring.active) {
        Some("it has not exactly one active sealing term")
    } else if active(TermPurpose::Fingerprint).is_none() || active(TermPurpose::Audit).is_none() {
        Some("it has not exactly one active fingerprint and audit term")
    } else if !(1..=ring.active).contains(&ring.min_decrypt) {
        Some("its lowest id for opening is not between 1 and the active one")
    } else {
        None
    }
}

struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], &'static str> {
        let (field, rest) = self.0.split_first_chunk().ok_or("it ends too early")?;
        self.0 = rest;
        Ok(*field)
    }
}
