//! A labelled field with its help and its fault.

use crate::returned::Returned;
use leptos::prelude::*;

/// The ids of help and fault, for `aria-describedby`.
pub(crate) fn described_by(name: &str, helped: bool, faulty: bool) -> Option<String> {
    let ids: Vec<_> = [helped.then(|| format!("{name}-help")), faulty.then(|| format!("{name}-error"))].into_iter().flatten().collect();
    (!ids.is_empty()).then(|| ids.join(" "))
}

/// The sentence under a faulty field.
#[component]
pub(crate) fn FieldError(name: &'static str, message: Option<String>) -> impl IntoView {
    message.map(|message| view! { <span class="error" id=format!("{name}-error")>{message}</span> })
}

/// A text field whose id is its name. What was typed before a form came back wins over `value`, and a fault over `autofocus`.
#[component]
pub(crate) fn TextField(
    name: &'static str,
    label: &'static str,
    #[prop(optional)] kind: Option<&'static str>,
    #[prop(optional, into)] value: Option<String>,
    #[prop(optional, into)] help: Option<String>,
    #[prop(optional)] optional: bool,
    #[prop(optional)] autocomplete: Option<&'static str>,
    #[prop(optional)] class: Option<&'static str>,
    #[prop(optional)] autofocus: bool,
    returned: Returned,
) -> impl IntoView {
    let fault = returned.fault(name);
    let autofocus = returned.focus(name, autofocus);
    let value = returned.value(name).map(str::to_owned).or(value);
    view! {
        <div class=class.unwrap_or("field")>
            <label for=name>{label}</label>
            <input
                id=name
                name=name
                class="input"
                type=kind.unwrap_or("text")
                value=value
                autocomplete=autocomplete.unwrap_or("off")
                autofocus=autofocus
                aria-describedby=described_by(name, help.is_some() || optional, fault.is_some())
                aria-invalid=fault.is_some().then_some("true")
            />
            {(help.is_some() || optional)
                .then(|| view! { <span class="help" id=format!("{name}-help")>{help.unwrap_or_else(|| "Optional.".to_owned())}</span> })}
            <FieldError name message=fault />
        </div>
    }
}
