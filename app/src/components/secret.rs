//! The field a secret is pasted into, and what it is told.

use crate::islands::{SecretField, secret_field::Given};
use domain::views::ProviderView;
use leptos::prelude::*;

/// Puts the field on the page. There is one on a page: the browser finds what it is told by an id.
#[component]
pub(crate) fn Secret(
    #[prop(optional)] providers: Vec<ProviderView>,
    #[prop(optional, into)] fixed: Option<String>,
    #[prop(optional, into)] help: Option<String>,
    faulty: bool,
    focus: bool,
) -> impl IntoView {
    let line = |p: &ProviderView| format!("{}\t{}\t{}", p.id, p.name, p.key_format.as_deref().unwrap_or_default());
    let providers = providers.iter().map(line).collect::<Vec<_>>().join("\n");
    provide_context(Given { providers: providers.clone(), fixed: fixed.clone(), help: help.clone(), faulty, focus });
    view! {
        <div
            id="secret"
            data-providers=providers
            data-fixed=fixed
            data-help=help
            data-faulty=faulty.then_some("")
            data-focus=focus.then_some("")
        >
            <SecretField />
        </div>
    }
}
