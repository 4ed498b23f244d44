//! Every outbound request, and the whole policy of where it may go.
//!
//! A base URL is parsed once. Its host is resolved once, by our own resolver; if any answer is forbidden, all are. The connection goes to
//! a vetted address or nowhere: no redirects, no proxies, no retries, no reuse. Time and size are bounded.

pub(crate) mod address;
mod client;
mod endpoint;
mod gate;
pub mod resolve;

pub use endpoint::{Endpoint, EndpointPolicy};
pub use resolve::{NotResolved, Resolve, SystemResolver};

use domain::{catalogue::Method, ids::UserId};
use endpoint::Admission;
use gate::{Breaker, Gate};
use http::{HeaderMap, HeaderName, HeaderValue};
use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use tokio::time::timeout;
use url::Host;
use zeroize::Zeroizing;

/// Most addresses a name may have.
const ADDRESSES: usize = 16;

/// What the administrator says about outbound requests.
#[derive(Clone, Default, Debug)]
pub struct Settings {
    /// Exact `scheme://host:port` entries outside the rules for names, schemes, ports and addresses.
    pub allow_endpoints: Vec<String>,
    /// Addresses that this program or its database listens on; never connected to.
    pub own_addresses: Vec<SocketAddr>,
    /// A PEM file of certificate authorities trusted besides the public ones.
    pub extra_ca: Option<PathBuf>,
}

/// Why a setting cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ConfigError {
    /// An entry of the allow-list.
    #[error("the allowed endpoint {entry:?} {fault}")]
    AllowEntry {
        /// The entry, at most 200 characters of it.
        entry: String,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// A base URL of the catalogue.
    #[error("a base URL of the catalogue is not usable: {fault}")]
    BaseUrl {
        /// What is wrong with it.
        fault: &'static str,
    },
    /// The file of certificate authorities.
    #[error("the certificate file {} cannot be read as PEM certificates", path.display())]
    ExtraCa {
        /// The file.
        path: PathBuf,
    },
}

/// Bounds of one request. The defaults are the product's; tests use shorter times.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For the lookup of the name.
    pub dns: Duration,
    /// For the connection with its TLS handshake.
    pub connect: Duration,
    /// Until the answer's headers are there, connection included.
    pub first_byte: Duration,
    /// For everything, lookup included.
    pub total: Duration,
    /// For a free place among the requests in flight.
    pub queue: Duration,
    /// How long a host is left alone after failures in a row.
    pub rest: Duration,
    /// The least time after which the caller hears that a provider could not be reached.
    pub floor: Duration,
    /// Requests in flight overall.
    pub overall: usize,
    /// Requests in flight for each user.
    pub per_user: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            dns: Duration::from_secs(3),
            connect: Duration::from_secs(5),
            first_byte: Duration::from_secs(10),
            total: Duration::from_secs(15),
            queue: Duration::from_secs(5),
            rest: Duration::from_secs(30),
            floor: Duration::from_millis(250),
            overall: 8,
            per_user: 2,
        }
    }
}

/// Why there is no answer. A word for the audit trail, which administrators read; callers hear the same for all.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
#[error("{}", self.as_str())]
pub enum Refusal {
    /// The endpoint is neither a public `https` name nor in the allow-list.
    ForbiddenEndpoint,
    /// An address of the name is not public, or the connection went elsewhere.
    ForbiddenAddress,
    /// The name has no address, too many, or the lookup failed or took too long.
    Dns,
    /// The connection was refused or took too long.
    Connect,
    /// The TLS handshake failed.
    Tls,
    /// No whole answer in time.
    Timeout,
    /// The connection broke before the whole answer was there.
    Reset,
    /// What came is not HTTP.
    BadAnswer,
    /// More response headers than are read.
    TooLarge,
    /// No free place among the requests in flight.
    Busy,
    /// The host failed several times in a row and is left alone for a while.
    Breaker,
    /// The key cannot be put in a header.
    Unsendable,
    /// A fault of our own.
    Internal,
}

impl Refusal {
    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ForbiddenEndpoint => "forbidden_endpoint",
            Self::ForbiddenAddress => "forbidden_address",
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Reset => "reset",
            Self::BadAnswer => "bad_answer",
            Self::TooLarge => "too_large",
            Self::Busy => "busy",
            Self::Breaker => "breaker",
            Self::Unsendable => "unsendable",
            Self::Internal => "internal",
        }
    }
    /// Whether the host is to blame, so that it is left alone after some of these.
    const fn is_failure_of_host(self) -> bool {
        matches!(self, Self::Dns | Self::Connect | Self::Tls | Self::Timeout)
    }
}

/// A request below an endpoint.
pub struct Request {
    /// Its method.
    pub method: Method,
    /// Path and query below the base URL.
    pub path_and_query: String,
    /// Headers; those with secrets come from [`secret_header`].
    pub headers: HeaderMap,
    /// What is sent after them; its type is one of the headers.
    pub body: Option<Zeroizing<Vec<u8>>>,
}

