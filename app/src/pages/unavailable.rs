//! What a page shows when its data could not be read.

use domain::Problem;
use leptos::prelude::*;
use leptos_meta::Title;

/// The failed state: it never looks like an empty list, and says what to do.
#[component]
pub(crate) fn Unavailable(title: &'static str, problem: Problem, again: String) -> impl IntoView {
    view! {
        <Title text=title />
        <div class="head"><h1>{title}</h1></div>
        <div class="note note--bad failed" role="alert">
            <div>
                <h2>"This could not be read just now"</h2>
                <p>{problem.detail().into_owned()}</p>
                <p>"Your keys are not affected. If it lasts, whoever runs this installation finds the reason in its log."</p>
                <a class="button" href=again>"Try again"</a>
            </div>
        </div>
    }
}
