//! The ring as a whole: wrapping, what may open, fingerprints.

use super::*;
use crate::seal_context::tests::{neighbours, sample};

fn ring() -> Keyring {
    Keyring::generate(Timestamp::from_micros(1_772_637_381_123_456)).expect("randomness")
}
fn root() -> RootKey {
    RootKey::generate().expect("randomness")
}
fn secret() -> Plaintext {
    Plaintext::from_bytes(b"sk-0123456789abcdef1a2b".to_vec())
}
fn extra(id: u32, state: TermState, purpose: TermPurpose) -> Term {
    let key = (state != TermState::Destroyed).then(|| SecretKey::generate().expect("randomness"));
    Term { id, state, purpose, created_at: Timestamp::from_micros(-1), key }
}
fn reread(ring: &Keyring) -> Result<Keyring, KeyringError> {
    let root = root();
    Keyring::unwrap(&root, ring.ring_version, &ring.wrap(&root).expect("randomness"))
}
fn body_refusal(ring: &Keyring) -> &'static str {
    body::read(&body::write(ring)).expect_err("a contradiction")
}

#[test]
fn a_wrapped_ring_comes_back_with_every_term() {
    let mut ring = ring();
    ring.ring_version = 9;
    ring.terms.push(extra(4, TermState::DecryptOnly, TermPurpose::Seal));
    ring.terms.push(extra(7, TermState::Retired, TermPurpose::Seal));
    ring.terms.push(extra(8, TermState::Destroyed, TermPurpose::Audit));
    let back = reread(&ring).expect("the same root key");
    assert_eq!((back.ring_version, back.active, back.min_decrypt), (9, 1, 1));
    assert_eq!(back.terms.len(), 6);
    for (one, other) in ring.terms.iter().zip(&back.terms) {
        assert_eq!((one.id, one.state, one.purpose, one.created_at), (other.id, other.state, other.purpose, other.created_at));
        assert_eq!(one.key.as_ref().map(SecretKey::bytes), other.key.as_ref().map(SecretKey::bytes));
    }
    let sealed = ring.seal(&sample(), &secret()).expect("randomness");
    assert_eq!(back.open(&sample(), &sealed).map(|text| text.expose().to_vec()), Ok(secret().expose().to_vec()));
    assert_eq!(back.fingerprint("openai", &secret()), ring.fingerprint("openai", &secret()));
    assert_eq!(back.audit_key().link(1, &[0; 32], b"event"), ring.audit_key().link(1, &[0; 32], b"event"));
}

#[test]
fn a_ring_under_another_root_key_or_of_another_version_does_not_open() {
    let (ring, root) = (ring(), root());
    let blob = ring.wrap(&root).expect("randomness");
    assert_eq!(Keyring::unwrap(&super::tests::root(), 1, &blob).err(), Some(KeyringError::WrongRoot));
    assert_eq!(Keyring::unwrap(&root, 2, &blob).err(), Some(KeyringError::WrongRoot));
    let mut damaged = blob.as_bytes().to_vec();
    *damaged.last_mut().expect("bytes") ^= 1;
    let damaged = Sealed::parse(damaged).expect("the shape is right");
    assert_eq!(Keyring::unwrap(&root, 1, &damaged).err(), Some(KeyringError::Damaged(OpenError::Tag)));
}

#[test]
fn a_wrapped_ring_is_never_taken_for_a_field_nor_a_field_for_a_ring() {
    let (ring, root) = (ring(), root());
    let blob = ring.wrap(&root).expect("randomness");
    assert_eq!(ring.open(&sample(), &blob).err(), Some(OpenError::Commitment));
    let field = ring.seal(&sample(), &secret()).expect("randomness");
    assert_eq!(Keyring::unwrap(&root, 1, &field).err(), Some(KeyringError::WrongRoot));
}

#[test]
fn a_value_moved_to_another_place_is_refused_for_each_attribute() {
    let ring = ring();
    let sealed = ring.seal(&sample(), &secret()).expect("randomness");
    for other in neighbours() {
        assert_eq!(ring.open(&other, &sealed).err(), Some(OpenError::Commitment), "{other:?}");
    }
    assert!(ring.open(&sample(), &sealed).is_ok());
}

#[test]
fn only_active_and_decrypt_only_sealing_terms_at_or_above_the_minimum_open() {
    let mut ring = ring();
    let sealed = ring.seal(&sample(), &secret()).expect("randomness");
    ring.terms[0].state = TermState::DecryptOnly;
    ring.terms.push(extra(4, TermState::Active, TermPurpose::Seal));
    ring.active = 4;
    assert!(ring.open(&sample(), &sealed).is_ok(), "an older term still opens");
    assert_eq!(ring.seal(&sample(), &secret()).expect("randomness").key_id(), 4);
    ring.min_decrypt = 2;
    assert_eq!(ring.open(&sample(), &sealed).err(), Some(OpenError::UnknownKey), "below the minimum");
    ring.min_decrypt = 1;
    ring.terms[0].state = TermState::Retired;
    assert_eq!(ring.open(&sample(), &sealed).err(), Some(OpenError::UnknownKey), "retired");
    ring.terms[0].state = TermState::DecryptOnly;
    ring.terms[0].purpose = TermPurpose::Fingerprint;
    assert_eq!(ring.open(&sample(), &sealed).err(), Some(OpenError::UnknownKey), "a key for something else");
    ring.terms.remove(0);
    assert_eq!(ring.open(&sample(), &sealed).err(), Some(OpenError::UnknownKey), "not in the ring");
}

