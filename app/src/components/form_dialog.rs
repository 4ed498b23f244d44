//! A dialog whose form goes to the server as a form, with JavaScript and without.

use super::note::FormProblem;
use crate::islands::DialogForm;
use leptos::prelude::*;

/// One task with a way out to `cancel`. The island holds the focus inside and closes on Escape.
#[component]
pub(crate) fn FormDialog(
    title: &'static str,
    action: String,
    submit: &'static str,
    #[prop(into)] cancel: String,
    problem: Option<String>,
    #[prop(optional)] danger: bool,
    children: Children,
) -> impl IntoView {
    let class = if danger { "button button--danger" } else { "button button--primary" };
    let problem = view! { <FormProblem message=problem /> }.into_any();
    let fields = children();
    view! {
        <div class="scrim">
            <dialog open class="dialog" aria-labelledby="dialog-title" aria-modal="true">
                <form method="post" action=action id="dialog-form" novalidate autocomplete="off">
                    <header>
                        <h1 id="dialog-title">{title}</h1>
                    </header>
                    <div class="body">{problem} {fields}</div>
                    <footer>
                        <a class="button button--quiet" id="cancel" href=cancel autofocus=danger>"Cancel"</a>
                        <button class=class>{submit}</button>
                    </footer>
                </form>
            </dialog>
        </div>
        <DialogForm />
    }
    .into_any()
}
