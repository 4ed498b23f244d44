//! What an import reads: Fernet tokens, of which none opens that was not encrypted, their keys, and an export of Keycloak.
#![no_main]

use domain::key_input::SecretInput;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use vault::import::{FernetKeys, rows_of_keycloak};

static KEYS: LazyLock<FernetKeys> = LazyLock::new(|| {
    let mut keys = FernetKeys::default();
    keys.add(&SecretInput::new("cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=".to_owned())).expect("the key of the specification");
    keys
});

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    assert!(KEYS.open(text).is_err());
    // The version, and the rest of a token whose length is right.
    assert!(KEYS.open(&format!("gAAAAA{text}")).is_err());
    let _ = FernetKeys::default().add(&SecretInput::new(text.to_owned()));
    let _ = rows_of_keycloak(text);
});
