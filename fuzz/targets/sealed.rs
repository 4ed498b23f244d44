//! What parses is what was written, and nothing opens but what was sealed, byte for byte.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use vault::{keyring::Keyring, seal_context::FieldContext, sealed::Sealed, secret::Plaintext};

static RING: LazyLock<(Keyring, Sealed)> = LazyLock::new(|| {
    let ring = Keyring::generate(domain::Timestamp::from_micros(0)).expect("randomness");
    let sealed = ring.seal(&place(), &Plaintext::from_bytes(b"sk-0123456789abcdef1a2b".to_vec())).expect("randomness");
    (ring, sealed)
});

fn place() -> FieldContext<'static> {
    FieldContext {
        table: "provider_keys",
        column: "secret",
        tenant: domain::ids::TenantId::ONLY,
        owner: domain::ids::UserId::from_uuid(uuid::Uuid::from_u128(1)),
        record: uuid::Uuid::from_u128(2),
        provider: "openai",
        endpoint_origin: "https://api.openai.com:443",
        version: 1,
    }
}

fuzz_target!(|data: &[u8]| {
    let (ring, sealed) = &*RING;
    if let Ok(parsed) = Sealed::parse(data.to_vec()) {
        assert_eq!(parsed.as_bytes(), data);
        assert_ne!(parsed.key_id(), 0);
        assert!(ring.open(&place(), &parsed).is_err());
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(parsed) = Sealed::parse_text(text)
    {
        assert_eq!(parsed.to_text(), text);
    }
    // A value of ours with the input laid over it.
    let mut changed = sealed.as_bytes().to_vec();
    let length = changed.len();
    for (at, byte) in data.iter().enumerate() {
        changed[at % length] ^= byte;
    }
    let is_same = changed == sealed.as_bytes();
    let opened = Sealed::parse(changed).is_ok_and(|changed| ring.open(&place(), &changed).is_ok());
    assert_eq!(opened, is_same);
});
