//! The body of a keyring: refused, or written again as it was read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vault::keyring::Keyring;

fuzz_target!(|data: &[u8]| {
    assert!(Keyring::refuses_or_rewrites(data));
    assert!(Keyring::refuses_or_rewrites(&[b"keyward/keyring/v1", data].concat()));
});
