//! Who calls a server function, and how a refusal becomes an answer.

use super::ApiError;
use domain::Problem;
use http::{HeaderValue, StatusCode, header::RETRY_AFTER};
use leptos::{prelude::use_context, server_fn::error::ServerFnErrorErr};
use leptos_axum::ResponseOptions;
use std::error::Error;
use vault::{Context, Failure, Vault};

/// The vault and the caller of this request, as the server provided them.
pub(super) fn caller() -> Result<(Vault, Context), ApiError> {
    use_context::<Vault>().zip(use_context::<Context>()).ok_or_else(|| Problem::Internal.into())
}

/// Logs a failure's cause, sets the answer's status, and keeps what the caller is told.
pub(super) fn refuse(failure: Failure) -> ApiError {
    answered(logged(failure))
}

/// What is told of an error that no function of ours made: leptos could not read what it was sent.
pub(super) fn unanswered(error: &ServerFnErrorErr) -> ApiError {
    answered(match error {
        ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => Problem::UnsupportedBody,
        _ => Problem::Internal,
    })
}

fn answered(problem: Problem) -> ApiError {
    if let Some(response) = use_context::<ResponseOptions>() {
        respond(&response, &problem);
    }
    problem.into()
}

/// Writes the cause of a failure to the log, where it has one, and keeps its problem.
#[must_use]
pub fn logged(failure: Failure) -> Problem {
    if let Some(cause) = failure.source() {
        tracing::error!(code = failure.problem().code(), cause = %cause, "a page or server function failed");
    }
    failure.into_problem()
}

/// Sets the status of the answer, and `Retry-After` where the problem has one.
pub fn respond(response: &ResponseOptions, problem: &Problem) {
    if let Ok(status) = StatusCode::from_u16(problem.status()) {
        response.set_status(status);
    }
    if let Some(seconds) = problem.retry_after() {
        response.insert_header(RETRY_AFTER, HeaderValue::from(seconds));
    }
}
