//! The document around every page, and the routes.

#![allow(unreachable_pub, reason = "the component macro makes public types")]

use crate::{
    islands::Task,
    pages::{
        account::Account,
        audit::Audit,
        cloudflare::{Zone, ZoneTask, Zones},
        credentials::{CredentialTask, Credentials},
        keys::Keys,
        not_found::NotFound,
        overview::Overview,
        people::People,
        person::{Person, PersonTask},
        reset::Reset,
        setup::Setup,
        sign_in::SignIn,
        token_created::TokenCreated,
        tokens::{TokenTask, Tokens},
        vault::VaultHome,
    },
};
use domain::person::Theme;
use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{Redirect, Route, Router, Routes},
    path,
};
use std::sync::LazyLock;

/// Keeps a form from being sent twice, and an announcement from being made twice. Pages carry it without its comments.
static ONCE: LazyLock<String> = LazyLock::new(|| {
    let lines = include_str!("once.js").lines().map(str::trim_start);
    lines.filter(|line| !line.starts_with("//")).collect::<Vec<_>>().join("\n")
});

/// The whole document of a page. Scripts carry the nonce of the request, if the server provided one; a theme that was chosen is there
/// before anything is painted.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let theme = use_context::<Theme>();
    let stylesheet = format!("/{}/keyward.css", options.site_pkg_dir);
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.map(Theme::as_str)>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content=theme.map_or("light dark", Theme::as_str) />
                <link rel="stylesheet" href=stylesheet />
                <link rel="icon" type="image/svg+xml" href="/favicon.svg" />
                <script nonce=use_nonce()>{ONCE.as_str()}</script>
                <HydrationScripts options islands=true />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// The title of a page as it goes into the document. What a page gives can be somebody else's text, a zone's name say, and `leptos_meta`
/// writes what comes from here as it is.
#[expect(clippy::needless_pass_by_value, reason = "the type of the formatter")]
fn title(page: String) -> String {
    if page.is_empty() {
        return "Keyward".to_owned();
    }
    format!("{} \u{b7} Keyward", page.replace('&', "&amp;").replace('<', "&lt;"))
}

/// Every page. Dialogs are routes that render the keys page with a dialog open.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title formatter=title />
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
                <Route path=path!("/settings/cloudflare") view=|| view! { <Zones /> } ssr=SsrMode::Async />
                <Route path=path!("/settings/cloudflare/zones/new") view=|| view! { <Zones adding=true /> } ssr=SsrMode::Async />
                <Route path=path!("/settings/cloudflare/zones/:id") view=|| view! { <Zone /> } ssr=SsrMode::Async />
                <Route path=path!("/settings/cloudflare/zones/:id/delete") view=|| view! { <Zone task=ZoneTask::Delete /> } ssr=SsrMode::Async />
                <Route path=path!("/settings/cloudflare/zones/:id/records/new") view=|| view! { <Zone task=ZoneTask::NewRecord /> } ssr=SsrMode::Async />
                <Route path=path!("/settings/cloudflare/zones/:id/records/:record/edit") view=|| view! { <Zone task=ZoneTask::EditRecord /> } ssr=SsrMode::Async />
                <Route path=path!("/settings/cloudflare/zones/:id/records/:record/delete") view=|| view! { <Zone task=ZoneTask::DeleteRecord /> } ssr=SsrMode::Async />
                <Route path=path!("/reset") view=Reset ssr=SsrMode::Async />
                <Route path=path!("/settings") view=Overview ssr=SsrMode::Async />
                <Route path=path!("/settings/users") view=People ssr=SsrMode::Async />
                <Route path=path!("/settings/users/:id") view=|| view! { <Person /> } ssr=SsrMode::Async />
                <Route path=path!("/settings/users/:id/change") view=|| view! { <Person task=PersonTask::Change /> } ssr=SsrMode::Async />
                <Route path=path!("/settings/users/:id/disable") view=|| view! { <Person task=PersonTask::Disable /> } ssr=SsrMode::Async />
                <Route path=path!("/settings/users/:id/enable") view=|| view! { <Person task=PersonTask::Enable /> } ssr=SsrMode::Async />
                <Route path=path!("/settings/users/:id/reset") view=|| view! { <Person task=PersonTask::Reset /> } ssr=SsrMode::Async />
                <Route path=path!("/settings/vault") view=|| view! { <VaultHome /> } ssr=SsrMode::Async />
                <Route path=path!("/settings/vault/rotate") view=|| view! { <VaultHome rotate=true /> } ssr=SsrMode::Async />
                <Route path=path!("/settings/audit") view=|| view! { <Audit /> } ssr=SsrMode::Async />
                <Route path=path!("/settings/audit/export") view=|| view! { <Audit export=true /> } ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seen red with the text as it came: an address that somebody chose opened a form on an administrator's page.
    #[test]
    fn a_title_ends_where_the_document_says() {
        assert_eq!(title("</title><form> &amp; more".into()), "&lt;/title>&lt;form> &amp;amp; more \u{b7} Keyward");
        assert_eq!(title(String::new()), "Keyward");
    }
}
