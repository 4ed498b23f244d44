//! One span and one line a request: its id, method and route. Never the address itself, a header or a body.

use super::RequestInfo;
use crate::{metrics, panics};
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
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = matched.as_ref().map_or("none", MatchedPath::as_str);
    let method = known(request.method());
    let span = tracing::info_span!("request", id = %info.context.request, method, route);
    let begun = Instant::now();
    let work = async {
        let response = next.run(request).await;
        let took = begun.elapsed();
        tracing::info!(status = response.status().as_u16(), ms = took.as_millis(), "answered");
        metrics::answered(method, route, response.status().as_u16(), took);
        response
    };
    panics::within(info.context.request, work.instrument(span)).await
}

/// A method's name, unless the client made it up.
pub(super) fn known(method: &axum::http::Method) -> &'static str {
    const KNOWN: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"];
    KNOWN.into_iter().find(|name| *name == method.as_str()).unwrap_or("other")
}
