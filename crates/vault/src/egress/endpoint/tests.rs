use super::*;

fn policy(allow: &[&str]) -> Result<EndpointPolicy, ConfigError> {
    let allow: Vec<_> = allow.iter().map(|entry| (*entry).to_owned()).collect();
    EndpointPolicy::new(&allow, vec!["127.0.0.1:3000".parse().unwrap()])
}

fn code(text: &str) -> Result<String, String> {
    Endpoint::parse_user(&policy(&[]).unwrap(), text).map(|endpoint| endpoint.origin().to_owned()).map_err(|fault| {
        assert_eq!(fault.field, "endpoint");
        assert!(fault.message.ends_with('.') && (text.len() < 24 || !fault.message.contains(text)), "{}", fault.message);
        fault.code.into_owned()
    })
}

#[test]
fn public_https_names_are_read_and_their_origin_always_has_the_port() {
    for (text, origin) in [
        ("https://api.example.com", "https://api.example.com:443"),
        ("https://api.example.com/", "https://api.example.com:443"),
        ("https://api.example.com/v1/", "https://api.example.com:443"),
        ("https://api.example.com:443/v1", "https://api.example.com:443"),
        ("  https://api.example.com/v1  ", "https://api.example.com:443"),
        ("HTTPS://API.Example.COM/V1", "https://api.example.com:443"),
        ("https://münchen.example.org", "https://xn--mnchen-3ya.example.org:443"),
        ("https://a-b.c_d.example.io/x/y", "https://a-b.c_d.example.io:443"),
        ("https://localhost.example.com", "https://localhost.example.com:443"),
        ("https://internal.example.com", "https://internal.example.com:443"),
        ("https://notlocal.mylocal.com", "https://notlocal.mylocal.com:443"),
        ("https://127.0.0.1.nip.io", "https://127.0.0.1.nip.io:443"),
        ("https://1.example", "https://1.example:443"),
    ] {
        assert_eq!(code(text).as_deref(), Ok(origin), "{text}");
    }
}

#[test]
#[rustfmt::skip]
fn tricks_with_addresses_are_refused() {
    let hosts = [
        "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0x7f.0x0.0x0.0x1", "0177.0.0.1", "0177.1", "017700000001",
        "127.0.0.1.", "0", "0.0.0.0", "00000.0", "0x0", "10.0.0.1", "10.1", "0xa.1", "012.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1",
        "192.168.1", "0xc0a80001", "3232235521", "169.254.169.254", "169.254.43518", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376",
        "0xA9.0xFE.0xA9.0xFE", "100.100.100.200", "168.63.129.16", "224.0.0.1", "255.255.255.255", "8.8.8.8", "1.1.1.1", "134744072",
        "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:a9fe:a9fe]", "[::127.0.0.1]", "[fe80::1]",
        "[fc00::1]", "[fd00:ec2::254]", "[fec0::1]", "[ff02::1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::1]", "[2002:7f00:1::]", "[2001:db8::1]",
        "[3fff::1]", "[5f00::1]", "[100::1]", "[2606:4700:4700::1111]", "１２７.0.0.1", "127。0。0。1", "①②⑦.0.0.1", "127．0．0．1", "1２7.1",
        "0X7F.1", "0127.0.0.1", "127.0x0.00.1", "127.0.0.0x1",
    ];
    for host in hosts {
        for text in [format!("https://{host}"), format!("https://{host}:443/v1")] {
            assert_eq!(code(&text).unwrap_err(), "ip_address", "{text}");
        }
        let plain = code(&format!("http://{host}/")).unwrap_err();
        assert_eq!(plain, "not_https", "{host}");
    }
}

#[test]
#[rustfmt::skip]
fn tricks_with_names_are_refused() {
    let long_label = format!("{}.example.com", "a".repeat(64));
    let long_name = format!("{}example.com", "abcdefgh.".repeat(28));
    let hosts = [
        "localhost", "LOCALHOST", "localhost.", "foo.localhost", "foo.localhost.", "printer.local", "PRINTER.LOCAL", "db.internal", "metadata.google.internal",
        "Metadata.Google.Internal", "metadata.google.internal.", "router.home.arpa", "home.arpa", "1.0.0.127.in-addr.arpa", "x.onion", "x.test", "x.invalid",
        "intranet", "metadata", "instance-data", "kubernetes", "api.example.com.", "api..example.com", ".example.com", "example.com..", "-a.example.com",
        "a-.example.com", "local", "test", "a.b.local", "ｌocalhost", "LOCALHOST.", "ⓛocalhost", "x.ｌocal", "x.lo\u{ad}cal", "x.internal.", "a!b.example.com", "a'b.example.com",
        "a$b.example.com", "a,b.example.com", "a;b.example.com", "a*b.example.com", "*.example.com", "a+b.example.com", "a=b.example.com", "a&b.example.com", "a~b.example.com",
        "a(b).example.com", &long_label, &long_name,
    ];
    for host in hosts {
        for text in [format!("https://{host}/v1"), format!("https://{host}:443")] {
            let code = code(&text).unwrap_err();
            assert!(matches!(code.as_str(), "private_endpoint" | "not_a_url"), "{text}: {code}");
        }
    }
}

