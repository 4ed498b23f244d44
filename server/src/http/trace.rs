//! One span and one line a request: its id, method and route. Never the address itself, a header or a body.

use super::RequestInfo;
use crate::panics;
use axum::{
    Extension,
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use std::time::Instant;
use tracing::Instrument;

/// Runs the request in its span.
pub(super) async fn layer(Extension(info): Extension<RequestInfo>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str);
    let span = tracing::info_span!("request", id = %info.context.request, method = %known(request.method()), route);
    let begun = Instant::now();
    let work = async {
        let response = next.run(request).await;
        tracing::info!(status = response.status().as_u16(), ms = begun.elapsed().as_millis(), "answered");
        response
    };
    panics::within(info.context.request, work.instrument(span)).await
}

/// A method's name, unless the client made it up.
fn known(method: &axum::http::Method) -> &str {
    match method.as_str() {
        name @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" | "TRACE" | "CONNECT") => name,
        _ => "other",
    }
}
