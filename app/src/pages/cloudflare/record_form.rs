//! The dialogs "Add a record" and "Edit record".

use crate::{
    components::{
        cloudflare::{
            record_fields::{Content, Kind, ProxyTick, TimeToLive},
            zone_path,
        },
        field::TextField,
        form_dialog::FormDialog,
    },
    returned::Returned,
};
use domain::{
    cloudflare::RecordType,
    views::cloudflare::{RecordView, ZoneView},
};
use leptos::prelude::*;

/// The fields that show their own faults.
const FIELDS: &[&str] = &["type", "name", "content", "priority", "ttl", "proxied", "comment"];
/// The priority of a first mail server.
const USUAL_PRIORITY: &str = "10";

/// Adds a record. What the chosen type does not have is hidden by the style sheet, and ignored where it is sent all the same.
#[component]
pub(crate) fn NewRecord(zone: ZoneView, returned: Returned) -> impl IntoView {
    let name = format!("@ for {0} itself; www becomes www.{0}", zone.name);
    let ticked = returned.value("proxied") == Some("true");
    view! {
        <FormDialog
            title="Add a record"
            action=zone_path(&zone.id, "/records/new")
            submit="Add record"
            cancel=zone_path(&zone.id, "")
            problem=returned.of_form(FIELDS)
        >
            <Kind returned=returned.clone() />
            <TextField name="name" label="Name" help=name returned=returned.clone() />
            <Content kind=None value=None returned=returned.clone() />
            <TextField
                name="priority"
                label="Priority"
                value=USUAL_PRIORITY
                class="field field--priority"
                help="0 to 65535; the lowest is tried first."
                returned=returned.clone()
            />
            <TimeToLive now=1 returned=returned.clone() />
            <ProxyTick ticked returned=returned.clone() />
            <TextField name="comment" label="Comment" optional=true returned />
        </FormDialog>
    }
}

/// Changes a record; its type stays.
#[component]
pub(crate) fn EditRecord(zone: ZoneView, record: RecordView, returned: Returned) -> impl IntoView {
    let kind = record.kind.parse::<RecordType>().ok();
    let came_back = returned.value("name").is_some();
    let ticked = if came_back { returned.value("proxied") == Some("true") } else { record.proxied };
    let priority = kind.is_some_and(RecordType::has_priority).then(|| {
        let value = record.priority.map(|priority| priority.to_string()).unwrap_or_default();
        view! { <TextField name="priority" label="Priority" value help="0 to 65535; the lowest is tried first." returned=returned.clone() /> }
    });
    let proxy = record.proxiable.then(|| {
        view! {
            <input type="hidden" name="proxied_present" value="1" />
            <ProxyTick ticked returned=returned.clone() />
        }
    });
    view! {
        <FormDialog
            title="Edit record"
            action=zone_path(&zone.id, &format!("/records/{}/edit", record.id))
            submit="Save record"
            cancel=zone_path(&zone.id, "")
            problem=returned.of_form(FIELDS)
        >
            <p><span class="tag tag--type">{record.kind.clone()}</span> " " <span class="fine">"A record keeps its type."</span></p>
            <TextField name="name" label="Name" value=record.name.clone() autofocus=true returned=returned.clone() />
            <Content kind value=Some(record.content.clone()) returned=returned.clone() />
            {priority}
            <TimeToLive now=record.ttl returned=returned.clone() />
            {proxy}
            <TextField name="comment" label="Comment" value=record.comment.clone().unwrap_or_default() optional=true returned />
        </FormDialog>
    }
}
