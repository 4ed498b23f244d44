//! One key of the list.

use super::{
    menu::{NextStep, RowMenu},
    state::State,
    time::{ShortTime, Time},
};
use domain::{
    Verdict,
    views::{KeyView, TestView},
};
use leptos::prelude::*;

/// The reason beside the state, in words.
fn reason(test: &TestView) -> Option<String> {
    match test.verdict {
        Verdict::Valid => None,
        Verdict::Rejected => Some(test.status_code.map_or_else(|| "refused by the provider".to_owned(), |code| format!("HTTP {code}"))),
        Verdict::NoCredit => Some("key accepted, account has no credit".to_owned()),
        Verdict::RateLimited => Some("key accepted, provider is limiting".to_owned()),
        Verdict::Unreachable => Some("could not be checked".to_owned()),
        Verdict::Unexpected => Some("answer not understood".to_owned()),
        Verdict::Unchecked => Some("nothing to ask this provider".to_owned()),
    }
}

/// When the key was tested, how that went, and when it was used and added.
#[component]
fn Meta(key: KeyView) -> impl IntoView {
    let rejected = matches!(key.tested, Some(TestView { verdict: Verdict::Rejected, .. }));
    let tested = key.tested.map(|test| {
        let took = test.latency_ms.map(|ms| format!(" \u{b7} {ms}\u{a0}ms"));
        let reason = reason(&test).map(|reason| view! { {reason} <br /> });
        view! { {reason} "tested " <Time at=test.at /> {took} <br /> }
    });
    let used = match key.used {
        Some(at) => view! { "used " <ShortTime at /> }.into_any(),
        None => view! { "never used" }.into_any(),
    };
    view! {
        <div class="meta fine">
            {tested} {used} " \u{b7} added\u{a0}" <ShortTime at=key.added />
            {rejected
                .then(|| {
                    view! {
                        <br />
                        <a id=format!("renew-{}", key.id) href=format!("/keys/{}/replace", key.id) data-opens="">"Enter a new key"</a>
                    }
                })}
        </div>
    }
}

/// A row: label, hint, state, when it was tested, used and added, and what to do next.
#[component]
pub(crate) fn KeyRow(key: KeyView, full: Option<String>) -> impl IntoView {
    let class = if key.enabled { "key" } else { "key is-off" };
    let spoken = key.spoken();
    view! {
        <article class=class id=format!("key-{}", key.id) aria-labelledby=format!("title-{}", key.id)>
            <div>
                <h3>
                    <span id=format!("title-{}", key.id)>{key.title().to_owned()}</span>
                    {key.is_default.then(|| view! { " " <span class="tag">"default"</span> })}
                    {(!key.enabled).then(|| view! { " " <span class="tag">"off"</span> })}
                </h3>
                <span class="hint">
                    <span aria-hidden="true">{key.hint.clone().unwrap_or_else(|| spoken.clone())}</span>
                    <span class="visually-hidden">{spoken}</span>
                </span>
                {key.description.clone().map(|text| view! { <p class="fine">{text}</p> })}
                {key.endpoint.clone().map(|url| view! { <p class="fine">{url}</p> })}
            </div>
            <div>
                <State tested=key.tested.clone() />
            </div>
            <Meta key=key.clone() />
            <div class="row-actions">
                <NextStep key=key.clone() full /> <RowMenu key=key.clone() />
            </div>
        </article>
    }
    .into_any()
}
