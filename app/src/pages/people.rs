//! The page of people, for administrators.

use crate::{
    api::logged,
    components::{
        frame::{Frame, Place, Setting},
        notice::Notice,
        people_list::PeopleList,
    },
    done::Done,
    islands::Times,
    pages::failed::failed,
    returned::Returned,
};
use domain::views::{PeopleAsked, PeoplePage};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::Title;
use leptos_router::{hooks::use_query_map, params::ParamsMap};
use vault::{Context, Vault};

/// What the address asks for. A word that is none of ours leaves nothing out.
fn asked(query: &ParamsMap) -> PeopleAsked {
    let text = |name| query.get(name).unwrap_or_default();
    PeopleAsked {
        search: text("search").trim().chars().take(254).collect(),
        role: text("role").parse().ok(),
        tier: text("tier").parse().ok(),
        disabled: match text("state").as_str() {
            "disabled" => Some(true),
            "active" => Some(false),
            _ => None,
        },
        after: query.get("after").filter(|after| !after.is_empty()),
    }
}

/// Reads some people and shows them.
#[component]
pub(crate) fn People() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let (asked, done) = (asked(&query), query.get("done").as_deref().and_then(Done::parse));
    let returned = use_context::<Returned>().unwrap_or_default();
    let caller = use_context::<Vault>().zip(use_context::<Context>());
    let response = use_context::<ResponseOptions>();
    view! {
        <Suspense>
            {Suspend::new(async move {
                let (vault, cx) = caller?;
                Some(match vault.people_page(&cx, asked).await {
                    Ok(page) => shown(page, done, returned),
                    Err(failure) => {
                        failed("People", "/settings/users", Place::Settings(Setting::People), logged(failure), response.as_ref())
                    }
                })
            })}
        </Suspense>
    }
}

fn shown(page: PeoplePage, done: Option<Done>, returned: Returned) -> AnyView {
    view! {
        <Title text="People" />
        <Frame account=Some(page.account.clone()) place=Place::Settings(Setting::People)>
            <Notice done returned />
            <PeopleList page />
        </Frame>
        <Times />
    }
    .into_any()
}
