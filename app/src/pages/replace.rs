//! The dialog "Replace key".

use crate::{
    components::{
        dialog::{Dialog, WhichKey},
        field::FieldError,
        note::PasteAgain,
        secret::Secret,
    },
    islands::Task,
    returned::Returned,
};
use domain::views::{KeyView, KeysPage};
use leptos::prelude::*;

/// Puts a new secret in the place of the old one.
#[component]
pub(crate) fn Replace(page: KeysPage, key: KeyView, returned: Returned) -> impl IntoView {
    view! {
        <Dialog
            task=Task::Replace
            title="Replace key"
            action=format!("/keys/{}/replace", key.id)
            submit="Replace key"
            fields=&["key"]
            id=key.id
            testable=true
            returned=returned.clone()
        >
            <p>
                "The new key takes the place of " <WhichKey key=key.clone() />
                ". The old one is gone at once, and the last test result with it."
            </p>
            // For "Test first" in the browser. They have no name, so the form does not send them.
            <input type="hidden" id="provider" value=key.provider.to_string() />
            <input type="hidden" id="endpoint" value=key.endpoint.clone().unwrap_or_default() />
            <div class="field">
                <label for="key">"API key"</label>
                <Secret
                    providers=page.providers.clone()
                    fixed=key.provider.to_string()
                    faulty=returned.fault("key").is_some()
                    focus=returned.focus("key", true)
                />
                <PasteAgain returned=returned.clone() />
                <FieldError name="key" message=returned.fault("key") />
            </div>
        </Dialog>
    }
}
