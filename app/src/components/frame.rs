//! The side bar and the place for a page.

use super::{email::Email, icon::KeyIcon};
use domain::{person::Role, views::AccountView};
use leptos::prelude::*;

/// `starter · 5 of 10 keys`.
pub(crate) fn tier_line(account: &AccountView) -> String {
    match account.key_limit {
        _ if !account.may_add => format!("{} \u{b7} no provider keys", account.tier),
        Some(limit) => format!("{} \u{b7} {} of {limit} keys", account.tier, account.keys),
        None => format!("{} \u{b7} {} {}", account.tier, account.keys, if account.keys == 1 { "key" } else { "keys" }),
    }
}

/// Where in the side bar a page is.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Place {
    /// The keys page.
    #[default]
    Keys,
    /// API tokens.
    Tokens,
    /// The caller's own account.
    Account,
    /// A page of the settings, for administrators.
    Settings(Setting),
}

/// A page of the settings.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setting {
    /// What needs attention.
    Overview,
    /// Accounts.
    People,
    /// The audit trail.
    Audit,
    /// Data keys, root key and what is sealed under them.
    Vault,
    /// Service credentials.
    Credentials,
    /// Zones and DNS records.
    Cloudflare,
}

/// Address, name and place of every page for all.
const PLACES: [(Place, &str, &str); 3] =
    [(Place::Keys, "/keys", "Provider keys"), (Place::Tokens, "/tokens", "API tokens"), (Place::Account, "/account", "Account")];

/// The same of the pages for administrators, in the order of the side bar.
const SETTINGS: &[(Setting, &str, &str)] = &[
    (Setting::Overview, "/settings", "Overview"),
    (Setting::Credentials, "/settings/credentials", "Service credentials"),
    (Setting::Cloudflare, "/settings/cloudflare", "Cloudflare"),
    (Setting::People, "/settings/users", "People"),
    (Setting::Audit, "/settings/audit", "Audit trail"),
    (Setting::Vault, "/settings/vault", "Vault"),
];

/// The frame of every signed-in page. `inert` while a dialog is open. Without an account (nothing could be read) the side
/// bar still signs out.
#[component]
pub(crate) fn Frame(
    account: Option<AccountView>,
    #[prop(optional)] place: Place,
    #[prop(optional)] inert: bool,
    children: Children,
) -> impl IntoView {
    let is_admin = account.as_ref().is_some_and(|account| account.role == Role::Admin);
    let who = account.map(|account| {
        view! {
            <span><Email address=account.email.to_string() /></span>
            <span id="tier">{tier_line(&account)}</span>
        }
    });
    let link = move |one: Place, path: &'static str, name: &'static str| view! { <a href=path aria-current=(one == place).then_some("page")>{name}</a> };
    let links = PLACES.map(|(one, path, name)| link(one, path, name)).collect_view();
    let settings = is_admin.then(|| {
        let links = SETTINGS.iter().map(|(one, path, name)| link(Place::Settings(*one), path, name)).collect_view();
        view! {
            <small id="settings-places">"Settings"</small>
            {links}
        }
    });
    view! {
        <div class="frame">
            <a class="skip" href="#main" inert=inert>"Skip to content"</a>
            <header class="side" inert=inert>
                <a class="brand" href="/keys"><KeyIcon />"Keyward"</a>
                <nav class="nav" aria-label="Main">
                    {links} {settings}
                </nav>
                <div class="who">
                    {who}
                    <form method="post" action="/sign-out">
                        <button class="button button--quiet">"Sign out"</button>
                    </form>
                </div>
            </header>
            <main id="main" tabindex="-1">{children()}</main>
        </div>
    }
    .into_any()
}
