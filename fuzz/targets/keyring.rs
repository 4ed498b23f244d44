//! The body of a keyring: refused, or written again as it was read. Seen to stop at a reader that ignored what is behind the last term.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use vault::keyring::Keyring;

static WHOLE: LazyLock<Vec<u8>> = LazyLock::new(|| Keyring::generate(domain::Timestamp::from_micros(0)).expect("randomness").body());

fuzz_target!(|data: &[u8]| {
    assert!(Keyring::refuses_or_rewrites(data));
    // A good one with half of the input laid over it, and the other half behind it.
    let (over, behind) = data.split_at(data.len() / 2);
    let mut changed = WHOLE.clone();
    changed.iter_mut().zip(over).for_each(|(byte, change)| *byte ^= change);
    changed.extend_from_slice(behind);
    assert!(Keyring::refuses_or_rewrites(&changed));
});
