//! Base URLs: read once, by one parser, and checked and connected to as the same value.

use super::{ConfigError, Refusal, address};
use domain::FieldProblem;
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};
use url::{Host, Url};

/// Longest base URL in bytes.
const LONGEST: usize = 2048;

/// Names under these are never public.
const CLOSED_NAMES: [&str; 8] = ["local", "localhost", "internal", "home.arpa", "onion", "arpa", "test", "invalid"];

/// A base URL that requests go below: `http` or `https`, with a host, without user, query and fragment.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    base: Url,
    origin: String,
}

impl Endpoint {
    /// Reads a base URL that a user gave.
    ///
    /// # Errors
    /// A fault of the field `endpoint` when it is not a public `https` address and not in the allow-list.
    pub fn parse_user(policy: &EndpointPolicy, text: &str) -> Result<Self, FieldProblem> {
        let fault = |code, message: &'static str| FieldProblem::new("endpoint", code, message);
        let endpoint = Self::read(text).map_err(|unread| fault(unread.code(), unread.message()))?;
        if policy.lists(&endpoint) {
            return Ok(endpoint);
        }
        match name_fault(&endpoint.base) {
            None => Ok(endpoint),
            Some(Closed::Scheme) => Err(fault("not_https", "The endpoint must begin with https://.")),
            Some(Closed::Port) => {
                Err(fault("port_not_allowed", "The endpoint may not name a port other than 443. An administrator can allow one."))
            }
            Some(Closed::Literal) => {
                Err(fault("ip_address", "The endpoint must be a host name, not an IP address. An administrator can allow one."))
            }
            Some(Closed::Name) => Err(fault(
                "private_endpoint",
                "The endpoint must be a public host name, like api.example.com. An administrator can allow private addresses.",
            )),
        }
    }
    /// Reads a base URL of the catalogue. One that is not public `https` can be written there, and is connected to only when it is in the
    /// allow-list.
    ///
    /// # Errors
    /// [`ConfigError`] when it is no `http` or `https` base URL.
    pub fn from_catalogue(text: &str) -> Result<Self, ConfigError> {
        Self::read(text).map_err(|unread| ConfigError::BaseUrl { fault: unread.message() })
    }
    /// The base URL, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }
    /// `scheme://host:port`, always with the port.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }
    pub(crate) fn host(&self) -> Host<&str> {
        self.base.host().expect("a base URL is read only with a host")
    }
    pub(crate) fn port(&self) -> u16 {
        self.base.port_or_known_default().expect("http and https have default ports")
    }
    pub(crate) fn is_https(&self) -> bool {
        self.base.scheme() == "https"
    }
    /// The URL `path_and_query` below the base.
    pub(crate) fn below(&self, path_and_query: &str) -> Url {
        let (path, query) = path_and_query.split_once('?').map_or((path_and_query, None), |(path, query)| (path, Some(query)));
        let mut url = self.base.clone();
        url.set_path(&format!("{}/{}", self.base.path().trim_end_matches('/'), path.trim_start_matches('/')));
        url.set_query(query);
        url
    }

    fn read(text: &str) -> Result<Self, Unread> {
        if text.len() > LONGEST {
            return Err(Unread::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(Unread::ControlCharacter);
        }
        let text = text.trim_matches(' ');
        if text.is_empty() {
            return Err(Unread::Empty);
        }
        // The parser repairs these; what a person sees would not be what is connected to.
        if text.chars().any(|c| c.is_whitespace() || c == '\\') {
            return Err(Unread::NotAUrl);
        }
        let (scheme, rest) = text.split_once("://").ok_or(Unread::NotAUrl)?;
        if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
            return Err(Unread::Scheme);
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(Unread::UserInfo);
        }
        if authority.is_empty() || authority.contains('%') {
            return Err(Unread::NotAUrl);
        }
        let base = Url::parse(text).map_err(|_| Unread::NotAUrl)?;
        if !base.username().is_empty() || base.password().is_some() {
            return Err(Unread::UserInfo);
        }
        if base.query().is_some() {
            return Err(Unread::Query);
        }
        if base.fragment().is_some() {
            return Err(Unread::Fragment);
        }
        if base.as_str().len() > LONGEST {
            return Err(Unread::TooLong);
        }
        let host = base.host_str().filter(|host| !host.is_empty()).ok_or(Unread::NotAUrl)?;
        let port = base.port_or_known_default().filter(|port| *port != 0).ok_or(Unread::NotAUrl)?;
        let origin = format!("{}://{host}:{port}", base.scheme());
        Ok(Self { base, origin })
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({})", self.origin)
    }
}

#[derive(Clone, Copy)]
enum Unread {
    Empty,
    TooLong,
    ControlCharacter,
    NotAUrl,
    Scheme,
    UserInfo,
    Query,
    Fragment,
}

