//! The keys of one provider.

use super::key_row::KeyRow;
use domain::views::KeyView;
use leptos::prelude::*;

/// Two letters that stand for a provider: `OpenAI` is `Oa`, `Groq` is `Gr`.
fn mark(name: &str) -> String {
    let mut letters = name.chars().filter(|c| c.is_alphanumeric());
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    let rest: Vec<char> = letters.collect();
    let second = rest.iter().find(|c| c.is_uppercase()).or_else(|| rest.first());
    first + &second.map(|c| c.to_lowercase().to_string()).unwrap_or_default()
}

/// A provider's name and its keys. `keys` holds at least one; `full` is why none can be switched on.
#[component]
pub(crate) fn Group(keys: Vec<KeyView>, may_add: bool, full: Option<String>) -> impl IntoView {
    let (id, name) = keys.first().map(|key| (key.provider.to_string(), key.provider_name.clone())).unwrap_or_default();
    let add = may_add.then(|| {
        view! {
            <a class="button" id=format!("add-{id}") href=format!("/keys/new?provider={id}") aria-label=format!("Add another {name} key") data-opens="">
                "Add"
            </a>
        }
    });
    view! {
        <section class="group" aria-label=name.clone()>
            <header>
                <span class="mono-mark" aria-hidden="true">{mark(&name)}</span>
                <h2>{name.clone()}</h2>
                {add}
            </header>
            {keys.into_iter().map(|key| view! { <KeyRow key full=full.clone() /> }).collect_view()}
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::mark;

    #[test]
    fn a_provider_is_marked_by_two_letters() {
        let names = ["OpenAI", "Anthropic", "xAI", "Together AI", ""];
        assert_eq!(names.map(mark), ["Oa", "An", "Xa", "Ta", ""]);
    }
}
