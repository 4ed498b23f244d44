//! A moment.

use domain::Timestamp;
use leptos::prelude::*;

/// A moment in UTC; the browser says it in relative words.
#[component]
pub(crate) fn Time(at: Timestamp) -> impl IntoView {
    view! { <time datetime=at.to_string()>{at.readable()}</time> }
}
