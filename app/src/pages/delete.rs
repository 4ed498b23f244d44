//! The dialog "Delete key".

use crate::{
    components::{
        dialog::{Dialog, WhichKey},
        time::Time,
    },
    islands::Task,
    returned::Returned,
};
use domain::views::{KeyView, KeysPage};
use leptos::prelude::*;

/// What happens to the provider's default.
fn default_after(page: &KeysPage, key: &KeyView) -> Option<String> {
    let mut others: Vec<_> = page.keys.iter().filter(|other| other.provider == key.provider && other.id != key.id).collect();
    others.sort_by_key(|other| other.added);
    match (others.first(), key.is_default) {
        (None, _) => Some(format!("It is your only key for {}: nothing can use {0} until you add another.", key.provider_name)),
        (Some(next), true) => {
            Some(format!("It is the default for {}; \u{201c}{}\u{201d} becomes the default.", key.provider_name, next.title()))
        }
        (Some(_), false) => None,
    }
}

/// Deletes a key, after saying what depends on it.
#[component]
pub(crate) fn Delete(page: KeysPage, key: KeyView, returned: Returned) -> impl IntoView {
    let used = match key.used {
        Some(at) => view! { "It was last used " <Time at />"." }.into_any(),
        None => view! { "It has never been used." }.into_any(),
    };
    view! {
        <Dialog
            task=Task::Delete
            title="Delete key"
            action=format!("/keys/{}/delete", key.id)
            submit="Delete key"
            fields=&[]
            id=key.id
            danger=true
            returned
        >
            <p>
                <WhichKey key=key.clone() /> " is deleted for good. Whatever uses it stops working at once."
            </p>
            {default_after(&page, &key).map(|text| view! { <p>{text}</p> })}
            <p>{used}</p>
            <p class="fine">"The key itself stays valid at the provider: revoke it there if nobody should use it. To pause it, switch it off instead."</p>
        </Dialog>
    }
}
