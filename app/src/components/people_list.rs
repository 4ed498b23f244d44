//! The list of people, and what of it is shown.

use super::{choice::Choice, time::Time};
use crate::query::address;
use domain::{
    person::{Role, Tier},
    views::{PeopleAsked, PeoplePage, PersonLine},
};
use leptos::prelude::*;

const PATH: &str = "/settings/users";

fn words(any: &str, all: impl IntoIterator<Item = &'static str>) -> Vec<(String, String)> {
    let any = (String::new(), any.to_owned());
    [any].into_iter().chain(all.into_iter().map(|word| (word.to_owned(), word.to_owned()))).collect()
}

/// The word in the address for whether accounts are disabled.
pub(crate) const fn state_word(disabled: Option<bool>) -> &'static str {
    match disabled {
        None => "",
        Some(true) => "disabled",
        Some(false) => "active",
    }
}

/// Whether an account may sign in, as a word and a shape.
#[component]
pub(crate) fn AccessState(disabled: bool) -> impl IntoView {
    let (class, word) = if disabled { ("state state--off", "Disabled") } else { ("state state--works", "Active") };
    view! { <span class=class>{word}</span> }
}

#[component]
fn Filter(asked: PeopleAsked) -> impl IntoView {
    let clear = asked.is_filtered().then(|| view! { <a class="button button--quiet" href=PATH>"Show all"</a> });
    view! {
        <form class="filter" method="get" action=PATH role="search" aria-label="People">
            <div class="field filter-wide">
                <label for="search">"E-mail address"</label>
                <input id="search" name="search" class="input" type="search" value=asked.search.clone() maxlength="254" autocomplete="off" />
            </div>
            <Choice name="role" label="Role" options=words("Any", Role::ALL.iter().map(|role| role.as_str())) value=asked.role.map(|role| role.to_string()).unwrap_or_default() />
            <Choice name="tier" label="Tier" options=words("Any", Tier::ALL.iter().map(|tier| tier.as_str())) value=asked.tier.map(|tier| tier.to_string()).unwrap_or_default() />
            <Choice name="state" label="State" options=words("Any", ["active", "disabled"]) value=state_word(asked.disabled).to_owned() />
            <div class="filter-acts">
                <button class="button">"Show"</button>
                {clear}
            </div>
        </form>
    }
}

#[component]
fn PersonRow(line: PersonLine) -> impl IntoView {
    let PersonLine { person, keys, seen, .. } = line;
    let seen = match seen {
        Some(at) => view! { <Time at /> }.into_any(),
        None => view! { "Not signed in" }.into_any(),
    };
    view! {
        <tr id=format!("person-{}", person.id)>
            <td data-label="E-mail">
                <a href=format!("{PATH}/{}", person.id)>{person.email.to_string()}</a>
            </td>
            <td data-label="Role"><span>{person.role.as_str()}</span></td>
            <td data-label="Tier"><span>{person.tier.as_str()}</span></td>
            <td data-label="Provider keys"><span>{keys}</span></td>
            <td data-label="Last seen"><span>{seen}</span></td>
            <td data-label="State"><span><AccessState disabled=person.disabled /></span></td>
        </tr>
    }
    .into_any()
}

#[component]
fn Pages(asked: PeopleAsked, next: Option<String>) -> impl IntoView {
    let link = |after: &str| {
        let pairs = [
            ("search", asked.search.as_str()),
            ("role", asked.role.map_or("", Role::as_str)),
            ("tier", asked.tier.map_or("", Tier::as_str)),
            ("state", state_word(asked.disabled)),
            ("after", after),
        ];
        address(PATH, &pairs)
    };
    let first = asked.after.is_some().then(|| view! { <a class="button" href=link("")>"First page"</a> });
    let next = next.map(|after| view! { <a class="button" id="next" href=link(&after) rel="next">"Next page"</a> });
    (first.is_some() || next.is_some()).then(|| view! { <nav class="pager" aria-label="Pages">{first} {next}</nav> })
}

/// Filter, table and pages; or that nobody fits.
#[component]
pub(crate) fn PeopleList(page: PeoplePage) -> impl IntoView {
    let PeoplePage { asked, people, next, .. } = page;
    let body = if people.is_empty() {
        view! {
            <div class="empty">
                <div>
                    <h2>"Nobody fits"</h2>
                    <p>"No account has all of what you asked for."</p>
                </div>
                <a class="button" href=PATH>"Show all"</a>
            </div>
        }
        .into_any()
    } else {
        let rows = people.into_iter().map(|line| view! { <PersonRow line /> }).collect_view();
        view! {
            <div class="group">
                <table class="table table--people">
                    <thead>
                        <tr>
                            <th scope="col">"E-mail"</th>
                            <th scope="col">"Role"</th>
                            <th scope="col">"Tier"</th>
                            <th scope="col">"Provider keys"</th>
                            <th scope="col">"Last seen"</th>
                            <th scope="col">"State"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
        .into_any()
    };
    view! {
        <div class="head">
            <div>
                <h1 tabindex="-1">"People"</h1>
                <p>"Who may sign in, and as what. You see how many keys somebody keeps, and nothing that is in them."</p>
            </div>
        </div>
        <Filter asked=asked.clone() />
        {body}
        <Pages asked next />
    }
    .into_any()
}