#[test]
#[rustfmt::skip]
fn tricks_with_the_form_of_a_url_are_refused() {
    let cases = [
        ("", "required"), ("   ", "required"), ("api.example.com", "not_a_url"), ("//api.example.com", "not_a_url"), ("https:api.example.com", "not_a_url"),
        ("https:/api.example.com", "not_a_url"), ("https:///api.example.com", "not_a_url"), ("https:////api.example.com", "not_a_url"), ("https:\\\\api.example.com", "not_a_url"),
        ("https://api.example.com\\@127.0.0.1", "not_a_url"), ("https://api.example.com\\.evil.com", "not_a_url"), ("https:/\\api.example.com", "not_a_url"), ("https://", "not_a_url"),
        ("https://:443", "not_a_url"), ("https://?x", "not_a_url"), ("https://#x", "not_a_url"), ("https:///", "not_a_url"), ("https://api.example.com:0", "not_a_url"),
        ("https://api.example.com:65536", "not_a_url"), ("https://api.example.com:-1", "not_a_url"), ("https://api.example.com:a", "not_a_url"), ("https://api.example.com:443:443", "not_a_url"),
        ("https://%31%32%37.0.0.1", "not_a_url"), ("https://localhos%74", "not_a_url"), ("https://api.example.com%00.evil.com", "not_a_url"), ("https://api.example.com%2f@evil.com", "has_user"),
        ("https://[::1", "not_a_url"), ("https://::1", "not_a_url"), ("https://[::1%25lo]", "not_a_url"), ("https://[v1.x]", "not_a_url"), ("https://exa mple.com", "not_a_url"),
        ("https://api.example.com/a b", "not_a_url"), ("https://api.example.com\u{a0}/", "not_a_url"), ("https://api.example.com\u{2028}/", "not_a_url"), ("\u{3000}https://api.example.com", "not_a_url"),
        ("https://api.exa\nmple.com", "control_characters"), ("https://api.exa\tmple.com", "control_characters"), ("https://api.example.com\r\nHost: x", "control_characters"),
        ("\0https://api.example.com", "control_characters"), ("https://api.example.com/\u{7f}", "control_characters"), ("https://api.example.com/\u{85}", "control_characters"),
        ("java\nscript:alert(1)", "control_characters"), ("javascript:alert(1)", "not_a_url"), ("data:text/html,x", "not_a_url"), ("file:///etc/passwd", "not_https"), ("file://api.example.com/x", "not_https"),
        ("ftp://api.example.com", "not_https"), ("gopher://api.example.com", "not_https"), ("ws://api.example.com", "not_https"), ("wss://api.example.com", "not_https"), ("unix:///run/x.sock", "not_https"),
        ("dict://api.example.com:11211", "not_https"), ("ldap://api.example.com", "not_https"), ("https+unix://api.example.com", "not_https"), (" javascript://api.example.com", "not_https"), ("http://api.example.com", "not_https"),
        ("http://api.example.com:443", "not_https"), ("http://localhost:11434", "not_https"), ("jar:https://api.example.com!/x", "not_https"), ("url:https://api.example.com", "not_https"), ("https://user@api.example.com", "has_user"),
        ("https://user:pass@api.example.com", "has_user"), ("https://@api.example.com", "has_user"), ("https://:@api.example.com", "has_user"), ("https://api.example.com@127.0.0.1", "has_user"), ("https://api.example.com:443@127.0.0.1/", "has_user"),
        ("https://a@b@api.example.com", "has_user"), ("https://127.0.0.1#@api.example.com", "has_fragment"), ("https://127.0.0.1?@api.example.com", "has_query"), ("https://api.example.com/?", "has_query"), ("https://api.example.com/?a=b", "has_query"),
        ("https://api.example.com?x", "has_query"), ("https://api.example.com/#", "has_fragment"), ("https://api.example.com/#x", "has_fragment"), ("https://api.example.com#.evil.com", "has_fragment"), ("https://api.example.com:80", "port_not_allowed"),
        ("https://api.example.com:8443/v1", "port_not_allowed"), ("https://api.example.com:22", "port_not_allowed"), ("https://api.example.com:6379", "port_not_allowed"), ("https://api.example.com:1", "port_not_allowed"), ("https://api.example.com:65535", "port_not_allowed"),
        ("https://api.example.com:3306/", "port_not_allowed"), ("https://api.example.com:04430", "port_not_allowed"),
    ];
    for (text, expected) in cases {
        assert_eq!(code(text).as_ref().map_err(String::as_str), Err(expected), "{text:?}");
    }
}

