//! What can be done with a key.

use domain::views::KeyView;
use leptos::prelude::*;

/// A button that posts to a row's address. `LiveKeys` finds it by its data attributes.
#[component]
pub(crate) fn RowButton(key: KeyView, act: &'static str, label: &'static str, #[prop(optional)] quiet: bool) -> impl IntoView {
    let class = if quiet { "button button--quiet" } else { "button" };
    view! {
        <form method="post" action=format!("/keys/{}/{act}", key.id) data-act=act data-key=key.id.to_string() data-title=key.title().to_owned()>
            <button class=class id=format!("{act}-{}", key.id) data-busy=if act == "test" { "Testing\u{2026}" } else { "Saving\u{2026}" }>{label}</button>
        </form>
    }
}

/// What is most likely to be done with a key. One that cannot be switched on says why.
#[component]
pub(crate) fn NextStep(key: KeyView, full: Option<String>) -> impl IntoView {
    match full.filter(|_| !key.enabled) {
        None if key.enabled => view! { <RowButton key act="test" label="Test" /> }.into_any(),
        None => view! { <RowButton key act="enable" label="Switch on" /> }.into_any(),
        Some(why) => {
            let id = format!("full-{}", key.id);
            view! {
                <span>
                    <button class="button" type="button" disabled aria-describedby=id.clone()>"Switch on"</button>
                    <span class="visually-hidden" id=id>{why}</span>
                </span>
            }
            .into_any()
        }
    }
}

/// The menu of a row; opens without JavaScript.
#[component]
pub(crate) fn RowMenu(key: KeyView) -> impl IntoView {
    let link = |task: &'static str, label: &'static str| {
        let id = key.id;
        view! { <a class="button button--quiet" id=format!("{task}-{id}") href=format!("/keys/{id}/{task}") data-opens="">{label}</a> }
    };
    view! {
        <details class="menu" id=format!("menu-{}", key.id)>
            <summary class="button button--quiet" id=format!("more-{}", key.id) aria-label=format!("More for {}", key.title())>
                "\u{2022}\u{2022}\u{2022}"
            </summary>
            <div>
                {link("replace", "Replace")} {link("edit", "Edit")}
                {key.enabled.then(|| view! { <RowButton key=key.clone() act="disable" label="Switch off" quiet=true /> })}
                {(!key.is_default).then(|| view! { <RowButton key=key.clone() act="default" label="Make default" quiet=true /> })}
                {link("delete", "Delete")}
            </div>
        </details>
    }
}
