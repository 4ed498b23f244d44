//! What of the audit trail is shown.

use super::{audit_words, choice::Choice, field::TextField};
use crate::returned::Returned;
use domain::{
    Problem,
    views::{AuditAsked, AuditPage},
};
use leptos::prelude::*;

/// Every action that the trail holds, in words.
fn actions(page: &AuditPage) -> Vec<(String, String)> {
    let any = (String::new(), "Any".to_owned());
    let mut known: Vec<_> = page.actions.iter().map(|word| (word.clone(), audit_words::action(word).unwrap_or(word).to_owned())).collect();
    let asked = page.asked.action.trim();
    if !asked.is_empty() && !page.actions.iter().any(|word| word == asked) {
        // What was asked for stays chosen, though nothing of it ever happened.
        known.push((asked.to_owned(), asked.to_owned()));
    }
    known.sort_by(|one, other| one.1.cmp(&other.1));
    [any].into_iter().chain(known).collect()
}

fn outcomes() -> Vec<(String, String)> {
    let words = ["success", "refused", "failed", "started"].map(|word| (word.to_owned(), audit_words::outcome(word).1.to_owned()));
    [(String::new(), "Any".to_owned())].into_iter().chain(words).collect()
}

/// A form that asks for a part of the trail. It changes nothing, so what it asks for stands in the address.
#[component]
pub(crate) fn AuditFilter(page: AuditPage) -> impl IntoView {
    let returned =
        Returned { problem: (!page.faults.is_empty()).then(|| Problem::Invalid { fields: page.faults.clone() }), ..Returned::default() };
    let (actions, asked) = (actions(&page), page.asked);
    let clear = (!asked.given().is_empty()).then(|| view! { <a class="button button--quiet" href="/settings/audit">"Show all"</a> });
    let AuditAsked { actor, action, object, outcome, since, until, .. } = asked;
    let fault = |name| returned.fault(name);
    let kind = |text: &str| if text.is_empty() || text.trim().len() == 10 { "date" } else { "text" };
    let (since_kind, until_kind) = (kind(&since), kind(&until));
    view! {
        <form class="filter filter--audit" method="get" action="/settings/audit" role="search" aria-label="Audit trail" novalidate>
            <div class="filter-wide">
                <TextField name="actor" label="Person" value=actor help="E-mail address, or: system, nobody" returned=returned.clone() />
            </div>
            <Choice name="action" label="Action" options=actions value=action fault=fault("action") />
            <Choice name="outcome" label="Outcome" options=outcomes() value=outcome fault=fault("outcome") />
            <TextField name="object" label="Id of the thing" value=object returned=returned.clone() />
            <TextField name="since" label="From (UTC)" kind=since_kind value=since returned=returned.clone() />
            <TextField name="until" label="To (UTC)" kind=until_kind value=until returned />
            <div class="filter-acts">
                <button class="button">"Show"</button>
                {clear}
            </div>
        </form>
    }
    .into_any()
}
