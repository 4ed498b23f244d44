//! The dialog "Revoke token".

use crate::{
    components::{form_dialog::FormDialog, time::Time},
    returned::Returned,
};
use domain::views::TokenView;
use leptos::prelude::*;

/// Ends a token, after saying when it was last used.
#[component]
pub(crate) fn RevokeToken(token: TokenView, returned: Returned) -> impl IntoView {
    let used = match token.used {
        Some(at) => view! { "It was last used " <Time at />"." }.into_any(),
        None => view! { "It has never been used." }.into_any(),
    };
    view! {
        <FormDialog
            title="Revoke token"
            action=format!("/tokens/{}/revoke", token.id)
            submit="Revoke token"
            cancel="/tokens"
            problem=returned.of_form(&[])
            danger=true
        >
            <p><b>{token.name.clone()}</b> " stops working at once, everywhere. This cannot be undone."</p>
            <p>{used}</p>
        </FormDialog>
    }
}
