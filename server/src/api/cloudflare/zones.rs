//! Zones.

use super::{
    Named,
    query::{Asked, ByStatus},
    wire::{Which, Zone, ZoneRequest},
};
use crate::api::{CloudflareRead, CloudflareWrite, JsonBody, May, ok, openapi::Refusals, with_allowance};
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};

const PATH: &str = "/api/v1/cloudflare/zones";

/// Zones, by name
#[utoipa::path(
    get, path = "/api/v1/cloudflare/zones", operation_id = "list_zones", tag = "cloudflare", security(("session" = []), ("token" = ["cloudflare:read"])),
    params(
        ("search" = Option<String>, Query, description = "Only zones whose name contains this", max_length = 253),
        ("status" = Option<String>, Query, description = "Only zones that are active, pending, initializing or moved"),
        ("page" = Option<u32>, Query, description = "The page, from 1", minimum = 1),
        ("per_page" = Option<u32>, Query, description = "Zones of a page; 20 when absent", minimum = 5, maximum = 50),
    ),
    responses(
        (status = 200, description = "Zones, as Cloudflare sends them", body = Vec<Zone>, headers(
            ("Link" = String, description = "The pages before and after this one, as rel=prev and rel=next"),
            ("X-Total-Count" = u32, description = "How many there are"))),
        Refusals<6>,
    )
)]
pub(in crate::api) async fn list(may: May<CloudflareRead>, asked: Asked<ByStatus>) -> Response {
    let found = may.site.vault.cloudflare().zones(&may.cx, &asked.0).await;
    may.answer(found.map(|part| {
        let mut response = ok(part.entries.into_iter().map(Zone).collect::<Vec<_>>());
        asked.link(PATH, part.paging, &mut response);
        response
    }))
}

/// Create a zone
#[utoipa::path(
    post, path = "/api/v1/cloudflare/zones", operation_id = "create_zone", tag = "cloudflare", security(("session" = []), ("token" = ["cloudflare:write"])),
    request_body = ZoneRequest,
    responses((status = 201, description = "The zone", body = Zone), Refusals<7>)
)]
pub(in crate::api) async fn create(may: May<CloudflareWrite>, JsonBody(request): JsonBody<ZoneRequest>) -> Response {
    let cloudflare = may.site.vault.cloudflare();
    let created = cloudflare.create_zone(&may.cx, &request.into()).await;
    let answer = may.answer(created.map(|zone| (StatusCode::CREATED, Json(Zone(zone))).into_response()));
    with_allowance(answer, &cloudflare.zones_left(&may.cx).await)
}

/// One zone
#[utoipa::path(
    get, path = "/api/v1/cloudflare/zones/{id}", operation_id = "show_zone", tag = "cloudflare", security(("session" = []), ("token" = ["cloudflare:read"])),
    params(("id" = String, Path, description = "The zone's id, 32 hexadecimal digits")),
    responses((status = 200, description = "The zone", body = Zone), Refusals<6>)
)]
pub(in crate::api) async fn show(may: May<CloudflareRead>, named: Named) -> Response {
    let found = may.site.vault.cloudflare().zone(&may.cx, &named.zone).await;
    may.answer(found.map(|zone| ok(Zone(zone))))
}

/// Delete a zone with all its records
#[utoipa::path(
    delete, path = "/api/v1/cloudflare/zones/{id}", operation_id = "delete_zone", tag = "cloudflare", security(("session" = []), ("token" = ["cloudflare:write"])),
    params(("id" = String, Path, description = "The zone's id, 32 hexadecimal digits")),
    responses((status = 200, description = "Its id", body = Which), Refusals<6>)
)]
pub(in crate::api) async fn delete(may: May<CloudflareWrite>, named: Named) -> Response {
    let deleted = may.site.vault.cloudflare().delete_zone(&may.cx, &named.zone, None).await;
    may.answer(deleted.map(|which| ok(Which(which))))
}

/// Have Cloudflare look again whether the registrar names its name servers
#[utoipa::path(
    post, path = "/api/v1/cloudflare/zones/{id}/activation_check", operation_id = "check_zone", tag = "cloudflare", security(("session" = []), ("token" = ["cloudflare:write"])),
    params(("id" = String, Path, description = "The zone's id, 32 hexadecimal digits")),
    responses((status = 200, description = "Its id; the outcome is the zone's status, some time later", body = Which), Refusals<6>)
)]
pub(in crate::api) async fn check(may: May<CloudflareWrite>, named: Named) -> Response {
    let checked = may.site.vault.cloudflare().check_zone(&may.cx, &named.zone).await;
    may.answer(checked.map(|which| ok(Which(which))))
}
