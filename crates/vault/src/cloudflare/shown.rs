//! From Cloudflare's objects to views. What a page does not need stays behind; what is missing is shown as missing.

use super::answer::Upstream;
use domain::{
    Timestamp,
    cloudflare::{MailPart, RecordType},
    views::cloudflare::{RecordView, ZoneStatus, ZoneView},
};
use serde_json::Value;

/// Entries of a list of names that are shown.
const NAMES: usize = 16;

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}
fn moment(value: &Value) -> Option<Timestamp> {
    value.as_str().and_then(Timestamp::parse)
}
fn names(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(text).take(NAMES).collect()
}

/// A zone; it has at least an id and a name.
pub(super) fn zone(object: &Value) -> Result<ZoneView, Upstream> {
    let id = object["id"].as_str().and_then(|id| id.parse().ok());
    let (Some(id), Some(name)) = (id, text(&object["name"])) else { return Err(Upstream::NotUnderstood) };
    Ok(ZoneView {
        id,
        name,
        status: ZoneStatus::read(object["status"].as_str().unwrap_or_default()),
        paused: object["paused"] == true,
        kind: text(&object["type"]).unwrap_or_default(),
        plan: text(&object["plan"]["name"]),
        account: text(&object["account"]["name"]),
        name_servers: names(&object["name_servers"]),
        original_name_servers: names(&object["original_name_servers"]),
        created: moment(&object["created_on"]),
        activated: moment(&object["activated_on"]),
    })
}

/// A record; it has at least an id, a type and a name.
pub(super) fn record(object: &Value) -> Result<RecordView, Upstream> {
    let id = object["id"].as_str().and_then(|id| id.parse().ok());
    let (Some(id), Some(kind), Some(name)) = (id, text(&object["type"]), text(&object["name"])) else {
        return Err(Upstream::NotUnderstood);
    };
    let content = text(&object["content"]).unwrap_or_default();
    let known = kind.parse::<RecordType>().ok();
    let priority = object["priority"].as_u64().or_else(|| object["data"]["priority"].as_u64());
    Ok(RecordView {
        id,
        priority: priority.and_then(|number| u16::try_from(number).ok()),
        ttl: object["ttl"].as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or(1),
        proxied: object["proxied"] == true,
        proxiable: match &object["proxiable"] {
            Value::Bool(proxiable) => *proxiable && known.is_some_and(RecordType::is_proxiable),
            _ => known.is_some_and(RecordType::is_proxiable),
        },
        comment: text(&object["comment"]),
        mail: MailPart::of(&kind, &name, &content),
        // Records that another product of Cloudflare keeps cannot be changed by hand.
        editable: known.is_some() && object["meta"]["read_only"] != true,
        kind,
        name,
        content,
    })
}
