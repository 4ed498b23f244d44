//! Names: of zones, of records, and of the hosts that records point to.

use crate::FieldProblem;
use idna::{
    AsciiDenyList,
    uts46::{DnsLength, Hyphens, Uts46},
};

/// The most bytes of a name in its ASCII form (RFC 1035, section 2.3.4, without the root's dot).
const LONGEST: usize = 253;

/// The name of a zone: at least two labels of 1 to 63 letters, digits and hyphens (RFC 1035, section 2.3.1), at most 253 bytes, in
/// lower case and in its ASCII form (UTS 46, the mapping that browsers use). A subdomain is a name like any other.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct DomainName(String);

impl DomainName {
    /// Parses the field `domain`.
    ///
    /// # Errors
    /// A fault that says which rule does not hold.
    pub fn parse(text: &str) -> Result<Self, FieldProblem> {
        let fault = |code, message: &'static str| FieldProblem::new("domain", code, message);
        let text = text.trim();
        if text.is_empty() {
            return Err(fault("required", "Enter the domain, like example.com."));
        }
        if text.contains(['/', ':', '@', '?', '#', '\\']) {
            return Err(fault("not_a_domain", "Enter the domain alone, like example.com: no https://, port or path."));
        }
        let text = text.strip_suffix('.').unwrap_or(text);
        let Some(name) = ascii(text, AsciiDenyList::STD3) else {
            return Err(if is_too_long(text) {
                fault("too_long", "A domain name has at most 253 characters, and 63 between its dots.")
            } else {
                fault("not_a_domain", "This is not a domain name, like example.com: letters, digits and hyphens between its dots.")
            });
        };
        match name.rsplit_once('.') {
            None => Err(fault("not_a_domain", "A domain name has at least two parts, like example.com.")),
            // The last label of an address is a number, that of a name never is.
            Some((_, last)) if last.bytes().all(|byte| byte.is_ascii_digit()) => {
                Err(fault("not_a_domain", "This is an address, not a domain name, like example.com."))
            }
            Some(_) => Ok(Self(name)),
        }
    }
    /// The name in its ASCII form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name of a record: `@` for the zone itself, or labels of which the first may be `*` and any may have underscores. It may be
/// whole or lack the zone's name: Cloudflare completes it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct RecordName(String);

impl RecordName {
    /// Parses the field `name`.
    ///
    /// # Errors
    /// A fault that says what a name looks like.
    pub fn parse(text: &str) -> Result<Self, FieldProblem> {
        let text = text.trim();
        if text.is_empty() {
            return Err(FieldProblem::new("name", "required", "Enter the name, like www, or @ for the domain itself."));
        }
        if matches!(text, "@" | "*") {
            return Ok(Self(text.to_owned()));
        }
        let name = match text.strip_prefix("*.") {
            Some(rest) => host(rest).filter(|rest| rest.len() <= LONGEST - 2).map(|rest| format!("*.{rest}")),
            None => host(text),
        };
        let fault = || FieldProblem::new("name", "not_a_name", "This is not the name of a record, like www, _dmarc or *.dev.");
        name.map(Self).ok_or_else(fault)
    }
    /// The name in its ASCII form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// Whether it begins like the name of a service: `_service._protocol` (RFC 2782).
    #[must_use]
    pub fn is_service(&self) -> bool {
        let mut labels = self.0.split('.');
        let underscored = |label: Option<&str>| label.is_some_and(|label| label.len() > 1 && label.starts_with('_'));
        underscored(labels.next()) && underscored(labels.next())
    }
}

/// A host that a record points to, in its ASCII form; labels may have underscores.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct HostName(String);

impl HostName {
    /// Parses the name of a host.
    pub(super) fn parse(text: &str) -> Option<Self> {
        host(text.trim()).map(Self)
    }
    /// The root, which says that there is no such host (RFC 7505 for mail, RFC 2782 for services).
    pub(super) fn none() -> Self {
        Self(".".to_owned())
    }
    /// The zone itself.
    pub(super) fn zone() -> Self {
        Self("@".to_owned())
    }
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn host(text: &str) -> Option<String> {
    let name = ascii(text.strip_suffix('.').unwrap_or(text), AsciiDenyList::EMPTY)?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    name.bytes().all(fits).then_some(name)
}

/// The ASCII form, if every label has 1 to 63 bytes and the name at most 253.
fn ascii(text: &str, deny: AsciiDenyList) -> Option<String> {
    // What is mapped away must not make a name out of something else, and nothing longer than any name is worth mapping.
    if text.len() > 4 * LONGEST || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return None;
    }
    let name = Uts46::new().to_ascii(text.as_bytes(), deny, Hyphens::CheckFirstLast, DnsLength::Verify).ok()?;
    Some(name.into_owned())
}

fn is_too_long(text: &str) -> bool {
    text.len() > LONGEST || text.split('.').any(|label| label.len() > 63)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_domain_is_trimmed_folded_and_brought_into_its_ascii_form() {
        for (text, name) in [
            ("example.com", "example.com"),
            (" Example.COM. ", "example.com"),
            ("dev.sub.example.co.uk", "dev.sub.example.co.uk"),
            ("b\u{fc}cher.example", "xn--bcher-kva.example"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("\u{4f8b}\u{3048}.\u{30c6}\u{30b9}\u{30c8}", "xn--r8jz45g.xn--zckzah"),
            ("example\u{3002}com", "example.com"),
            ("1.example.com", "1.example.com"),
            // Pasted from a web page: what is invisible is mapped away.
            ("exam\u{200b}ple\u{ad}.com", "example.com"),
        ] {
            assert_eq!(DomainName::parse(text).as_ref().map(DomainName::as_str), Ok(name), "{text}");
        }
        let longest = format!("{}.{}.{}.{}", "a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(61));
        assert_eq!(longest.len(), 253);
        assert!(DomainName::parse(&longest).is_ok());
    }

    #[test]
    fn what_is_no_domain_is_refused() {
        for (text, code) in [
            ("", "required"),
            ("  ", "required"),
            ("localhost", "not_a_domain"),
            (".", "not_a_domain"),
            ("..", "not_a_domain"),
            ("example..com", "not_a_domain"),
            (".example.com", "not_a_domain"),
            ("example.com..", "not_a_domain"),
            ("-example.com", "not_a_domain"),
            ("example-.com", "not_a_domain"),
            ("exa_mple.com", "not_a_domain"),
            ("exa mple.com", "not_a_domain"),
            ("exam\tple.com", "not_a_domain"),
            ("exam\u{0}ple.com", "not_a_domain"),
            ("*.example.com", "not_a_domain"),
            ("https://example.com", "not_a_domain"),
            ("example.com/path", "not_a_domain"),
            ("example.com:443", "not_a_domain"),
            ("ann@example.com", "not_a_domain"),
            ("192.0.2.1", "not_a_domain"),
            ("[2001:db8::1]", "not_a_domain"),
            ("xn--a.example", "not_a_domain"),
            ("<script>.example", "not_a_domain"),
        ] {
            assert_eq!(DomainName::parse(text).map_err(|fault| fault.code), Err(code.into()), "{text:?}");
        }
        for text in [format!("{}.com", "a".repeat(64)), format!("{}com", "a.".repeat(126)), "a".repeat(5_000)] {
            assert_eq!(DomainName::parse(&text).map_err(|fault| fault.code), Err("too_long".into()), "{text}");
        }
    }

    #[test]
    fn a_record_has_a_name_of_its_own() {
        for (text, name) in [
            ("@", "@"),
            ("*", "*"),
            ("www", "www"),
            ("WWW.example.com.", "www.example.com"),
            ("*.dev", "*.dev"),
            ("_dmarc", "_dmarc"),
            ("_sip._tcp.example.com", "_sip._tcp.example.com"),
            ("s1._domainkey", "s1._domainkey"),
            ("m\u{fc}ller", "xn--mller-kva"),
        ] {
            assert_eq!(RecordName::parse(text).as_ref().map(RecordName::as_str), Ok(name), "{text}");
        }
        for text in ["", " ", ".", "a..b", "a b", "-a", "a*", "a.*.b", "a/b", "a?b", "a#b", "\u{0}", "a\nb", "**", "*.", &"a".repeat(64)] {
            assert!(RecordName::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_name_of_a_service_begins_with_two_underscored_labels() {
        let is_service = |text: &str| RecordName::parse(text).expect("a name").is_service();
        assert!(is_service("_sip._tcp") && is_service("_sip._tcp.example.com"));
        assert!(!is_service("_sip") && !is_service("www") && !is_service("@") && !is_service("_sip.tcp"));
    }

    proptest! {
        #[test]
        fn what_was_parsed_is_parsed_to_itself(text in "\\PC{0,80}") {
            if let Ok(name) = DomainName::parse(&text) {
                prop_assert!(name.as_str().len() <= 253 && name.as_str().is_ascii());
                prop_assert_eq!(DomainName::parse(name.as_str()), Ok(name));
            }
            if let Ok(name) = RecordName::parse(&text) {
                prop_assert!(name.as_str().len() <= 253 && name.as_str().is_ascii());
                prop_assert_eq!(RecordName::parse(name.as_str()), Ok(name));
            }
        }
    }
}
