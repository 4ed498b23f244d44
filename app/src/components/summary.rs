//! The line of counts above the list.

use super::time::Time;
use domain::{
    Verdict,
    views::{KeyView, KeysPage},
};
use leptos::prelude::*;
use std::collections::BTreeSet;

/// Whether somebody should look at this key.
fn needs_attention(key: &KeyView) -> bool {
    let verdict = key.tested.as_ref().map(|test| test.verdict);
    key.enabled && matches!(verdict, Some(Verdict::Rejected | Verdict::NoCredit | Verdict::Unreachable | Verdict::Unexpected))
}

fn noun(count: usize, one: &'static str, many: &'static str) -> &'static str {
    if count == 1 { one } else { many }
}

/// How many keys there are and how they do.
#[component]
pub(crate) fn Summary(page: KeysPage) -> impl IntoView {
    let keys = &page.keys;
    let total = keys.len();
    let providers = keys.iter().map(|key| key.provider.as_str()).collect::<BTreeSet<_>>().len();
    let works = keys.iter().filter(|key| key.enabled && key.tested.as_ref().is_some_and(|test| test.verdict == Verdict::Valid)).count();
    let attention = keys.iter().filter(|key| needs_attention(key)).count();
    let off = keys.iter().filter(|key| !key.enabled).count();
    let checked = keys.iter().filter_map(|key| key.tested.as_ref().map(|test| test.at)).max();
    let count = |number: usize, words: &'static str| (number > 0).then(|| view! { <span><b>{number}</b> {format!(" {words}")}</span> });
    view! {
        <p class="summary">
            <span>
                <b>{total}</b> {format!(" {} at ", noun(total, "key", "keys"))} <b>{providers}</b>
                {format!(" {}", noun(providers, "provider", "providers"))}
            </span>
            {count(works, noun(works, "works", "work"))}
            {count(attention, noun(attention, "needs attention", "need attention"))} {count(off, "off")}
            {checked.map(|at| view! { <span>"last checked " <b><Time at /></b></span> })}
        </p>
    }
}
