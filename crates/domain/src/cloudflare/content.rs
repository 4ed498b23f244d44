//! What a record says, by its type.

use super::{name::HostName, record::RecordData};
use crate::{FieldProblem, person::UnknownWord};
use std::{
    net::{Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

/// The most bytes of a text record that are sent.
const LONGEST_TEXT: usize = 4096;
/// The most bytes of a CAA value.
const LONGEST_VALUE: usize = 255;

/// A type of record that can be written here. Others can be seen and deleted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum RecordType {
    /// An IPv4 address (RFC 1035).
    A,
    /// An IPv6 address (RFC 3596).
    Aaaa,
    /// Who may issue certificates (RFC 8659).
    Caa,
    /// Another name for a host (RFC 1035).
    Cname,
    /// Where mail goes (RFC 5321).
    Mx,
    /// A name server of a part of the zone (RFC 1035).
    Ns,
    /// Where a service is (RFC 2782).
    Srv,
    /// A text (RFC 1035).
    Txt,
}

impl RecordType {
    /// Every type, in the order of a list to choose from.
    pub const ALL: [Self; 8] = [Self::A, Self::Aaaa, Self::Cname, Self::Mx, Self::Txt, Self::Ns, Self::Srv, Self::Caa];

    /// Its name, as Cloudflare writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::Aaaa => "AAAA",
            Self::Caa => "CAA",
            Self::Cname => "CNAME",
            Self::Mx => "MX",
            Self::Ns => "NS",
            Self::Srv => "SRV",
            Self::Txt => "TXT",
        }
    }
    /// What it holds, for people who choose one.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::A => "IPv4 address",
            Self::Aaaa => "IPv6 address",
            Self::Caa => "who may issue certificates",
            Self::Cname => "another name",
            Self::Mx => "mail server",
            Self::Ns => "name server",
            Self::Srv => "service",
            Self::Txt => "text",
        }
    }
    /// How its content is written, with an example.
    #[must_use]
    pub const fn example(self) -> &'static str {
        match self {
            Self::A => "An IPv4 address, like 192.0.2.1",
            Self::Aaaa => "An IPv6 address, like 2001:db8::1",
            Self::Caa => "Flags, tag and value, like 0 issue \"letsencrypt.org\"",
            Self::Cname => "A host name, like example.com",
            Self::Mx => "The mail server's host name, like mx.example.com",
            Self::Ns => "The name server's host name, like ns1.example.com",
            Self::Srv => "Weight, port and host, like 5 5060 sip.example.com",
            Self::Txt => "The text, like v=spf1 -all",
        }
    }
    /// Whether Cloudflare can stand in front of it.
    #[must_use]
    pub const fn is_proxiable(self) -> bool {
        matches!(self, Self::A | Self::Aaaa | Self::Cname)
    }
    /// Whether it has a priority.
    #[must_use]
    pub const fn has_priority(self) -> bool {
        matches!(self, Self::Mx | Self::Srv)
    }
}

impl FromStr for RecordType {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownWord::of("A, AAAA, CNAME, MX, TXT, NS, SRV, CAA"))
    }
}

/// What a record says, parsed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content {
    /// An IPv4 address.
    A(Ipv4Addr),
    /// An IPv6 address.
    Aaaa(Ipv6Addr),
    /// Who may issue certificates.
    Caa {
        /// 128 for critical.
        flags: u8,
        /// `issue`, `issuewild` or `iodef`.
        tag: String,
        /// At most 255 bytes of printable ASCII.
        value: String,
    },
    /// Another name.
    Cname(HostName),
    /// A mail server.
    Mx {
        /// The lowest is tried first.
        priority: u16,
        /// The server; `.` for none.
        exchange: HostName,
    },
    /// A name server.
    Ns(HostName),
    /// A service.
    Srv {
        /// The lowest is tried first.
        priority: u16,
        /// The share among equals.
        weight: u16,
        /// TCP or UDP port.
        port: u16,
        /// The host; `.` for none.
        target: HostName,
    },
    /// A text of at most 4,096 bytes.
    Txt(String),
}

fn fault(kind: RecordType) -> FieldProblem {
    let message = match kind {
        RecordType::A => "An A record holds an IPv4 address, like 192.0.2.1.",
        RecordType::Aaaa => "An AAAA record holds an IPv6 address, like 2001:db8::1.",
        RecordType::Caa => "A CAA record holds flags, a tag (issue, issuewild or iodef) and a value, like 0 issue \"letsencrypt.org\".",
        RecordType::Cname => "A CNAME record holds a host name, like example.com.",
        RecordType::Mx => "An MX record holds the host name of a mail server, like mx.example.com.",
        RecordType::Ns => "An NS record holds the host name of a name server, like ns1.example.com.",
        RecordType::Srv => "An SRV record holds weight, port and host name, like 5 5060 sip.example.com.",
        RecordType::Txt => "A TXT record holds a text without control characters, of at most 4,096 bytes.",
    };
    FieldProblem::new("content", "not_of_this_type", message)
}

