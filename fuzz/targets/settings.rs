//! What an operator gives: root keys, and names of domains for Cloudflare.
#![no_main]

use domain::cloudflare::DomainName;
use libfuzzer_sys::fuzz_target;
use vault::root_key::RootKey;

fuzz_target!(|data: &[u8]| {
    if let Ok(key) = RootKey::parse(data) {
        assert_eq!(RootKey::parse(key.to_text().as_bytes()).expect("its own text").id(), key.id());
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(name) = DomainName::parse(text) {
        assert_eq!(DomainName::parse(name.as_str()).expect("its own text"), name);
    }
});
