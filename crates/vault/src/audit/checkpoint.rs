//! Checkpoints: what the second place of the trail holds, so that a cut-off end is found.
//!
//! A checkpoint is a line of JSON: the number and hash of an event, the time, and the MAC of the checkpoint before. Its own MAC, by the
//! audit key, covers all of that; so checkpoints are a chain as the events are.

use crate::keyring::AuditKey;
use domain::Timestamp;
use serde::{Deserialize, Serialize};

/// One line of the second place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Checkpoint {
    /// The event that was the newest.
    pub(super) seq: u64,
    /// When that was.
    pub(super) at: Timestamp,
    /// The event's hash.
    #[serde(with = "hexadecimal")]
    pub(super) hash: [u8; 32],
    /// The MAC of the checkpoint before; zeros in the first.
    #[serde(with = "hexadecimal")]
    pub(super) previous: [u8; 32],
    /// The MAC of this one.
    #[serde(with = "hexadecimal")]
    pub(super) mac: [u8; 32],
}

impl Checkpoint {
    pub(super) fn new(key: &AuditKey, seq: u64, hash: [u8; 32], at: Timestamp, previous: [u8; 32]) -> Self {
        let mut made = Self { seq, at, hash, previous, mac: [0; 32] };
        made.mac = made.expected(key);
        made
    }
    /// `"audit.checkpoint"` MAC over number, time (microseconds), hash and the MAC before; numbers as 8 bytes big-endian.
    fn expected(&self, key: &AuditKey) -> [u8; 32] {
        let covered = [&self.seq.to_be_bytes()[..], &self.at.micros().to_be_bytes(), &self.hash, &self.previous].concat();
        key.link_bytes("audit.checkpoint", &covered)
    }
    /// Whether the holder of the audit key made it.
    pub(super) fn is_ours(&self, key: &AuditKey) -> bool {
        self.mac == self.expected(key)
    }
    /// The line, with its line break.
    pub(super) fn line(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).expect("numbers and text always are JSON");
        line.push(b'\n');
        line
    }
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        serde_json::from_slice(line).ok()
    }
}

mod hexadecimal {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&crate::root_change::hex(bytes))
    }
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || D::Error::custom("not 64 hexadecimal digits");
        if text.len() != 64 || !text.is_ascii() {
            return Err(wrong());
        }
        let mut bytes = [0; 32];
        for (place, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).map_err(|_| wrong())?;
        }
        Ok(bytes)
    }
}

/// What the file of checkpoints says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Checkpoints {
    /// Number and hash, in their order.
    Whole(Vec<(u64, [u8; 32])>),
    /// The first line, from 1, that was not written by this vault or does not follow the one before.
    Broken(u64),
}

/// Reads a file of checkpoints. A line that was cut off when the disk was full or the machine stopped is passed over: the next one
/// follows the last whole one, or else one was taken out.
pub(super) fn read(key: &AuditKey, text: &[u8]) -> Checkpoints {
    let mut found = Vec::new();
    let mut last: Option<Checkpoint> = None;
    for (place, line) in (1..).zip(text.split(|byte| *byte == b'\n')) {
        let Some(checkpoint) = Checkpoint::parse(line) else { continue };
        let follows = last.as_ref().is_none_or(|last| checkpoint.previous == last.mac && checkpoint.seq >= last.seq);
        if !follows || !checkpoint.is_ours(key) {
            return Checkpoints::Broken(place);
        }
        found.push((checkpoint.seq, checkpoint.hash));
        last = Some(checkpoint);
    }
    Checkpoints::Whole(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyring::Keyring;
    use proptest::prelude::*;

    fn three() -> (AuditKey, Vec<Vec<u8>>) {
        let key = Keyring::generate(Timestamp::from_micros(0)).expect("randomness").audit_key();
        let mut previous = [0; 32];
        let lines = (1..=3_u8).map(|n| {
            let made = Checkpoint::new(&key, u64::from(n) * 10, [n; 32], Timestamp::from_micros(1_772_637_381_123_456), previous);
            previous = made.mac;
            made.line()
        });
        let lines = lines.collect();
        (key, lines)
    }

    #[test]
    fn checkpoints_are_read_as_they_were_written_and_a_torn_line_is_no_loss() {
        let (key, lines) = three();
        let whole = Checkpoints::Whole(vec![(10, [1; 32]), (20, [2; 32]), (30, [3; 32])]);
        assert_eq!(read(&key, &lines.concat()), whole);
        let torn = [&lines[0][..], &lines[1], b"{\"seq\":25,\"at\n", &lines[2]].concat();
        assert_eq!(read(&key, &torn), whole);
        assert_eq!(read(&key, b""), Checkpoints::Whole(Vec::new()));
    }

    /// Fault this was seen to catch: a MAC that does not cover the MAC before.
    #[test]
    fn a_line_that_was_taken_out_changed_or_moved_is_found() {
        let (key, lines) = three();
        assert_eq!(read(&key, &[&lines[0][..], &lines[2]].concat()), Checkpoints::Broken(2));
        assert_eq!(read(&key, &[&lines[1][..], &lines[0]].concat()), Checkpoints::Broken(2));
        for (from, to) in [("\"seq\":20", "\"seq\":21"), ("0202", "0203"), ("2026", "2027")] {
            let changed = String::from_utf8(lines.concat()).expect("text").replacen(from, to, usize::MAX);
            assert!(matches!(read(&key, changed.as_bytes()), Checkpoints::Broken(_)), "{from}");
        }
        let (other, _) = three();
        assert_eq!(read(&other, &lines.concat()), Checkpoints::Broken(1));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// Nothing that anybody typed is in it: numbers, a time and hexadecimal digits. Fault this was seen to catch: JSON over several
        /// lines.
        #[test]
        fn a_checkpoint_is_one_short_line_of_json_and_is_read_back(
            seq in any::<u64>(), at in 0..253_402_300_800_000_000_i64, hash in any::<[u8; 32]>(), previous in any::<[u8; 32]>(),
        ) {
            let key = Keyring::generate(Timestamp::from_micros(0)).expect("randomness").audit_key();
            let made = Checkpoint::new(&key, seq, hash, Timestamp::from_micros(at), previous);
            let line = made.line();
            let (last, text) = line.split_last().expect("a line");
            prop_assert_eq!((*last, text.len() < 1_024), (b'\n', true));
            prop_assert!(text.iter().all(|byte| matches!(byte, b' '..=b'~')));
            prop_assert!(serde_json::from_slice::<serde_json::Value>(text).is_ok_and(|value| value.is_object()));
            prop_assert_eq!(Checkpoint::parse(text), Some(made));
        }
    }
}
