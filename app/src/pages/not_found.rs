//! 404.

use crate::api::respond;
use domain::Problem;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::Title;

/// There is nothing here, for this caller.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    if let Some(response) = use_context::<ResponseOptions>() {
        respond(&response, &Problem::NotFound);
    }
    view! {
        <Title text="Not found" />
        <main class="auth">
            <h1>"There is nothing here"</h1>
            <p>"The address may be mistyped, or the key it names was deleted."</p>
            <a class="button button--primary" href="/keys">"Go to your provider keys"</a>
        </main>
    }
}
