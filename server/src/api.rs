//! REST under `/api/v1`: thin doors to the same use-cases that the pages call, described in OpenAPI by themselves.
//!
//! A handler takes [`May`] first, so who calls and what they may do is decided before anything else of the request is read.
//! Every route is added by `routes!`, which puts it into the router and into the document at once.

mod access;
mod audit;
mod body;
mod docs;
mod keys;
mod openapi;
mod people;
mod providers;
mod query;
mod tests_of_keys;
pub(crate) mod tokens;
mod vault;
mod wire;

pub(crate) use openapi::document;

use crate::http::Site;
use ::vault::{Failure, limits::Allowance};
use access::{KeysRead, KeysTest, KeysWrite, May, Word};
use axum::{
    Json, Router,
    http::{HeaderMap, HeaderName, HeaderValue},
    response::{IntoResponse, Response},
    routing::get,
};
use body::JsonBody;
use serde::Serialize;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Every call, with its description.
fn described() -> OpenApiRouter<Site> {
    OpenApiRouter::with_openapi(openapi::frame())
        .routes(routes!(providers::list))
        .routes(routes!(providers::stats))
        .routes(routes!(keys::list))
        .routes(routes!(keys::add))
        .routes(routes!(keys::show, keys::change, keys::delete))
        .routes(routes!(keys::replace))
        .routes(routes!(tests_of_keys::candidate))
        .routes(routes!(tests_of_keys::stored))
        .merge(tokens::router())
        .merge(people::router())
        .merge(audit::router())
        .merge(vault::router())
}

/// The routes of REST and of its description.
pub(crate) fn routes() -> Router<Site> {
    let (router, _) = described().split_for_parts();
    router.route("/api/openapi.json", get(openapi::serve)).route("/api/docs", get(docs::page))
}

/// 200 with a body.
fn ok<T: Serialize>(body: T) -> Response {
    Json(body).into_response()
}

/// Adds what is left of a limit (draft-ietf-httpapi-ratelimit-headers-10). A limit that cannot be read is not worth a failure.
fn with_allowance(mut response: Response, allowance: &Result<Allowance, Failure>) -> Response {
    if let Ok(Allowance { rule, most, window, left, reset }) = allowance {
        let headers: &mut HeaderMap = response.headers_mut();
        for (name, text) in
            [("ratelimit-policy", format!("\"{rule}\";q={most};w={window}")), ("ratelimit", format!("\"{rule}\";r={left};t={reset}"))]
        {
            if let Ok(value) = HeaderValue::try_from(text) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
    response
}
