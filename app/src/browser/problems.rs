//! Saying what was wrong with a form, beside its fields.

use super::dom::{all, by_id, document, focus, set_hidden, sign_in};
use crate::api::{ApiError, keys::Tried};
use domain::Verdict;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlFormElement};

/// Takes away what was said about the last attempt.
pub(super) fn clear(form: &Element) {
    for error in all::<Element>(form, ".error, .again") {
        error.remove();
    }
    for field in all::<Element>(form, "[aria-invalid]") {
        let _ = field.remove_attribute("aria-invalid");
        let name = field.get_attribute("name").unwrap_or_default();
        let others: Vec<String> = described_by(&field).into_iter().filter(|id| *id != error_id(&name)).collect();
        let _ = field.set_attribute("aria-describedby", &others.join(" "));
    }
    say("problem", "", "");
    say("outcome", "", "");
    if let Some(note) = by_id::<Element>("duplicate") {
        set_hidden(&note, true);
    }
}

/// Shows a problem where it belongs and moves the focus there.
pub(super) fn show(form: &Element, refusal: &ApiError) {
    match (&*refusal.code, &refusal.id) {
        // As a form it comes to the server, which keeps what was typed until the person has signed in again.
        ("not_authenticated", _) => match form.dyn_ref::<HtmlFormElement>() {
            Some(form) => drop(form.submit()),
            None => sign_in(),
        },
        ("duplicate_key", Some(id)) => duplicate(&format!("/keys/{id}/replace"), &refusal.detail),
        ("invalid_provider", _) if beside(form, "provider", "Choose a provider.") => focus_invalid(form),
        ("invalid", _) => {
            let placed: Vec<bool> = refusal.fields.iter().map(|fault| beside(form, &fault.field, &fault.message)).collect();
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

/// Says what a test found.
pub(super) fn outcome(tried: &Tried) {
    note("outcome", tone(tried.verdict), &tried.message);
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
        (by_id::<Element>("duplicate"), by_id::<Element>("duplicate-text"), by_id::<Element>("duplicate-replace"))
    else {
        return;
    };
    let _ = link.set_attribute("href", href);
    set_hidden(&note, false);
    words.set_text_content(Some(text));
    if let Ok(Some(keep)) = note.query_selector("button") {
        focus(&keep);
    }
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
