//! `/api/v1/audit`: the audit trail, for administrators.

use super::{
    access::{Admin, May},
    openapi::Refusals,
    query::number,
};
use crate::{
    audit_file::{self, Format},
    http::{Site, request_id},
    problem,
};
use axum::{
    Json,
    extract::FromRequestParts,
    http::{HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};
use domain::{
    FieldProblem, Problem, Timestamp,
    views::{AuditAsked, AuditLine},
};
use serde::Serialize;
use url::form_urlencoded::{self, Serializer};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

const USUAL_LIMIT: u32 = 100;

/// The routes, to be merged into the table of all routes.
pub(super) fn router() -> OpenApiRouter<Site> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(export))
}

/// An event. Nothing in it was typed by anybody.
#[derive(Serialize, ToSchema)]
struct AuditEvent {
    /// Its place in the chain, from 1.
    seq: u64,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// `person`, `system` or `nobody`.
    actor_kind: String,
    /// The account.
    #[schema(required, format = "uuid")]
    actor: Option<String>,
    /// Its e-mail address today, while there is such an account.
    #[schema(required)]
    actor_email: Option<String>,
    /// The session or API token that proved it.
    #[schema(required)]
    proof: Option<String>,
    /// The client's address.
    #[schema(required)]
    client: Option<String>,
    /// The request it belongs to, as answers and the log name it.
    request_id: String,
    /// What was done, like `key.add`.
    action: String,
    /// What kind of thing it was done to.
    #[schema(required)]
    object_kind: Option<String>,
    /// Which.
    #[schema(required)]
    object: Option<String>,
    /// `started`, `success`, `refused` or `failed`.
    outcome: String,
    /// Why, as a word.
    #[schema(required)]
    reason: Option<String>,
    /// Words and numbers that belong to the action.
    #[schema(value_type = Object)]
    details: serde_json::Value,
    /// The version of the secret it speaks of.
    #[schema(required)]
    secret_version: Option<u64>,
}

impl From<AuditLine> for AuditEvent {
    fn from(line: AuditLine) -> Self {
        let event = line.event;
        Self {
            seq: event.seq,
            at: event.at,
            actor_kind: event.actor_kind,
            actor: event.actor.map(|id| id.to_string()),
            actor_email: line.actor_email.map(String::from),
            proof: event.proof,
            client: event.client,
            request_id: event.request.to_string(),
            action: event.action,
            object_kind: event.object_kind,
            object: event.object,
            outcome: event.outcome,
            reason: event.reason,
            details: serde_json::from_str(&event.details).unwrap_or_default(),
            secret_version: event.secret_version,
        }
    }
}

/// The query of both calls.
#[derive(Debug)]
struct Query {
    asked: AuditAsked,
    limit: Option<u32>,
    format: Option<String>,
}

const LIST: &[&str] = &["actor", "action", "object", "outcome", "since", "until", "before", "limit"];
const EXPORT: &[&str] = &["actor", "action", "object", "outcome", "since", "until", "format"];

fn parse(query: &str, known: &'static [&'static str]) -> Result<Query, FieldProblem> {
    let mut found = Query { asked: AuditAsked::default(), limit: None, format: None };
    let mut seen = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let Some(name) = known.iter().find(|known| **known == name) else {
            return Err(FieldProblem::new("query", "unknown_field", format!("The query takes: {}.", known.join(", "))));
        };
        if seen.contains(name) {
            return Err(FieldProblem::new("query", "duplicate", "A parameter of the query is there twice."));
        }
        seen.push(*name);
        let value = value.into_owned();
        match *name {
            "actor" => found.asked.actor = value,
            "action" => found.asked.action = value,
            "object" => found.asked.object = value,
            "outcome" => found.asked.outcome = value,
            "since" => found.asked.since = value,
            "until" => found.asked.until = value,
            // Empty is how a page says "from the newest"; a program leaves it out.
            "before" if value.is_empty() => {
                return Err(FieldProblem::new("before", "malformed", "Take the number from the Link header of the last answer."));
            }
            "before" => found.asked.before = value,
            // What is no number is out of range, too.
            "limit" => found.limit = Some(number(&value).unwrap_or(0)),
            _ => found.format = Some(value),
        }
    }
    Ok(found)
}

/// The query of the list.
struct ListQuery(Query);

impl FromRequestParts<Site> for ListQuery {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &Site) -> Result<Self, Response> {
        let query = parse(parts.uri.query().unwrap_or_default(), LIST);
        query.map(Self).map_err(|fault| problem::answer(&Problem::field(fault), request_id(parts)))
    }
}

/// The query of the export.
struct ExportQuery(Query);