#[test]
fn every_attempt_to_open_is_counted() {
    let ring = ring();
    let sealed = ring.seal(&sample(), &secret()).expect("randomness");
    let (before, everywhere) = (ring.opened(), opens());
    assert!(ring.open(&sample(), &sealed).is_ok());
    assert!(ring.open(&neighbours()[0], &sealed).is_err());
    let _ = (ring.fingerprint("openai", &secret()), ring.seal(&sample(), &secret()));
    assert_eq!((before, ring.opened()), (0, 2));
    assert!(opens() >= everywhere + 2);
}

#[test]
fn a_fingerprint_is_stable_and_depends_on_provider_secret_and_ring() {
    let ring = ring();
    let print = ring.fingerprint("openai", &secret());
    assert_eq!(print, ring.fingerprint("openai", &secret()));
    assert_ne!(print, ring.fingerprint("openrouter", &secret()));
    assert_ne!(print, ring.fingerprint("openai", &Plaintext::from_bytes(b"sk-0123456789abcdef1a2c".to_vec())));
    assert_ne!(print, super::tests::ring().fingerprint("openai", &secret()));
    let split = |provider: &str, text: &[u8]| ring.fingerprint(provider, &Plaintext::from_bytes(text.to_vec()));
    assert_ne!(split("ab", b"c"), split("a", b"bc"));
}

#[test]
fn a_ring_that_contradicts_itself_is_refused() {
    let changed = |change: fn(&mut Keyring)| {
        let mut ring = ring();
        change(&mut ring);
        body_refusal(&ring)
    };
    assert_eq!(changed(|r| r.ring_version = 0), "its version is 0");
    assert_eq!(changed(|r| r.terms[0].id = 0), "its ids do not rise from 1");
    assert_eq!(changed(|r| r.terms[1].id = 1), "its ids do not rise from 1");
    assert_eq!(changed(|r| r.terms.swap(1, 2)), "its ids do not rise from 1");
    assert_eq!(changed(|r| r.active = 2), "it has not exactly one active sealing term");
    assert_eq!(changed(|r| r.terms.clear()), "it has not exactly one active sealing term");
    let twice = |r: &mut Keyring| r.terms.push(extra(4, TermState::Active, TermPurpose::Seal));
    assert_eq!(changed(twice), "it has not exactly one active sealing term");
    assert_eq!(changed(|r| r.terms[2].state = TermState::Retired), "it has not exactly one active fingerprint and audit term");
    assert_eq!(changed(|r| r.min_decrypt = 0), "its lowest id for opening is not between 1 and the active one");
    assert_eq!(changed(|r| r.min_decrypt = 2), "its lowest id for opening is not between 1 and the active one");
    assert_eq!(changed(|r| r.terms[0].key = None), "a term has no key and is not destroyed");
    assert_eq!(changed(|r| r.terms[0].state = TermState::Destroyed), "a destroyed term still has its key");
}

#[test]
fn a_body_that_is_cut_longer_or_of_another_version_is_refused() {
    let body = body::write(&ring()).expose().to_vec();
    assert_eq!(body.len(), 36 + 3 * 46);
    let read = |bytes: &[u8]| body::read(&Plaintext::from_bytes(bytes.to_vec())).err();
    assert_eq!(read(&body), None);
    for end in 0..body.len() {
        assert_eq!(read(&body[..end]), Some("it ends too early"), "{end}");
    }
    assert_eq!(read(&[&body[..], b"x"].concat()), Some("there is more behind the last term"));
    for (place, value, refusal) in
        [(17, b'2', "it is not of version 1"), (40, 9, "a term has an unknown state"), (41, 0, "a term has an unknown purpose")]
    {
        let mut other = body.clone();
        other[place] = value;
        assert_eq!(read(&other), Some(refusal));
    }
}

#[test]
fn a_ring_too_large_to_seal_is_an_error_and_not_a_short_ring() {
    let mut ring = ring();
    ring.terms.extend((4..1_424).map(|id| extra(id, TermState::DecryptOnly, TermPurpose::Seal)));
    assert_eq!(reread(&ring).expect("a ring that fits").terms.len(), 1_423);
    ring.terms.push(extra(1_424, TermState::DecryptOnly, TermPurpose::Seal));
    ring.terms.push(extra(1_425, TermState::DecryptOnly, TermPurpose::Seal));
    assert!(matches!(ring.wrap(&root()), Err(SealError::Length)));
}

#[test]
fn a_ring_shows_no_key_in_debug_output() {
    assert_eq!(format!("{:?}", ring()), "Keyring(version 1, active 1, 3 terms)");
}
