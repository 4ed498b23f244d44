//! DNS records of a zone.

use super::{
    Cloudflare, ListQuery, Part, Stopped,
    answer::Upstream,
    session::{Call, Session},
    shown, zones,
};
use crate::{
    Context, Failure, access,
    audit::{Event, Outcome},
    egress::Verb,
};
use domain::{
    FieldProblem, Problem,
    cloudflare::{Content, Record, RecordData, RecordFields, RecordId, RecordName, ZoneId},
    scope::Scope,
    views::cloudflare::Paging,
};
use serde_json::{Map, Value, json};

/// Bounds for a page of records, and what is usual here. Cloudflare would send more than an answer may hold.
const PAGE: (u32, u32, u32) = (5, 100, 50);

/// A record to create, as submitted.
pub type NewRecord = RecordFields;

/// What to change of a record, as submitted. What is absent stays.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RecordChange {
    /// Its type, which can only be the one it has.
    pub kind: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// What it says.
    pub content: Option<String>,
    /// For MX and SRV.
    pub priority: Option<i64>,
    /// Seconds, 1 for automatic.
    pub ttl: Option<i64>,
    /// Whether Cloudflare stands in front of it.
    pub proxied: Option<bool>,
    /// What it is for; empty takes it away.
    pub comment: Option<String>,
    /// The parts of an SRV or CAA record.
    pub data: Option<RecordData>,
}

impl RecordChange {
    /// The whole record as it would be.
    fn onto(&self, now: &Value) -> RecordFields {
        let text = |name: &str| now[name].as_str().unwrap_or_default().to_owned();
        let says = self.content.is_some() || self.data.is_some();
        RecordFields {
            kind: text("type"),
            name: self.name.clone().unwrap_or_else(|| text("name")),
            content: if says { self.content.clone().unwrap_or_default() } else { text("content") },
            priority: self.priority.or_else(|| now["priority"].as_i64()).or_else(|| now["data"]["priority"].as_i64()),
            ttl: self.ttl.or_else(|| now["ttl"].as_i64()),
            proxied: self.proxied.or_else(|| now["proxied"].as_bool()),
            comment: self.comment.clone(),
            data: self.data.clone(),
        }
    }
    /// The parts of `record` that were asked for, as Cloudflare takes them.
    fn body(&self, record: &Record) -> Value {
        let mut body = written(record);
        let says = self.content.is_some() || self.data.is_some() || self.priority.is_some();
        let keep = |name: &str| match name {
            "name" => self.name.is_some(),
            "ttl" => self.ttl.is_some(),
            "proxied" => self.proxied.is_some(),
            "comment" => self.comment.is_some(),
            "content" | "data" | "priority" => says,
            _ => false,
        };
        body.retain(|name, _| keep(name));
        Value::Object(body)
    }
}

/// A record as Cloudflare takes it.
fn written(record: &Record) -> Map<String, Value> {
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
    put("type", record.content.kind().as_str().into());
    put("name", record.name.as_str().into());
    match &record.content {
        Content::A(address) => put("content", address.to_string().into()),
        Content::Aaaa(address) => put("content", address.to_string().into()),
        Content::Cname(host) | Content::Ns(host) => put("content", host.as_str().into()),
        Content::Txt(text) => put("content", text.as_str().into()),
        Content::Mx { priority, exchange } => {
            put("priority", (*priority).into());
            put("content", exchange.as_str().into())
        }
        Content::Srv { priority, weight, port, target } => {
            put("data", json!({"priority": priority, "weight": weight, "port": port, "target": target.as_str()}))
        }
        Content::Caa { flags, tag, value } => put("data", json!({"flags": flags, "tag": tag, "value": value})),
    };
    put("ttl", record.ttl.seconds().into());
    if let Some(proxied) = record.proxied {
        put("proxied", proxied.into());
    }
    if let Some(comment) = &record.comment {
        put("comment", comment.as_str().into());
    }
    body
}

fn faulty(faults: Vec<FieldProblem>) -> Failure {
    Problem::Invalid { fields: faults }.into()
}

fn path(zone: &ZoneId, record: &RecordId) -> String {
    format!("{}/dns_records/{record}", zones::path(zone))
}

