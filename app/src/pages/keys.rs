//! The keys page, alone or behind one of its dialogs.

use crate::{
    api::{logged, respond},
    components::{frame::Frame, keys_list::KeysList, note::tone, notice::Notice},
    done::Done,
    islands::{LiveKeys, Task, Times},
    pages::{add::Add, delete::Delete, edit::Edit, not_found::NotFound, replace::Replace, unavailable::Unavailable},
    returned::Returned,
};
use domain::{
    Problem,
    views::{KeyView, KeysPage},
};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use vault::{Context, Vault};

/// What the address asks for beside the list.
struct Asked {
    task: Option<Task>,
    id: Option<String>,
    provider: Option<String>,
    done: Option<Done>,
    /// The key that was done with.
    of: Option<String>,
    returned: Returned,
}

/// Reads the keys page once and shows it.
#[component]
pub(crate) fn Keys(#[prop(optional)] task: Option<Task>) -> impl IntoView {
    let query = use_query_map().get_untracked();
    let asked = Asked {
        task,
        id: use_params_map().with_untracked(|params| params.get("id")),
        provider: query.get("provider"),
        done: query.get("done").as_deref().and_then(Done::parse),
        of: query.get("of"),
        returned: use_context::<Returned>().unwrap_or_default(),
    };
    let caller = use_context::<Vault>().zip(use_context::<Context>());
    let response = use_context::<ResponseOptions>();
    view! {
        <Suspense>
            {Suspend::new(async move {
                let (vault, cx) = caller?;
                Some(match vault.keys_page(&cx).await {
                    Ok(page) => shown(page, asked),
                    Err(failure) => failed(logged(failure), response.as_ref()),
                })
            })}
        </Suspense>
    }
}

fn failed(problem: Problem, response: Option<&ResponseOptions>) -> AnyView {
    if problem == Problem::NotAuthenticated {
        leptos_axum::redirect("/sign-in?next=/keys&ended=page");
        return ().into_any();
    }
    if let Some(response) = response {
        respond(response, &problem);
    }
    view! {
        <Frame account=None>
            <Unavailable title="Provider keys" problem again="/keys".to_owned() />
        </Frame>
    }
    .into_any()
}

fn shown(page: KeysPage, asked: Asked) -> AnyView {
    let Asked { task, id, provider, done, of, returned } = asked;
    let tested = of.and_then(|of| of.parse().ok()).and_then(|of| page.keys.iter().find(|key| key.id == of)).and_then(|key| {
        let test = key.tested.as_ref()?;
        Some((tone(test.verdict), format!("{}: {}", key.title(), test.verdict.message(test.status_code))))
    });
    let key = id.and_then(|id| id.parse().ok()).and_then(|id| page.keys.iter().find(|key| key.id == id).cloned());
    let dialog = match (task, key) {
        (None, _) => None,
        (Some(Task::Add), _) => Some(view! { <Add page=page.clone() provider returned=returned.clone() /> }.into_any()),
        (Some(task), Some(key)) => Some(about_key(task, &page, key, returned.clone())),
        (Some(_), None) => return view! { <NotFound /> }.into_any(),
    };
    let inert = dialog.is_some();
    let notice = (!inert).then(|| view! { <Notice done found=tested returned /> });
    view! {
        <Title text="Provider keys" />
        <Frame account=Some(page.account.clone()) inert>
            {notice}
            <div inert=inert>
                <KeysList page />
            </div>
            {dialog}
        </Frame>
        <LiveKeys />
        <Times />
    }
    .into_any()
}

fn about_key(task: Task, page: &KeysPage, key: KeyView, returned: Returned) -> AnyView {
    match task {
        Task::Replace => view! { <Replace page=page.clone() key returned /> }.into_any(),
        Task::Edit => view! { <Edit key returned /> }.into_any(),
        Task::Add | Task::Delete => view! { <Delete page=page.clone() key returned /> }.into_any(),
    }
}

#[cfg(test)]
mod tests;
