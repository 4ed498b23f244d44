//! The pages of Cloudflare: zones.

use super::{ByAdmin, Fields, Visit, read, with_cookie};
use crate::http::Site;
use app::done::Done;
use axum::{
    Router,
    extract::{Path, Request},
    http::Uri,
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use domain::{Problem, cloudflare::ZoneId};
use vault::{
    Failure,
    cloudflare::{Cloudflare, NewZone},
};

mod records;

/// The forms of zones and records.
pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/settings/cloudflare/zones/new", post(create))
        .route("/settings/cloudflare/zones/{id}/check", post(check))
        .route("/settings/cloudflare/zones/{id}/delete", post(delete))
        .route("/settings/cloudflare/zones/{id}/records/new", post(records::create))
        .route("/settings/cloudflare/zones/{id}/records/{record}/edit", post(records::change))
        .route("/settings/cloudflare/zones/{id}/records/{record}/proxy", post(records::proxy))
        .route("/settings/cloudflare/zones/{id}/records/{record}/delete", post(records::delete))
}

/// The page of a zone.
fn page(zone: &ZoneId) -> String {
    format!("/settings/cloudflare/zones/{zone}")
}

/// To the page of a zone, which announces what was done.
fn done_on(zone: &ZoneId, done: Done) -> Response {
    Redirect::to(&done.at(&page(zone))).into_response()
}

/// The page of a zone with the sentence of a refusal: its buttons have no page of their own.
async fn refused_on(mut visit: Visit, id: &str, failure: Failure) -> Response {
    if let Ok(zone) = Cloudflare::zone_id(id)
        && let Ok(uri) = page(&zone).parse::<Uri>()
    {
        visit.uri = uri;
    }
    visit.refused(failure, Fields::default()).await
}

/// Creates a zone and goes to its page, which says what to do at the registrar.
async fn create(ByAdmin(visit): ByAdmin, request: Request) -> Response {
    let fields = match read(request, &["domain", "account_id", "jump_start"]).await {
        Ok(fields) => fields,
        Err(problem) => return visit.refused(problem.into(), Fields::default()).await,
    };
    let new = NewZone {
        domain: fields.text("domain"),
        account_id: fields.text("account_id"),
        jump_start: fields.is_ticked("jump_start"),
        priority: String::new(),
    };
    match visit.site.vault.cloudflare().create_zone(visit.cx(), &new).await {
        Ok(zone) => match zone["id"].as_str().and_then(|id| Cloudflare::zone_id(id).ok()) {
            Some(id) => done_on(&id, Done::ZoneCreated),
            None => visit.refused(Problem::Internal.into(), fields).await,
        },
        Err(failure) => visit.refused(failure, fields).await,
    }
}

/// Has Cloudflare look again.
async fn check(ByAdmin(visit): ByAdmin, Path(id): Path<String>) -> Response {
    let outcome = match Cloudflare::zone_id(&id) {
        Ok(zone) => visit.site.vault.cloudflare().check_zone(visit.cx(), &zone).await.map(|_| zone),
        Err(failure) => Err(failure),
    };
    match outcome {
        Ok(zone) => done_on(&zone, Done::ZoneChecked),
        Err(failure) => refused_on(visit, &id, failure).await,
    }
}

/// Deletes a zone whose domain was typed. The password, where it was asked for, begins a new session first.
async fn delete(ByAdmin(mut visit): ByAdmin, Path(id): Path<String>, request: Request) -> Response {
    let mut fields = match read(request, &["domain", "password"]).await {
        Ok(fields) => fields,
        Err(problem) => return visit.refused(problem.into(), Fields::default()).await,
    };
    let renewed = match visit.step_up(&mut fields).await {
        Ok(renewed) => renewed,
        Err(failure) => return visit.refused(failure, fields).await,
    };
    let outcome = match Cloudflare::zone_id(&id) {
        Ok(zone) => visit.site.vault.cloudflare().delete_zone(visit.cx(), &zone, Some(&fields.text("domain"))).await,
        Err(failure) => Err(failure),
    };
    let response = match outcome {
        Ok(_) => Redirect::to(&Done::ZoneDeleted.page()).into_response(),
        Err(failure) => visit.refused(failure, fields).await,
    };
    with_cookie(response, renewed)
}
