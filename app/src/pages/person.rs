//! One account, for administrators, alone or behind one of its dialogs.

use crate::{
    api::logged,
    components::{
        frame::{Frame, Place, Setting},
        notice::Notice,
        person_facts::{PersonFacts, PersonSessions},
    },
    done::Done,
    islands::Times,
    pages::{failed::failed, not_found::NotFound, person_tasks::dialog, reset_link::ResetLink},
    returned::Returned,
    shown::Shown,
};
use domain::{Problem, views::PersonPage};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use vault::{Context, Vault};

/// A dialog of the page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum PersonTask {
    /// Change role or tier.
    Change,
    /// Let the account sign in no more.
    Disable,
    /// Let it sign in again.
    Enable,
    /// Make a link for a new password.
    Reset,
}

const PLACE: Place = Place::Settings(Setting::People);

/// Reads the account once and shows it.
#[component]
pub(crate) fn Person(#[prop(optional)] task: Option<PersonTask>) -> impl IntoView {
    let id = use_params_map().with_untracked(|params| params.get("id")).unwrap_or_default();
    let done = use_query_map().with_untracked(|query| query.get("done")).as_deref().and_then(Done::parse);
    let returned = use_context::<Returned>().unwrap_or_default();
    let link = use_context::<Shown>();
    let caller = use_context::<Vault>().zip(use_context::<Context>());
    let response = use_context::<ResponseOptions>();
    view! {
        <Suspense>
            {Suspend::new(async move {
                let (vault, cx) = caller?;
                let found = match Vault::user_id(&id) {
                    Ok(id) => vault.person_page(&cx, id).await,
                    Err(failure) => Err(failure),
                };
                Some(match (found, link) {
                    (Ok(page), Some(Shown::ResetLink(link))) => with_link(page, link),
                    (Ok(page), _) => shown(page, task, done, returned),
                    (Err(failure), _) if *failure.problem() == Problem::NotFound => view! { <NotFound /> }.into_any(),
                    (Err(failure), _) => failed("People", "/settings/users", PLACE, logged(failure), response.as_ref()),
                })
            })}
        </Suspense>
    }
}

fn with_link(page: PersonPage, link: String) -> AnyView {
    view! {
        <Frame account=Some(page.account.clone()) place=PLACE>
            <ResetLink page link />
        </Frame>
    }
    .into_any()
}

pub(super) fn shown(page: PersonPage, task: Option<PersonTask>, done: Option<Done>, returned: Returned) -> AnyView {
    let person = page.line.person.clone();
    let dialog = task.map(|task| dialog(task, &page, returned.clone()));
    let inert = dialog.is_some();
    let notice = (!inert).then(|| view! { <Notice done returned /> });
    let link = |task: &'static str, class: &'static str, words: &'static str| {
        view! { <a class=class id=task href=format!("/settings/users/{}/{task}", person.id) data-opens="">{words}</a> }
    };
    let acts = if person.disabled {
        view! { {link("enable", "button button--primary", "Enable")} }.into_any()
    } else {
        view! { {link("reset", "button", "Reset password")} {link("disable", "button button--danger", "Disable")} }.into_any()
    };
    let it_is_you = if page.is_self() { " This is your own account." } else { "" };
    view! {
        <Title text=person.email.to_string() />
        <Frame account=Some(page.account.clone()) place=PLACE inert>
            {notice}
            <div inert=inert>
                <p class="crumb"><a href="/settings/users">"People"</a></p>
                <div class="head">
                    <div>
                        <h1 tabindex="-1" class="long">{person.email.to_string()}</h1>
                        <p>"What this account may do, and where it is signed in." {it_is_you}</p>
                    </div>
                    <div class="row acts">{acts}</div>
                </div>
                <PersonFacts page=page.clone() />
                <PersonSessions page />
            </div>
            {dialog}
        </Frame>
        <Times />
    }
    .into_any()
}
