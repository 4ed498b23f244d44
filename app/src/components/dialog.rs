//! A dialog: one task, a plain form, and the way out.

use super::note::{Duplicate, FormProblem, TestOutcome, Tried};
use crate::{
    islands::{DialogForm, Task},
    returned::Returned,
};
use domain::{ids::KeyId, views::KeyView};
use leptos::prelude::*;

/// Which key a dialog is about, at which provider, and how it ends.
#[component]
pub(crate) fn WhichKey(key: KeyView) -> impl IntoView {
    let hint = key.hint.clone().unwrap_or_else(|| key.spoken());
    view! { <b>{key.title().to_owned()}</b> {format!(" at {} (", key.provider_name)} <span class="hint">{hint}</span> ")" }
}

/// What the dialogs have in common. `title` is the task; `fields` are the names that show their own faults.
#[component]
pub(crate) fn Dialog(
    task: Task,
    title: &'static str,
    action: String,
    submit: &'static str,
    fields: &'static [&'static str],
    #[prop(optional)] id: Option<KeyId>,
    #[prop(optional)] testable: bool,
    #[prop(optional)] danger: bool,
    returned: Returned,
    children: Children,
) -> impl IntoView {
    let class = if danger { "button button--danger" } else { "button button--primary" };
    // Only a form that can test has two things to do; the others send their fields and nothing else.
    let act = testable.then_some("act");
    let seals = matches!(task, Task::Add | Task::Replace);
    // Views are erased here: a dialog is the deepest tree there is, and its type would outgrow the compiler's limits.
    let duplicate = seals.then(|| view! { <Duplicate returned=returned.clone() /> }.into_any());
    let problem = view! { <FormProblem message=returned.of_form(fields) /> }.into_any();
    let outcome = testable.then(|| view! { <Tried><TestOutcome returned /></Tried> }.into_any());
    let test = testable.then(|| {
        view! { <button class="button spacer" name="act" value="test" data-busy="Testing\u{2026}">"Test first"</button> }.into_any()
    });
    let fields = children();
    view! {
        <div class="scrim">
            <dialog open class="dialog" aria-labelledby="dialog-title" aria-modal="true">
                <form method="post" action=action id="dialog-form" data-task=task.as_str() data-key=id.map(|id| id.to_string()) novalidate autocomplete="off">
                    // Enter in a field means this one: the first submit button in the tree is the form's default.
                    <button hidden name=act value="save" tabindex="-1"></button>
                    <header>
                        <h1 id="dialog-title">{title}</h1>
                    </header>
                    // Notes first: on a small screen what comes after the fields is not seen.
                    <div class="body">
                        {problem} {duplicate} {fields}
                    </div>
                    {outcome}
                    <footer>
                        {test}
                        <a class="button button--quiet" id="cancel" href="/keys" autofocus=danger>"Cancel"</a>
                        <button class=class name=act value="save" data-busy=super::form_dialog::doing(submit)>{submit}</button>
                    </footer>
                </form>
            </dialog>
        </div>
        <DialogForm />
    }
    .into_any()
}
