//! The dialogs "Add a record" and "Edit record".

use crate::{
    components::{
        cloudflare::{records_table::ttl_word, zone_path},
        field::{FieldError, TextField, described_by},
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
/// Seconds to choose from.
const TTLS: [u32; 8] = [1, 60, 300, 600, 1_800, 3_600, 43_200, 86_400];
/// The priority of a first mail server.
const USUAL_PRIORITY: &str = "10";

#[component]
fn Kind(returned: Returned) -> impl IntoView {
    let chosen = returned.value("type").unwrap_or("A").to_owned();
    let fault = returned.fault("type");
    let options = RecordType::ALL
        .map(|kind| {
            let word = kind.as_str();
            let (priority, proxy) = (kind.has_priority().then_some("true"), kind.is_proxiable().then_some("true"));
            view! {
                <option value=word selected=word == chosen data-priority=priority data-proxy=proxy>
                    {format!("{word} \u{2013} {}", kind.meaning())}
                </option>
            }
        })
        .collect_view();
    view! {
        <div class="field">
            <label for="type">"Type"</label>
            <select id="type" name="type" class="input" autofocus aria-describedby=described_by("type", false, fault.is_some())>
                {options}
            </select>
            <FieldError name="type" message=fault />
        </div>
    }
}

/// How the content is written: of the chosen type, or of the one the record has.
#[component]
fn Content(kind: Option<RecordType>, value: Option<String>, returned: Returned) -> impl IntoView {
    let fault = returned.fault("content");
    let value = returned.value("content").map(str::to_owned).or(value);
    let helps = match kind {
        Some(kind) => view! { <span>{kind.example()}</span> }.into_any(),
        None => RecordType::ALL.map(|kind| view! { <span data-type=kind.as_str()>{kind.example()}</span> }).collect_view().into_any(),
    };
    view! {
        <div class="field">
            <label for="content">"Content"</label>
            <input
                id="content"
                name="content"
                class="input input--code"
                value=value
                autocomplete="off"
                spellcheck="false"
                aria-describedby=described_by("content", true, fault.is_some())
                aria-invalid=fault.is_some().then_some("true")
            />
            <span class="help helps" id="content-help">{helps}</span>
            <FieldError name="content" message=fault />
        </div>
    }
}

#[component]
fn TimeToLive(now: u32, returned: Returned) -> impl IntoView {
    let chosen = returned.value("ttl").and_then(|text| text.parse().ok()).unwrap_or(now);
    let fault = returned.fault("ttl");
    let mut all = TTLS.to_vec();
    if !all.contains(&chosen) {
        all.push(chosen);
    }
    let options = all.into_iter().map(|ttl| view! { <option value=ttl selected=ttl == chosen>{ttl_word(ttl)}</option> }).collect_view();
    view! {
        <div class="field">
            <label for="ttl">"TTL"</label>
            <select id="ttl" name="ttl" class="input" aria-describedby=described_by("ttl", true, fault.is_some())>
                {options}
            </select>
            <span class="help" id="ttl-help">"How long resolvers may keep it."</span>
            <FieldError name="ttl" message=fault />
        </div>
    }
}

#[component]
fn ProxyTick(ticked: bool, returned: Returned) -> impl IntoView {
    view! {
        <div class="field field--tick field--proxy">
            <label>
                <input type="checkbox" name="proxied" value="true" checked=ticked />
                " Go through Cloudflare's proxy"
            </label>
            <FieldError name="proxied" message=returned.fault("proxied") />
        </div>
    }
}

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
