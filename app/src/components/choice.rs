//! A choice of words.

use leptos::prelude::*;

/// A labelled list of values with what they are called; the first is chosen when `value` is none of them. Its id is not its bare name:
/// the side bar has an element with the id `tier`.
#[component]
pub(crate) fn Choice(
    name: &'static str,
    label: &'static str,
    options: Vec<(String, String)>,
    #[prop(optional)] value: String,
    #[prop(optional_no_strip)] fault: Option<String>,
    #[prop(optional)] help: Option<&'static str>,
) -> impl IntoView {
    let described = super::field::described_by(name, help.is_some(), fault.is_some());
    let options = options.into_iter().map(|(word, called)| {
        let selected = word == value;
        view! { <option value=word selected=selected>{called}</option> }
    });
    view! {
        <div class="field">
            <label for=format!("choose-{name}")>{label}</label>
            <select
                id=format!("choose-{name}")
                name=name
                class="input"
                autofocus=fault.is_some()
                aria-describedby=described
                aria-invalid=fault.is_some().then_some("true")
            >
                {options.collect_view()}
            </select>
            {help.map(|help| view! { <span class="help" id=format!("{name}-help")>{help}</span> })}
            <super::field::FieldError name message=fault />
        </div>
    }
}
