//! Inline pictures.

use leptos::prelude::*;

/// The mark of Keyward: a key.
#[component]
pub(crate) fn KeyIcon() -> impl IntoView {
    view! {
        <svg
            width="22"
            height="22"
            viewBox="0 0 24 24"
            fill="none"
            stroke="currentColor"
            stroke-width="2"
            stroke-linecap="round"
            stroke-linejoin="round"
            aria-hidden="true"
        >
            <circle cx="8" cy="15" r="4.5"></circle>
            <path d="m11.5 11.5 8-8M16 7l3 3"></path>
        </svg>
    }
}
