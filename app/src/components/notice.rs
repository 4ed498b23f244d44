//! What was just done, or why it was not, above a page.

use crate::{done::Done, returned::Returned};
use leptos::prelude::*;

/// An announcement. It is there, empty, before there is anything to say. What a test `found` comes with its look.
#[component]
pub(crate) fn Notice(
    done: Option<Done>,
    #[prop(optional_no_strip)] found: Option<(&'static str, String)>,
    returned: Returned,
) -> impl IntoView {
    let problem = returned.problem.as_ref().map(|problem| problem.detail().into_owned());
    let found = found.filter(|_| matches!(done, Some(Done::Tested | Done::CredentialTested)));
    let class = match (&problem, &found, done) {
        (Some(_), _, _) => "toast note note--bad".to_owned(),
        (None, Some((look, _)), _) => format!("toast {look}"),
        (None, None, Some(_)) => "toast note note--good".to_owned(),
        (None, None, None) => "toast".to_owned(),
    };
    let said = found.map(|(_, said)| said).or_else(|| done.map(|done| done.message().to_owned()));
    let text = problem.or(said);
    view! { <div id="notice" class=class role="status">{text}</div> }
}
