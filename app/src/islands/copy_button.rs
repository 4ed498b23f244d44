//! Copies a text of the page.

use leptos::prelude::*;

/// Lets the button inside copy what the element that its `data-copies` names says, and tells whether that worked. Without JavaScript
/// it is not there: one press on the text selects it.
#[island]
pub fn CopyButton(children: Children) -> impl IntoView {
    let ready = RwSignal::new(false);
    let said = RwSignal::new("");
    let press = move |event: leptos::ev::MouseEvent| {
        #[cfg(feature = "hydrate")]
        crate::browser::copy::copy(&event, said);
        #[cfg(not(feature = "hydrate"))]
        let _ = event;
    };
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| ready.set(true));
    view! {
        <span hidden=move || !ready.get() on:click=press>{children()}</span>
        <span class="fine said" role="status">{move || said.get()}</span>
    }
}
