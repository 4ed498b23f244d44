//! A link for somebody's new password, shown once.

use crate::components::copy::Copy;
use domain::views::PersonPage;
use leptos::prelude::*;
use leptos_meta::Title;

/// The link, and what to do with it.
#[component]
pub(crate) fn ResetLink(page: PersonPage, link: String) -> impl IntoView {
    view! {
        <Title text="Link for a new password" />
        <div class="head"><h1 tabindex="-1">"Link for a new password"</h1></div>
        <div class="once">
            <p><b>"Copy it now. It is not shown again."</b></p>
            <p class="fine">"It lets " <b class="long">{page.line.person.email.to_string()}</b> " set a new password, once, within 15 minutes. Hand it over in a way you trust."</p>
            <code class="once-token" id="new-link" tabindex="0" aria-label="The link">{link}</code>
            <div class="row">
                <Copy of="new-link" />
                <a class="button" href=format!("/settings/users/{}", page.line.person.id)>"Done"</a>
            </div>
        </div>
    }
    .into_any()
}
