//! A form that is sent without leaving its page: what comes back refused, or tried, is put beside the fields, and the fields stay as they are,
//! the secret included. The server answers as it does without JavaScript: with another page, or with this one again.

use super::{
    dom::{Busy, all, by_id, focus, go},
    problems,
};
use gloo_net::http::Request;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use web_sys::{
    Document, DomParser, Element, FormData, HtmlElement, HtmlFormElement, HtmlInputElement, SubmitEvent, SupportedType, UrlSearchParams,
};

/// Sends the form as the browser would.
pub(super) fn send(form: &HtmlFormElement, event: &SubmitEvent) {
    if matches!(form.query_selector("[aria-busy]"), Ok(Some(_))) {
        return;
    }
    let pressed = event.submitter().and_then(|button| button.dyn_into::<HtmlElement>().ok());
    let Some(body) = encoded(form, pressed.as_ref()) else { return };
    let tests = pressed.as_ref().is_some_and(|button| button.get_attribute("value").as_deref() == Some("test"));
    // Enter presses the hidden default button; the one people see speaks for it.
    let seen = pressed.filter(|button| !button.has_attribute("hidden")).or_else(|| all::<HtmlElement>(form, "footer button").pop());
    problems::clear(form);
    let busy = seen.map(|button| Busy::begin(button, if tests { "Testing\u{2026}" } else { "Saving\u{2026}" }));
    let form = form.clone();
    spawn_local(async move {
        let asked = problems::edits();
        let answer = fetch(&form, body).await;
        // Whoever leaves the page stays at work, so that nothing is sent again on the way.
        if let Some(Answer::Elsewhere(url)) = answer {
            forget_secret();
            return go(&url);
        }
        if let Some(busy) = busy {
            busy.end();
        }
        match answer {
            Some(Answer::Again(page)) => show(&form, &page, asked == problems::edits()),
            Some(Answer::Elsewhere(_)) | None => {
                problems::say(
                    "problem",
                    "note note--bad",
                    "Keyward did not answer. Look whether the change was made before you try again.",
                );
            }
        }
    });
}

/// The fields, and the button that was pressed, as a form encodes them.
fn encoded(form: &HtmlFormElement, pressed: Option<&HtmlElement>) -> Option<String> {
    let fields = FormData::new_with_form(form).ok()?;
    let pairs = UrlSearchParams::new().ok()?;
    for field in all::<Element>(form, "[name]") {
        let name = field.get_attribute("name")?;
        if let (false, Some(value)) = (pairs.has(&name), fields.get(&name).as_string()) {
            pairs.append(&name, &value);
        }
    }
    if let Some((name, value)) = pressed.and_then(|button| Some((button.get_attribute("name")?, button.get_attribute("value")?))) {
        pairs.set(&name, &value);
    }
    Some(String::from(pairs.to_string()))
}

enum Answer {
    /// It is done, or nobody is signed in any more: the page to go to.
    Elsewhere(String),
    /// This page again.
    Again(Document),
}

async fn fetch(form: &HtmlFormElement, body: String) -> Option<Answer> {
    let action = form.get_attribute("action")?;
    let request = Request::post(&action).header("content-type", "application/x-www-form-urlencoded").body(body).ok()?;
    let answer = request.send().await.ok()?;
    if answer.redirected() {
        return Some(Answer::Elsewhere(answer.url()));
    }
    let html = answer.text().await.ok()?;
    let page = DomParser::new().ok()?.parse_from_string(&html, SupportedType::TextHtml).ok()?;
    page.get_element_by_id("dialog-form").map(|_| Answer::Again(page))
}

/// Takes over what the page says now, and nothing of its fields but those that are new. What a test found is about the fields as they were
/// sent: it is left out when they are not `unchanged`.
fn show(form: &HtmlFormElement, page: &Document, unchanged: bool) {
    for id in ["problem", "outcome"] {
        if id == "outcome" && !unchanged {
            continue;
        }
        if let (Some(new), Some(old)) = (page.get_element_by_id(id), by_id::<Element>(id)) {
            old.set_class_name(&new.class_name());
            old.set_inner_html(&new.inner_html());
            for hint in all::<Element>(&old, ".again") {
                hint.remove();
            }
            // The outcome stands above the button that was pressed.
            if id == "problem" && !new.class_name().is_empty() {
                old.scroll_into_view();
            }
        }
    }
    let Some(new) = page.get_element_by_id("dialog-form") else { return };
    if by_id::<Element>("password").is_none()
        && let (Ok(Some(asked)), Ok(Some(body))) = (new.query_selector(".field:has(#password)"), form.query_selector(".body"))
    {
        for error in all::<Element>(&asked, ".error") {
            error.remove();
        }
        let _ = body.append_child(&asked);
    }
    for error in all::<Element>(&new, ".error") {
        if let Some(name) = error.id().strip_suffix("-error") {
            problems::beside(form, name, &error.text_content().unwrap_or_default());
        }
    }
    if let Ok(Some(first)) = form.query_selector("[aria-invalid]") {
        focus(&first);
    }
}

/// The page may stay in memory for the back button: the secret does not.
fn forget_secret() {
    if let Some(field) = by_id::<HtmlInputElement>("key") {
        field.set_value("");
    }
}
