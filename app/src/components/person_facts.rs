//! What is known of an account, and where it is signed in.

use super::{people_list::AccessState, time::Time};
use domain::views::{PersonPage, SessionView};
use leptos::prelude::*;

fn keys(page: &PersonPage) -> String {
    let held = page.line.keys;
    match page.key_limit {
        _ if !page.may_add => format!("{held}; the tier may not hold any"),
        Some(limit) => format!("{held} of {limit}"),
        None => held.to_string(),
    }
}

/// Name and value of each fact.
#[component]
pub(crate) fn PersonFacts(page: PersonPage) -> impl IntoView {
    let person = page.line.person.clone();
    let seen = match page.line.seen {
        Some(at) => view! { <Time at /> }.into_any(),
        None => view! { "Not signed in" }.into_any(),
    };
    let last =
        page.last_admin.then(|| view! { <p class="fine">"The only administrator: role and access stay until there is another."</p> });
    view! {
        <section class="group" aria-labelledby="facts-title">
            <header>
                <h2 id="facts-title">"Account"</h2>
                <a class="button" id="change" href=format!("/settings/users/{}/change", person.id) data-opens="">"Change role or tier"</a>
            </header>
            <dl class="facts">
                <div>
                    <dt>"State"</dt>
                    <dd><AccessState disabled=person.disabled /></dd>
                </div>
                <div>
                    <dt>"Role"</dt>
                    <dd>{person.role.as_str()} {last}</dd>
                </div>
                <div>
                    <dt>"Tier"</dt>
                    <dd>{person.tier.as_str()}</dd>
                </div>
                <div>
                    <dt>"Provider keys"</dt>
                    <dd>{keys(&page)} <p class="fine">"Only their number is told. Nobody but their owner sees, tests or uses them."</p></dd>
                </div>
                <div>
                    <dt>"API tokens"</dt>
                    <dd>{page.line.tokens}</dd>
                </div>
                <div>
                    <dt>"Added"</dt>
                    <dd><Time at=person.created /></dd>
                </div>
                <div>
                    <dt>"Last seen"</dt>
                    <dd>{seen}</dd>
                </div>
            </dl>
        </section>
    }
    .into_any()
}

#[component]
fn SessionRow(path: String, session: SessionView) -> impl IntoView {
    let place = session.client.clone().unwrap_or_else(|| "Unknown address".to_owned());
    view! {
        <tr id=format!("session-{}", session.id)>
            <td data-label="From">
                <span>{place.clone()} " " {session.current.then(|| view! { <span class="tag">"this browser"</span> })}</span>
            </td>
            <td data-label="Signed in"><span><Time at=session.created /></span></td>
            <td data-label="Last seen"><span><Time at=session.seen /></span></td>
            <td data-label="">
                <form method="post" action=format!("{path}/sessions/{}/end", session.id)>
                    <button class="button button--danger" aria-label=format!("End the session from {place}")>"End"</button>
                </form>
            </td>
        </tr>
    }
    .into_any()
}

/// Every session of somebody, each with a way to end it; or that there is none.
#[component]
pub(crate) fn PersonSessions(page: PersonPage) -> impl IntoView {
    let path = format!("/settings/users/{}", page.line.person.id);
    if page.sessions.is_empty() {
        return view! {
            <section class="group" aria-labelledby="sessions">
                <header>
                    <h2 id="sessions">"Sessions"</h2>
                </header>
                <p class="group-text fine">"Not signed in anywhere."</p>
            </section>
        }
        .into_any();
    }
    let rows = page.sessions.into_iter().map(|session| view! { <SessionRow path=path.clone() session /> }).collect_view();
    view! {
        <section class="group" aria-labelledby="sessions">
            <header>
                <h2 id="sessions">"Sessions"</h2>
                <form class="push" method="post" action=format!("{path}/sessions/end")>
                    <button class="button">"End all"</button>
                </form>
            </header>
            <table class="table table--sessions">
                <thead>
                    <tr>
                        <th scope="col">"From"</th>
                        <th scope="col">"Signed in"</th>
                        <th scope="col">"Last seen"</th>
                        <th scope="col"><span class="visually-hidden">"Actions"</span></th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
    .into_any()
}
