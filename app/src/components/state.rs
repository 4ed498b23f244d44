//! What is known about a key, as a word and a shape.

use domain::{Verdict, views::TestView};
use leptos::prelude::*;

/// The class that gives a verdict its look.
const fn class(verdict: Option<Verdict>) -> &'static str {
    match verdict {
        Some(Verdict::Valid) => "state state--works",
        Some(Verdict::Rejected) => "state state--rejected",
        Some(Verdict::NoCredit) => "state state--no-credit",
        Some(Verdict::RateLimited) => "state state--limited",
        Some(Verdict::Unreachable) => "state state--unreachable",
        Some(Verdict::Unexpected) => "state state--unexpected",
        Some(Verdict::Unchecked) => "state state--unchecked",
        None => "state state--untested",
    }
}

/// The fixed word of the last test, or that there was none.
#[component]
pub(crate) fn State(tested: Option<TestView>) -> impl IntoView {
    view! { <VerdictState verdict=tested.map(|test| test.verdict) /> }
}

/// The fixed word of a verdict, or that there is none.
#[component]
pub(crate) fn VerdictState(verdict: Option<Verdict>) -> impl IntoView {
    view! { <span class=class(verdict)>{verdict.map_or("Not tested", Verdict::word)}</span> }
}
