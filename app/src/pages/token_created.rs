//! A new token, shown once.

use crate::{
    api::{logged, respond},
    components::{
        copy::Copy,
        frame::{Frame, Place},
    },
    pages::failed::failed,
    shown::Shown,
};
use domain::{Problem, views::AccountView};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::Title;
use vault::{Context, Vault};

/// The token while the server still has it for this browser, and afterwards that it is gone.
#[component]
pub(crate) fn TokenCreated() -> impl IntoView {
    let shown = use_context::<Shown>();
    let caller = use_context::<Vault>().zip(use_context::<Context>());
    let response = use_context::<ResponseOptions>();
    view! {
        <Suspense>
            {Suspend::new(async move {
                let (vault, cx) = caller?;
                Some(match vault.account(&cx).await {
                    Ok(account) => page(account, shown, response.as_ref()),
                    Err(failure) => failed("Token created", "/tokens", Place::Tokens, logged(failure), response.as_ref()),
                })
            })}
        </Suspense>
    }
}

fn page(account: AccountView, shown: Option<Shown>, response: Option<&ResponseOptions>) -> AnyView {
    let body = match shown {
        Some(Shown::Token(Some(token))) => view! {
            <Title text="Token created" />
            <div class="head"><h1 tabindex="-1">"Token created"</h1></div>
            <div class="once">
                <p><b>"Copy it now. It is not shown again."</b></p>
                <p class="fine" id="token-help">"This page forgets it after a minute. Keep it where the program that uses it finds its secrets."</p>
                <code class="once-token" id="new-token" tabindex="0" aria-label="The new token">{token.for_owner().to_owned()}</code>
                <div class="row">
                    <Copy of="new-token" />
                    <a class="button" href="/tokens">"Done"</a>
                </div>
            </div>
        }
        .into_any(),
        _ => {
            if let Some(response) = response {
                respond(response, &Problem::NotFound);
            }
            view! {
                <Title text="Token not shown again" />
                <div class="head">
                    <div>
                        <h1>"This token is not shown again"</h1>
                        <p>"A new token is shown for a minute, to the browser that made it. If you did not copy it, revoke it and create another."</p>
                    </div>
                </div>
                <a class="button button--primary" href="/tokens">"Go to your API tokens"</a>
            }
            .into_any()
        }
    };
    view! { <Frame account=Some(account) place=Place::Tokens>{body}</Frame> }.into_any()
}
