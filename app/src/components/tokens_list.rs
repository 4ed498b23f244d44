//! The list of API tokens.

use super::time::{Day, Time};
use domain::views::{TokenState, TokenView, TokensPage};
use leptos::prelude::*;

#[component]
fn TokenRow(token: TokenView) -> impl IntoView {
    let (class, word) = match token.state {
        TokenState::Active => ("state state--works", "Active"),
        TokenState::Expired => ("state state--off", "Expired"),
    };
    let used = match token.used {
        Some(at) => view! { <Time at /> }.into_any(),
        None => view! { "Never" }.into_any(),
    };
    let scopes = token.scopes.iter().map(|scope| view! { <span class="tag">{scope.as_str()}</span> " " }).collect_view();
    let revoke = format!("/tokens/{}/revoke", token.id);
    view! {
        <tr id=format!("token-{}", token.id)>
            <td data-label="Name">
                <span>
                    <b>{token.name.clone()}</b> <br />
                    <span class="hint">{format!("{}_\u{2026}", token.prefix)}</span>
                </span>
            </td>
            <td data-label="Scopes"><span>{scopes}</span></td>
            <td data-label="Created"><span><Time at=token.created /></span></td>
            <td data-label="Expires"><span><Day at=token.expires /></span></td>
            <td data-label="Last used"><span>{used}</span></td>
            <td data-label="State"><span><span class=class>{word}</span></span></td>
            <td data-label="">
                <a class="button button--danger" id=format!("revoke-{}", token.id) href=revoke aria-label=format!("Revoke {}", token.name) data-opens="">
                    "Revoke"
                </a>
            </td>
        </tr>
    }
    .into_any()
}

#[component]
fn Empty() -> impl IntoView {
    view! {
        <div class="empty">
            <h2>"No tokens yet"</h2>
            <p>
                "A token lets a script or another program call the REST API as you, with only the permissions you choose. It is shown once, "
                "ends by itself, and stops working the moment you revoke it."
            </p>
            <a class="button button--primary" id="new" href="/tokens/new" data-opens="">"Create a token"</a>
        </div>
    }
}

/// Heading and table; or what a token is good for.
#[component]
pub(crate) fn TokensList(page: TokensPage) -> impl IntoView {
    let full = u32::try_from(page.tokens.len()).is_ok_and(|count| count >= page.limit);
    let add = match (page.tokens.is_empty(), full) {
        (true, _) => None,
        (false, false) => {
            Some(view! { <a class="button button--primary" id="new" href="/tokens/new" data-opens="">"Create a token"</a> }.into_any())
        }
        (false, true) => {
            Some(view! { <p class="fine">{format!("You have {} tokens, which is the most. Revoke one first.", page.limit)}</p> }.into_any())
        }
    };
    let body = if page.tokens.is_empty() {
        view! { <Empty /> }.into_any()
    } else {
        let rows = page.tokens.into_iter().map(|token| view! { <TokenRow token /> }).collect_view();
        view! {
            <div class="group">
                <table class="table table--tokens">
                    <thead>
                        <tr>
                            <th scope="col">"Name"</th>
                            <th scope="col">"Scopes"</th>
                            <th scope="col">"Created"</th>
                            <th scope="col">"Expires"</th>
                            <th scope="col">"Last used"</th>
                            <th scope="col">"State"</th>
                            <th scope="col"><span class="visually-hidden">"Actions"</span></th>
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
                <h1 tabindex="-1">"API tokens"</h1>
                <p>
                    "For programs that call the REST API as you. A token never does more than its scopes and your role allow. "
                    <a href="/api/docs" rel="external">"What the API can do"</a>
                </p>
            </div>
            {add}
        </div>
        {body}
    }
    .into_any()
}
