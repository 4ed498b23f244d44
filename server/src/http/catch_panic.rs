//! A panic in a handler becomes a 500 with a fixed body.

use super::RequestInfo;
use crate::problem;
use axum::{Extension, extract::Request, middleware::Next, response::Response};
use domain::Problem;
use futures::FutureExt;
use std::panic::AssertUnwindSafe;

/// Answers in place of a handler that panicked. The hook has logged where.
pub(super) async fn layer(Extension(info): Extension<RequestInfo>, request: Request, next: Next) -> Response {
    // What the handler held is dropped by the unwinding; shared state is behind locks that recover.
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(_) => problem::answer(&Problem::Internal, info.context.request),
    }
}
