//! Work in the background, watched.

use leptos::prelude::*;

/// While the element `live-status` says that something is at work, fetches the page again each two seconds and swaps it. Without
/// JavaScript the page has a link that does the same.
#[island]
pub fn LiveStatus() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    crate::browser::status::start();
}
