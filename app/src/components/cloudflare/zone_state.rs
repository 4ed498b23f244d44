//! How a zone stands, as a word and a shape.

use domain::views::cloudflare::{ZoneStatus, ZoneView};
use leptos::prelude::*;

const fn class(status: ZoneStatus) -> &'static str {
    match status {
        ZoneStatus::Active => "state state--works",
        ZoneStatus::Pending => "state state--limited",
        ZoneStatus::Initializing => "state state--untested",
        ZoneStatus::Moved => "state state--rejected",
        ZoneStatus::Other => "state state--unexpected",
    }
}

/// What the state means, in a sentence.
pub(crate) const fn meaning(status: ZoneStatus) -> &'static str {
    match status {
        ZoneStatus::Active => "Cloudflare answers for this domain.",
        ZoneStatus::Pending => "The registrar does not name Cloudflare's name servers yet.",
        ZoneStatus::Initializing => "Cloudflare is setting the zone up.",
        ZoneStatus::Moved => "The registrar names other name servers again. Cloudflare deletes such a zone after a while.",
        ZoneStatus::Other => "Cloudflare says something about this zone that Keyward does not know.",
    }
}

/// The fixed word of a zone's state.
#[component]
pub(crate) fn ZoneState(zone: ZoneView) -> impl IntoView {
    view! {
        <span class=class(zone.status)>{zone.status.word()}</span>
        {zone.paused.then(|| view! { " " <span class="tag">"paused"</span> })}
    }
}
