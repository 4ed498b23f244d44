//! Bodies of requests, field by field, and how Cloudflare's objects are described.

use crate::api::body::Body;
use domain::cloudflare::{RecordData, RecordFields};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use vault::cloudflare::{NewZone, RecordChange};

/// A zone, as Cloudflare sends it.
#[derive(Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = Object, example = json!({
    "id": "c029d2ce45c12046e50bac63b249179a", "name": "example.com", "status": "active", "type": "full",
    "plan": {"id": "0feeeeeeeeeeeeeeeeeeeeeeeeeeeeee", "name": "Free", "price": 0, "currency": "USD", "frequency": "monthly",
        "legacy_id": "free", "legacy_discount": false, "externally_managed": false},
    "created_on": "2014-01-02T00:01:13.123456Z", "modified_on": "2014-01-02T00:01:13.123456Z",
    "account": {"id": "372e67954025e0ba6aaa6d586b9e0b59", "name": "Example Account"}, "verification_key": "aee3b0e9c4ef0b03adf6"
}))]
pub(super) struct Zone(pub(super) Value);

/// A DNS record, as Cloudflare sends it.
#[derive(Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = Object, example = json!({
    "id": "023e105f4ecef8ad9ca31a8372d0c353", "type": "A", "name": "www.example.com", "content": "192.0.2.1", "proxiable": true,
    "proxied": true, "ttl": 1, "comment": null, "tags": [], "created_on": "2014-01-01T05:20:00.12345Z", "modified_on": "2014-01-01T05:20:00.12345Z"
}))]
pub(super) struct DnsRecord(pub(super) Value);

/// What an act was done to.
#[derive(Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = Object, example = json!({"id": "c029d2ce45c12046e50bac63b249179a"}))]
pub(super) struct Which(pub(super) Value);

/// A zone to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ZoneRequest {
    /// The domain, or a subdomain.
    #[schema(max_length = 253, example = "example.com")]
    domain: String,
    /// The account at Cloudflare, 32 hexadecimal digits; absent for the one that is set, or the token's own.
    #[schema(max_length = 32)]
    account_id: Option<String>,
    /// Whether Cloudflare looks up the records that there are and takes them over; `true` when absent.
    #[schema(default = true)]
    jump_start: Option<bool>,
    /// `critical`, `high`, `normal` or `low`. It is noted in the audit trail and changes nothing else.
    #[schema(default = "normal")]
    priority: Option<String>,
}

impl Body for ZoneRequest {
    const FIELDS: &'static [&'static str] = &["domain", "account_id", "jump_start", "priority"];
}

impl From<ZoneRequest> for NewZone {
    fn from(request: ZoneRequest) -> Self {
        Self {
            domain: request.domain,
            account_id: request.account_id.unwrap_or_default(),
            jump_start: request.jump_start.unwrap_or(true),
            priority: request.priority.unwrap_or_default(),
        }
    }
}

/// The parts of an SRV or CAA record.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Data {
    /// CAA.
    #[schema(minimum = 0, maximum = 255)]
    flags: Option<i64>,
    /// CAA: `issue`, `issuewild` or `iodef`.
    #[schema(max_length = 16)]
    tag: Option<String>,
    /// CAA.
    #[schema(max_length = 255)]
    value: Option<String>,
    /// SRV.
    #[schema(minimum = 0, maximum = 65535)]
    priority: Option<i64>,
    /// SRV.
    #[schema(minimum = 0, maximum = 65535)]
    weight: Option<i64>,
    /// SRV.
    #[schema(minimum = 0, maximum = 65535)]
    port: Option<i64>,
    /// SRV.
    #[schema(max_length = 253)]
    target: Option<String>,
}

impl From<Data> for RecordData {
    fn from(data: Data) -> Self {
        let Data { flags, tag, value, priority, weight, port, target } = data;
        Self { flags, tag, value, priority, weight, port, target }
    }
}

/// A record to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordRequest {
    /// One of A, AAAA, CNAME, MX, TXT, NS, SRV, CAA.
    #[serde(rename = "type")]
    #[schema(max_length = 16, example = "A")]
    kind: String,
    /// `@` for the domain itself, or a name with or without the domain.
    #[schema(max_length = 253, example = "www")]
    name: String,
    /// What it says; absent where `data` says it.
    #[schema(max_length = 4096, example = "192.0.2.1")]
    content: Option<String>,
    /// For MX and SRV.
    #[schema(minimum = 0, maximum = 65535)]
    priority: Option<i64>,
    /// Seconds: 60 to 86400, or 1 for automatic, which it is when absent.
    #[schema(default = 1)]
    ttl: Option<i64>,
    /// Whether it goes through Cloudflare's proxy, for A, AAAA and CNAME.
    proxied: Option<bool>,
    /// What it is for.
    #[schema(max_length = 500)]
    comment: Option<String>,
    /// The parts of an SRV or CAA record, instead of `content`.
    data: Option<Data>,
}

impl Body for RecordRequest {
    const FIELDS: &'static [&'static str] = &["type", "name", "content", "priority", "ttl", "proxied", "comment", "data"];
}

impl From<RecordRequest> for RecordFields {
    fn from(request: RecordRequest) -> Self {
        let RecordRequest { kind, name, content, priority, ttl, proxied, comment, data } = request;
        Self { kind, name, content: content.unwrap_or_default(), priority, ttl, proxied, comment, data: data.map(RecordData::from) }
    }
}

/// What to change of a record. What is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordChangeRequest {
    /// Only the type that the record has.
    #[serde(rename = "type")]
    #[schema(max_length = 16)]
    kind: Option<String>,
    /// New name.
    #[schema(max_length = 253)]
    name: Option<String>,
    /// What it is to say.
    #[schema(max_length = 4096)]
    content: Option<String>,
    /// New priority.
    #[schema(minimum = 0, maximum = 65535)]
    priority: Option<i64>,
    /// Seconds: 60 to 86400, or 1 for automatic.
    ttl: Option<i64>,
    /// Whether it goes through Cloudflare's proxy.
    proxied: Option<bool>,
    /// What it is for; an empty text takes it away.
    #[schema(max_length = 500)]
    comment: Option<String>,
    /// The parts of an SRV or CAA record, instead of `content`.
    data: Option<Data>,
}

impl Body for RecordChangeRequest {
    const FIELDS: &'static [&'static str] = RecordRequest::FIELDS;
}

impl From<RecordChangeRequest> for RecordChange {
    fn from(request: RecordChangeRequest) -> Self {
        let RecordChangeRequest { kind, name, content, priority, ttl, proxied, comment, data } = request;
        Self { kind, name, content, priority, ttl, proxied, comment, data: data.map(RecordData::from) }
    }
}
