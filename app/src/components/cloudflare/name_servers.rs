//! The name servers of a zone, to be copied to the registrar.

use crate::components::copy::Copy;
use domain::views::cloudflare::{ZoneStatus, ZoneView};
use leptos::prelude::*;

#[component]
fn NameServer(index: usize, name: String) -> impl IntoView {
    let id = format!("name-server-{index}");
    let named = format!("Copy {name}");
    view! {
        <li>
            <code class="copied" id=id.clone()>{name}</code>
            <Copy of=id named />
        </li>
    }
}

/// What to do at the registrar, while it is to be done.
#[component]
fn Steps(before: Vec<String>) -> impl IntoView {
    let instead = (!before.is_empty()).then(|| format!(" Take the old ones away: {}.", before.join(", ")));
    view! {
        <ol class="guide">
            <li>"Sign in to the registrar where the domain was bought."</li>
            <li>"Name the servers above as the domain's name servers." {instead}</li>
            <li>"Switch DNSSEC off there, if it is on, until the zone is active."</li>
            <li>"Wait: registrars take from some minutes to a day. Then have Cloudflare check."</li>
        </ol>
    }
}

/// The name servers, and how they get to the registrar.
#[component]
pub(crate) fn NameServers(zone: ZoneView) -> impl IntoView {
    (!zone.name_servers.is_empty()).then(|| {
        let waits = zone.status != ZoneStatus::Active;
        let servers = zone.name_servers.into_iter().enumerate().map(|(index, name)| view! { <NameServer index name /> }).collect_view();
        view! {
            <section class="group" aria-labelledby="name-servers">
                <header>
                    <h2 id="name-servers">"Name servers"</h2>
                </header>
                <div class="padded stack">
                    <ul class="copies" role="list">{servers}</ul>
                    {waits.then(|| view! { <Steps before=zone.original_name_servers /> })}
                </div>
            </section>
        }
    })
}
