//! The dialog "Create a token".

use crate::{
    components::{
        field::{FieldError, TextField, described_by},
        form_dialog::FormDialog,
        password_again::PasswordAgain,
    },
    returned::Returned,
};
use domain::{scope::Scope, views::TokensPage};
use leptos::prelude::*;

/// Days a token may live, and how a person says it.
const LIVES: [(&str, &str); 5] = [("7", "7 days"), ("30", "30 days"), ("90", "90 days"), ("180", "180 days"), ("365", "a year")];
const USUAL_LIFE: &str = "90";

#[component]
fn ScopeTick(scope: Scope, ticked: bool, focus: bool) -> impl IntoView {
    view! {
        <label>
            <input type="checkbox" name=scope.as_str() value="true" checked=ticked autofocus=focus />
            <span><code>{scope.as_str()}</code> " " <span class="fine">{scope.meaning()}</span></span>
        </label>
    }
}

#[component]
fn Scopes(scopes: Vec<Scope>, returned: Returned) -> impl IntoView {
    let fault = returned.fault("scopes");
    let described = described_by("scopes", false, fault.is_some());
    let ticks = scopes.into_iter().enumerate().map(|(index, scope)| {
        let ticked = returned.value(scope.as_str()) == Some("true");
        view! { <ScopeTick scope ticked focus=index == 0 && fault.is_some() /> }
    });
    let ticks = ticks.collect_view();
    view! {
        <fieldset class="field ticks" aria-describedby=described>
            <legend>"What it may do"</legend>
            {ticks}
            <FieldError name="scopes" message=fault.clone() />
        </fieldset>
    }
}

#[component]
fn Life(returned: Returned) -> impl IntoView {
    let chosen = returned.value("expires").unwrap_or(USUAL_LIFE).to_owned();
    let fault = returned.fault("expires_at");
    let described = described_by("expires_at", false, fault.is_some());
    let focus = fault.is_some();
    let options = LIVES.map(|(days, words)| view! { <option value=days selected=days == chosen>{words}</option> }).collect_view();
    view! {
        <div class="field">
            <label for="expires">"Works for"</label>
            <select
                id="expires"
                name="expires"
                class="input"
                autofocus=focus
                aria-describedby=described
                aria-invalid=focus.then_some("true")
            >
                {options}
            </select>
            <FieldError name="expires_at" message=fault />
        </div>
    }
}

/// Makes a token; the next page shows it once.
#[component]
pub(crate) fn NewToken(page: TokensPage, returned: Returned) -> impl IntoView {
    let problem = returned.of_form(&["name", "scopes", "expires_at", "password"]);
    view! {
        <FormDialog title="Create a token" action="/tokens/new".to_owned() submit="Create token" cancel="/tokens" problem>
            <TextField name="name" label="Name" help="What uses it, like Deploy script." autofocus=true returned=returned.clone() />
            <Scopes scopes=page.scopes returned=returned.clone() />
            <Life returned=returned.clone() />
            <PasswordAgain needed=page.step_up returned />
        </FormDialog>
    }
}