/// A header value that carries a secret: never indexed by HTTP/2, never shown.
///
/// # Errors
/// [`Refusal::Unsendable`] when the secret has characters that a header cannot carry.
pub fn secret_header(prefix: &str, secret: &str) -> Result<HeaderValue, Refusal> {
    let text = Zeroizing::new(format!("{prefix}{secret}"));
    let mut value = HeaderValue::from_str(&text).map_err(|_| Refusal::Unsendable)?;
    value.set_sensitive(true);
    Ok(value)
}

/// What a provider answered. It can hold anything, the key included: nothing of it goes to a caller or a log.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// At most 100 headers, at most 64 KiB.
    pub headers: HeaderMap,
    /// At most 1 MiB.
    pub body: Vec<u8>,
    /// Whether there was more than that.
    pub truncated: bool,
    /// From the first byte sent until the headers were there, connection included.
    pub latency: Duration,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).field("latency", &self.latency).finish_non_exhaustive()
    }
}

/// The way out. Cheap to clone.
#[derive(Clone)]
pub struct Egress(Arc<Inner>);

struct Inner {
    policy: EndpointPolicy,
    limits: Limits,
    resolver: Box<dyn Resolve>,
    tls: rustls::ClientConfig,
    gate: Gate,
    breaker: Breaker,
}

impl Egress {
    /// The way out with the product's limits and the resolver of this machine.
    ///
    /// # Errors
    /// [`ConfigError`] when an allow-list entry or the certificate file cannot be used.
    pub fn new(settings: Settings) -> Result<Self, ConfigError> {
        Self::with(settings, Limits::default(), Box::new(SystemResolver::default()))
    }
    /// The way out with other limits and another resolver.
    ///
    /// # Errors
    /// As [`Egress::new`].
    pub fn with(settings: Settings, limits: Limits, resolver: Box<dyn Resolve>) -> Result<Self, ConfigError> {
        let tls = client::tls(settings.extra_ca.as_deref())?;
        let policy = EndpointPolicy::new(&settings.allow_endpoints, settings.own_addresses)?;
        let gate = Gate::new(limits.overall, limits.per_user, limits.queue);
        let breaker = Breaker::new(limits.rest);
        Ok(Self(Arc::new(Inner { policy, limits, resolver, tls, gate, breaker })))
    }
    /// Which endpoints may be connected to.
    #[must_use]
    pub fn policy(&self) -> &EndpointPolicy {
        &self.0.policy
    }
    /// The bounds of a request.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }
    /// Sends one request for a user. A redirect is an answer like any other.
    ///
    /// # Errors
    /// [`Refusal`] when there is no answer, for whatever reason.
    pub async fn send(&self, user: UserId, endpoint: &Endpoint, request: Request) -> Result<Answer, Refusal> {
        let inner = &*self.0;
        let admission = inner.policy.admit(endpoint)?;
        let _places = inner.gate.enter(user).await?;
        inner.breaker.check(endpoint.origin())?;
        let exchange = async {
            let vetted = inner.vet(admission, endpoint).await?;
            client::exchange(&inner.tls, endpoint, &vetted, &inner.limits, request).await
        };
        let outcome = timeout(inner.limits.total, exchange).await.unwrap_or(Err(Refusal::Timeout));
        match &outcome {
            Ok(_) => inner.breaker.answered(endpoint.origin()),
            Err(refusal) if refusal.is_failure_of_host() => inner.breaker.failed(endpoint.origin()),
            Err(_) => {}
        }
        outcome
    }
}

impl Inner {
    /// The addresses to connect to: all the host has, each of them allowed.
    async fn vet(&self, admission: Admission, endpoint: &Endpoint) -> Result<Vec<SocketAddr>, Refusal> {
        let addresses: Vec<IpAddr> = match endpoint.host() {
            Host::Ipv4(ip) => vec![ip.into()],
            Host::Ipv6(ip) => vec![ip.into()],
            Host::Domain(name) => timeout(self.limits.dns, self.resolver.resolve(name, admission == Admission::Listed))
                .await
                .map_err(|_| Refusal::Dns)?
                .map_err(|_| Refusal::Dns)?,
        };
        if addresses.is_empty() || addresses.len() > ADDRESSES {
            return Err(Refusal::Dns);
        }
        self.policy.admit_addresses(admission, &addresses, endpoint.port())?;
        Ok(addresses.into_iter().map(|ip| SocketAddr::new(ip, endpoint.port())).collect())
    }
}

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Egress").field("policy", &self.0.policy).finish_non_exhaustive()
    }
}

/// The headers of a request to a provider, without the key.
///
/// # Errors
/// [`Refusal::Internal`] when a name or value is no header; the catalogue is read with that rule.
pub(crate) fn plain_headers<'a>(pairs: impl IntoIterator<Item = (&'a String, &'a String)>) -> Result<HeaderMap, Refusal> {
    pairs
        .into_iter()
        .map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| Refusal::Internal)?;
            Ok((name, HeaderValue::from_str(value).map_err(|_| Refusal::Internal)?))
        })
        .collect()
}

#[cfg(test)]
pub(crate) mod double;
#[cfg(test)]
mod tests;
