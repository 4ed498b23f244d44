//! Errors outside pages: `application/problem+json` (RFC 9457).

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{FieldProblem, Problem, ids::RequestId};
use serde::Serialize;
use utoipa::ToSchema;

/// What is wrong with one field.
#[derive(Serialize, ToSchema)]
#[schema(as = FieldProblem)]
struct Fault<'a> {
    /// The field's name.
    field: &'a str,
    /// A word for programs.
    code: &'a str,
    /// A sentence for people.
    message: &'a str,
}

/// Why a call did not happen (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Document<'a> {
    /// Always `about:blank`: `code` says what it is.
    r#type: &'static str,
    /// The status in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// A sentence for people.
    detail: &'a str,
    /// A word for programs.
    code: &'a str,
    /// The request, as the log and the audit trail name it.
    request_id: String,
    /// Each fault of a field.
    errors: Vec<Fault<'a>>,
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

/// The answer for a body that is not declared as JSON where only JSON is read.
pub(crate) fn unsupported_media_type(request: RequestId) -> Response {
    write(&Problem::UnsupportedBody, StatusCode::UNSUPPORTED_MEDIA_TYPE, request)
}

/// The HTTP status of a problem.
pub(crate) fn status(problem: &Problem) -> StatusCode {
    StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn write(problem: &Problem, status: StatusCode, request: RequestId) -> Response {
    let faults: &[FieldProblem] = if let Problem::Invalid { fields } = problem { fields } else { &[] };
    let mut errors: Vec<_> = faults.iter().map(|fault| Fault { field: &fault.field, code: &fault.code, message: &fault.message }).collect();
    // The service's own number for its refusal.
    let upstream = match problem {
        Problem::UpstreamRefused { service, number, message } => Some((service.to_lowercase(), number.to_string(), message)),
        _ => None,
    };
    errors.extend(upstream.as_ref().map(|(field, code, message)| Fault { field, code, message }));
    let told = problem.detail();
    // Of several faults the first one speaks for all.
    let (detail, code) = match (status, faults.first()) {
        (StatusCode::METHOD_NOT_ALLOWED, _) => ("This address does not take this method.", "method_not_allowed"),
        (StatusCode::UNSUPPORTED_MEDIA_TYPE, _) => ("This address reads application/json only.", "unsupported_media_type"),
        (_, Some(fault)) => (&*told, &*fault.code),
        (_, None) => (&*told, problem.code()),
    };
    let document = Document {
        r#type: "about:blank",
        title: status.canonical_reason().unwrap_or("Error"),
        status: status.as_u16(),
        detail,
        code,
        request_id: request.to_string(),
        errors,
    };
    let body = serde_json::to_vec(&document).unwrap_or_default();
    let mut response = (status, Body::from(body)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if status == StatusCode::UNAUTHORIZED {
        // RFC 6750, section 3.
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"keyward\""));
    }
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
