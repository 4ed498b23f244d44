//! The list of keys, kept current.

use leptos::prelude::*;

/// Refreshes the list when a key changes elsewhere, and lets the buttons of its rows work without leaving the page.
#[island]
pub fn LiveKeys() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    crate::browser::live::start();
}
