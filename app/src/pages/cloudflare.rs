//! The pages of Cloudflare: the zones, alone or behind the dialog that adds one.

mod delete_record;
mod delete_zone;
mod new_zone;
mod record_form;
mod zone;

pub(crate) use zone::{Zone, ZoneTask};

use crate::{
    api::{logged, respond},
    components::{
        cloudflare::{NoAnswer, ZONES, zones_table::ZonesTable},
        frame::{Frame, Place, Setting},
        notice::Notice,
    },
    done::Done,
    islands::Times,
    pages::failed::failed,
    returned::Returned,
};
use domain::{Problem, views::cloudflare::ZonesPage};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::Title;
use leptos_router::{hooks::use_query_map, params::ParamsMap};
use new_zone::NewZone;
use vault::{Context, Vault, cloudflare::ListQuery};

const PLACE: Place = Place::Settings(Setting::Cloudflare);

/// Which part of a list an address asks for.
fn list_query(query: &ParamsMap, only: &str) -> ListQuery {
    ListQuery {
        search: query.get("search").unwrap_or_default(),
        only: query.get(only).unwrap_or_default(),
        // What is no number is no page, either.
        page: query.get("page").map(|page| page.parse().unwrap_or(-1)),
        per_page: None,
    }
}

/// The status of a page whose part of Cloudflare is missing. That nothing is set up is a state, not a failure.
fn answer_with(problem: &Problem, response: Option<&ResponseOptions>) {
    if let Some(response) = response
        && !matches!(problem, Problem::NotConfigured { .. })
    {
        respond(response, problem);
    }
}

/// Reads the zones once and shows them.
#[component]
pub(crate) fn Zones(#[prop(optional)] adding: bool) -> impl IntoView {
    let query = use_query_map().get_untracked();
    let done = query.get("done").as_deref().and_then(Done::parse);
    let asked = list_query(&query, "status");
    let returned = use_context::<Returned>().unwrap_or_default();
    let caller = use_context::<Vault>().zip(use_context::<Context>());
    let response = use_context::<ResponseOptions>();
    view! {
        <Suspense>
            {Suspend::new(async move {
                let (vault, cx) = caller?;
                Some(match vault.cloudflare().zones_page(&cx, &asked).await {
                    Ok(page) => {
                        if let Err(problem) = &page.zones {
                            answer_with(problem, response.as_ref());
                        }
                        shown(page, adding, asked, done, returned)
                    }
                    Err(failure) => failed("Cloudflare", ZONES, PLACE, logged(failure), response.as_ref()),
                })
            })}
        </Suspense>
    }
}

fn shown(page: ZonesPage, adding: bool, query: ListQuery, done: Option<Done>, returned: Returned) -> AnyView {
    let ready = !matches!(page.zones, Err(Problem::NotConfigured { .. }));
    let narrowed = !query.search.is_empty() || !query.only.is_empty();
    let some = page.zones.as_ref().is_ok_and(|zones| narrowed || !zones.entries.is_empty());
    let add = some
        .then(|| view! { <a class="button button--primary" id="new" href="/settings/cloudflare/zones/new" data-opens="">"Add a zone"</a> });
    let dialog = (adding && ready).then(|| view! { <NewZone has_account=page.has_account returned=returned.clone() /> }.into_any());
    let inert = dialog.is_some();
    let notice = (!inert).then(|| view! { <Notice done returned /> });
    let body = match page.zones {
        Ok(zones) => view! { <ZonesTable zones query /> }.into_any(),
        Err(problem) => view! { <NoAnswer problem again=ZONES.to_owned() /> }.into_any(),
    };
    view! {
        <Title text="Cloudflare" />
        <Frame account=Some(page.account) place=PLACE inert>
            {notice}
            <div inert=inert>
                <div class="head">
                    <div>
                        <h1 tabindex="-1">"Cloudflare"</h1>
                        <p>"Zones and DNS records, through the API token among the service credentials."</p>
                    </div>
                    {add}
                </div>
                {body}
            </div>
            {dialog}
        </Frame>
        <Times />
    }
    .into_any()
}

#[cfg(test)]
mod tests;
