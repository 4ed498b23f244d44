//! The first admin, through the one-time set-up link.

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
pub(crate) fn Setup() -> impl IntoView {
    let returned = use_context::<Returned>().unwrap_or_default();
    let asked = use_query_map().with_untracked(|query| query.get("token"));
    let token = returned.value("token").map(str::to_owned).or(asked).unwrap_or_default();
    let caller = use_context::<Vault>().zip(use_context::<Context>());
    let response = use_context::<ResponseOptions>();
    view! {
        <Title text="Set up" />
        <main class="auth">
            <span class="brand"><KeyIcon />"Keyward"</span>
            <Suspense>
                {Suspend::new(async move {
                    let Some((vault, cx)) = caller else { return ().into_any() };
                    let problem = match vault.setup_link_works(&cx, &token).await {
                        Ok(true) => return view! { <Form token returned /> }.into_any(),
                        Ok(false) => Problem::SetupLinkInvalid,
                        Err(failure) => logged(failure),
                    };
                    if let Some(response) = response {
                        respond(&response, &problem);
                    }
                    match problem {
                        Problem::SetupLinkInvalid => view! { <Spent /> }.into_any(),
                        problem => view! { <Unavailable title="Set up Keyward" problem again="/setup".to_owned() /> }.into_any(),
                    }
                })}
            </Suspense>
        </main>
    }
}

#[component]
fn Form(token: String, returned: Returned) -> impl IntoView {
    view! {
        <h1>"Set up Keyward"</h1>
        <p>"This makes the first account. It is an admin; it cannot read anybody's keys."</p>
        <form method="post" action="/setup" novalidate>
            <FormProblem message=returned.of_form(&["email", "password"]) />
            <input type="hidden" name="token" value=token />
            <TextField name="email" label="E-mail" kind="email" autocomplete="username" autofocus=true returned=returned.clone() />
            <TextField
                name="password"
                label="Password"
                kind="password"
                autocomplete="new-password"
                help="At least 12 characters."
                returned
            />
            <button class="button button--primary">"Create admin account"</button>
        </form>
    }
}

#[component]
fn Spent() -> impl IntoView {
    view! {
        <h1>"This set-up link does not work"</h1>
        <p>"It was used or is too old. If there is no admin yet, make a new one on the machine that runs Keyward:"</p>
        <p><code>"keyward setup-link"</code></p>
        <a class="button" href="/sign-in">"Sign in"</a>
    }
}
