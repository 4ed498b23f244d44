//! What the secret field does with what is pasted. The text is read, tidied and forgotten.

use super::dom::{by_id, on};
use crate::islands::secret_field::Given;
use domain::{
    catalogue::ProviderId,
    key_input::{self, PrefixAdvice},
    views::ProviderView,
};
use leptos::{html::Input, prelude::*};
use web_sys::{Element, Event, HtmlSelectElement};

/// What the server wrote around the field.
pub(crate) fn given() -> Given {
    let around = by_id::<Element>("secret");
    let word = |name: &str| around.as_ref().and_then(|around| around.get_attribute(name));
    Given {
        providers: word("data-providers").unwrap_or_default(),
        fixed: word("data-fixed"),
        help: word("data-help"),
        faulty: word("data-faulty").is_some(),
        focus: word("data-focus").is_some(),
    }
}

fn provider(line: &str) -> Option<ProviderView> {
    let mut parts = line.split('\t');
    let (id, name, prefix) = (parts.next()?, parts.next()?, parts.next()?);
    Some(ProviderView::new(ProviderId::parse(id).ok()?, name.to_owned(), (!prefix.is_empty()).then(|| prefix.to_owned())))
}

/// Watches the field and the choice of provider. What it returns looks at the field; `true` also tidies it.
pub(crate) fn watch(
    field: NodeRef<Input>,
    providers: &str,
    fixed: Option<String>,
    advice: RwSignal<PrefixAdvice>,
    chosen: RwSignal<Option<String>>,
    ready: RwSignal<bool>,
) -> impl Fn(bool) + Copy + use<> {
    let providers = StoredValue::new(providers.lines().filter_map(provider).collect::<Vec<_>>());
    let fixed = StoredValue::new(fixed);
    let look = move |tidy: bool| {
        let Some(field) = field.get_untracked() else { return };
        let text = field.value();
        let secret = key_input::tidy(&text);
        if tidy && secret != text {
            field.set_value(secret);
        }
        providers.with_value(|providers| {
            let id = fixed.get_value().unwrap_or_else(|| selected(secret, providers));
            let Ok(id) = ProviderId::parse(&id) else { return advice.set(PrefixAdvice::Silent) };
            chosen.set(providers.iter().find(|p| p.id == id).map(|p| p.name.clone()));
            advice.set(key_input::advise(secret, &id, providers));
        });
    };
    if let Some(select) = by_id::<HtmlSelectElement>("provider") {
        on(&select, "change", move |_: Event| look(false));
    }
    Effect::new(move |_| {
        ready.set(true);
        look(false);
    });
    look
}

/// The chosen provider's id. Where none is chosen and the secret tells it, that one is chosen now.
fn selected(secret: &str, providers: &[ProviderView]) -> String {
    let Some(select) = by_id::<HtmlSelectElement>("provider") else { return String::new() };
    let id = select.value();
    match key_input::recognise(secret, providers) {
        Some(known) if id.is_empty() => {
            select.set_value(known.id.as_str());
            super::dialog::provider_chosen();
            known.id.to_string()
        }
        _ => id,
    }
}

/// Chooses a provider as if the person had.
pub(crate) fn choose(id: &str) {
    if let (Some(select), Ok(event)) = (by_id::<HtmlSelectElement>("provider"), Event::new("change")) {
        select.set_value(id);
        let _ = select.dispatch_event(&event);
    }
}
