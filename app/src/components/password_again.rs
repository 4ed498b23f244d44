//! Proof of who one is, asked for in the middle of an act.

use super::field::TextField;
use crate::returned::Returned;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use vault::{Context, Vault};

/// Asks for the password when it was last given too long ago; the act goes on with it. An account that signs in at the OpenID provider
/// is sent there, and comes back to this page. Nothing that was typed is lost.
#[component]
pub(crate) fn PasswordAgain(needed: bool, returned: Returned) -> impl IntoView {
    let elsewhere = use_context::<Context>().is_some_and(|cx| cx.identity().is_some_and(|identity| !identity.has_password));
    let refused = returned.fault("password");
    (needed || refused.is_some()).then(|| match elsewhere {
        true => view! { <AtProvider refused /> }.into_any(),
        false => view! {
            <TextField
                name="password"
                label="Your password"
                kind="password"
                autocomplete="current-password"
                help="Asked again because it was last given more than 10 minutes ago."
                returned
            />
        }
        .into_any(),
    })
}

/// Before the act is asked for it says what will happen; then it is the way there.
#[component]
fn AtProvider(refused: Option<String>) -> impl IntoView {
    let name = use_context::<Vault>().and_then(|vault| vault.provider_name()).unwrap_or_else(|| "your provider".to_owned());
    match refused {
        None => view! { <p class="help">{format!("You will be asked to sign in at {name} again before this is done.")}</p> }.into_any(),
        Some(why) => {
            let path = use_location().pathname.get_untracked();
            view! {
                <div class="note note--warn" role="alert">
                    <div>
                        <p>{why} " What you entered is kept for you, except secrets."</p>
                        <div class="row-actions">
                            <a class="button" id="confirm" href=format!("/sign-in/oidc?next={path}") rel="external">{format!("Sign in at {name}")}</a>
                        </div>
                    </div>
                </div>
            }
            .into_any()
        }
    }
}
