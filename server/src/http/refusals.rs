//! A signed-in caller who asks for a change that they may not make, or of what is not theirs, leaves an event (OWASP ASVS 5.0, 16.3.2).
//! Nobody signed in leaves none: a stranger could fill the disk.

use super::{Caller, RequestInfo, Site, trace};
use crate::logging;
use axum::{
    Extension,
    extract::{FromRequestParts, MatchedPath, RawPathParams, Request, State},
    http::{Method, StatusCode},
    middleware::Next,
    response::Response,
};
use domain::ids::{KeyId, SessionId, TokenId, UserId};
use vault::audit::{Denied, Object};

/// Which key a server function was asked about: its address does not say.
#[derive(Clone, Copy)]
pub(super) struct Named(pub(super) Option<KeyId>);

/// Notes the refusal, when it is one, before it is answered.
pub(super) async fn layer(State(site): State<Site>, Extension(info): Extension<RequestInfo>, request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let method = trace::known(request.method());
    let Some(route) = request.extensions().get::<MatchedPath>().cloned() else { return next.run(request).await };
    let (mut parts, body) = request.into_parts();
    let names = RawPathParams::from_request_parts(&mut parts, &()).await.ok();
    let named = names.and_then(|names| object(route.as_str(), names.iter().last()?.1));
    let response = next.run(Request::from_parts(parts, body)).await;
    let reason = match response.status() {
        StatusCode::FORBIDDEN => "forbidden",
        StatusCode::NOT_FOUND => "not_found",
        _ => return response,
    };
    let Some(Caller { context, .. }) = info.known_caller() else { return response };
    let in_body = response.extensions().get::<Named>().and_then(|named| named.0).map(Object::Key);
    let denied = Denied { method, route: route.as_str(), object: named.or(in_body), reason };
    if let Err(failure) = site.vault.note_denied(context, denied).await {
        logging::report(&failure);
    }
    response
}

/// What the last word of an address names. Services and what is at Cloudflare have no ids of ours.
fn object(route: &str, word: &str) -> Option<Object> {
    Some(match route {
        _ if route.contains("/sessions/") => Object::Session(word.parse::<SessionId>().ok()?),
        _ if route.starts_with("/keys/") || route.starts_with("/api/v1/byok/") => Object::Key(word.parse::<KeyId>().ok()?),
        _ if route.starts_with("/tokens/") || route.starts_with("/api/v1/tokens/") => Object::Token(word.parse::<TokenId>().ok()?),
        _ if route.starts_with("/settings/users/") || route.starts_with("/api/v1/users/") => Object::Account(word.parse::<UserId>().ok()?),
        _ => return None,
    })
}
