//! The dialog "Export events".

use crate::{
    components::{choice::Choice, form_dialog::FormDialog, password_again::PasswordAgain},
    query::address,
    returned::Returned,
};
use domain::views::AuditPage;
use leptos::prelude::*;

/// Downloads the events that the page was asked for, all of them and not only those in sight.
#[component]
pub(crate) fn Export(page: AuditPage, returned: Returned) -> impl IntoView {
    let given: Vec<(&'static str, String)> = page.asked.given().into_iter().map(|(name, value)| (name, value.to_owned())).collect();
    let pairs: Vec<_> = given.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let what = if given.is_empty() {
        "Every event of the trail, oldest first."
    } else {
        "Every event that fits what the page shows, oldest first."
    };
    let cancel = address("/settings/audit", &pairs);
    let hidden = given.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value /> }).collect_view();
    let forms = [("csv", "CSV, for a spreadsheet"), ("jsonl", "JSON Lines, for a program")];
    let forms = forms.map(|(word, called)| (word.to_owned(), called.to_owned())).to_vec();
    view! {
        <FormDialog
            title="Export events"
            action="/settings/audit/export".to_owned()
            submit="Download"
            stays=true
            cancel
            problem=returned.of_form(&["format", "password"])
        >
            <p>{what} " The trail notes that you took it."</p>
            {hidden}
            <Choice name="format" label="Format" options=forms value=returned.value("format").unwrap_or("csv").to_owned() fault=returned.fault("format") />
            <PasswordAgain needed=page.step_up returned />
        </FormDialog>
    }
}
