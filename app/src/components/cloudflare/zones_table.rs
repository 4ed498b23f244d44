//! The list of zones.

use super::{ZONES, zone_path, zone_state::ZoneState};
use crate::components::{paging::Pages, search_bar::SearchBar, time::Time};
use domain::views::cloudflare::{Listing, ZoneStatus, ZoneView};
use leptos::prelude::*;
use vault::cloudflare::ListQuery;

#[component]
fn ZoneRow(zone: ZoneView) -> impl IntoView {
    let path = zone_path(&zone.id, "");
    let added = zone.created.map(|at| view! { <Time at /> });
    let servers = zone.name_servers.iter().map(|name| view! { <code>{name.clone()}</code> <br /> }).collect_view();
    view! {
        <tr id=format!("zone-{}", zone.id)>
            <td data-label="Domain"><span><a class="strong" href=path.clone()>{zone.name.clone()}</a></span></td>
            <td data-label="State"><span><ZoneState zone=zone.clone() /></span></td>
            <td data-label="Name servers"><span class="fine">{servers}</span></td>
            <td data-label="Plan"><span>{zone.plan.clone()}</span></td>
            <td data-label="Added"><span>{added}</span></td>
            <td data-label="">
                <a class="button" href=path aria-label=format!("Open {}", zone.name)>"Open"</a>
            </td>
        </tr>
    }
    .into_any()
}

/// Says what those that wait are waiting for.
#[component]
fn Pending(count: usize) -> impl IntoView {
    (count > 0).then(|| {
        let which =
            if count == 1 { "One zone waits for its registrar.".to_owned() } else { format!("{count} zones wait for their registrars.") };
        view! {
            <div class="note note--warn note--apart">
                <p>
                    <b>{which}</b>
                    " A zone becomes active when the registrar names the two name servers that Cloudflare gave it. "
                    "Cloudflare limits how many zones of an account may wait at the same time."
                </p>
            </div>
        }
    })
}

#[component]
fn Nothing(narrowed: bool) -> impl IntoView {
    if narrowed {
        view! {
            <div class="empty">
                <h2>"No zone fits"</h2>
                <p>"None of the zones that the token may see has this state and contains these words."</p>
                <a class="button" href=ZONES>"Show all"</a>
            </div>
        }
        .into_any()
    } else {
        view! {
            <div class="empty">
                <h2>"No zones yet"</h2>
                <p>
                    "A zone is a domain that Cloudflare answers for. Add one here, give its name servers to the registrar, and manage its records. "
                    "A token that is limited to certain zones sees only those."
                </p>
                <a class="button button--primary" id="new" href="/settings/cloudflare/zones/new" data-opens="">"Add a zone"</a>
            </div>
        }
        .into_any()
    }
}

/// The zones, or that there are none.
#[component]
pub(crate) fn ZonesTable(zones: Listing<ZoneView>, query: ListQuery) -> impl IntoView {
    let narrowed = !(query.search.is_empty() && query.only.is_empty());
    let Listing { entries, paging } = zones;
    let filter = (narrowed || !entries.is_empty()).then(|| {
        let kinds = ZoneStatus::FILTERS.map(|status| (status.as_str(), status.word())).to_vec();
        view! { <SearchBar path=ZONES.to_owned() query=query.clone() what="domains" only="status" any="Any state" kinds /> }
    });
    if entries.is_empty() {
        return view! { {filter} <Nothing narrowed /> }.into_any();
    }
    let waiting = entries.iter().filter(|zone| zone.status == ZoneStatus::Pending).count();
    let rows = entries.into_iter().map(|zone| view! { <ZoneRow zone /> }).collect_view();
    view! {
        {filter}
        <Pending count=waiting />
        <div class="group">
            <table class="table table--zones">
                <thead>
                    <tr>
                        <th scope="col">"Domain"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"Name servers"</th>
                        <th scope="col">"Plan"</th>
                        <th scope="col">"Added"</th>
                        <th scope="col"><span class="visually-hidden">"Actions"</span></th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <Pages paging path=ZONES.to_owned() query only="status" />
    }
    .into_any()
}
