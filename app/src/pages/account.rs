//! The caller's own account: password and sessions.

use crate::{
    api::logged,
    components::{
        field::TextField,
        frame::{Frame, Place},
        note::FormProblem,
        notice::Notice,
        sessions_list::SessionsList,
    },
    done::Done,
    islands::Times,
    pages::failed::failed,
    returned::Returned,
};
use domain::views::AccountPage;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use vault::{Context, Vault};

/// Reads account and sessions once and shows them.
#[component]
pub(crate) fn Account() -> impl IntoView {
    let done = use_query_map().with_untracked(|query| query.get("done")).as_deref().and_then(Done::parse);
    let returned = use_context::<Returned>().unwrap_or_default();
    let caller = use_context::<Vault>().zip(use_context::<Context>());
    let response = use_context::<ResponseOptions>();
    view! {
        <Suspense>
            {Suspend::new(async move {
                let (vault, cx) = caller?;
                Some(match vault.account_page(&cx).await {
                    Ok(page) => shown(page, done, returned),
                    Err(failure) => failed("Account", "/account", Place::Account, logged(failure), response.as_ref()),
                })
            })}
        </Suspense>
    }
}

fn shown(page: AccountPage, done: Option<Done>, returned: Returned) -> AnyView {
    // Beside the form there are only buttons, which have no fields.
    let notice =
        Returned { problem: returned.problem.clone().filter(|_| returned.value("form") != Some("password")), ..Returned::default() };
    let form = if notice.problem.is_some() { Returned::default() } else { returned };
    view! {
        <Title text="Account" />
        <Frame account=Some(page.account.clone()) place=Place::Account>
            <Notice done returned=notice />
            <div class="head">
                <div>
                    <h1 tabindex="-1">"Account"</h1>
                    <p>{page.account.email.to_string()}</p>
                </div>
            </div>
            <SessionsList sessions=page.sessions />
            <Kept />
            <Password email=page.account.email.to_string() returned=form />
        </Frame>
        <Times />
    }
    .into_any()
}

/// The way to the service credentials of the account.
#[component]
fn Kept() -> impl IntoView {
    view! {
        <section class="group" aria-labelledby="kept-title">
            <header>
                <h2 id="kept-title">"Service credentials"</h2>
                <a class="button" href="/account/credentials">"Manage"</a>
            </header>
            <div class="card-text"><p>"Secrets of your own for services like GitHub or Cloudflare. Nobody else sees or uses them."</p></div>
        </section>
    }
}

#[component]
fn Password(email: String, returned: Returned) -> impl IntoView {
    view! {
        <section class="group" aria-labelledby="password-title">
            <header>
                <h2 id="password-title">"Password"</h2>
            </header>
            <form class="stack card-form" method="post" action="/account" novalidate>
                <FormProblem message=returned.of_form(&["password", "new_password"]) />
                // Password managers find the account by it.
                <input type="hidden" name="form" value="password" />
                <input class="visually-hidden" type="text" autocomplete="username" value=email readonly tabindex="-1" aria-hidden="true" />
                <TextField name="password" label="Current password" kind="password" autocomplete="current-password" returned=returned.clone() />
                <TextField
                    name="new_password"
                    label="New password"
                    kind="password"
                    autocomplete="new-password"
                    help="At least 12 characters. Every other session ends; API tokens go on."
                    returned
                />
                <div><button class="button button--primary">"Change password"</button></div>
            </form>
        </section>
    }
}
