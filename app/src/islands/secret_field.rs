//! The field a secret is pasted into.

use domain::key_input::PrefixAdvice;
use leptos::{attr::custom::custom_attribute, prelude::*};

/// What the field is told: on the server by a context, in the browser by attributes around it. As props it would travel as JSON,
/// which brings serde's parser into the bundle. All of it is page source, so none is ever a secret.
#[derive(Clone, Default)]
pub(crate) struct Given {
    /// Public catalogue data of the providers whose keys are recognised: one on each line, its id, its name and how its keys begin
    /// between tabs.
    pub(crate) providers: String,
    /// The provider's id where it cannot be chosen.
    pub(crate) fixed: Option<String>,
    /// Said as long as there is nothing to say about what was pasted.
    pub(crate) help: Option<String>,
    /// Whether the form came back because of this field.
    pub(crate) faulty: bool,
    /// Whether the focus begins here.
    pub(crate) focus: bool,
}

#[cfg(feature = "ssr")]
fn given() -> Given {
    use_context().unwrap_or_default()
}
#[cfg(not(feature = "ssr"))]
use crate::browser::secret::given;

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
/// the field: no signal holds it.
#[island]
pub fn SecretField() -> impl IntoView {
    let Given { providers, fixed, help, faulty, focus } = given();
    let shown = RwSignal::new(false);
    let ready = RwSignal::new(false);
    let advice = RwSignal::new(PrefixAdvice::Silent);
    let chosen = RwSignal::new(None::<String>);
    let field = NodeRef::<leptos::html::Input>::new();
    let switchable = fixed.is_none();
    #[cfg(feature = "hydrate")]
    let look = crate::browser::secret::watch(field, &providers, fixed, advice, chosen, ready);
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
