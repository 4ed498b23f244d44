//! The password, asked for in the middle of an act.

use super::field::TextField;
use crate::returned::Returned;
use leptos::prelude::*;

/// Asks for the password when it was last given too long ago; the act goes on with it. Nothing that was typed is lost.
#[component]
pub(crate) fn PasswordAgain(needed: bool, returned: Returned) -> impl IntoView {
    (needed || returned.fault("password").is_some()).then(|| {
        view! {
            <TextField
                name="password"
                label="Your password"
                kind="password"
                autocomplete="current-password"
                help="Asked again because it was last given more than 10 minutes ago."
                returned
            />
        }
    })
}
