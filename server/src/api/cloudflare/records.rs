//! DNS records of a zone.

use super::{
    Named,
    query::{Asked, ByType},
    wire::{DnsRecord, RecordChangeRequest, RecordRequest, Which},
};
use crate::api::{CloudflareRead, CloudflareWrite, JsonBody, May, ok, openapi::Refusals};
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{Problem, cloudflare::RecordId};
use vault::Failure;

/// Records of a zone, by name
#[utoipa::path(
    get, path = "/api/v1/cloudflare/zones/{id}/dns_records", operation_id = "list_dns_records", tag = "cloudflare", security(("session" = []), ("token" = ["cloudflare:read"])),
    params(
        ("id" = String, Path, description = "The zone's id, 32 hexadecimal digits"),
        ("search" = Option<String>, Query, description = "Only records that contain this somewhere", max_length = 253),
        ("type" = Option<String>, Query, description = "Only records of this type", max_length = 16),
        ("page" = Option<u32>, Query, description = "The page, from 1", minimum = 1),
        ("per_page" = Option<u32>, Query, description = "Records of a page; 50 when absent", minimum = 5, maximum = 100),
    ),
    responses(
        (status = 200, description = "Records, as Cloudflare sends them", body = Vec<DnsRecord>, headers(
            ("Link" = String, description = "The pages before and after this one, as rel=prev and rel=next"),
            ("X-Total-Count" = u32, description = "How many there are"))),
        Refusals<6>,
    )
)]
pub(in crate::api) async fn list(may: May<CloudflareRead>, named: Named, asked: Asked<ByType>) -> Response {
    let found = may.site.vault.cloudflare().records(&may.cx, &named.zone, &asked.0).await;
    may.answer(found.map(|part| {
        let mut response = ok(part.entries.into_iter().map(DnsRecord).collect::<Vec<_>>());
        asked.link(&format!("/api/v1/cloudflare/zones/{}/dns_records", named.zone), part.paging, &mut response);
        response
    }))
}

/// Create a record
#[utoipa::path(
    post, path = "/api/v1/cloudflare/zones/{id}/dns_records", operation_id = "create_dns_record", tag = "cloudflare", security(("session" = []), ("token" = ["cloudflare:write"])),
    params(("id" = String, Path, description = "The zone's id, 32 hexadecimal digits")),
    request_body = RecordRequest,
    responses((status = 201, description = "The record", body = DnsRecord), Refusals<7>)
)]
pub(in crate::api) async fn create(may: May<CloudflareWrite>, named: Named, JsonBody(request): JsonBody<RecordRequest>) -> Response {
    let created = may.site.vault.cloudflare().create_record(&may.cx, &named.zone, &request.into()).await;
    may.answer(created.map(|record| (StatusCode::CREATED, Json(DnsRecord(record))).into_response()))
}

/// Change what is given of a record
#[utoipa::path(
    patch, path = "/api/v1/cloudflare/zones/{id}/dns_records/{record_id}", operation_id = "change_dns_record", tag = "cloudflare", security(("session" = []), ("token" = ["cloudflare:write"])),
    params(
        ("id" = String, Path, description = "The zone's id, 32 hexadecimal digits"),
        ("record_id" = String, Path, description = "The record's id, 32 hexadecimal digits"),
    ),
    request_body = RecordChangeRequest,
    responses((status = 200, description = "The record as it is now", body = DnsRecord), Refusals<7>)
)]
pub(in crate::api) async fn change(may: May<CloudflareWrite>, named: Named, JsonBody(request): JsonBody<RecordChangeRequest>) -> Response {
    let changed = match record(&named) {
        Ok(record) => may.site.vault.cloudflare().change_record(&may.cx, &named.zone, record, &request.into()).await,
        Err(failure) => Err(failure),
    };
    may.answer(changed.map(|record| ok(DnsRecord(record))))
}

/// Delete a record
#[utoipa::path(
    delete, path = "/api/v1/cloudflare/zones/{id}/dns_records/{record_id}", operation_id = "delete_dns_record", tag = "cloudflare", security(("session" = []), ("token" = ["cloudflare:write"])),
    params(
        ("id" = String, Path, description = "The zone's id, 32 hexadecimal digits"),
        ("record_id" = String, Path, description = "The record's id, 32 hexadecimal digits"),
    ),
    responses((status = 200, description = "Its id", body = Which), Refusals<6>)
)]
pub(in crate::api) async fn delete(may: May<CloudflareWrite>, named: Named) -> Response {
    let deleted = match record(&named) {
        Ok(record) => may.site.vault.cloudflare().delete_record(&may.cx, &named.zone, record).await,
        Err(failure) => Err(failure),
    };
    may.answer(deleted.map(|which| ok(Which(which))))
}

fn record(named: &Named) -> Result<&RecordId, Failure> {
    named.record.as_ref().ok_or_else(|| Problem::NotFound.into())
}
