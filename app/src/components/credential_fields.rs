//! The fields of a dialog about a service credential.

use super::{
    field::{FieldError, described_by},
    secret::Secret,
};
use crate::returned::Returned;
use domain::{
    services::{FieldKind, Metadata, MetadataField, metadata::DESCRIPTION},
    views::credentials::{KindView, ServiceView},
};
use leptos::prelude::*;

/// Names of fields that show their own faults.
pub(crate) fn names(service: &ServiceView) -> Vec<String> {
    let own = ["type", "key", "password"].map(str::to_owned).into_iter();
    own.chain(service.fields.iter().map(|field| field.id.as_str()).chain([DESCRIPTION]).map(|id| format!("metadata.{id}"))).collect()
}

/// What a person should know about the kind before pasting one.
#[component]
pub(crate) fn WhereToMake(kind: KindView) -> impl IntoView {
    let host = |url: &str| url.split_once("://").map_or(url, |(_, rest)| rest).split('/').next().unwrap_or(url).to_owned();
    let link = kind.make_url.clone().map(|url| {
        let text = format!("Make one at {}", host(&url));
        view! { " " <a href=url target="_blank" rel="noopener noreferrer">{text}</a> }
    });
    let permissions = kind.permissions.iter().map(|needed| needed.id.as_str()).collect::<Vec<_>>().join(", ");
    let permissions = (!permissions.is_empty()).then(|| view! { <p class="fine">{format!("It needs the permissions {permissions}.")}</p> });
    view! {
        <div>
            <p class="fine">{kind.help} {link}</p>
            {permissions}
        </div>
    }
    .into_any()
}

/// The secret.
#[component]
pub(crate) fn SecretValue(kind: KindView, returned: Returned) -> impl IntoView {
    let fault = returned.fault("key");
    let usual = match kind.prefixes.as_slice() {
        [] => String::new(),
        prefixes => format!("It usually begins with {}. ", prefixes.join(" or ")),
    };
    let again = returned.problem.is_some() && fault.is_none();
    view! {
        <div class="field">
            <label for="key">{kind.name.clone()}</label>
            <Secret
                fixed=kind.id.to_string()
                help=format!("{usual}It is sealed when you save it and never shown again.")
                faulty=fault.is_some()
                focus=returned.focus("key", true)
            />
            {again.then(|| view! { <span class="help again">"A form that comes back does not carry the secret: paste it again."</span> })}
            <FieldError name="key" message=fault />
        </div>
    }
    .into_any()
}

/// One value that is kept beside the secret. What was typed before a form came back wins over what is stored.
#[component]
fn Value(field: MetadataField, stored: Metadata, returned: Returned) -> impl IntoView {
    let name = format!("metadata.{}", field.id);
    let fault = returned.fault(&name);
    let described = described_by(&name, true, fault.is_some());
    let error = fault.clone().map(|message| view! { <span class="error" id=format!("{name}-error")>{message}</span> });
    let came_back = !returned.values.is_empty();
    if field.kind == FieldKind::Switch {
        let ticked = if came_back { returned.value(&name) == Some("true") } else { stored.flag(&field.id) };
        return view! {
            <div class="field field--tick">
                <label>
                    <input type="checkbox" id=name.clone() name=name.clone() value="true" checked=ticked aria-describedby=described />
                    {field.name.clone()}
                </label>
                <span class="help" id=format!("{name}-help")>{field.help}</span>
                {error}
            </div>
        }
        .into_any();
    }
    let value = returned.value(&name).or_else(|| stored.text(&field.id)).unwrap_or_default().to_owned();
    let help = if field.required { field.help.clone() } else { format!("Optional. {}", field.help) };
    view! {
        <div class="field">
            <label for=name.clone()>{field.name}</label>
            <input
                id=name.clone()
                name=name.clone()
                class="input"
                type="text"
                value=value
                autocomplete="off"
                autofocus=fault.is_some()
                aria-describedby=described
                aria-invalid=fault.is_some().then_some("true")
            />
            <span class="help" id=format!("{name}-help")>{help}</span>
            {error}
        </div>
    }
    .into_any()
}

/// What is kept beside the secret.
#[component]
pub(crate) fn Values(fields: Vec<MetadataField>, #[prop(optional)] stored: Metadata, returned: Returned) -> impl IntoView {
    let description = MetadataField {
        id: DESCRIPTION.to_owned(),
        name: "Description".to_owned(),
        help: "What it is for, for whoever looks after it next.".to_owned(),
        kind: FieldKind::Text,
        required: false,
        longest: None,
        variable: None,
    };
    let all = fields.into_iter().chain([description]);
    all.map(|field| view! { <Value field stored=stored.clone() returned=returned.clone() /> }).collect_view()
}
