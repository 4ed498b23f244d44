//! Where an account is signed in.

use super::time::Time;
use domain::views::SessionView;
use leptos::prelude::*;

#[component]
fn SessionRow(session: SessionView) -> impl IntoView {
    let place = session.client.clone().unwrap_or_else(|| "Unknown address".to_owned());
    let end = (!session.current).then(|| {
        view! {
            <form method="post" action=format!("/account/sessions/{}/end", session.id)>
                <button class="button button--danger" aria-label=format!("End the session from {place}")>"End"</button>
            </form>
        }
    });
    view! {
        <tr id=format!("session-{}", session.id)>
            <td data-label="From">
                <span>{place.clone()} " " {session.current.then(|| view! { <span class="tag">"this browser"</span> })}</span>
            </td>
            <td data-label="Signed in"><span><Time at=session.created /></span></td>
            <td data-label="Last seen"><span><Time at=session.seen /></span></td>
            <td data-label="">{end}</td>
        </tr>
    }
    .into_any()
}

/// Every session with when and where, each with a way to end it.
#[component]
pub(crate) fn SessionsList(sessions: Vec<SessionView>) -> impl IntoView {
    let others = sessions.iter().any(|session| !session.current);
    let rows = sessions.into_iter().map(|session| view! { <SessionRow session /> }).collect_view();
    view! {
        <section class="group" aria-labelledby="sessions">
            <header>
                <h2 id="sessions">"Sessions"</h2>
                {others
                    .then(|| {
                        view! {
                            <form class="push" method="post" action="/account/sessions/end-others">
                                <button class="button">"End all others"</button>
                            </form>
                        }
                    })}
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
