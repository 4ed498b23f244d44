//! The one HTTP client: built for one request, to vetted addresses only.

use super::{Answer, ConfigError, Endpoint, Limits, Refusal, Request};
use domain::catalogue::Method;
use reqwest::{Response, redirect, retry};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};
use std::{error::Error, io, net::SocketAddr, path::Path, sync::Arc, time::Duration};
use tokio::time::{Instant, timeout};
use url::Host;

/// Most response headers.
const HEADERS: usize = 100;
/// Most bytes of response headers.
const HEADER_BYTES: usize = 64 * 1024;
/// Most response bytes read; what follows is not.
const BODY: usize = 1024 * 1024;

/// TLS 1.2 and 1.3 with the public roots of Mozilla, and those of a PEM file where the administrator names one.
pub(super) fn tls(extra_ca: Option<&Path>) -> Result<ClientConfig, ConfigError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = extra_ca {
        let mut any = false;
        let unusable = || ConfigError::ExtraCa { path: path.to_owned() };
        for certificate in CertificateDer::pem_file_iter(path).map_err(|_| unusable())? {
            roots.add(certificate.map_err(|_| unusable())?).map_err(|_| unusable())?;
            any = true;
        }
        if !any {
            return Err(unusable());
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has the cipher suites of TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

#[expect(clippy::disallowed_types, reason = "this is the module that the rule sends every request through")]
fn client(tls: &ClientConfig, endpoint: &Endpoint, vetted: &[SocketAddr], limits: &Limits) -> Result<reqwest::Client, Refusal> {
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls.clone())
        .https_only(endpoint.is_https())
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .no_proxy()
        .referer(false)
        .pool_max_idle_per_host(0)
        .connect_timeout(limits.connect)
        .http1_max_headers(HEADERS)
        .http2_max_header_list_size(u32::try_from(HEADER_BYTES).expect("64 KiB fits 32 bits"))
        .user_agent(concat!("keyward/", env!("CARGO_PKG_VERSION")));
    if let Host::Domain(name) = endpoint.host() {
        builder = builder.resolve_to_addrs(name, vetted);
    }
    builder.build().map_err(|_| Refusal::Internal)
}

/// Sends the request and reads the answer. The caller bounds the whole.
pub(super) async fn exchange(
    tls: &ClientConfig,
    endpoint: &Endpoint,
    vetted: &[SocketAddr],
    limits: &Limits,
    request: Request,
) -> Result<Answer, Refusal> {
    let client = client(tls, endpoint, vetted, limits)?;
    let method = match request.method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
    };
    let mut sent = client
        .request(method, endpoint.below(&request.path_and_query))
        .header(http::header::ACCEPT, "application/json")
        .header(http::header::ACCEPT_ENCODING, "identity")
        .headers(request.headers);
    if let Some(mut body) = request.body {
        sent = sent.body(std::mem::take(&mut *body));
    }
    let sent = sent.build().map_err(|_| Refusal::Internal)?;
    let start = Instant::now();
    let mut response = timeout(limits.first_byte, client.execute(sent))
        .await
        .map_err(|_| Refusal::Timeout)?
        .map_err(|error| classify(&error.without_url()))?;
    let latency = start.elapsed();
    if !response.remote_addr().is_some_and(|peer| vetted.iter().any(|vetted| vetted.ip().to_canonical() == peer.ip().to_canonical())) {
        return Err(Refusal::ForbiddenAddress);
    }
    let bytes: usize = response.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if response.headers().len() > HEADERS || bytes > HEADER_BYTES {
        return Err(Refusal::TooLarge);
    }
    let (body, truncated) = read(&mut response).await?;
    Ok(answer(&response, body, truncated, latency))
}

async fn read(response: &mut Response) -> Result<(Vec<u8>, bool), Refusal> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| classify(&error.without_url()))? {
        let room = BODY - body.len();
        if chunk.len() > room {
            body.extend_from_slice(&chunk[..room]);
            return Ok((body, true));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((body, false))
}

fn answer(response: &Response, body: Vec<u8>, truncated: bool, latency: Duration) -> Answer {
    Answer { status: response.status().as_u16(), headers: response.headers().clone(), body, truncated, latency }
}

/// The reason, from the chain of causes; texts stay behind, since they can hold what the other side sent.
fn classify(error: &reqwest::Error) -> Refusal {
    let mut tls = false;
    let mut broken = false;
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(at) = cause {
        tls |= at.is::<rustls::Error>();
        let io = at.downcast_ref::<io::Error>();
        broken |= io.is_some_and(|io| {
            use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
            matches!(io.kind(), ConnectionReset | ConnectionAborted | BrokenPipe | UnexpectedEof)
        });
        // The `source` of an I/O error is the cause of what it wraps, not what it wraps.
        cause = io.and_then(io::Error::get_ref).map_or_else(|| at.source(), |inner| Some(inner));
    }
    match () {
        () if tls => Refusal::Tls,
        () if error.is_timeout() => Refusal::Timeout,
        () if error.is_connect() => Refusal::Connect,
        () if broken => Refusal::Reset,
        () => Refusal::BadAnswer,
    }
}