impl FromRequestParts<Site> for ExportQuery {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &Site) -> Result<Self, Response> {
        let query = parse(parts.uri.query().unwrap_or_default(), EXPORT);
        query.map(Self).map_err(|fault| problem::answer(&Problem::field(fault), request_id(parts)))
    }
}

/// The `Link` header to older events.
fn next_link(asked: &AuditAsked, limit: Option<u32>, before: u64) -> Option<HeaderValue> {
    let mut query = Serializer::new(String::new());
    query.extend_pairs(asked.given());
    if let Some(limit) = limit {
        query.append_pair("limit", &limit.to_string());
    }
    query.append_pair("before", &before.to_string());
    HeaderValue::try_from(format!("</api/v1/audit?{}>; rel=\"next\"", query.finish())).ok()
}

/// Events of the audit trail, newest first
#[utoipa::path(
    get, path = "/api/v1/audit", operation_id = "list_audit", tag = "audit", security(("session" = []), ("token" = ["admin"])),
    params(
        ("actor" = Option<String>, Query, description = "Who: an e-mail address, the id of an account, `system` or `nobody`"),
        ("action" = Option<String>, Query, description = "What, like `key.add`"),
        ("object" = Option<String>, Query, description = "The id of the thing it was done to"),
        ("outcome" = Option<String>, Query, description = "`started`, `success`, `refused` or `failed`"),
        ("since" = Option<String>, Query, description = "Not before this moment (RFC 3339) or this day (UTC)"),
        ("until" = Option<String>, Query, description = "Before this moment, or until the end of this day"),
        ("before" = Option<u64>, Query, description = "Only events with a lower number, from the Link header of the last answer", minimum = 1),
        ("limit" = Option<u32>, Query, description = "At most this many; 100 when absent", minimum = 1, maximum = 200),
    ),
    responses(
        (status = 200, description = "Events", body = Vec<AuditEvent>, headers(("Link" = String, description = "Older events, as rel=next, when there are more"))),
        Refusals<3>,
    )
)]
async fn list(may: May<Admin>, ListQuery(Query { asked, limit, .. }): ListQuery) -> Response {
    let found = may.site.vault.find_audit(&may.cx, &asked, limit.unwrap_or(USUAL_LIMIT)).await;
    may.answer(found.map(|slice| {
        let mut response = Json(slice.events.into_iter().map(AuditEvent::from).collect::<Vec<_>>()).into_response();
        if let Some(link) = slice.next.and_then(|before| next_link(&asked, limit, before)) {
            response.headers_mut().insert(header::LINK, link);
        }
        response
    }))
}

/// Events of the audit trail as a file, oldest first; in a session the password must have been given within ten minutes
#[utoipa::path(
    get, path = "/api/v1/audit/export", operation_id = "export_audit", tag = "audit", security(("session" = []), ("token" = ["admin"])),
    params(
        ("format" = Option<String>, Query, description = "`jsonl` (when absent) or `csv`"),
        ("actor" = Option<String>, Query, description = "As for the list"),
        ("action" = Option<String>, Query, description = "As for the list"),
        ("object" = Option<String>, Query, description = "As for the list"),
        ("outcome" = Option<String>, Query, description = "As for the list"),
        ("since" = Option<String>, Query, description = "As for the list"),
        ("until" = Option<String>, Query, description = "As for the list"),
    ),
    responses(
        (status = 200, description = "Events, a line each", content((String = "application/jsonl"), (String = "text/csv"))),
        Refusals<3>,
    )
)]
async fn export(may: May<Admin>, ExportQuery(Query { asked, format, .. }): ExportQuery) -> Response {
    let unknown = || FieldProblem::new("format", "unknown", "It must be jsonl or csv.");
    let file = async {
        let format = Format::parse(format.as_deref().unwrap_or("jsonl")).ok_or_else(unknown)?;
        audit_file::answer(&may.site.vault, &may.cx, &asked, format).await
    };
    may.answer(file.await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_to_older_events_asks_for_the_same() {
        let asked = AuditAsked { actor: "ann+x@example.com".into(), action: "key.add".into(), ..AuditAsked::default() };
        let link = next_link(&asked, Some(2), 7).expect("a header");
        let link = link.to_str().expect("ASCII");
        let query = link.split_once('?').and_then(|(_, rest)| rest.split_once('>')).expect("a query").0;
        let back = parse(query, LIST).expect("our own query");
        assert_eq!(back.asked, AuditAsked { before: "7".into(), ..asked });
    }

    #[test]
    fn what_is_not_in_the_contract_is_refused() {
        let code = |query| parse(query, LIST).expect_err("a refusal").code.into_owned();
        assert_eq!((code("canary=1").as_str(), code("limit=1&limit=2").as_str()), ("unknown_field", "duplicate"));
        assert!(parse("before=1", EXPORT).is_err());
    }
}
