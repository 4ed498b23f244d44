//! Moments in relative words.

use leptos::prelude::*;

/// Says every `<time>` of the page in relative words, and again each half minute. The server's UTC text becomes its title.
#[island]
pub fn Times() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    crate::browser::times::start();
}
