//! The pages of Cloudflare: DNS records.

use super::{done_on, refused_on};
use crate::forms::{ByAdmin, Fields, Visit, read};
use app::done::Done;
use axum::{
    extract::{Path, Request},
    response::Response,
};
use domain::cloudflare::{RecordFields, RecordId, RecordType, ZoneId};
use vault::{
    Failure,
    cloudflare::{Cloudflare, RecordChange},
};

const KNOWN: &[&str] = &["type", "name", "content", "priority", "ttl", "proxied", "comment"];

/// What the path names.
fn named(zone: &str, record: &str) -> Result<(ZoneId, RecordId), Failure> {
    Ok((Cloudflare::zone_id(zone)?, Cloudflare::record_id(record)?))
}

/// A number; what is no number is out of any range.
fn number(fields: &Fields, name: &str) -> Option<i64> {
    fields.get(name).map(str::trim).filter(|text| !text.is_empty()).map(|text| text.parse().unwrap_or(-1))
}

/// Adds a record.
pub(super) async fn create(ByAdmin(visit): ByAdmin, Path(id): Path<String>, request: Request) -> Response {
    let fields = match read(request, KNOWN).await {
        Ok(fields) => fields,
        Err(problem) => return visit.refused(problem.into(), Fields::default()).await,
    };
    // What the chosen type does not have was hidden, and may still have been sent.
    let proxiable = fields.text("type").parse().is_ok_and(RecordType::is_proxiable);
    let new = RecordFields {
        kind: fields.text("type"),
        name: fields.text("name"),
        content: fields.text("content"),
        priority: number(&fields, "priority"),
        ttl: number(&fields, "ttl"),
        proxied: proxiable.then(|| fields.is_ticked("proxied")),
        comment: fields.get("comment").filter(|text| !text.trim().is_empty()).map(str::to_owned),
        data: None,
    };
    let outcome = match Cloudflare::zone_id(&id) {
        Ok(zone) => visit.site.vault.cloudflare().create_record(visit.cx(), &zone, &new).await.map(|_| zone),
        Err(failure) => Err(failure),
    };
    answer(visit, outcome, Done::RecordAdded, fields).await
}

/// Changes a record.
pub(super) async fn change(ByAdmin(visit): ByAdmin, Path((id, record)): Path<(String, String)>, request: Request) -> Response {
    let fields = match read(request, &["name", "content", "priority", "ttl", "proxied", "proxied_present", "comment"]).await {
        Ok(fields) => fields,
        Err(problem) => return visit.refused(problem.into(), Fields::default()).await,
    };
    let owned = |name: &str| fields.get(name).map(str::to_owned);
    let change = RecordChange {
        kind: None,
        name: owned("name"),
        content: owned("content"),
        // An emptied field is a fault, not a wish for the number that was there.
        priority: fields.get("priority").map(|_| number(&fields, "priority").unwrap_or(-1)),
        ttl: number(&fields, "ttl"),
        // An empty checkbox sends nothing; the hidden field says that it was there.
        proxied: fields.get("proxied_present").map(|_| fields.is_ticked("proxied")),
        comment: owned("comment"),
        data: None,
    };
    let outcome = apply(&visit, &id, &record, &change).await;
    answer(visit, outcome, Done::RecordSaved, fields).await
}

/// Puts Cloudflare's proxy before a record, or takes it away.
pub(super) async fn proxy(ByAdmin(visit): ByAdmin, Path((id, record)): Path<(String, String)>, request: Request) -> Response {
    let on = match read(request, &["proxied"]).await {
        Ok(fields) => fields.is_ticked("proxied"),
        Err(problem) => return refused_on(visit, &id, problem.into()).await,
    };
    let change = RecordChange { proxied: Some(on), ..RecordChange::default() };
    match apply(&visit, &id, &record, &change).await {
        Ok(zone) => done_on(&zone, if on { Done::ProxyOn } else { Done::ProxyOff }),
        Err(failure) => refused_on(visit, &id, failure).await,
    }
}

/// Deletes a record.
pub(super) async fn delete(ByAdmin(visit): ByAdmin, Path((id, record)): Path<(String, String)>) -> Response {
    let outcome = match named(&id, &record) {
        Ok((zone, record)) => visit.site.vault.cloudflare().delete_record(visit.cx(), &zone, &record).await.map(|_| zone),
        Err(failure) => Err(failure),
    };
    answer(visit, outcome, Done::RecordDeleted, Fields::default()).await
}

async fn apply(visit: &Visit, id: &str, record: &str, change: &RecordChange) -> Result<ZoneId, Failure> {
    let (zone, record) = named(id, record)?;
    visit.site.vault.cloudflare().change_record(visit.cx(), &zone, &record, change).await.map(|_| zone)
}

async fn answer(visit: Visit, outcome: Result<ZoneId, Failure>, what: Done, fields: Fields) -> Response {
    match outcome {
        Ok(zone) => done_on(&zone, what),
        Err(failure) => visit.refused(failure, fields).await,
    }
}
