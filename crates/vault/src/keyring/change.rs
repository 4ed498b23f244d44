//! The next version of a ring. Nothing here changes a ring in place: what is stored decides which one counts.

use super::{Keyring, Term, TermPurpose, TermState};
use crate::primitives::{RandomnessFailed, SecretKey};
use domain::Timestamp;
use std::sync::Arc;
use subtle::ConstantTimeEq;

impl Term {
    fn copy(&self) -> Self {
        let key = self.key.as_ref().map(|key| SecretKey::take(&mut key.bytes().to_owned()));
        Self { id: self.id, state: self.state, purpose: self.purpose, created_at: self.created_at, key }
    }
    /// Whether it is a data key in this state.
    fn is(&self, state: TermState) -> bool {
        self.purpose == TermPurpose::Seal && self.state == state
    }
}

impl Keyring {
    fn next(&self) -> Self {
        Self {
            ring_version: self.ring_version + 1,
            active: self.active,
            min_decrypt: self.min_decrypt,
            terms: self.terms.iter().map(Term::copy).collect(),
            opens: Arc::clone(&self.opens),
        }
    }
    /// Goes on counting where an earlier version of the ring stopped.
    pub(crate) fn following(mut self, earlier: &Self) -> Self {
        self.opens = Arc::clone(&earlier.opens);
        self
    }
    /// The next version with one more data key, which opens and does not seal yet; its id.
    ///
    /// # Errors
    /// When there is no randomness.
    pub(crate) fn with_new_data_key(&self, now: Timestamp) -> Result<(Self, u32), RandomnessFailed> {
        let mut next = self.next();
        let id = self.terms.iter().map(|term| term.id).max().unwrap_or(0) + 1;
        let key = Some(SecretKey::generate()?);
        next.terms.push(Term { id, state: TermState::DecryptOnly, purpose: TermPurpose::Seal, created_at: now, key });
        Ok((next, id))
    }
    /// The next version in which the data key `id` seals; `None` when it is not one that may.
    pub(crate) fn with_active(&self, id: u32) -> Option<Self> {
        let mut next = self.next();
        let new = next.terms.iter().position(|term| term.id == id && term.is(TermState::DecryptOnly))?;
        next.terms.iter_mut().filter(|term| term.is(TermState::Active)).for_each(|term| term.state = TermState::DecryptOnly);
        next.terms[new].state = TermState::Active;
        next.active = id;
        Some(next)
    }
    /// The next version in which data keys below `lowest` open nothing any more; `None` when nothing would change. Obligation:
    /// no stored value names one of them.
    pub(crate) fn with_retired_below(&self, lowest: u32) -> Option<Self> {
        let mut next = self.next();
        let lowest = lowest.min(self.active);
        let old = next.terms.iter_mut().filter(|term| term.id < lowest && term.is(TermState::DecryptOnly));
        let retired = old.map(|term| term.state = TermState::Retired).count();
        next.min_decrypt = self.min_decrypt.max(lowest);
        (retired > 0 || next.min_decrypt != self.min_decrypt).then_some(next)
    }
    /// The next version without the bytes of the retired data keys `ids`; `None` when there is none of them.
    pub(crate) fn with_destroyed(&self, ids: &[u32]) -> Option<Self> {
        let mut next = self.next();
        let mut gone = 0;
        for term in next.terms.iter_mut().filter(|term| ids.contains(&term.id) && term.is(TermState::Retired)) {
            term.state = TermState::Destroyed;
            term.key = None;
            gone += 1;
        }
        (gone > 0).then_some(next)
    }
    /// Whether another ring has the same version, keys and states.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        bool::from(super::body::write(self).expose().ct_eq(super::body::write(other).expose()))
    }
    /// The data keys, oldest first.
    pub(crate) fn data_keys(&self) -> impl Iterator<Item = &Term> {
        self.terms.iter().filter(|term| term.purpose == TermPurpose::Seal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{root_key::RootKey, seal_context::tests::sample, sealed::OpenError, secret::Plaintext};

    fn reread(ring: &Keyring) -> Keyring {
        let root = RootKey::generate().expect("randomness");
        Keyring::unwrap(&root, ring.ring_version, &ring.wrap(&root).expect("randomness")).expect("a ring without contradictions")
    }

    #[test]
    fn a_data_key_lives_through_its_states_and_every_version_on_the_way_can_be_read() {
        let secret = || Plaintext::from_bytes(b"sk-0123456789abcdef1a2b".to_vec());
        let first = Keyring::generate(Timestamp::from_micros(0)).expect("randomness");
        let old = first.seal(&sample(), &secret()).expect("randomness");
        let (added, id) = first.with_new_data_key(Timestamp::from_micros(1)).expect("randomness");
        let added = reread(&added);
        assert_eq!((added.ring_version, added.active, id), (2, 1, 4), "the new key does not seal yet");
        assert!(added.with_active(1).is_none() && added.with_active(2).is_none() && added.with_active(9).is_none());
        let active = reread(&added.with_active(id).expect("a data key"));
        let new = active.seal(&sample(), &secret()).expect("randomness");
        assert_eq!((active.active, new.key_id()), (4, 4));
        assert!(added.open(&sample(), &new).is_ok(), "whoever has the version before reads what the new key sealed");
        assert!(active.open(&sample(), &old).is_ok());
        let retired = reread(&active.with_retired_below(9).expect("a change"));
        assert_eq!((retired.min_decrypt, retired.terms[0].state), (4, TermState::Retired));
        assert_eq!(retired.open(&sample(), &old).err(), Some(OpenError::UnknownKey));
        assert!(retired.with_retired_below(4).is_none(), "nothing is left to retire");
        assert!(active.with_destroyed(&[1]).is_none(), "only a retired key can be destroyed");
        let gone = reread(&retired.with_destroyed(&[1, 2, 4]).expect("a change"));
        assert_eq!((gone.terms[0].state, gone.terms[0].key.is_none()), (TermState::Destroyed, true));
        assert!(gone.terms[1..].iter().all(|term| term.state == TermState::Active));
        assert!(gone.open(&sample(), &new).is_ok());
        assert_eq!(reread(&gone.with_new_data_key(Timestamp::from_micros(2)).expect("randomness").0).terms.last().map(Term::id), Some(5));
    }

    #[test]
    fn the_count_of_openings_goes_on_in_the_next_version() {
        let first = Keyring::generate(Timestamp::from_micros(0)).expect("randomness");
        let sealed = first.seal(&sample(), &Plaintext::from_bytes(b"secret".to_vec())).expect("randomness");
        assert!(first.open(&sample(), &sealed).is_ok());
        let (next, _) = first.with_new_data_key(Timestamp::from_micros(1)).expect("randomness");
        let next = reread(&next).following(&first);
        assert!(next.open(&sample(), &sealed).is_ok());
        assert_eq!((first.opened(), next.opened()), (2, 2));
    }
}
