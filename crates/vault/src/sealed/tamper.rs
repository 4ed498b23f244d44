//! Whatever is done to a sealed value, it does not open.

use super::*;
use crate::seal_context::{
    KeyringContext,
    tests::{neighbours, sample},
};
use std::collections::HashSet;

fn key(byte: u8) -> SecretKey {
    SecretKey::take(&mut [byte; 32])
}
fn context() -> SealContext {
    sample().canonical().expect("short attributes")
}
fn text(length: usize) -> Plaintext {
    Plaintext::from_bytes((b'!'..=b'~').cycle().take(length).collect())
}
fn sealed(length: usize) -> Sealed {
    seal(&key(1), 7, &context(), &text(length)).expect("randomness")
}
fn open_bytes(bytes: &[u8]) -> Result<Vec<u8>, OpenError> {
    Sealed::parse(bytes.to_vec()).and_then(|sealed| open(&key(1), 7, &context(), &sealed)).map(|text| text.expose().to_vec())
}

#[test]
fn what_was_sealed_opens_for_every_length_up_to_the_longest() {
    for length in (1..200).chain([4_095, 4_096, 8_192, LONGEST - 1, LONGEST]) {
        let sealed = sealed(length);
        assert_eq!(sealed.as_bytes().len(), OVERHEAD + length);
        assert_eq!(open_bytes(sealed.as_bytes()).as_deref(), Ok(text(length).expose()), "{length}");
    }
}

#[test]
fn nothing_and_too_much_are_not_sealed() {
    for length in [0, LONGEST + 1] {
        assert!(matches!(seal(&key(1), 7, &context(), &text(length)), Err(SealError::Length)));
    }
    assert!(matches!(seal(&key(1), 0, &context(), &text(9)), Err(SealError::KeyId)));
    assert_eq!(Sealed::parse([sealed(LONGEST).as_bytes(), b"x"].concat()), Err(OpenError::Malformed));
}

/// What a damaged bit is called, by the byte it is in.
fn named(byte: usize) -> OpenError {
    match byte {
        0..2 => OpenError::Malformed,
        2..6 => OpenError::UnknownKey,
        6..BODY => OpenError::Commitment,
        _ => OpenError::Tag,
    }
}

/// A number below `end`, from the operating system.
fn below(end: usize) -> usize {
    let mut random = [0; 8];
    primitives::fill_random(&mut random).expect("randomness");
    usize::try_from(u64::from_be_bytes(random) % end as u64).expect("less than a length")
}

fn refuses_flipped(bytes: &mut [u8], bit: usize) {
    bytes[bit / 8] ^= 1 << (bit % 8);
    assert_eq!(open_bytes(bytes), Err(named(bit / 8)), "{} bytes, bit {bit}", bytes.len());
    bytes[bit / 8] ^= 1 << (bit % 8);
}

/// Fault this was seen to catch: a commitment that is compared without its last byte.
#[test]
fn every_flipped_bit_is_refused_and_named_by_where_it_is() {
    for length in [1, 2, 15, 16, 17, 20, 48, 64, 65, 164, 300, 4_096] {
        let mut bytes = sealed(length).as_bytes().to_vec();
        for bit in 0..bytes.len() * 8 {
            refuses_flipped(&mut bytes, bit);
        }
        assert!(open_bytes(&bytes).is_ok(), "{length}");
    }
}

/// Of the longest value every bit before the ciphertext and of the tag, and of the ciphertext 2,000 that nobody chose. Fault this was seen
/// to catch: a tag over the first 32 KiB alone.
#[test]
fn a_flipped_bit_of_the_longest_value_is_refused_wherever_it_is() {
    let mut bytes = sealed(LONGEST).as_bytes().to_vec();
    let (first, last) = (BODY * 8, (BODY + LONGEST) * 8);
    let chosen = (0..2_000).map(|_| first + below(last - first));
    for bit in (0..first).chain(last..bytes.len() * 8).chain(chosen) {
        refuses_flipped(&mut bytes, bit);
    }
    assert!(open_bytes(&bytes).is_ok());
}

fn refuses_cut(bytes: &[u8], end: usize) {
    let expected = if end <= OVERHEAD { OpenError::Malformed } else { OpenError::Tag };
    assert_eq!(open_bytes(&bytes[..end]), Err(expected), "{} bytes, cut at {end}", bytes.len());
}

