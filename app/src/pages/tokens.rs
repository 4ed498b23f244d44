//! The page of API tokens, alone or behind one of its dialogs.

use crate::{
    api::logged,
    components::{
        frame::{Frame, Place},
        notice::Notice,
        tokens_list::TokensList,
    },
    done::Done,
    islands::Times,
    pages::{failed::failed, new_token::NewToken, not_found::NotFound, revoke_token::RevokeToken},
    returned::Returned,
};
use domain::views::TokensPage;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use vault::{Context, Vault};

/// A dialog of the page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenTask {
    /// Make a token.
    New,
    /// End one.
    Revoke,
}

/// What the address asks for beside the list.
struct Asked {
    task: Option<TokenTask>,
    id: Option<String>,
    done: Option<Done>,
    returned: Returned,
}

/// Reads the tokens once and shows them.
#[component]
pub(crate) fn Tokens(#[prop(optional)] task: Option<TokenTask>) -> impl IntoView {
    let asked = Asked {
        task,
        id: use_params_map().with_untracked(|params| params.get("id")),
        done: use_query_map().with_untracked(|query| query.get("done")).as_deref().and_then(Done::parse),
        returned: use_context::<Returned>().unwrap_or_default(),
    };
    let caller = use_context::<Vault>().zip(use_context::<Context>());
    let response = use_context::<ResponseOptions>();
    view! {
        <Suspense>
            {Suspend::new(async move {
                let (vault, cx) = caller?;
                Some(match vault.tokens_page(&cx).await {
                    Ok(page) => shown(page, asked),
                    Err(failure) => failed("API tokens", "/tokens", Place::Tokens, logged(failure), response.as_ref()),
                })
            })}
        </Suspense>
    }
}

fn shown(page: TokensPage, asked: Asked) -> AnyView {
    let Asked { task, id, done, returned } = asked;
    let dialog = match task {
        None => None,
        Some(TokenTask::New) => Some(view! { <NewToken page=page.clone() returned=returned.clone() /> }.into_any()),
        Some(TokenTask::Revoke) => {
            let token = id.and_then(|id| id.parse().ok()).and_then(|id| page.tokens.iter().find(|token| token.id == id).cloned());
            let Some(token) = token else { return view! { <NotFound /> }.into_any() };
            Some(view! { <RevokeToken token returned=returned.clone() /> }.into_any())
        }
    };
    let inert = dialog.is_some();
    let notice = (!inert).then(|| view! { <Notice done returned /> });
    view! {
        <Title text="API tokens" />
        <Frame account=Some(page.account.clone()) place=Place::Tokens inert>
            {notice}
            <div inert=inert>
                <TokensList page />
            </div>
            {dialog}
        </Frame>
        <Times />
    }
    .into_any()
}

#[cfg(test)]
mod tests;
