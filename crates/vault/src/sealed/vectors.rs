//! Known answers that an independent implementation (`vectors/sealed_v1.py`) made.
#![allow(clippy::disallowed_methods, reason = "the person who runs the tests names the files")]

use super::*;
use crate::root_key::RootKey;
use serde::{Deserialize, Serialize};
use std::{env, fs, path::PathBuf};

#[derive(Serialize, Deserialize)]
struct Vectors {
    format: String,
    tests: Vec<Vector>,
}

/// All byte strings are hexadecimal.
#[derive(Default, Serialize, Deserialize)]
struct Vector {
    name: String,
    result: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    root: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    root_id: Option<String>,
    dek: String,
    #[serde(default = "usual_key_id")]
    key_id: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    context: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pt: Option<String>,
    blob: String,
}

const fn usual_key_id() -> u32 {
    7
}
fn unhex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "whole bytes");
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal")).collect()
}
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
fn fixed<const N: usize>(text: &str) -> [u8; N] {
    unhex(text).try_into().expect("the length of this field")
}

fn check(vector: &Vector) {
    let name = &vector.name;
    let key = SecretKey::take(&mut fixed(&vector.dek));
    let context = SealContext::from_vector(unhex(&vector.context));
    let blob = unhex(&vector.blob);
    let opened = Sealed::parse(blob).and_then(|sealed| open(&key, vector.key_id, &context, &sealed));
    match (vector.result.as_str(), opened) {
        ("valid", Ok(text)) => {
            assert_eq!(hex(text.expose()), *vector.pt.as_ref().expect("a valid vector has its text"), "{name}");
            let nonce = fixed(vector.nonce.as_ref().expect("a valid vector has its nonce"));
            let again = seal_with_nonce(&key, vector.key_id, &nonce, &context, text.expose()).expect("a text of legal length");
            assert_eq!(hex(again.as_bytes()), vector.blob, "{name}: sealed again");
        }
        ("invalid", Err(error)) => assert_eq!(Some(error.class()), vector.error.as_deref(), "{name}"),
        (expected, opened) => panic!("{name}: expected {expected}, got {:?}", opened.err()),
    }
    if let Some(root) = &vector.root {
        let root = RootKey::from_sample(fixed(root));
        assert_eq!(Some(hex(&root.id())), vector.root_id, "{name}");
        assert_eq!(hex(root.kek().bytes()), vector.dek, "{name}");
    }
}

fn files() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the vectors folder")
        .map(|entry| entry.expect("a readable entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    assert!(!files.is_empty());
    files.extend(env::var_os("KEYWARD_VECTORS").map(PathBuf::from));
    files
}

#[test]
fn every_known_answer_vector_agrees_byte_for_byte_and_by_error_class() {
    for file in files() {
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let vectors: Vectors = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert_eq!(vectors.format, "keyward-sealed-v1", "{}", file.display());
        assert!(!vectors.tests.is_empty(), "{}", file.display());
        vectors.tests.iter().for_each(check);
    }
}

#[test]
fn the_context_of_the_vectors_is_what_this_crate_makes() {
    let text = include_str!("../../vectors/sealed_v1.json");
    let vectors: Vectors = serde_json::from_str(text).expect("the vectors");
    assert_eq!(vectors.tests.len(), 23);
    let expected = hex(crate::seal_context::tests::sample().canonical().expect("short attributes").bytes());
    assert_eq!(vectors.tests[0].context, expected);
    let wrap = vectors.tests.iter().find(|vector| vector.name == "keyring-wrap").expect("a wrapped keyring");
    let root_id = fixed(wrap.root_id.as_ref().expect("its root id"));
    let ring = crate::seal_context::KeyringContext { root_id, ring_version: 3 }.canonical();
    assert_eq!(wrap.context, hex(ring.bytes()));
}

/// `KEYWARD_VECTORS_OUT=FILE cargo test -p keyward-vault -- --ignored thousand`, then `vectors/sealed_v1.py check FILE`.
#[test]
#[ignore = "writes the file named by KEYWARD_VECTORS_OUT for the independent implementation"]
fn a_thousand_values_are_sealed_for_the_independent_implementation() {
    let file = env::var_os("KEYWARD_VECTORS_OUT").expect("KEYWARD_VECTORS_OUT names the file to write");
    let context = crate::seal_context::tests::sample().canonical().expect("short attributes");
    let tests = (1..=1_000_u32).map(|number| {
        let key = SecretKey::generate().expect("randomness");
        let text = Plaintext::from_bytes((b'!'..=b'~').cycle().take(number as usize).collect());
        let sealed = seal(&key, number, &context, &text).expect("randomness");
        Vector {
            name: format!("sealed-{number}"),
            result: "valid".into(),
            dek: hex(key.bytes()),
            key_id: number,
            nonce: Some(hex(sealed.nonce())),
            context: hex(context.bytes()),
            pt: Some(hex(text.expose())),
            blob: hex(sealed.as_bytes()),
            ..Vector::default()
        }
    });
    let vectors = Vectors { format: "keyward-sealed-v1".into(), tests: tests.collect() };
    fs::write(file, serde_json::to_string(&vectors).expect("plain data")).expect("a writable file");
}
