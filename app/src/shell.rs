//! The document around every page, and the routes.

#![allow(unreachable_pub, reason = "the component macro makes public types")]

use crate::{
    islands::Task,
    pages::{
        account::Account,
        credentials::{CredentialTask, Credentials},
        keys::Keys,
        not_found::NotFound,
        setup::Setup,
        sign_in::SignIn,
        token_created::TokenCreated,
        tokens::{TokenTask, Tokens},
    },
};
use leptos::prelude::*;
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{Redirect, Route, Router, Routes},
    path,
};

/// The whole document of a page. Scripts carry the nonce of the request, if the server provided one.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let stylesheet = format!("/{}/keyward.css", options.site_pkg_dir);
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <link rel="stylesheet" href=stylesheet />
                <link rel="icon" type="image/svg+xml" href="/favicon.svg" />
                <HydrationScripts options islands=true />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// Every page. Dialogs are routes that render the keys page with a dialog open.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title formatter=|page: String| if page.is_empty() { "Keyward".to_owned() } else { format!("{page} \u{b7} Keyward") } />
        <Router>
            <Routes fallback=NotFound>
                <Route path=path!("/") view=|| view! { <Redirect path="/keys" /> } ssr=SsrMode::Async />
                <Route path=path!("/setup") view=Setup ssr=SsrMode::Async />
                <Route path=path!("/sign-in") view=SignIn ssr=SsrMode::Async />
                <Route path=path!("/keys") view=|| view! { <Keys /> } ssr=SsrMode::Async />
                <Route path=path!("/keys/new") view=|| view! { <Keys task=Task::Add /> } ssr=SsrMode::Async />
                <Route path=path!("/keys/:id/replace") view=|| view! { <Keys task=Task::Replace /> } ssr=SsrMode::Async />
                <Route path=path!("/keys/:id/edit") view=|| view! { <Keys task=Task::Edit /> } ssr=SsrMode::Async />
                <Route path=path!("/keys/:id/delete") view=|| view! { <Keys task=Task::Delete /> } ssr=SsrMode::Async />
                <Route path=path!("/tokens") view=|| view! { <Tokens /> } ssr=SsrMode::Async />
                <Route path=path!("/tokens/new") view=|| view! { <Tokens task=TokenTask::New /> } ssr=SsrMode::Async />
                <Route path=path!("/tokens/:id/created") view=TokenCreated ssr=SsrMode::Async />
                <Route path=path!("/tokens/:id/revoke") view=|| view! { <Tokens task=TokenTask::Revoke /> } ssr=SsrMode::Async />
                <Route path=path!("/account") view=Account ssr=SsrMode::Async />
                <Route path=path!("/settings/credentials") view=|| view! { <Credentials /> } ssr=SsrMode::Async />
                <Route path=path!("/settings/credentials/:service") view=|| view! { <Credentials /> } ssr=SsrMode::Async />
                <Route path=path!("/settings/credentials/:service/new") view=|| view! { <Credentials task=CredentialTask::New /> } ssr=SsrMode::Async />
                <Route path=path!("/settings/credentials/:service/:kind/replace") view=|| view! { <Credentials task=CredentialTask::Replace /> } ssr=SsrMode::Async />
                <Route path=path!("/settings/credentials/:service/:kind/delete") view=|| view! { <Credentials task=CredentialTask::Delete /> } ssr=SsrMode::Async />
                <Route path=path!("/settings/credentials/:service/:kind/move") view=|| view! { <Credentials task=CredentialTask::Move /> } ssr=SsrMode::Async />
                <Route path=path!("/account/credentials") view=|| view! { <Credentials own=true /> } ssr=SsrMode::Async />
                <Route path=path!("/account/credentials/:service") view=|| view! { <Credentials own=true /> } ssr=SsrMode::Async />
                <Route path=path!("/account/credentials/:service/new") view=|| view! { <Credentials own=true task=CredentialTask::New /> } ssr=SsrMode::Async />
                <Route path=path!("/account/credentials/:service/:kind/replace") view=|| view! { <Credentials own=true task=CredentialTask::Replace /> } ssr=SsrMode::Async />
                <Route path=path!("/account/credentials/:service/:kind/delete") view=|| view! { <Credentials own=true task=CredentialTask::Delete /> } ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
}
