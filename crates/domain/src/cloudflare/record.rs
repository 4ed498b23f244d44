//! A DNS record to be written.

use super::{Content, RecordName, RecordType, Ttl};
use crate::FieldProblem;

/// The most characters of a comment.
const LONGEST_COMMENT: usize = 500;

/// The parts of an SRV or CAA record, as Cloudflare names them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RecordData {
    /// CAA: 0 to 255.
    pub flags: Option<i64>,
    /// CAA: `issue`, `issuewild` or `iodef`.
    pub tag: Option<String>,
    /// CAA: the value of the tag.
    pub value: Option<String>,
    /// SRV: 0 to 65,535.
    pub priority: Option<i64>,
    /// SRV: 0 to 65,535.
    pub weight: Option<i64>,
    /// SRV: 0 to 65,535.
    pub port: Option<i64>,
    /// SRV: the host.
    pub target: Option<String>,
}

/// A record as submitted. Field names of problems are those of Cloudflare: `type` for `kind`, and the names here.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RecordFields {
    /// A word like `AAAA`.
    pub kind: String,
    /// `@`, or a name with or without the zone's.
    pub name: String,
    /// What it says; empty where `data` says it.
    pub content: String,
    /// For MX and SRV.
    pub priority: Option<i64>,
    /// Seconds; absent for automatic.
    pub ttl: Option<i64>,
    /// Whether Cloudflare stands in front of it, for A, AAAA and CNAME.
    pub proxied: Option<bool>,
    /// What it is for, at most 500 characters; empty takes it away.
    pub comment: Option<String>,
    /// The parts of an SRV or CAA record.
    pub data: Option<RecordData>,
}

/// A record, parsed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// Its name.
    pub name: RecordName,
    /// Its type and what it says.
    pub content: Content,
    /// How long it may be kept.
    pub ttl: Ttl,
    /// Whether Cloudflare stands in front of it; absent for types that cannot have it.
    pub proxied: Option<bool>,
    /// What it is for.
    pub comment: Option<String>,
}

impl Record {
    /// Parses what was submitted.
    ///
    /// # Errors
    /// Each fault, by field.
    pub fn parse(fields: &RecordFields) -> Result<Self, Vec<FieldProblem>> {
        let mut faults = Vec::new();
        let kind = keep(&mut faults, kind(&fields.kind));
        let name = keep(&mut faults, RecordName::parse(&fields.name));
        let ttl = keep(&mut faults, Ttl::parse(fields.ttl));
        let comment = keep(&mut faults, comment(fields.comment.as_deref()));
        let content = kind.and_then(|kind| keep(&mut faults, Content::parse(kind, &fields.content, fields.priority, fields.data.as_ref())));
        let proxied = kind.and_then(|kind| keep(&mut faults, proxied(kind, fields.proxied)));
        if let (Some(RecordType::Srv), Some(name)) = (kind, &name)
            && !name.is_service()
        {
            faults.push(FieldProblem::new("name", "not_a_service", "The name of an SRV record begins like _sip._tcp."));
        }
        match (name, content, ttl, proxied, comment) {
            (Some(name), Some(content), Some(ttl), Some(proxied), Some(comment)) if faults.is_empty() => {
                Ok(Self { name, content, ttl, proxied, comment })
            }
            _ => Err(faults),
        }
    }
}

fn keep<T>(faults: &mut Vec<FieldProblem>, parsed: Result<T, FieldProblem>) -> Option<T> {
    parsed.map_err(|fault| faults.push(fault)).ok()
}

fn kind(text: &str) -> Result<RecordType, FieldProblem> {
    let known = || RecordType::ALL.map(RecordType::as_str).join(", ");
    text.trim()
        .to_ascii_uppercase()
        .parse()
        .map_err(|_| FieldProblem::new("type", "type_not_supported", format!("Unsupported record type. Must be one of: {}", known())))
}

fn proxied(kind: RecordType, asked: Option<bool>) -> Result<Option<bool>, FieldProblem> {
    match (kind.is_proxiable(), asked) {
        (true, asked) => Ok(asked),
        (false, None | Some(false)) => Ok(None),
        (false, Some(true)) => {
            Err(FieldProblem::new("proxied", "not_proxiable", "Only A, AAAA and CNAME records can go through Cloudflare's proxy."))
        }
    }
}

