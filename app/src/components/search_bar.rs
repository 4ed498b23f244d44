//! Narrowing a list: words, and one of a few kinds. A plain form that asks for the same page again.

use leptos::prelude::*;
use vault::cloudflare::ListQuery;

/// A search and a choice named `only`; `kinds` are its values with their words.
#[component]
pub(crate) fn SearchBar(
    path: String,
    query: ListQuery,
    /// What is searched, for the label.
    what: &'static str,
    only: &'static str,
    /// What the choice is called.
    any: &'static str,
    kinds: Vec<(&'static str, &'static str)>,
) -> impl IntoView {
    let narrowed = !(query.search.is_empty() && query.only.is_empty());
    let all = narrowed.then(|| view! { <a class="button button--quiet" href=path.clone()>"Show all"</a> });
    let options =
        kinds.into_iter().map(|(value, word)| view! { <option value=value selected=value == query.only>{word}</option> }).collect_view();
    view! {
        <form class="search-bar" role="search" method="get" action=path>
            <label class="visually-hidden" for="search">{format!("Search {what}")}</label>
            <input class="input" id="search" name="search" type="search" value=query.search placeholder=format!("Search {what}") autocomplete="off" />
            <label class="visually-hidden" for="only">{any}</label>
            <select class="input" id="only" name=only>
                <option value="">{any}</option>
                {options}
            </select>
            <button class="button">"Search"</button>
            {all}
        </form>
    }
}
