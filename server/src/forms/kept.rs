//! What was typed survives a session that ended meanwhile: the browser keeps it until the person has signed in again.

use super::{Fields, LONGEST, is_form};
use crate::{
    http::{Caller, Site, cookies},
    logging,
};
use axum::{
    body::{Body, to_bytes},
    extract::{FromRequestParts, Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::Problem;

/// Forms that nobody has to be signed in for.
const OPEN: [&str; 3] = ["/setup", "/sign-in", "/sign-out"];

/// Finds out once who sent a form. From somebody whose session ended, keeps what was typed, without secrets.
pub(super) async fn layer(State(site): State<Site>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    if OPEN.contains(&parts.uri.path()) {
        return next.run(Request::from_parts(parts, body)).await;
    }
    let caller = match Caller::from_request_parts(&mut parts, &site).await {
        Ok(caller) => caller,
        Err(answer) => return answer,
    };
    let ended = caller.context.identity().is_none() && caller.token.is_some() && is_form(&parts.headers);
    if !ended {
        return next.run(Request::from_parts(parts, body)).await;
    }
    let path = parts.uri.path().to_owned();
    let Ok(body) = to_bytes(body, LONGEST).await else {
        return crate::problem::answer(&Problem::UnsupportedBody, caller.context.request);
    };
    let typed = Fields::typed(&body);
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    if response.status() != StatusCode::SEE_OTHER {
        return response;
    }
    keep(&site, &caller, &path, typed, response).await
}

/// The answer, with what was typed on the page at `path` for the browser to keep. If that does not work, it is typed again.
pub(super) async fn keep(site: &Site, caller: &Caller, path: &str, typed: Vec<(String, String)>, mut response: Response) -> Response {
    match site.vault.keep_form(&caller.context, caller.token.as_ref(), path, typed).await {
        Ok(kept) => {
            if let Some(cookie) = kept.and_then(|kept| cookies::keep_form(site.cookie, path, &kept)) {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
        }
        Err(failure) => logging::report(&failure),
    }
    response.into_response()
}
