//! Errors outside pages: `application/problem+json` (RFC 9457).

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{FieldProblem, Problem, ids::RequestId};
use serde::Serialize;

#[derive(Serialize)]
struct Document<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: &'a str,
    code: &'static str,
    request_id: String,
    errors: &'a [FieldProblem],
}

/// The answer for a problem, under the request's id.
pub(crate) fn answer(problem: &Problem, request: RequestId) -> Response {
    let status = status(problem);
    write(problem, status, request)
}

/// The answer for a method that an address does not take: the shape of a problem with status 405.
pub(crate) fn method_not_allowed(request: RequestId) -> Response {
    write(&Problem::UnsupportedBody, StatusCode::METHOD_NOT_ALLOWED, request)
}

/// The HTTP status of a problem.
pub(crate) fn status(problem: &Problem) -> StatusCode {
    StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn write(problem: &Problem, status: StatusCode, request: RequestId) -> Response {
    let errors: &[FieldProblem] = if let Problem::Invalid { fields } = problem { fields } else { &[] };
    let allowed = status != StatusCode::METHOD_NOT_ALLOWED;
    let document = Document {
        r#type: "about:blank",
        title: status.canonical_reason().unwrap_or("Error"),
        status: status.as_u16(),
        detail: if allowed { &problem.detail() } else { "This address does not take this method." },
        code: if allowed { problem.code() } else { "method_not_allowed" },
        request_id: request.to_string(),
        errors,
    };
    let body = serde_json::to_vec(&document).unwrap_or_default();
    let mut response = (status, Body::from(body)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    add_retry_after(problem, &mut response);
    response
}

/// Adds `Retry-After` where the problem says when to come back.
pub(crate) fn add_retry_after(problem: &Problem, response: &mut Response) {
    if let Some(seconds) = problem.retry_after() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
}

/// The answer for a body that took too long to arrive. A connection that stalled is worth a new attempt.
pub(crate) fn timed_out(request: RequestId) -> Response {
    let status = StatusCode::REQUEST_TIMEOUT;
    let document = Document {
        r#type: "about:blank",
        title: "Request Timeout",
        status: status.as_u16(),
        detail: "The request took too long to arrive. Try again.",
        code: "timed_out",
        request_id: request.to_string(),
        errors: Default::default(),
    };
    let body = serde_json::to_vec(&document).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
}
