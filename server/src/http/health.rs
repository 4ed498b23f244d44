//! Whether the process lives, and whether it can work.

use super::{RequestInfo, Site};
use crate::{logging, problem};
use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::Problem;

/// The process answers.
pub(super) async fn alive() -> &'static str {
    "alive\n"
}

/// The database answers and the server is not stopping.
pub(super) async fn ready(State(site): State<Site>, Extension(info): Extension<RequestInfo>) -> Response {
    if !site.is_ready() {
        return problem::answer(&Problem::Unavailable { retry_after: 5 }, info.context.request);
    }
    match site.vault.ready().await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => {
            tracing::warn!(cause = %logging::chain(&error), "the database does not answer");
            problem::answer(&Problem::Unavailable { retry_after: 5 }, info.context.request)
        }
    }
}
