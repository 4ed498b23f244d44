//! The caller's own account: sessions, look, and password or provider.

use crate::{
    api::logged,
    components::{
        field::TextField,
        frame::{Frame, Place},
        note::FormProblem,
        notice::Notice,
        sessions_list::SessionsList,
        theme_choice::ThemeChoice,
    },
    done::Done,
    islands::Times,
    pages::failed::failed,
    returned::Returned,
};
use domain::{FieldProblem, Problem, sign_in::ProviderRefusal, views::AccountPage};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use vault::{Context, Vault};

/// Reads account and sessions once and shows them.
#[component]
pub(crate) fn Account() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let done = query.get("done").as_deref().and_then(Done::parse);
    let mut returned = use_context::<Returned>().unwrap_or_default();
    if let Some(why) = query.get("refused").as_deref().and_then(ProviderRefusal::parse) {
        returned.problem.get_or_insert(Problem::field(FieldProblem::new("form", why.as_str(), why.message())));
    }
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
            <ThemeChoice />
            <Kept />
            {match page.account.provider.clone() {
                None => view! { <Password email=page.account.email.to_string() returned=form /> }.into_any(),
                Some(name) => view! { <Provider name /> }.into_any(),
            }}
        </Frame>
        <Times />
    }
    .into_any()
}

/// How an account signs in that has no password here.
#[component]
fn Provider(name: String) -> impl IntoView {
    view! {
        <section class="group" aria-labelledby="sign-in-title">
            <header>
                <h2 id="sign-in-title">"Sign-in"</h2>
            </header>
            <div class="stack card-form">
                <p>"You sign in at " <b>{name}</b> ". Your password, and what you may do here, are managed there."</p>
            </div>
        </section>
    }
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
    // The form is the last on the page: what was wrong with it is in sight where the focus is.
    let refused = returned.problem.is_some();
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
                <TextField
                    name="password"
                    label="Current password"
                    kind="password"
                    autocomplete="current-password"
                    autofocus=refused
                    returned=returned.clone()
                />
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
