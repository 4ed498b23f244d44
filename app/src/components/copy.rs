//! A button that copies a text of the page.

use crate::islands::CopyButton;
use leptos::prelude::*;

/// Copies what the element with the id `of` says. Assistive technology calls the button `named`; without a name it is the main one
/// of its page.
#[component]
pub(crate) fn Copy(#[prop(into)] of: String, #[prop(optional, into)] named: Option<String>) -> impl IntoView {
    let class = if named.is_some() { "button" } else { "button button--primary" };
    view! {
        <CopyButton>
            <button class=class type="button" data-copies=of aria-label=named>
                "Copy"
            </button>
        </CopyButton>
    }
}
