//! The audit trail, for administrators: verified, and exported.

use super::{ByAdmin, Fields, Visit, done, read, with_cookie};
use crate::audit_file::{self, Format};
use app::done::Done;
use axum::{extract::Request, http::Uri, response::Response};
use domain::{FieldProblem, views::AuditAsked};
use vault::Failure;

/// Walks the whole trail; the page then tells what was found.
pub(super) async fn verify(ByAdmin(mut visit): ByAdmin) -> Response {
    match visit.site.vault.check_audit(visit.cx()).await {
        Ok(_) => done(Done::AuditVerified),
        Err(failure) => {
            visit.uri = Uri::from_static("/settings/audit");
            visit.refused(failure, Fields::default()).await
        }
    }
}

/// Answers with the events as a file.
pub(super) async fn export(ByAdmin(mut visit): ByAdmin, request: Request) -> Response {
    const KNOWN: &[&str] = &["actor", "action", "object", "outcome", "since", "until", "format", "password"];
    let mut fields = match read(request, KNOWN).await {
        Ok(fields) => fields,
        Err(problem) => return visit.refused(problem.into(), Fields::default()).await,
    };
    let renewed = match visit.step_up(&mut fields).await {
        Ok(renewed) => renewed,
        Err(failure) => return visit.refused(failure, fields).await,
    };
    let response = match try_export(&visit, &fields).await {
        Ok(file) => file,
        Err(failure) => visit.refused(failure, fields).await,
    };
    with_cookie(response, renewed)
}

async fn try_export(visit: &Visit, fields: &Fields) -> Result<Response, Failure> {
    let text = |name: &str| fields.text(name);
    let asked = AuditAsked {
        actor: text("actor"),
        action: text("action"),
        object: text("object"),
        outcome: text("outcome"),
        since: text("since"),
        until: text("until"),
        before: String::new(),
    };
    let format = Format::parse(&text("format")).ok_or_else(|| FieldProblem::new("format", "unknown", "Choose CSV or JSON Lines."))?;
    audit_file::answer(&visit.site.vault, visit.cx(), &asked, format).await
}