#[test]
fn the_length_limit_is_exact() {
    let url = |length: usize| format!("https://api.example.com/{}", "a".repeat(length - 24));
    assert!(code(&url(2048)).is_ok());
    assert_eq!(code(&url(2049)).unwrap_err(), "too_long");
    // Each of these letters takes nine bytes once it is percent-encoded.
    assert_eq!(code(&format!("https://api.example.com/{}", "あ".repeat(600))).unwrap_err(), "too_long");
}

#[test]
fn an_allow_list_entry_opens_exactly_itself() {
    let policy = policy(&["http://127.0.0.1:11434", " ", "https://llm.corp.internal:8443"]).unwrap();
    for text in ["http://127.0.0.1:11434", "http://127.0.0.1:11434/v1", "HTTP://127.1:11434/", "https://llm.corp.internal:8443/v1"] {
        let endpoint = Endpoint::parse_user(&policy, text).unwrap();
        assert_eq!(policy.admit(&endpoint), Ok(Admission::Listed), "{text}");
    }
    for text in [
        "http://127.0.0.1:11435",
        "http://127.0.0.1",
        "https://127.0.0.1:11434",
        "http://localhost:11434",
        "http://[::1]:11434",
        "http://[::ffff:127.0.0.1]:11434",
        "http://127.0.0.2:11434",
        "http://127.0.0.1.:11435",
        "http://x@127.0.0.1:11434",
        "http://127.0.0.1:11434/?q",
        "http://127.0.0.1:11434/#f",
        "http://example.com/http://127.0.0.1:11434",
        "https://llm.corp.internal",
        "https://llm.corp.internal:8444",
        "http://llm.corp.internal:8443",
        "https://x.llm.corp.internal:8443",
        "https://llm.corp.internal.:8443",
    ] {
        assert!(Endpoint::parse_user(&policy, text).is_err(), "{text}");
    }
}

#[test]
fn an_allow_list_entry_must_be_exact_and_allowable() {
    for entry in [
        "127.0.0.1:11434",
        "http://127.0.0.1",
        "http://127.0.0.1:11434/",
        "http://127.0.0.1:11434/v1",
        "http://2130706433:11434",
        "http://user@127.0.0.1:11434",
        "http://*:11434",
        "http://10.0.0.0/8",
        "ftp://127.0.0.1:21",
        "https://llm.corp.internal",
        "http://169.254.169.254:80",
        "http://169.254.0.1:8080",
        "http://[fd00:ec2::254]:80",
        "http://[::ffff:169.254.169.254]:80",
        "http://100.100.100.200:80",
        "http://168.63.129.16:80",
        "http://0.0.0.0:11434",
        "http://[::]:11434",
        "http://127.0.0.1:3000",
        "http://localhost:3000",
        "http://[::ffff:7f00:1]:3000",
    ] {
        assert!(matches!(policy(&[entry]), Err(ConfigError::AllowEntry { .. })), "{entry}");
    }
    assert!(policy(&["http://127.0.0.1:80", "https://127.0.0.1:443", "http://[::1]:11434", "http://localhost:11434"]).is_ok());
    let wildcard = EndpointPolicy::new(&["http://127.0.0.1:3000".to_owned()], vec!["[::]:3000".parse().unwrap()]);
    assert!(wildcard.is_err());
}

#[test]
fn a_request_goes_below_the_base_path() {
    for (base, path, url) in [
        ("https://api.example.com", "/models", "https://api.example.com/models"),
        ("https://api.example.com/v1/", "/models", "https://api.example.com/v1/models"),
        ("https://api.example.com/v1", "/models?pageSize=1", "https://api.example.com/v1/models?pageSize=1"),
    ] {
        assert_eq!(Endpoint::from_catalogue(base).unwrap().below(path).as_str(), url);
    }
}

#[test]
fn every_built_in_base_url_is_usable() {
    let policy = policy(&[]).unwrap();
    for provider in &domain::catalogue::Catalogue::built_in() {
        let Some(url) = &provider.base_url else { continue };
        let endpoint = Endpoint::from_catalogue(url).unwrap();
        assert_eq!(endpoint.as_str(), url);
        assert_eq!(policy.admit(&endpoint).is_ok(), !provider.keyless, "{url}");
    }
}
