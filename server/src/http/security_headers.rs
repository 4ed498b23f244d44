//! Headers on every answer, and the content security policy with the nonce of this one.

use super::{RequestInfo, Site};
use axum::{
    Extension,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

const FIXED: [(HeaderName, HeaderValue); 5] = [
    // Browsers ignore it on plain http.
    (header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000; includeSubDomains")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    // Forms without JavaScript come back to where the Referer says.
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// Adds them. What may be kept says so itself; everything else is not to be stored anywhere.
pub(super) async fn layer(State(site): State<Site>, Extension(info): Extension<RequestInfo>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.insert(name, value);
    }
    if let Ok(policy) = HeaderValue::try_from(policy(&info.nonce, &site.vault.provider_origins())) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Scripts are the bundle and leptos' inline loader; WebAssembly compiles; nothing else may run, be framed or be sent elsewhere, but
/// that signing out goes on to where the person signed in.
fn policy(nonce: &str, sign_out: &[String]) -> String {
    let forms: String = sign_out.iter().map(|origin| format!(" {origin}")).collect();
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; connect-src 'self'; style-src 'self'; \
         img-src 'self' data:; font-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'{forms}"
    )
}