fn no_priority(kind: RecordType) -> FieldProblem {
    FieldProblem::new("priority", "out_of_range", format!("The priority of an {} record is a number from 0 to 65535.", kind.as_str()))
}

fn small(number: Option<i64>) -> Option<u16> {
    number.and_then(|number| u16::try_from(number).ok())
}

impl Content {
    /// Its type.
    #[must_use]
    pub const fn kind(&self) -> RecordType {
        match self {
            Self::A(_) => RecordType::A,
            Self::Aaaa(_) => RecordType::Aaaa,
            Self::Caa { .. } => RecordType::Caa,
            Self::Cname(_) => RecordType::Cname,
            Self::Mx { .. } => RecordType::Mx,
            Self::Ns(_) => RecordType::Ns,
            Self::Srv { .. } => RecordType::Srv,
            Self::Txt(_) => RecordType::Txt,
        }
    }

    /// Parses what was submitted for a type: `data` where it is given, for the types that have parts, else the text.
    pub(super) fn parse(kind: RecordType, text: &str, priority: Option<i64>, data: Option<&RecordData>) -> Result<Self, FieldProblem> {
        if data.is_some() && !matches!(kind, RecordType::Caa | RecordType::Srv) {
            return Err(FieldProblem::new("data", "not_of_this_type", "Only SRV and CAA records have data. Use content."));
        }
        let text = text.trim();
        if text.is_empty() && data.is_none() {
            return Err(FieldProblem::new("content", "required", "Enter what the record says."));
        }
        let parsed = match kind {
            RecordType::A => text.parse().ok().map(Self::A),
            RecordType::Aaaa => text.parse().ok().map(Self::Aaaa),
            RecordType::Cname if text == "@" => Some(Self::Cname(HostName::zone())),
            RecordType::Cname => HostName::parse(text).map(Self::Cname),
            RecordType::Ns => HostName::parse(text).map(Self::Ns),
            RecordType::Txt => is_text(text).then(|| Self::Txt(text.to_owned())),
            RecordType::Mx => {
                let priority = small(priority).ok_or_else(|| no_priority(kind))?;
                or_none(text).map(|exchange| Self::Mx { priority, exchange })
            }
            RecordType::Srv => {
                let priority = small(data.and_then(|data| data.priority).or(priority)).ok_or_else(|| no_priority(kind))?;
                let parts = match data {
                    Some(data) => small(data.weight).zip(small(data.port)).zip(data.target.clone()),
                    None => srv_parts(text),
                };
                parts.and_then(|((weight, port), target)| Some(Self::Srv { priority, weight, port, target: or_none(&target)? }))
            }
            RecordType::Caa => {
                let parts = match data {
                    Some(data) => data.flags.and_then(|flags| u8::try_from(flags).ok()).zip(data.tag.clone()).zip(data.value.clone()),
                    None => caa_parts(text),
                };
                parts.and_then(|((flags, tag), value)| caa(flags, &tag, &value))
            }
        };
        parsed.ok_or_else(|| fault(kind))
    }
}

fn or_none(text: &str) -> Option<HostName> {
    if text == "." { Some(HostName::none()) } else { HostName::parse(text) }
}

fn is_text(text: &str) -> bool {
    text.len() <= LONGEST_TEXT && !text.chars().any(char::is_control)
}

fn srv_parts(text: &str) -> Option<((u16, u16), String)> {
    let mut words = text.split_whitespace();
    let parts = ((words.next()?.parse().ok()?, words.next()?.parse().ok()?), words.next()?.to_owned());
    words.next().is_none().then_some(parts)
}

fn caa_parts(text: &str) -> Option<((u8, String), String)> {
    let (flags, rest) = text.split_once(char::is_whitespace)?;
    let (tag, value) = rest.trim_start().split_once(char::is_whitespace)?;
    let value = value.trim();
    let value = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
    Some(((flags.parse().ok()?, tag.to_owned()), value.to_owned()))
}

fn caa(flags: u8, tag: &str, value: &str) -> Option<Content> {
    let tag = tag.to_ascii_lowercase();
    let known = matches!(tag.as_str(), "issue" | "issuewild" | "iodef");
    let plain = !value.is_empty() && value.len() <= LONGEST_VALUE && value.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"');
    (known && plain).then(|| Content::Caa { flags, tag, value: value.to_owned() })
}
