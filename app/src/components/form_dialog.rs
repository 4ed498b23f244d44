//! A dialog whose form goes to the server as a form, with JavaScript and without.

use super::note::{CredentialOutcome, FormProblem, Tried};
use crate::{islands::DialogForm, returned::Returned};
use leptos::prelude::*;

/// What the button says while its form is on its way.
pub(super) fn doing(submit: &str) -> Option<&'static str> {
    Some(match submit.split(' ').next()? {
        "Add" => "Adding\u{2026}",
        "Create" => "Creating\u{2026}",
        "Disable" => "Disabling\u{2026}",
        "Enable" => "Enabling\u{2026}",
        "Delete" => "Deleting\u{2026}",
        "Make" => "Making\u{2026}",
        "Move" => "Moving\u{2026}",
        "Replace" => "Replacing\u{2026}",
        "Revoke" => "Revoking\u{2026}",
        "Save" => "Saving\u{2026}",
        _ => return None,
    })
}

/// One task with a way out to `cancel`. The island holds the focus inside and closes on Escape; a form that can test is sent in place, so that
/// what was typed stays, the secret included. `tested` is what a test found; one that `stays` is answered with a file.
#[component]
pub(crate) fn FormDialog(
    #[prop(into)] title: String,
    action: String,
    submit: &'static str,
    #[prop(into)] cancel: String,
    problem: Option<String>,
    #[prop(optional)] danger: bool,
    #[prop(optional)] testable: bool,
    #[prop(optional)] stays: bool,
    #[prop(optional)] tested: Returned,
    children: Children,
) -> impl IntoView {
    let class = if danger { "button button--danger" } else { "button button--primary" };
    // Only a form that can test has two things to do; the others send their fields and nothing else.
    let act = testable.then_some("act");
    let test = testable.then(|| {
        view! { <button class="button spacer" name="act" value="test" data-busy="Testing\u{2026}">"Test first"</button> }.into_any()
    });
    let problem = view! { <FormProblem message=problem /> }.into_any();
    let outcome = testable.then(|| view! { <Tried><CredentialOutcome returned=tested /></Tried> }.into_any());
    let fields = children();
    view! {
        <div class="scrim">
            <dialog open class="dialog" aria-labelledby="dialog-title" aria-modal="true">
                <form method="post" action=action id="dialog-form" data-in-place=testable.then_some("") data-stays=stays.then_some("") novalidate autocomplete="off">
                    // Enter in a field means this one: the first submit button in the tree is the form's default.
                    {testable.then(|| view! { <button hidden name="act" value="save" tabindex="-1"></button> })}
                    <header>
                        <h1 id="dialog-title">{title}</h1>
                    </header>
                    <div class="body">{problem} {fields}</div>
                    {outcome}
                    <footer>
                        {test}
                        <a class="button button--quiet" id="cancel" href=cancel autofocus=danger>"Cancel"</a>
                        <button class=class name=act value=testable.then_some("save") data-busy=doing(submit)>{submit}</button>
                    </footer>
                </form>
            </dialog>
        </div>
        <DialogForm />
    }
    .into_any()
}
