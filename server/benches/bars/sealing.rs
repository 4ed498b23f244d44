//! Sealing, against the cipher in it.

use crate::arms::Arm;
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce, aead::Aead};
use domain::{
    Timestamp,
    ids::{TenantId, UserId},
};
use std::{
    hint::black_box,
    time::{Duration, Instant},
};
use uuid::Uuid;
use vault::{keyring::Keyring, seal_context::FieldContext, secret::Plaintext};

const SECRET: [u8; 64] = [b'k'; 64];

fn rate(time: Duration, mut once: impl FnMut()) -> f64 {
    let begun = Instant::now();
    let mut count = 0_u32;
    while begun.elapsed() < time {
        for _ in 0..64 {
            once();
        }
        count += 64;
    }
    f64::from(count) / begun.elapsed().as_secs_f64()
}

/// With everything that a seal has: a key for each, its commitment and its context.
pub fn ours() -> impl Arm {
    let keyring = Keyring::generate(Timestamp::from_micros(0)).unwrap();
    let place = FieldContext {
        table: "provider_keys",
        column: "secret",
        tenant: TenantId::from_uuid(Uuid::nil()),
        owner: UserId::from_uuid(Uuid::from_u128(1)),
        record: Uuid::from_u128(2),
        provider: "openai",
        endpoint_origin: "https://api.openai.com:443",
        version: 1,
    };
    let secret = Plaintext::from_bytes(SECRET.to_vec());
    move |time| {
        rate(time, || {
            let sealed = keyring.seal(&place, &secret).unwrap();
            black_box(keyring.open(&place, &sealed).unwrap());
        })
    }
}

/// The same bytes there and back under one key, with a fresh nonce.
pub fn bare() -> impl Arm {
    let cipher = XChaCha20Poly1305::new(&Key::from([7; 32]));
    move |time| {
        rate(time, || {
            let mut nonce = [0; 24];
            getrandom::fill(&mut nonce).unwrap();
            let nonce = XNonce::from(nonce);
            let sealed = cipher.encrypt(&nonce, SECRET.as_slice()).unwrap();
            black_box(cipher.decrypt(&nonce, sealed.as_slice()).unwrap());
        })
    }
}
