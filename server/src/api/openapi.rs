//! The OpenAPI 3.1 document, made from the handlers.

use super::described;
use crate::problem::Document;
use axum::{
    body::Bytes,
    http::header,
    response::{IntoResponse, Response},
};
use std::{collections::BTreeMap, sync::LazyLock};
use utoipa::{
    IntoResponses, OpenApi,
    openapi::{
        ContentBuilder, HeaderBuilder, Ref, RefOr, ResponseBuilder,
        schema::{ObjectBuilder, Type},
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

/// What every call has in common.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Keyward",
        description = "Your own API keys for model providers: stored sealed, tested honestly, never shown again.\n\nErrors are RFC 9457 problems. Nothing that was submitted is repeated in an answer.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "byok", description = "Provider keys of the caller"),
        (name = "tokens", description = "API tokens of the caller, for a session alone"),
        (name = "credentials", description = "Service credentials of the installation, for administrators"),
        (name = "cloudflare", description = "Zones and DNS records at Cloudflare, for administrators"),
        (name = "account", description = "Service credentials of the caller"),
        (name = "people", description = "Accounts, for administrators"),
        (name = "audit", description = "The audit trail, for administrators"),
        (name = "vault", description = "Keyring and rotation, for administrators"),
    ),
    components(schemas(Document<'_>)),
)]
struct Frame;

/// The document without its calls.
pub(super) fn frame() -> utoipa::openapi::OpenApi {
    let mut frame = Frame::openapi();
    let components = frame.components.get_or_insert_default();
    let cookie = ApiKeyValue::with_description(
        "sid",
        "The session of a browser (`__Host-sid` over https). Calls that change something also need `Origin` or `Sec-Fetch-Site`, as browsers send them.",
    );
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(
        "An API token with the scope that the call names, or an access token of the OpenID provider, which has all scopes of its account's role.",
    ));
    components.add_security_scheme("token", SecurityScheme::Http(bearer.build()));
    frame
}

static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    let (_, document) = described().split_for_parts();
    document.to_pretty_json().unwrap_or_default()
});

/// The document as JSON.
pub(crate) fn document() -> &'static str {
    &DOCUMENT
}

/// The document, for everybody: it says nothing about this installation.
pub(super) async fn serve() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], Bytes::from_static(document().as_bytes())).into_response()
}

/// The problems that a kind of call can answer.
pub(super) struct Refusals<const KIND: u8>;

const READ: &[u16] = &[401, 403, 429, 500, 503];
const TEST_STORED: &[u16] = &[400, 401, 403, 404, 409, 429, 500, 503];
const WRITE: &[u16] = &[400, 401, 403, 409, 413, 415, 422, 429, 500, 503];
const LIST: &[u16] = &[400, 401, 403, 422, 429, 500, 503];
const ONE: &[u16] = &[400, 401, 403, 404, 429, 500, 503];
const DELETE_ONE: &[u16] = &[400, 401, 403, 404, 412, 429, 500, 503];
const UPSTREAM: &[u16] = &[400, 401, 403, 404, 409, 422, 429, 500, 502, 503];
const UPSTREAM_WRITE: &[u16] = &[400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 502, 503];
const WRITE_ONE: &[u16] = &[400, 401, 403, 404, 409, 412, 413, 415, 422, 429, 500, 503];

const fn statuses(kind: u8) -> &'static [u16] {
    match kind {
        0 => READ,
        1 => TEST_STORED,
        2 => WRITE,
        3 => LIST,
        4 => ONE,
        6 => UPSTREAM,
        7 => UPSTREAM_WRITE,
        8 => DELETE_ONE,
        _ => WRITE_ONE,
    }
}

fn description(status: u16) -> &'static str {
    match status {
        400 => "The body is no JSON, the word in the path is neither a key's id nor a provider, or Cloudflare says no in its own words",
        401 => "Not authenticated; with the code upstream_auth_failed, Cloudflare does not accept the stored token",
        403 => "The role, scope or tier does not reach so far, or the request came from another site",
        404 => "There is no such thing for this caller",
        409 => "The same secret is kept under another label, the stored one has to be entered again, or the root key is being changed",
        412 => "It was changed in the meantime",
        413 => "The body is larger than 256 KiB",
        415 => "The body is not declared as application/json",
        422 => "A field does not hold; errors says which",
        429 => "Too many in the window",
        500 => "A fault of the server",
        502 => "Cloudflare could not be reached, or its answer was not understood",
        _ => "The database or the audit trail cannot be written just now, or no token for Cloudflare is set",
    }
}

impl<const KIND: u8> IntoResponses for Refusals<KIND> {
    fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
        let answer = |status: u16| {
            let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
            let mut response = ResponseBuilder::new().description(description(status)).content("application/problem+json", body);
            if matches!(status, 429 | 503) {
                let seconds =
                    HeaderBuilder::new().schema(Some(ObjectBuilder::new().schema_type(Type::Integer))).description(Some("Seconds to wait"));
                response = response.header("Retry-After", seconds.build());
            }
            (status.to_string(), RefOr::T(response.build()))
        };
        statuses(KIND).iter().map(|status| answer(*status)).collect()
    }
}
