//! Signing in with a local account.

use crate::{
    components::{field::TextField, icon::KeyIcon, note::FormProblem},
    done::Done,
    returned::Returned,
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// Whether a path leads to a page of this site. `//host` and `/\host` do not.
fn is_local(path: &str) -> bool {
    path.starts_with('/') && !path.starts_with("//") && !path.contains('\\') && !path.contains(char::is_control)
}

/// The sign-in form. `next` is where the visitor wanted to go.
#[component]
pub(crate) fn SignIn() -> impl IntoView {
    let returned = use_context::<Returned>().unwrap_or_default();
    let asked = use_query_map().with_untracked(|query| query.get("next"));
    let done = use_query_map().with_untracked(|query| query.get("done")).as_deref().and_then(Done::parse);
    // The announcement is about what came before; a refused form has something newer to say.
    let done = done.filter(|done| *done == Done::PasswordReset && returned.problem.is_none());
    let next = returned.value("next").map(str::to_owned).or(asked).filter(|path| is_local(path)).unwrap_or_else(|| "/keys".to_owned());
    view! {
        <Title text="Sign in" />
        <main class="auth">
            <span class="brand"><KeyIcon />"Keyward"</span>
            <h1>"Sign in"</h1>
            {done.map(|done| view! { <p class="note note--good" role="status">{done.message()}</p> })}
            <form method="post" action="/sign-in" novalidate>
                <FormProblem message=returned.of_form(&["email", "password"]) />
                <input type="hidden" name="next" value=next />
                <TextField name="email" label="E-mail" kind="email" autocomplete="username" autofocus=true returned=returned.clone() />
                <TextField name="password" label="Password" kind="password" autocomplete="current-password" returned />
                <button class="button button--primary">"Sign in"</button>
            </form>
        </main>
    }
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn only_a_path_of_this_site_is_followed_after_sign_in() {
        assert!(is_local("/keys/new?provider=openai"));
        for path in ["//evil.example", "/\\evil.example", "https://evil.example", "", "keys", "/a\nb"] {
            assert!(!is_local(path), "{path:?}");
        }
    }
}