fn comment(text: Option<&str>) -> Result<Option<String>, FieldProblem> {
    let Some(text) = text.map(str::trim) else { return Ok(None) };
    if text.chars().count() > LONGEST_COMMENT {
        return Err(FieldProblem::new("comment", "too_long", "The comment can have at most 500 characters."));
    }
    if text.chars().any(char::is_control) {
        return Err(FieldProblem::new("comment", "control_characters", "The comment contains characters that cannot be shown."));
    }
    Ok(Some(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(kind: &str, content: &str) -> RecordFields {
        RecordFields { kind: kind.into(), name: "www".into(), content: content.into(), ..RecordFields::default() }
    }

    /// The faulty fields and their codes.
    fn faults(fields: &RecordFields) -> Vec<(String, String)> {
        let all = Record::parse(fields).err().unwrap_or_default();
        all.into_iter().map(|fault| (fault.field.into_owned(), fault.code.into_owned())).collect()
    }

    #[test]
    fn each_type_takes_its_own_content() {
        for (kind, content) in [
            ("A", "192.0.2.1"),
            ("a", " 192.0.2.1 "),
            ("AAAA", "2001:db8::1"),
            ("AAAA", "::ffff:192.0.2.1"),
            ("CNAME", "example.net."),
            ("CNAME", "@"),
            ("CNAME", "_x1._acm-validations.example.net"),
            ("NS", "ns1.example.net"),
            ("TXT", "v=spf1 include:_spf.example.net -all"),
            ("TXT", "\"quoted\" \"parts\""),
            ("TXT", &"x".repeat(4096)),
            ("CAA", "0 issue \"letsencrypt.org\""),
            ("CAA", "128 issuewild ;"),
            ("CAA", "0  iodef  mailto:ann@example.com"),
        ] {
            assert_eq!(faults(&fields(kind, content)), [], "{kind} {content}");
        }
        for (kind, content) in [
            ("A", "2001:db8::1"),
            ("A", "192.0.2.256"),
            ("A", "192.0.2.01"),
            ("A", "192.0.2"),
            ("A", "example.com"),
            ("AAAA", "192.0.2.1"),
            ("AAAA", "fe80::1%eth0"),
            ("CNAME", "not a host"),
            ("CNAME", "https://example.net"),
            ("NS", "@"),
            ("TXT", "line\nbreak"),
            ("TXT", &"x".repeat(4097)),
            ("CAA", "256 issue letsencrypt.org"),
            ("CAA", "0 other letsencrypt.org"),
            ("CAA", "0 issue"),
            ("CAA", "0 issue \"a\" \"b\""),
        ] {
            assert_eq!(faults(&fields(kind, content)), [("content".into(), "not_of_this_type".into())], "{kind} {content}");
        }
        assert_eq!(faults(&fields("A", " ")), [("content".into(), "required".into())]);
        assert_eq!(faults(&fields("SPF", "x")), [("type".into(), "type_not_supported".into())]);
    }

    #[test]
    fn mail_servers_and_services_have_a_priority() {
        let with = |kind: &str, content: &str, priority| RecordFields { priority, name: "_sip._tcp".into(), ..fields(kind, content) };
        assert_eq!(faults(&with("MX", "mx.example.net", Some(10))), []);
        assert_eq!(faults(&with("MX", ".", Some(0))), []);
        assert_eq!(faults(&with("SRV", "5 5060 sip.example.net", Some(0))), []);
        assert_eq!(faults(&with("SRV", "5\t5060\tsip.example.net", Some(0))), []);
        for priority in [None, Some(-1), Some(65_536)] {
            assert_eq!(faults(&with("MX", "mx.example.net", priority)), [("priority".into(), "out_of_range".into())], "{priority:?}");
            assert_eq!(faults(&with("SRV", "5 5060 a.example", priority)), [("priority".into(), "out_of_range".into())], "{priority:?}");
        }
        for content in ["5060 a.example", "5 65536 a.example", "1 5 5060 a.example", "5 5060"] {
            assert_eq!(faults(&with("SRV", content, Some(1))), [("content".into(), "not_of_this_type".into())], "{content}");
        }
        let plain = RecordFields { priority: Some(1), ..fields("SRV", "5 5060 a.example") };
        assert_eq!(faults(&plain), [("name".into(), "not_a_service".into())]);
    }

    #[test]
    fn parts_can_be_given_one_by_one() {
        let srv =
            RecordData { priority: Some(1), weight: Some(2), port: Some(3), target: Some("a.example".into()), ..RecordData::default() };
        let record =
            Record::parse(&RecordFields { name: "_a._udp".into(), data: Some(srv.clone()), ..fields("SRV", "") }).expect("a record");
        assert_eq!(
            record.content,
            Record::parse(&RecordFields { name: "_a._udp".into(), priority: Some(1), ..fields("SRV", "2 3 a.example") })
                .expect("the same")
                .content
        );
        let caa = RecordData { flags: Some(0), tag: Some("Issue".into()), value: Some("ca.example".into()), ..RecordData::default() };
        assert_eq!(
            Record::parse(&RecordFields { data: Some(caa), ..fields("CAA", "") }).map(|record| record.content.kind()),
            Ok(RecordType::Caa)
        );
        let misplaced = RecordFields { data: Some(srv), ..fields("A", "192.0.2.1") };
        assert_eq!(faults(&misplaced), [("data".into(), "not_of_this_type".into())]);
        let empty = RecordFields { data: Some(RecordData::default()), ..fields("CAA", "") };
        assert_eq!(faults(&empty), [("content".into(), "not_of_this_type".into())]);
    }

    #[test]
    fn only_addresses_and_names_go_through_the_proxy() {
        for kind in RecordType::ALL {
            assert_eq!(proxied(kind, Some(true)).is_ok(), ["A", "AAAA", "CNAME"].contains(&kind.as_str()), "{kind:?}");
            assert!(proxied(kind, Some(false)).is_ok() && proxied(kind, None).is_ok());
        }
        let text = RecordFields { proxied: Some(true), ..fields("TXT", "x") };
        assert_eq!(faults(&text), [("proxied".into(), "not_proxiable".into())]);
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let all =
            RecordFields { name: "a b".into(), ttl: Some(5), proxied: Some(true), comment: Some("x".repeat(501)), ..fields("TXT", "") };
        let names: Vec<_> = faults(&all).into_iter().map(|(field, _)| field).collect();
        assert_eq!(names, ["name", "ttl", "comment", "content", "proxied"]);
    }
}
