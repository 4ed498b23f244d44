//! A moment.

use domain::Timestamp;
use leptos::prelude::*;

/// A moment in UTC; the browser says it in relative words.
#[component]
pub(crate) fn Time(at: Timestamp) -> impl IntoView {
    view! { <time datetime=at.to_string()>{at.readable()}</time> }
}

/// The same where two stand in one line: its day alone, which is as long as the words that take its place, so that no line moves when they come.
/// The minute is its title.
#[component]
pub(crate) fn ShortTime(at: Timestamp) -> impl IntoView {
    let readable = at.readable();
    let day = readable.chars().take(10).collect::<String>();
    view! { <time datetime=at.to_string() title=readable>{day}</time> }
}

/// A day that is to come, in UTC. The browser leaves it as it is: relative words are for what was.
#[component]
pub(crate) fn Day(at: Timestamp) -> impl IntoView {
    let day: String = at.readable().chars().take(10).collect();
    view! { <time>{day}</time> }
}
