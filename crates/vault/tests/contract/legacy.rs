//! The system that Keyward replaces, as far as its data goes: its tables, and values encrypted as it did.

use aes::Aes128;
use base64::{Engine, engine::general_purpose::URL_SAFE};
use cbc::{
    Encryptor,
    cipher::{BlockModeEncrypt, KeyIvInit, block_padding::Pkcs7},
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A Fernet key as its variable had it.
pub(crate) fn key(seed: u8) -> String {
    URL_SAFE.encode(std::array::from_fn::<u8, 32, _>(|place| seed.wrapping_mul(31).wrapping_add(place as u8 * 7)))
}

/// Encrypts as Python's `cryptography` does, with a time in the far future, which that system never looked at.
pub(crate) fn encrypt(key: &str, text: &str) -> String {
    let key = URL_SAFE.decode(key).unwrap();
    let (signing, encryption) = key.split_at(16);
    let iv: [u8; 16] = std::array::from_fn(|place| (text.len() + place) as u8);
    let padded = text.len() / 16 * 16 + 16;
    let mut buffer = text.as_bytes().to_vec();
    buffer.resize(padded, 0);
    let sealed = Encryptor::<Aes128>::new_from_slices(encryption, &iv).unwrap().encrypt_padded::<Pkcs7>(&mut buffer, text.len()).unwrap();
    let mut token = vec![0x80];
    token.extend(4_000_000_000_u64.to_be_bytes());
    token.extend(iv);
    token.extend_from_slice(sealed);
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(signing).unwrap();
    mac.update(&token);
    token.extend(mac.finalize().into_bytes());
    URL_SAFE.encode(token)
}

/// The tables: of keys in the shape that the code needed, of credentials as they were shipped.
#[allow(dead_code, reason = "not every test program has the other database")]
pub(crate) const TABLES: &str = "
create table user_provider_keys (
    id uuid primary key default gen_random_uuid(), user_id varchar(255) not null, provider varchar(50) not null,
    api_key_encrypted text not null, enabled boolean default true, metadata jsonb default '{}',
    created_at timestamptz default now(), updated_at timestamptz default now());
create table service_credentials (
    id uuid primary key default gen_random_uuid(), user_id varchar(255), service varchar(100) not null,
    credential_type varchar(50) not null, encrypted_value text not null, metadata jsonb default '{}',
    created_at timestamptz default now(), updated_at timestamptz default now(), last_tested timestamptz,
    test_status varchar(20), is_active boolean default true);
create table encrypted_credentials (
    id serial primary key, user_id varchar(255) not null, service varchar(100) not null, credential_type varchar(100) not null,
    encrypted_value text not null, encrypted_at timestamp not null default now(), created_at timestamp default now(),
    updated_at timestamp default now(), metadata text, unique (user_id, service, credential_type));
create table platform_settings (
    key varchar(255) primary key, value text, category varchar(100), is_secret boolean, updated_at timestamp default now());
";
