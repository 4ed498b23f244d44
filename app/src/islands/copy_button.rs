//! Copies the new token.

use leptos::prelude::*;

/// A button that copies what the element `new-token` says, and tells whether that worked. Without JavaScript it is not there:
/// one press on the token selects it. No prop holds the token.
#[island]
pub fn CopyButton() -> impl IntoView {
    let ready = RwSignal::new(false);
    let said = RwSignal::new("");
    let press = move |_| {
        #[cfg(feature = "hydrate")]
        crate::browser::copy::copy("new-token", said);
    };
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| ready.set(true));
    view! {
        <button class="button button--primary" type="button" hidden=move || !ready.get() on:click=press>"Copy"</button>
        <span class="fine" role="status">{move || said.get()}</span>
    }
}
