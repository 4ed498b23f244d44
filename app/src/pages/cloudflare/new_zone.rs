//! The dialog "Add a zone".

use crate::{
    components::{cloudflare::ZONES, field::TextField, form_dialog::FormDialog},
    returned::Returned,
};
use leptos::prelude::*;

/// Adds a zone; its page then says what to do at the registrar.
#[component]
pub(crate) fn NewZone(has_account: bool, returned: Returned) -> impl IntoView {
    let problem = returned.of_form(&["domain", "account_id"]);
    let came_back = returned.value("domain").is_some();
    let look_up = !came_back || returned.value("jump_start") == Some("true");
    let account = if has_account {
        "Optional: the account that is set for this installation is used otherwise."
    } else {
        "Optional for a token that sees one account. 32 characters, from the account's overview at Cloudflare."
    };
    view! {
        <FormDialog title="Add a zone" action="/settings/cloudflare/zones/new".to_owned() submit="Add zone" cancel=ZONES problem>
            <TextField name="domain" label="Domain" help="Like example.com; a subdomain can be a zone of its own." autofocus=true returned=returned.clone() />
            <TextField name="account_id" label="Account ID" help=account returned />
            <div class="field field--tick">
                <label>
                    <input type="checkbox" name="jump_start" value="true" checked=look_up />
                    " Look up the records that there are and take them over"
                </label>
            </div>
            <p class="fine">"Nothing changes for visitors until the registrar names Cloudflare's name servers. Ten zones can be added in an hour."</p>
        </FormDialog>
    }
}