/// Of the longest value 2,000 ends that nobody chose. Faults this was seen to catch: zeros at the end that are taken for padding, a
/// shortest length without room for the tag, and no longest length.
#[test]
fn every_truncation_and_every_extension_is_refused() {
    for length in [1, 16, 20, 48, 164, 300, 4_096] {
        let bytes = sealed(length).as_bytes().to_vec();
        (0..bytes.len()).for_each(|end| refuses_cut(&bytes, end));
        for more in (1..=64).chain([4_096, LONGEST - length]) {
            for filler in [0, 0xff] {
                let longer = [&bytes[..], &vec![filler; more]].concat();
                assert_eq!(open_bytes(&longer), Err(OpenError::Tag), "length {length}, {more} bytes more");
            }
        }
    }
    let longest = sealed(LONGEST).as_bytes().to_vec();
    let near = (0..=OVERHEAD + 1).chain(longest.len() - 64..longest.len());
    near.chain((0..2_000).map(|_| below(longest.len()))).for_each(|end| refuses_cut(&longest, end));
    for more in [1, 16, 64, 65_536] {
        assert_eq!(open_bytes(&[&longest[..], &vec![0; more]].concat()), Err(OpenError::Malformed), "{more} bytes more");
    }
}

#[test]
fn a_value_that_belongs_elsewhere_is_refused_by_its_commitment() {
    let sealed = sealed(48);
    for (place, other) in neighbours().into_iter().enumerate() {
        let other = other.canonical().expect("short attributes");
        assert_eq!(open(&key(1), 7, &other, &sealed).err(), Some(OpenError::Commitment), "attribute {place}");
        let moved = seal(&key(1), 7, &other, &text(48)).expect("randomness");
        assert_eq!(open(&key(1), 7, &context(), &moved).err(), Some(OpenError::Commitment), "attribute {place}");
    }
    let ring = KeyringContext { root_id: [0; 8], ring_version: 1 }.canonical();
    assert_eq!(open(&key(1), 7, &ring, &sealed).err(), Some(OpenError::Commitment));
}

#[test]
fn another_key_is_refused_by_its_commitment_and_another_id_as_unknown() {
    let sealed = sealed(48);
    assert_eq!(open(&key(2), 7, &context(), &sealed).err(), Some(OpenError::Commitment));
    assert_eq!(open(&key(1), 8, &context(), &sealed).err(), Some(OpenError::UnknownKey));
}

#[test]
fn the_parts_of_two_values_of_one_key_and_place_do_not_mix() {
    let (one, other) = (sealed(48), sealed(48));
    for cut in [18, HEADER_BYTES, BODY, BODY + 48] {
        let mixed = [&one.as_bytes()[..cut], &other.as_bytes()[cut..]].concat();
        assert!(open_bytes(&mixed).is_err(), "cut at {cut}");
    }
}

/// A tenth as many without optimisation. Fault this was seen to catch: a nonce of which three bytes are drawn.
#[test]
fn a_million_sealings_of_one_text_share_no_nonce_and_no_value() {
    let (context, key, text) = (context(), key(1), text(24));
    let (mut nonces, mut values) = (HashSet::new(), HashSet::new());
    for _ in 0..if cfg!(debug_assertions) { 100_000 } else { 1_000_000 } {
        let sealed = seal(&key, 7, &context, &text).expect("randomness");
        assert!(nonces.insert(*sealed.nonce()));
        assert!(values.insert(*sealed.body().first_chunk::<24>().expect("as long as the text")));
    }
}

#[test]
fn without_randomness_nothing_is_sealed() {
    let refused = |buffer: &mut [u8]| {
        buffer[..8].fill(0x5a);
        Err(RandomnessFailed::for_test())
    };
    let outcome = seal_drawing(&key(1), 7, &context(), &text(9), refused);
    assert!(matches!(outcome, Err(SealError::Randomness(_))));
}

#[test]
fn the_text_form_survives_the_way_there_and_back_and_takes_nothing_else() {
    let sealed = sealed(48);
    let text = sealed.to_text();
    assert!(text.starts_with("keyward1.AQEAAAAH"));
    assert_eq!(Sealed::parse_text(&text), Ok(sealed));
    let wrong = [
        String::new(),
        text[1..].to_owned(),
        text.replace("keyward1.", "keyward2."),
        format!("{text}="),
        format!("{text}\n"),
        format!(" {text}"),
    ];
    for wrong in wrong {
        assert_eq!(Sealed::parse_text(&wrong), Err(OpenError::Malformed), "{wrong:?}");
    }
    assert_eq!(Sealed::parse_text("gAAAAABm"), Err(OpenError::Malformed));
}

#[test]
fn a_sealed_value_shows_neither_bytes_nor_text_in_debug_output() {
    assert_eq!(format!("{:?}", sealed(48)), "Sealed(key 7, 126 bytes)");
}
