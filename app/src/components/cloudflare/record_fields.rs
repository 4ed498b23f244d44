//! The fields of a DNS record.

use super::records_table::ttl_word;
use crate::{
    components::field::{FieldError, described_by},
    returned::Returned,
};
use domain::cloudflare::RecordType;
use leptos::prelude::*;

/// Seconds to choose from.
const TTLS: [u32; 8] = [1, 60, 300, 600, 1_800, 3_600, 43_200, 86_400];

/// The type of a new record.
#[component]
pub(crate) fn Kind(returned: Returned) -> impl IntoView {
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
            <select
                id="type"
                name="type"
                class="input"
                autofocus=returned.focus("type", true)
                aria-describedby=described_by("type", false, fault.is_some())
                aria-invalid=fault.is_some().then_some("true")
            >
                {options}
            </select>
            <FieldError name="type" message=fault />
        </div>
    }
}

/// How the content is written: of the chosen type, or of the one the record has.
#[component]
pub(crate) fn Content(kind: Option<RecordType>, value: Option<String>, returned: Returned) -> impl IntoView {
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
                autofocus=fault.is_some()
                aria-describedby=described_by("content", true, fault.is_some())
                aria-invalid=fault.is_some().then_some("true")
            />
            <span class="help helps" id="content-help">{helps}</span>
            <FieldError name="content" message=fault />
        </div>
    }
}

/// How long the record may be kept; `now` is what it is.
#[component]
pub(crate) fn TimeToLive(now: u32, returned: Returned) -> impl IntoView {
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
            <select
                id="ttl"
                name="ttl"
                class="input"
                autofocus=fault.is_some()
                aria-describedby=described_by("ttl", true, fault.is_some())
                aria-invalid=fault.is_some().then_some("true")
            >
                {options}
            </select>
            <span class="help" id="ttl-help">"How long resolvers may keep it."</span>
            <FieldError name="ttl" message=fault />
        </div>
    }
}

/// Whether the record goes through the proxy.
#[component]
pub(crate) fn ProxyTick(ticked: bool, returned: Returned) -> impl IntoView {
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
