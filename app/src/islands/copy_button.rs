//! Copies a text of the page.

use leptos::prelude::*;

/// A button that copies what the element with the id `of` says, and tells whether that worked. Without JavaScript it is not there:
/// one press on the text selects it. No prop holds the text. `named` is what assistive technology calls it; empty for "Copy".
#[island]
pub fn CopyButton(of: String, named: String) -> impl IntoView {
    let ready = RwSignal::new(false);
    let said = RwSignal::new("");
    let class = if named.is_empty() { "button button--primary" } else { "button" };
    let label = (!named.is_empty()).then_some(named);
    let press = move |_| {
        #[cfg(feature = "hydrate")]
        crate::browser::copy::copy(&of, said);
        #[cfg(not(feature = "hydrate"))]
        let _ = &of;
    };
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| ready.set(true));
    view! {
        <button class=class type="button" hidden=move || !ready.get() aria-label=label on:click=press>"Copy"</button>
        <span class="fine" role="status">{move || said.get()}</span>
    }
}