impl Unread {
    const fn code(self) -> &'static str {
        match self {
            Self::Empty => "required",
            Self::TooLong => "too_long",
            Self::ControlCharacter => "control_characters",
            Self::NotAUrl => "not_a_url",
            Self::Scheme => "not_https",
            Self::UserInfo => "has_user",
            Self::Query => "has_query",
            Self::Fragment => "has_fragment",
        }
    }
    const fn message(self) -> &'static str {
        match self {
            Self::Empty => "Enter the endpoint's base URL, like https://api.example.com/v1.",
            Self::TooLong => "The endpoint is longer than 2,048 characters.",
            Self::ControlCharacter => "The endpoint holds control characters. Type it instead of pasting it.",
            Self::NotAUrl => "The endpoint is not a web address, like https://api.example.com/v1.",
            Self::Scheme => "The endpoint must begin with https://.",
            Self::UserInfo => "The endpoint may not hold a user name or password. Leave out what stands before the @.",
            Self::Query => "The endpoint may not hold a query. Leave out the ? and what follows.",
            Self::Fragment => "The endpoint may not hold a fragment. Leave out the # and what follows.",
        }
    }
}

enum Closed {
    Scheme,
    Port,
    Literal,
    Name,
}

/// Whether every label has 1 to 63 letters, digits, `-` and `_`, and the name at most 253 characters (RFC 1035, 2.3.4).
fn is_name(name: &str) -> bool {
    let fits = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(fits)
}

fn name_fault(url: &Url) -> Option<Closed> {
    if url.scheme() != "https" {
        return Some(Closed::Scheme);
    }
    let Some(Host::Domain(name)) = url.host() else {
        return Some(Closed::Literal);
    };
    let closed = |suffix: &&str| name.strip_suffix(*suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    if !is_name(name) || !name.contains('.') || CLOSED_NAMES.iter().any(closed) {
        return Some(Closed::Name);
    }
    if url.port().is_some() {
        return Some(Closed::Port);
    }
    None
}

/// Which endpoints may be connected to: public `https` names, and exact entries of the administrator.
#[derive(Clone, Debug)]
pub struct EndpointPolicy {
    listed: Vec<String>,
    own: Vec<SocketAddr>,
}

/// How an endpoint came to be admitted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Admission {
    /// The administrator named this exact scheme, host and port.
    Listed,
    /// A public `https` name; its addresses have to be public too.
    Public,
}

impl EndpointPolicy {
    /// A policy with these allow-list entries; `own` are addresses that this program or its database listens on.
    ///
    /// # Errors
    /// [`ConfigError`] when an entry is not an exact `scheme://host:port`, or names an address that can never be allowed.
    pub fn new(allow: &[String], own: Vec<SocketAddr>) -> Result<Self, ConfigError> {
        let interfaces = address::interfaces();
        let mut listed = Vec::new();
        for entry in allow.iter().map(|entry| entry.trim()).filter(|entry| !entry.is_empty()) {
            let fail = |fault| ConfigError::AllowEntry { entry: entry.chars().take(200).collect(), fault };
            let endpoint = Endpoint::read(entry).map_err(|_| fail("is not scheme://host:port"))?;
            if endpoint.origin != entry.to_ascii_lowercase() {
                return Err(fail("is not exactly scheme://host:port, with the port, in plain form and nothing after it"));
            }
            let addresses: Vec<IpAddr> = match endpoint.host() {
                Host::Ipv4(ip) => vec![ip.into()],
                Host::Ipv6(ip) => vec![ip.into()],
                Host::Domain(name) if name == "localhost" || name.ends_with(".localhost") => {
                    vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
                }
                Host::Domain(name) if is_name(name) => vec![],
                Host::Domain(_) => return Err(fail("is not a host name")),
            };
            if addresses.iter().any(|ip| address::is_never_allowed(*ip)) {
                return Err(fail("is an address that can never be allowed"));
            }
            if addresses.iter().any(|ip| address::is_own_listener(&own, &interfaces, *ip, endpoint.port())) {
                return Err(fail("is an address that this program itself uses"));
            }
            listed.push(endpoint.origin);
        }
        Ok(Self { listed, own })
    }
    fn lists(&self, endpoint: &Endpoint) -> bool {
        self.listed.contains(&endpoint.origin)
    }
    /// Whether the endpoint may be connected to, its addresses aside.
    pub(crate) fn admit(&self, endpoint: &Endpoint) -> Result<Admission, Refusal> {
        if self.lists(endpoint) {
            return Ok(Admission::Listed);
        }
        name_fault(&endpoint.base).map_or(Ok(Admission::Public), |_| Err(Refusal::ForbiddenEndpoint))
    }
    /// Whether all these addresses may be connected to.
    pub(crate) fn admit_addresses(&self, admission: Admission, addresses: &[IpAddr], port: u16) -> Result<(), Refusal> {
        let interfaces = address::interfaces();
        let fits = |ip: IpAddr| {
            !address::is_never_allowed(ip)
                && !address::is_own_listener(&self.own, &interfaces, ip, port)
                && (admission == Admission::Listed || address::is_public(ip) && !interfaces.contains(&address::unmapped(ip)))
        };
        if addresses.iter().all(|ip| fits(*ip)) { Ok(()) } else { Err(Refusal::ForbiddenAddress) }
    }
}

#[cfg(test)]
mod tests;
