//! A new password, through a link that an administrator made.

use crate::{
    api::{logged, respond},
    components::{field::TextField, icon::KeyIcon, note::FormProblem},
    pages::unavailable::Unavailable,
    returned::Returned,
};
use domain::Problem;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use vault::{Context, Vault};

/// Asks whether the link still works, and shows the form or what to do instead.
#[component]
pub(crate) fn Reset() -> impl IntoView {
    let returned = use_context::<Returned>().unwrap_or_default();
    let asked = use_query_map().with_untracked(|query| query.get("token"));
    let token = returned.value("token").map(str::to_owned).or(asked).unwrap_or_default();
    let caller = use_context::<Vault>().zip(use_context::<Context>());
    let response = use_context::<ResponseOptions>();
    view! {
        <Title text="New password" />
        <main class="auth">
            <span class="brand"><KeyIcon />"Keyward"</span>
            <Suspense>
                {Suspend::new(async move {
                    let Some((vault, cx)) = caller else { return ().into_any() };
                    let problem = match vault.reset_link_works(&cx, &token).await {
                        Ok(true) => return view! { <Form token returned /> }.into_any(),
                        Ok(false) => Problem::ResetLinkInvalid,
                        Err(failure) => logged(failure),
                    };
                    if let Some(response) = response {
                        respond(&response, &problem);
                    }
                    match problem {
                        Problem::ResetLinkInvalid => view! { <Spent /> }.into_any(),
                        problem => view! { <Unavailable title="New password" problem again="/sign-in".to_owned() /> }.into_any(),
                    }
                })}
            </Suspense>
        </main>
    }
}

#[component]
fn Form(token: String, returned: Returned) -> impl IntoView {
    view! {
        <h1>"Choose a new password"</h1>
        <p>"It replaces the one you had. Wherever you are signed in, you are signed out."</p>
        <form method="post" action="/reset" novalidate>
            <FormProblem message=returned.of_form(&["password"]) />
            <input type="hidden" name="token" value=token />
            <TextField
                name="password"
                label="New password"
                kind="password"
                autocomplete="new-password"
                help="At least 12 characters."
                autofocus=true
                returned
            />
            <button class="button button--primary">"Set password"</button>
        </form>
    }
}

#[component]
fn Spent() -> impl IntoView {
    view! {
        <h1>"This link does not work"</h1>
        <p>"It was used or is too old. Ask an administrator for a new one."</p>
        <a class="button" href="/sign-in">"Sign in"</a>
    }
}
