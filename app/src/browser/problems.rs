//! Saying what was wrong with a form, beside its fields.

use super::dom::{all, by_id, document, focus, set_hidden, sign_in};
use crate::{
    api::{ApiError, keys::Tried},
    done::NO_PROVIDER,
};
use domain::{FieldProblem, Verdict};
use std::cell::Cell;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlFormElement, HtmlSelectElement};

thread_local! {
    /// How often something was typed or chosen that a test looks at.
    static EDITS: Cell<u32> = const { Cell::new(0) };
}

/// Names of fields that no test looks at.
const BESIDE: [&str; 4] = ["label", "description", "metadata.description", "password"];

/// Takes away what was said about the last attempt.
pub(super) fn clear(form: &Element) {
    unmark(form);
    say("problem", "", "");
    unsay();
}

/// Takes away what was said about the fields in a part of the form.
fn unmark(part: &Element) {
    for error in all::<Element>(part, ".error, .again") {
        error.remove();
    }
    for field in all::<Element>(part, "[aria-invalid]") {
        let _ = field.remove_attribute("aria-invalid");
        let name = field.get_attribute("name").unwrap_or_default();
        let others: Vec<String> = described_by(&field).into_iter().filter(|id| *id != error_id(&name)).collect();
        let _ = field.set_attribute("aria-describedby", &others.join(" "));
    }
}

/// Takes away what was said about the key: the outcome of a test, and that it is there already.
fn unsay() {
    say("outcome", "", "");
    if let Some(note) = by_id::<Element>("duplicate") {
        set_hidden(&note, true);
    }
}

/// A field is another than it was sent as: what was said about it goes, and what a test found about the one before.
pub(super) fn edited(form: &Element, field: &Element) {
    if let Ok(Some(holder)) = field.closest(".field") {
        unmark(&holder);
    }
    let name = field.get_attribute("name").unwrap_or_default();
    if form.query_selector("[value=test]").is_ok_and(|button| button.is_some()) && !BESIDE.contains(&name.as_str()) {
        EDITS.set(EDITS.get().wrapping_add(1));
        unsay();
    }
}

/// A number that is another one once a field that a test looks at was changed.
pub(super) fn edits() -> u32 {
    EDITS.get()
}

/// Shows a problem where it belongs and moves the focus there.
pub(super) fn show(form: &Element, refusal: &ApiError) {
    match (&*refusal.code, &refusal.id) {
        // As a form it comes to the server, which keeps what was typed until the person has signed in again.
        ("not_authenticated", _) => match form.dyn_ref::<HtmlFormElement>() {
            Some(form) => drop(form.submit()),
            None => sign_in(),
        },
        ("duplicate_key", Some(id)) => duplicate(&format!("/keys#key-{id}"), &refusal.detail),
        ("invalid", _) => {
            let none_chosen = by_id::<HtmlSelectElement>("provider").is_some_and(|select| select.value().is_empty());
            let said = |fault: &FieldProblem| {
                let message = if fault.field == "provider" && none_chosen { NO_PROVIDER } else { &fault.message };
                beside(form, &fault.field, message)
            };
            let placed: Vec<bool> = refusal.fields.iter().map(said).collect();
            if let Some(lost) = refusal.fields.iter().zip(&placed).find(|(_, placed)| !**placed) {
                note("problem", "note note--bad", &lost.0.message);
            }
            focus_invalid(form);
        }
        _ => note("problem", "note note--bad", &refusal.detail),
    }
}

fn focus_invalid(form: &Element) {
    if let Ok(Some(first)) = form.query_selector("[aria-invalid]") {
        focus(&first);
    }
}

/// Says what a test found, above the button that was pressed.
pub(super) fn outcome(tried: &Tried) {
    say("outcome", tone(tried.verdict), &tried.message);
}

/// The look of a verdict in a note.
pub(super) const fn tone(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Valid => "note note--good",
        Verdict::Rejected => "note note--bad",
        Verdict::NoCredit | Verdict::RateLimited => "note note--warn",
        Verdict::Unreachable | Verdict::Unexpected | Verdict::Unchecked => "note",
    }
}

/// Fills a region that assistive technology listens to.
pub(super) fn say(id: &str, class: &str, text: &str) {
    if let Some(region) = by_id::<HtmlElement>(id) {
        region.set_class_name(class);
        region.set_text_content(Some(text));
    }
}

/// Fills a note at the top of the dialog and brings it into view: what was pressed is below the fields.
fn note(id: &str, class: &str, text: &str) {
    say(id, class, text);
    if let Some(note) = by_id::<Element>(id) {
        note.scroll_into_view();
    }
}

fn duplicate(href: &str, text: &str) {
    let (Some(note), Some(words), Some(link)) =
        (by_id::<Element>("duplicate"), by_id::<Element>("duplicate-text"), by_id::<Element>("duplicate-go"))
    else {
        return;
    };
    let _ = link.set_attribute("href", href);
    set_hidden(&note, false);
    words.set_text_content(Some(text));
    focus(&link);
    note.scroll_into_view();
}

fn error_id(name: &str) -> String {
    format!("{name}-error")
}

fn described_by(field: &Element) -> Vec<String> {
    field.get_attribute("aria-describedby").unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

/// Puts a sentence under a field. `false` when the form has no such field that a person can see.
pub(super) fn beside(form: &Element, name: &str, message: &str) -> bool {
    let fields = all::<Element>(form, ".field [name]");
    let Some(field) = fields.into_iter().find(|field| field.get_attribute("name").as_deref() == Some(name)) else { return false };
    let (Ok(Some(holder)), Ok(error)) = (field.closest(".field"), document().create_element("span")) else { return false };
    error.set_class_name("error");
    error.set_id(&error_id(name));
    error.set_text_content(Some(message));
    let mut ids = described_by(&field);
    ids.push(error_id(name));
    let _ = field.set_attribute("aria-invalid", "true");
    let _ = field.set_attribute("aria-describedby", &ids.join(" "));
    holder.append_child(&error).is_ok()
}