/// Type and name that Cloudflare sent, for the audit trail: only words that could be ours.
fn about(event: Event, record: &Value) -> Event {
    let kind = record["type"].as_str().filter(|kind| kind.len() <= 16 && kind.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let name = record["name"].as_str().and_then(|name| RecordName::parse(name).ok());
    let event = event.word("type", kind.unwrap_or_default());
    event.word("name", name.as_ref().map(RecordName::as_str).unwrap_or_default())
}

impl Session {
    pub(super) async fn records(&self, zone: &ZoneId, query: &ListQuery) -> Result<(Vec<Value>, Paging), Stopped> {
        let asked = query.paging(PAGE.0, PAGE.1, PAGE.2)?;
        let kind = match query.only.trim() {
            "" => None,
            word if word.len() <= 16 && word.bytes().all(|byte| byte.is_ascii_alphanumeric()) => Some(word.to_ascii_uppercase()),
            _ => return Err(FieldProblem::new("type", "unknown_type", "The type is a word like A, MX or TXT.").into()),
        };
        let call = Call::get(format!("{}/dns_records", zones::path(zone)))
            .with("page", asked.page.to_string())
            .with("per_page", asked.per_page.to_string())
            .with("order", "name")
            .with("direction", "asc")
            .with_some("type", kind)
            .with_some("search", query.search()?);
        Ok(self.send(call).await?.list(asked)?)
    }
    pub(super) async fn record(&self, zone: &ZoneId, id: &RecordId) -> Result<Value, Upstream> {
        self.send(Call::get(path(zone, id))).await?.object()
    }

    async fn change_record(&self, zone: &ZoneId, id: &RecordId, now: &Value, change: &RecordChange) -> Result<Value, Stopped> {
        if change.kind.as_deref().is_some_and(|kind| !kind.eq_ignore_ascii_case(now["type"].as_str().unwrap_or_default())) {
            return Err(FieldProblem::new("type", "fixed", "A record keeps its type. Delete it and add another.").into());
        }
        let record = Record::parse(&change.onto(now)).map_err(faulty)?;
        let body = change.body(&record);
        if body.as_object().is_some_and(Map::is_empty) {
            return Ok(now.clone());
        }
        let changed = self.send(Call::new(Verb::Patch, path(zone, id)).sending(body)).await?.object()?;
        shown::record(&changed)?;
        Ok(changed)
    }
}

impl Cloudflare<'_> {
    /// Reads a record's id out of a path.
    ///
    /// # Errors
    /// `NotFound` when the text is no id of Cloudflare's.
    pub fn record_id(text: &str) -> Result<RecordId, Failure> {
        text.parse().map_err(|_| Problem::NotFound.into())
    }

    /// Some records of a zone, by name. `only` of the query is a type.
    ///
    /// # Errors
    /// As for [`Cloudflare::zones`].
    pub async fn records(&self, cx: &Context, zone: &ZoneId, query: &ListQuery) -> Result<Part, Failure> {
        let (admin, _) = access::admin(cx, Scope::CloudflareRead)?;
        let mut used = None;
        let outcome: Result<_, Stopped> = async { used.insert(self.open(cx, admin).await?).records(zone, query).await }.await;
        let event = Event::success("cloudflare.record.list").word("zone", zone.as_str());
        let (entries, paging) = self.end_read(cx, used.as_ref(), event, outcome).await?;
        Ok(Part { entries, paging })
    }

    /// Creates a record.
    ///
    /// # Errors
    /// `Invalid` with each fault, and those of [`Cloudflare::zones`].
    pub async fn create_record(&self, cx: &Context, zone: &ZoneId, new: &NewRecord) -> Result<Value, Failure> {
        let (admin, _) = access::admin(cx, Scope::CloudflareWrite)?;
        let record = Record::parse(new).map_err(faulty)?;
        let event = |action, outcome| {
            let event = Event::new(action, outcome).word("zone", zone.as_str());
            event.word("type", record.content.kind().as_str()).word("name", record.name.as_str())
        };
        self.begin(cx, admin, event("cloudflare.record.create.use", Outcome::Started), None).await?;
        let mut used = None;
        let outcome: Result<_, Stopped> = async {
            let session = used.insert(self.open(cx, admin).await?);
            let call = Call::new(Verb::Post, format!("{}/dns_records", zones::path(zone))).sending(Value::Object(written(&record)));
            let made = session.send(call).await?.object()?;
            let id = shown::record(&made)?.id;
            Ok((made, id))
        }
        .await;
        let mut done = event("cloudflare.record.create", Outcome::Success);
        if let Ok((_, id)) = &outcome {
            done = done.word("record", id.as_str());
        }
        self.end(cx, used.as_ref(), done, outcome).await.map(|(made, _)| made)
    }

    /// Changes what is given of a record; its type stays.
    ///
    /// # Errors
    /// As for [`Cloudflare::create_record`].
    pub async fn change_record(&self, cx: &Context, zone: &ZoneId, id: &RecordId, change: &RecordChange) -> Result<Value, Failure> {
        let (admin, _) = access::admin(cx, Scope::CloudflareWrite)?;
        let event = |action, outcome| Event::new(action, outcome).word("zone", zone.as_str()).word("record", id.as_str());
        self.begin(cx, admin, event("cloudflare.record.change.use", Outcome::Started), None).await?;
        let mut done = event("cloudflare.record.change", Outcome::Success);
        let mut used = None;
        let outcome: Result<_, Stopped> = async {
            let session = used.insert(self.open(cx, admin).await?);
            let now = session.record(zone, id).await?;
            done = about(done.clone(), &now);
            session.change_record(zone, id, &now, change).await
        }
        .await;
        self.end(cx, used.as_ref(), done, outcome).await
    }

    /// Deletes a record.
    ///
    /// # Errors
    /// As for [`Cloudflare::zones`].
    pub async fn delete_record(&self, cx: &Context, zone: &ZoneId, id: &RecordId) -> Result<Value, Failure> {
        let (admin, _) = access::admin(cx, Scope::CloudflareWrite)?;
        let event = |action, outcome| Event::new(action, outcome).word("zone", zone.as_str()).word("record", id.as_str());
        self.begin(cx, admin, event("cloudflare.record.delete.use", Outcome::Started), None).await?;
        let mut done = event("cloudflare.record.delete", Outcome::Success);
        let mut used = None;
        let outcome: Result<_, Stopped> = async {
            let session = used.insert(self.open(cx, admin).await?);
            let now = session.record(zone, id).await?;
            done = about(done.clone(), &now);
            Ok(session.send(Call::new(Verb::Delete, path(zone, id))).await?.object()?)
        }
        .await;
        self.end(cx, used.as_ref(), done, outcome).await
    }
}
