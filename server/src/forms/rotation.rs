//! The vault, for administrators: a rotation is begun.

use super::{ByAdmin, Fields, done, read, with_cookie};
use app::done::Done;
use axum::{extract::Request, response::Response};

/// Begins a rotation in the background of this process.
pub(super) async fn rotate(ByAdmin(mut visit): ByAdmin, request: Request) -> Response {
    let mut fields = match read(request, &["password"]).await {
        Ok(fields) => fields,
        Err(problem) => return visit.refused(problem.into(), Fields::default()).await,
    };
    let renewed = match visit.step_up(&mut fields).await {
        Ok(renewed) => renewed,
        Err(failure) => return visit.refused(failure, fields).await,
    };
    let response = match visit.site.vault.start_rotation(visit.cx()).await {
        Ok(_) => done(Done::Rotating),
        Err(failure) => visit.refused(failure, fields).await,
    };
    with_cookie(response, renewed)
}
