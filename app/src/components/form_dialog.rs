//! A dialog whose form goes to the server as a form, with JavaScript and without.

use super::note::FormProblem;
use crate::islands::DialogForm;
use leptos::prelude::*;

/// One task with a way out to `cancel`. The island holds the focus inside and closes on Escape; a form that can test is sent in place, so that
/// what was typed stays, the secret included.
#[component]
pub(crate) fn FormDialog(
    #[prop(into)] title: String,
    action: String,
    submit: &'static str,
    #[prop(into)] cancel: String,
    problem: Option<String>,
    #[prop(optional)] danger: bool,
    #[prop(optional)] testable: bool,
    children: Children,
) -> impl IntoView {
    let class = if danger { "button button--danger" } else { "button button--primary" };
    // Only a form that can test has two things to do; the others send their fields and nothing else.
    let act = testable.then_some("act");
    let test = testable.then(|| view! { <button class="button spacer" name="act" value="test">"Test first"</button> }.into_any());
    let problem = view! { <FormProblem message=problem /> }.into_any();
    let fields = children();
    view! {
        <div class="scrim">
            <dialog open class="dialog" aria-labelledby="dialog-title" aria-modal="true">
                <form method="post" action=action id="dialog-form" data-in-place=testable.then_some("") novalidate autocomplete="off">
                    // Enter in a field means this one: the first submit button in the tree is the form's default.
                    {testable.then(|| view! { <button hidden name="act" value="save" tabindex="-1"></button> })}
                    <header>
                        <h1 id="dialog-title">{title}</h1>
                    </header>
                    <div class="body">{problem} {fields}</div>
                    <footer>
                        {test}
                        <a class="button button--quiet" id="cancel" href=cancel autofocus=danger>"Cancel"</a>
                        <button class=class name=act value=testable.then_some("save")>{submit}</button>
                    </footer>
                </form>
            </dialog>
        </div>
        <DialogForm />
    }
    .into_any()
}
