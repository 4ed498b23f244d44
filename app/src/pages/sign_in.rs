//! Signing in with a local account, or at the OpenID provider.

use crate::{
    components::{field::TextField, icon::KeyIcon, note::FormProblem},
    done::Done,
    returned::Returned,
};
use domain::sign_in::ProviderRefusal;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use url::form_urlencoded;
use vault::Vault;

/// Whether a path leads to a page of this site. `//host` and `/\host` do not.
fn is_local(path: &str) -> bool {
    path.starts_with('/') && !path.starts_with("//") && !path.contains('\\') && !path.contains(char::is_control)
}

/// What to say to somebody whose session ended, by the word in the address: whether a page or a form of theirs led here.
fn ended(word: &str) -> Option<&'static str> {
    match word {
        "page" => Some("Your session ended. Sign in to go on."),
        "form" => Some("Your session ended. Sign in to go on. What you entered was not saved."),
        _ => None,
    }
}

/// The sign-in form, and the way to the provider where there is one. `next` is where the visitor wanted to go.
#[component]
pub(crate) fn SignIn() -> impl IntoView {
    let returned = use_context::<Returned>().unwrap_or_default();
    let query = use_query_map().get_untracked();
    let asked = query.get("next");
    let ended = query.get("ended").and_then(|word| ended(&word)).filter(|_| returned.problem.is_none());
    let refused = query.get("refused").as_deref().and_then(ProviderRefusal::parse).map(|why| why.message().to_owned());
    let problem = returned.of_form(&["email", "password"]).or(refused);
    let elsewhere = use_context::<Vault>().and_then(|vault| vault.provider_name());
    // The announcement is about what came before; a refused form has something newer to say.
    let done = query.get("done").as_deref().and_then(Done::parse);
    let done = done.filter(|done| *done == Done::PasswordReset && problem.is_none());
    let next = returned.value("next").map(str::to_owned).or(asked).filter(|path| is_local(path)).unwrap_or_else(|| "/keys".to_owned());
    let beside = elsewhere.is_some();
    // The address was taken as it was typed; the password is what is typed again.
    let again = returned.problem.is_some() && returned.fault("email").is_none();
    view! {
        <Title text="Sign in" />
        <main class="auth">
            <span class="brand"><KeyIcon />"Keyward"</span>
            <h1>"Sign in"</h1>
            {ended.map(|sentence| view! { <p class="note" role="status">{sentence}</p> })}
            {done.map(|done| view! { <p class="note note--good" role="status">{done.message()}</p> })}
            <FormProblem message=problem />
            {elsewhere.map(|name| view! { <AtProvider name next=next.clone() /> })}
            <form method="post" action="/sign-in" novalidate>
                <input type="hidden" name="next" value=next />
                <TextField name="email" label="E-mail" kind="email" autocomplete="username" autofocus=!again returned=returned.clone() />
                <TextField name="password" label="Password" kind="password" autocomplete="current-password" autofocus=again returned />
                // Where there is a provider, that is what most people use.
                <button class=if beside { "button button--wide" } else { "button button--primary" }>"Sign in"</button>
            </form>
        </main>
    }
}

/// The way to the OpenID provider: a link, for a form's answer may not lead to another site.
#[component]
fn AtProvider(name: String, next: String) -> impl IntoView {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", &next).finish();
    view! {
        <a class="button button--primary button--wide" id="provider" href=format!("/sign-in/oidc?{query}") rel="external">{format!("Sign in with {name}")}</a>
        <p class="fine or">"or with a password kept here"</p>
    }
}

#[cfg(test)]
mod tests {
    use super::{ended, is_local};

    #[test]
    fn only_two_words_say_that_a_session_ended() {
        assert!(ended("page").is_some_and(|said| !said.contains("entered")));
        assert!(ended("form").is_some_and(|said| said.ends_with("What you entered was not saved.")));
        assert_eq!([ended(""), ended("Give me your password")], [None, None]);
    }

    #[test]
    fn only_a_path_of_this_site_is_followed_after_sign_in() {
        assert!(is_local("/keys/new?provider=openai"));
        for path in ["//evil.example", "/\\evil.example", "https://evil.example", "", "keys", "/a\nb"] {
            assert!(!is_local(path), "{path:?}");
        }
    }
}
