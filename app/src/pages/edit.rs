//! The dialog "Edit key".

use crate::{
    components::{
        dialog::{Dialog, WhichKey},
        field::{FieldError, TextField},
        secret::Secret,
    },
    islands::Task,
    returned::Returned,
};
use domain::views::KeyView;
use leptos::prelude::*;

/// A tick box; `set` is what the key says, unless the form came back.
#[component]
fn Tick(name: &'static str, label: String, set: bool, #[prop(optional)] fixed: bool, returned: Returned) -> impl IntoView {
    let came_back = returned.value("revision").is_some();
    let ticked = if came_back && !fixed { returned.value(name) == Some("true") } else { set };
    view! {
        <div class="field field--tick">
            <label>
                <input type="checkbox" name=name value="true" checked=ticked disabled=fixed />
                " "
                {label}
            </label>
        </div>
    }
}

/// A new base URL needs the key again: a stored secret is never sent to another address.
#[component]
fn Address(endpoint: String, returned: Returned) -> impl IntoView {
    view! {
        <TextField name="endpoint" label="Base URL" kind="url" value=endpoint returned=returned.clone() />
        <div class="field">
            <label for="key">"API key"</label>
            <Secret
                help="Only for a new base URL: a stored key is never sent to another address."
                faulty=returned.fault("key").is_some()
                focus=returned.focus("key", false)
            />
            <FieldError name="key" message=returned.fault("key") />
        </div>
    }
}

/// Changes what is said about a key and whether it may be used.
#[component]
pub(crate) fn Edit(key: KeyView, returned: Returned) -> impl IntoView {
    let default = format!("Default for {}", key.provider_name);
    let help = if key.is_default { "It is the default. To change that, make another key the default." } else { "" };
    let address = key.endpoint.clone().map(|endpoint| view! { <Address endpoint returned=returned.clone() /> });
    view! {
        <Dialog
            task=Task::Edit
            title="Edit key"
            action=format!("/keys/{}/edit", key.id)
            submit="Save changes"
            fields=&["label", "description", "endpoint", "key"]
            id=key.id
            returned=returned.clone()
        >
            <p>
                <WhichKey key=key.clone() />
            </p>
            <input type="hidden" name="revision" value=key.revision.to_string() />
            <input type="hidden" name="enabled_present" value="1" />
            <TextField name="label" label="Label" value=key.label.clone().unwrap_or_default() autofocus=true returned=returned.clone() />
            <TextField
                name="description"
                label="Description"
                value=key.description.clone().unwrap_or_default()
                optional=true
                returned=returned.clone()
            />
            {address}
            <Tick name="enabled" label="Switched on".to_owned() set=key.enabled returned=returned.clone() />
            <Tick name="is_default" label=default set=key.is_default fixed=key.is_default returned />
            <span class="help">{help}</span>
        </Dialog>
    }
}
