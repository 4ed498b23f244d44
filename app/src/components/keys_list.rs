//! The heading of the keys page and the list under it: what `GET /keys?part=list` refreshes. It holds no island.

use super::{
    frame::tier_line,
    group::Group,
    summary::Summary,
    surplus::{Surplus, may_switch_on_no_more},
};
use domain::{
    Problem,
    views::{AccountView, KeyView, KeysPage},
};
use leptos::prelude::*;

/// Why no key can be added, if so.
fn why_not(account: &AccountView) -> Option<String> {
    match account.key_limit {
        _ if !account.may_add => Some(format!("Your tier, {}, cannot hold provider keys. Ask an admin for another tier.", account.tier)),
        Some(limit) if account.keys >= limit => Some(Problem::TierLimit { limit }.detail().into_owned()),
        _ => None,
    }
}

fn by_provider(keys: Vec<KeyView>) -> Vec<Vec<KeyView>> {
    let mut groups: Vec<Vec<KeyView>> = Vec::new();
    for key in keys {
        match groups.iter_mut().find(|group| group.first().is_some_and(|first| first.provider == key.provider)) {
            Some(group) => group.push(key),
            None => groups.push(vec![key]),
        }
    }
    groups
}

/// The link that adds a key, or the same word switched off with the reason.
#[component]
fn AddLink(why_not: Option<String>) -> impl IntoView {
    match why_not {
        None => view! { <a class="button button--primary" id="add" href="/keys/new" data-opens="">"Add a key"</a> }.into_any(),
        Some(reason) => view! {
            <div>
                <button class="button button--primary" type="button" disabled aria-describedby="why-not">"Add a key"</button>
                <p class="fine" id="why-not">{reason}</p>
            </div>
        }
        .into_any(),
    }
}

/// What a first visit shows.
#[component]
fn Empty(why_not: Option<String>) -> impl IntoView {
    view! {
        <div class="empty">
            <h2>"Bring your first key"</h2>
            <div class="steps">
                <div><b>"1. Get a key"</b><span class="fine">"at the provider you already pay. We link to the right page."</span></div>
                <div><b>"2. Paste it once"</b><span class="fine">"Test it if you like. It is sealed when you save it and never shown again, not even to admins."</span></div>
                <div><b>"3. Keep an eye on it"</b><span class="fine">"You see when it was tested and used, and whether it still works."</span></div>
            </div>
            <AddLink why_not />
        </div>
    }
}

/// Heading, counts and groups; or the first steps.
#[component]
pub(crate) fn KeysList(page: KeysPage) -> impl IntoView {
    let why_not = why_not(&page.account);
    let may_add = why_not.is_none();
    let tier = tier_line(&page.account);
    let body = if page.keys.is_empty() {
        view! { <Empty why_not=why_not.clone() /> }.into_any()
    } else {
        let full = may_switch_on_no_more(&page);
        let groups =
            by_provider(page.keys.clone()).into_iter().map(|keys| view! { <Group keys may_add full=full.clone() /> }).collect_view();
        view! { <Summary page=page.clone() /> <Surplus page=page.clone() /> {groups} }.into_any()
    };
    view! {
        <div id="keys-list" data-tier=tier>
            <div class="head">
                <div>
                    <h1 tabindex="-1">"Provider keys"</h1>
                    <p>"Your own keys for model providers. A key is sealed when you save it and is never shown again."</p>
                </div>
                {(!page.keys.is_empty()).then(|| view! { <AddLink why_not /> })}
            </div>
            {body}
        </div>
    }
    .into_any()
}
