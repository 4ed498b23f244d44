//! Whether the process lives, and whether it can work.

use super::{RequestInfo, Site};
use crate::{logging, problem, start};
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
    match start::probe(&site.vault).await {
        Ok(()) => "ready\n".into_response(),
        Err(failure) => {
            logging::report(&failure);
            problem::answer(failure.problem(), info.context.request)
        }
    }
}
