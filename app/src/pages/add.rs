//! The dialog "Add a provider key".

use crate::{
    components::{
        dialog::Dialog,
        field::{FieldError, TextField, described_by},
        note::PasteAgain,
        secret::Secret,
    },
    islands::Task,
    returned::Returned,
};
use domain::views::{KeysPage, ProviderView};
use leptos::prelude::*;

/// The host of a link, to name it.
fn host(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, rest)| rest).split('/').next().unwrap_or(url)
}

/// Where to make a key, one line a provider; the chosen one's is shown.
#[component]
fn WhereToGetOne(provider: ProviderView, chosen: bool) -> impl IntoView {
    provider.key_url.map(|url| {
        let text = format!("Make one at {}", host(&url));
        view! {
            <span class="help" data-provider=provider.id.to_string() hidden=!chosen>
                "No key yet? " <a href=url target="_blank" rel="noopener noreferrer">{text}</a>
            </span>
        }
    })
}

#[component]
fn ProviderField(providers: Vec<ProviderView>, chosen: String, focus: bool, fault: Option<String>) -> impl IntoView {
    let options = providers
        .iter()
        .map(|p| {
            let id = p.id.to_string();
            let endpoint = p.custom_endpoint.then_some("true");
            let keyless = p.keyless.then_some("true");
            view! { <option value=id.clone() selected=id == chosen data-endpoint=endpoint data-keyless=keyless>{p.name.clone()}</option> }
        })
        .collect_view();
    let links = providers.into_iter().map(|provider| {
        let chosen = provider.id.as_str() == chosen;
        view! { <WhereToGetOne provider chosen /> }
    });
    view! {
        <div class="field">
            <label for="provider">"Provider"</label>
            <select
                id="provider"
                name="provider"
                class="input"
                autofocus=focus
                aria-describedby=described_by("provider", false, fault.is_some())
                aria-invalid=fault.is_some().then_some("true")
            >
                <option value="" selected=chosen.is_empty()>"Choose a provider"</option>
                {options}
            </select>
            {links.collect_view()}
            <FieldError name="provider" message=fault />
        </div>
    }
}

/// Adds a key; "Test first" asks the provider and stores nothing.
#[component]
pub(crate) fn Add(page: KeysPage, provider: Option<String>, returned: Returned) -> impl IntoView {
    let chosen = returned.value("provider").map(str::to_owned).or(provider).unwrap_or_default();
    let chosen = if page.providers.iter().any(|p| p.id.as_str() == chosen) { chosen } else { String::new() };
    let preset = !chosen.is_empty();
    view! {
        <Dialog
            task=Task::Add
            title="Add a provider key"
            action="/keys/new".to_owned()
            submit="Save key"
            fields=&["provider", "key", "label", "description", "endpoint"]
            testable=true
            returned=returned.clone()
        >
            <ProviderField providers=page.providers.clone() chosen focus=returned.focus("provider", !preset) fault=returned.fault("provider") />
            <div class="field">
                <label for="key">"API key"</label>
                <Secret providers=page.providers.clone() faulty=returned.fault("key").is_some() focus=returned.focus("key", preset) />
                <PasteAgain returned=returned.clone() />
                <FieldError name="key" message=returned.fault("key") />
            </div>
            <TextField
                name="endpoint"
                label="Base URL"
                kind="url"
                class="field field--endpoint"
                help="For a provider with an address of its own, like https://models.example.com/v1"
                returned=returned.clone()
            />
            <TextField name="label" label="Label" help="Optional for the first key; tells your keys of one provider apart." returned=returned.clone() />
            <TextField name="description" label="Description" optional=true returned />
        </Dialog>
    }
}
