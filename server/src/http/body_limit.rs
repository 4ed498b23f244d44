//! Bodies end at 256 KiB. Up to 1 MiB is read and dropped first, because a client that is still sending may never read the answer.

use super::RequestInfo;
use crate::problem;
use axum::{
    Extension,
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};
use domain::Problem;
use http_body_util::BodyExt;
use std::time::Duration;
use tokio::time::timeout;

/// The most bytes a body can have.
const LIMIT: usize = 256 * 1024;
/// The most bytes that are read before an answer.
const DRAIN: usize = 1024 * 1024;
/// The longest that sending a body may take.
const TIME: Duration = Duration::from_secs(30);

/// Reads the body whole, or answers 413.
pub(super) async fn layer(Extension(info): Extension<RequestInfo>, request: Request, next: Next) -> Response {
    if http_body::Body::is_end_stream(request.body()) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    match timeout(TIME, read(body)).await {
        Ok(Ok(bytes)) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Ok(Err(refusal)) => refuse(&refusal, &info),
        Err(_) => refuse(&Problem::UnsupportedBody, &info),
    }
}

fn refuse(problem: &Problem, info: &RequestInfo) -> Response {
    let mut response = problem::answer(problem, info.context.request);
    // What is left of the body is not worth reading.
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

async fn read(mut body: Body) -> Result<Bytes, Problem> {
    let mut kept = Vec::new();
    let mut seen = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Problem::UnsupportedBody)?.into_data() else { continue };
        seen += data.len();
        if seen > DRAIN {
            break;
        }
        if seen <= LIMIT {
            kept.extend_from_slice(&data);
        }
    }
    if seen > LIMIT { Err(Problem::TooLarge) } else { Ok(kept.into()) }
}
