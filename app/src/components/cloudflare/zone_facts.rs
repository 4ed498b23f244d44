//! What is known of a zone.

use super::{
    ZONES, zone_path,
    zone_state::{ZoneState, meaning},
};
use crate::components::time::Time;
use domain::views::cloudflare::{ZoneStatus, ZoneView};
use leptos::prelude::*;

/// Domain, state, and what can be done with the whole zone.
#[component]
pub(crate) fn ZoneHead(zone: ZoneView) -> impl IntoView {
    let check = (zone.status != ZoneStatus::Active).then(|| {
        view! {
            <form method="post" action=zone_path(&zone.id, "/check")>
                <button class="button">"Have Cloudflare check"</button>
            </form>
        }
    });
    view! {
        <p class="back"><a href=ZONES>"All zones"</a></p>
        <div class="head">
            <div>
                <h1 tabindex="-1">{zone.name.clone()}</h1>
                <p><ZoneState zone=zone.clone() /> " " {meaning(zone.status)}</p>
            </div>
            <div class="row">
                {check}
                <a class="button button--danger" id="delete-zone" href=zone_path(&zone.id, "/delete") data-opens="">"Delete zone"</a>
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn Fact(name: &'static str, children: Children) -> impl IntoView {
    view! {
        <div>
            <dt>{name}</dt>
            <dd>{children()}</dd>
        </div>
    }
}

/// The line of facts under the heading.
#[component]
pub(crate) fn ZoneFacts(zone: ZoneView) -> impl IntoView {
    let text = |name: &'static str, value: Option<String>| value.map(|value| view! { <Fact name>{value}</Fact> });
    let moment = |name: &'static str, at: Option<domain::Timestamp>| at.map(|at| view! { <Fact name><Time at /></Fact> });
    view! {
        <dl class="zone-facts">
            {text("Plan", zone.plan)} {text("Account", zone.account)} {text("Type", Some(zone.kind).filter(|kind| !kind.is_empty()))}
            {moment("Added", zone.created)} {moment("Active since", zone.activated)}
            <Fact name="Zone ID"><code>{zone.id.to_string()}</code></Fact>
        </dl>
    }
    .into_any()
}
