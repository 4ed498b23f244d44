//! The field a secret is pasted into.
#![allow(missing_docs, reason = "the island macro makes a struct of the props and takes no documentation for it")]

use domain::{catalogue::ProviderId, key_input::PrefixAdvice, views::ProviderView};
use leptos::{attr::custom::custom_attribute, prelude::*};
use serde::{Deserialize, Serialize};

/// A provider, as far as recognising its keys goes. Public catalogue data.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KnownProvider {
    /// Its id.
    pub id: ProviderId,
    /// Its name.
    pub name: String,
    /// How its keys begin.
    pub prefix: Option<String>,
}

impl From<KnownProvider> for ProviderView {
    fn from(known: KnownProvider) -> Self {
        Self::new(known.id, known.name, known.prefix)
    }
}

/// What the page says about what was pasted; never the secret.
fn sentence(advice: &PrefixAdvice, chosen: Option<&str>, help: Option<&str>) -> String {
    match (advice, chosen) {
        (PrefixAdvice::Silent, _) => help.unwrap_or("It is sealed when you save it and never shown again.").to_owned(),
        (PrefixAdvice::Fits, Some(name)) => format!("It begins like a key of {name}. It is sealed when you save it and never shown again."),
        (PrefixAdvice::Fits, None) => "It begins as it should.".to_owned(),
        (PrefixAdvice::Belongs { name, .. }, _) => format!("This looks like a key of {name}."),
        (PrefixAdvice::Unusual { prefix }, _) => format!("Keys of this provider usually begin with {prefix}. Check it before you save."),
    }
}

/// A password field with a reveal toggle that tidies what is pasted and says whose key it looks like. The secret stays in
/// the field: no signal holds it. `fixed` is the provider's id where it cannot be chosen; `help` is said as long as there is
/// nothing to say about what was pasted.
#[island]
pub fn SecretField(
    providers: Vec<KnownProvider>,
    #[prop(optional)] fixed: Option<String>,
    #[prop(optional)] help: Option<String>,
    faulty: bool,
    focus: bool,
) -> impl IntoView {
    let shown = RwSignal::new(false);
    let ready = RwSignal::new(false);
    let advice = RwSignal::new(PrefixAdvice::Silent);
    let chosen = RwSignal::new(None::<String>);
    let field = NodeRef::<leptos::html::Input>::new();
    let switchable = fixed.is_none();
    #[cfg(feature = "hydrate")]
    let look = crate::browser::secret::watch(field, providers, fixed, advice, chosen, ready);
    #[cfg(not(feature = "hydrate"))]
    let look = {
        let _ = (providers, fixed);
        |_: bool| ()
    };
    let other = move || match advice.get() {
        PrefixAdvice::Belongs { to, name } if switchable => Some((to, name)),
        _ => None,
    };
    let switch = move |_| {
        #[cfg(feature = "hydrate")]
        if let Some((to, _)) = other() {
            crate::browser::secret::choose(to.as_str());
        }
    };
    view! {
        <div class="secret">
            <input
                node_ref=field
                id="key"
                name="key"
                class="input"
                type=move || if shown.get() { "text" } else { "password" }
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                data-lpignore="true"
                data-form-type="other"
                {..custom_attribute("data-1p-ignore", "true")}
                autofocus=focus
                aria-invalid=faulty.then_some("true")
                aria-describedby=if faulty { "key-help key-error" } else { "key-help" }
                on:input=move |_| look(false)
                on:change=move |_| look(true)
                on:paste=move |_| set_timeout(move || look(true), std::time::Duration::ZERO)
            />
            <button class="button" type="button" hidden=move || !ready.get() on:click=move |_| shown.update(|shown| *shown = !*shown)>
                {move || if shown.get() { "Hide" } else { "Show" }}
            </button>
        </div>
        <span class="help" id="key-help" aria-live="polite">
            {move || sentence(&advice.get(), chosen.get().as_deref(), help.as_deref())}
        </span>
        <button class="button" type="button" hidden=move || other().is_none() on:click=switch>
            {move || other().map(|(_, name)| format!("Switch to {name}"))}
        </button>
    }
}
