//! What was just done, or why it was not, above a page.

use crate::{done::Done, returned::Returned};
use leptos::prelude::*;

/// An announcement. It is there, empty, before there is anything to say.
#[component]
pub(crate) fn Notice(done: Option<Done>, returned: Returned) -> impl IntoView {
    let problem = returned.problem.as_ref().map(|problem| problem.detail().into_owned());
    let class = match (&problem, done) {
        (Some(_), _) => "toast note note--bad",
        (None, Some(_)) => "toast note note--good",
        (None, None) => "toast",
    };
    let text = problem.or_else(|| done.map(|done| done.message().to_owned()));
    view! { <div id="notice" class=class role="status">{text}</div> }
}
