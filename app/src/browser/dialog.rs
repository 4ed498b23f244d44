//! A dialog's form: sent in place, refused beside its fields, left by Escape.

use super::{
    dom::{Busy, all, by_id, closest, document, focus, go, on, set_hidden},
    problems,
};
use crate::{
    api::{self, ApiError},
    done::Done,
    islands::Task,
};
use domain::{ids::KeyId, key_input::SecretInput};
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, FormData, HtmlElement, HtmlFormElement, HtmlInputElement, HtmlSelectElement, KeyboardEvent, SubmitEvent};

/// What a visible control is: where Tab goes.
const FOCUSABLE: &str = "a[href], button, input:not([type=hidden]), select, textarea, summary";

/// Adds the behaviour to the dialog the server rendered.
pub(crate) fn start() {
    let Some(form) = by_id::<HtmlFormElement>("dialog-form") else { return };
    // A form without a task goes to the server as a form, in place where it asks for that.
    if form.has_attribute("data-in-place") {
        let sent = form.clone();
        on(&form, "submit", move |event: SubmitEvent| {
            event.prevent_default();
            super::in_place::send(&sent, &event);
        });
    }
    let id = form.get_attribute("data-key").and_then(|id| id.parse::<KeyId>().ok());
    let task = form.get_attribute("data-task").as_deref().and_then(Task::parse);
    if let Some(task) = task.filter(|task| *task == Task::Add || id.is_some()) {
        let sent = form.clone();
        on(&form, "submit", move |event: SubmitEvent| {
            event.prevent_default();
            send(&sent, task, id, &event);
        });
    }
    on(&document(), "keydown", {
        let form = form.clone();
        move |event: KeyboardEvent| match event.key().as_str() {
            "Escape" => leave(),
            "Tab" => hold(&form, &event),
            _ => {}
        }
    });
    if let Some(select) = by_id::<HtmlSelectElement>("provider") {
        on(&select, "change", |_: Event| provider_chosen());
        provider_changed();
    }
    let edited = form.clone();
    on(&form, "input", move |event: Event| {
        if let Some(field) = closest(&event, "[name]") {
            problems::edited(&edited, &field);
        }
    });
    if !document().active_element().is_some_and(|active| form.contains(Some(&active)))
        && let Some(first) = controls(&form).first()
    {
        focus(first);
    }
}

/// Another provider was chosen: what was said about the one before goes.
pub(super) fn provider_chosen() {
    provider_changed();
    if let (Some(select), Some(form)) = (by_id::<Element>("provider"), by_id::<Element>("dialog-form")) {
        problems::edited(&form, &select);
    }
}

/// Shows where to make a key for the chosen provider.
fn provider_changed() {
    let (Some(select), Some(form)) = (by_id::<HtmlSelectElement>("provider"), by_id::<Element>("dialog-form")) else { return };
    let chosen = select.value();
    for line in all::<Element>(&form, "[data-provider]") {
        set_hidden(&line, line.get_attribute("data-provider").as_deref() != Some(chosen.as_str()));
    }
}

fn leave() {
    if let Some(cancel) = by_id::<HtmlElement>("cancel") {
        cancel.click();
    }
}

fn controls(form: &Element) -> Vec<HtmlElement> {
    all::<HtmlElement>(form, FOCUSABLE).into_iter().filter(|control| control.offset_parent().is_some()).collect()
}

/// Tab goes round inside the dialog.
fn hold(form: &Element, event: &KeyboardEvent) {
    let controls = controls(form);
    let (Some(first), Some(last)) = (controls.first(), controls.last()) else { return };
    let active = document().active_element();
    let at = |control: &HtmlElement| active.as_ref().is_some_and(|active| active.is_same_node(Some(control)));
    let outside = !active.as_ref().is_some_and(|active| form.contains(Some(active)));
    let target = match event.shift_key() {
        true if outside || at(first) => last,
        false if outside || at(last) => first,
        _ => return,
    };
    event.prevent_default();
    focus(target);
}

/// The fields of a form as typed.
struct Fields(FormData);

impl Fields {
    fn text(&self, name: &str) -> String {
        self.0.get(name).as_string().unwrap_or_default()
    }
    fn has(&self, name: &str) -> bool {
        self.0.has(name)
    }
    fn secret(&self) -> SecretInput {
        SecretInput::new(self.text("key"))
    }
}

/// What a submit button asks for.
#[derive(Clone, Copy, PartialEq)]
enum Act {
    Save,
    KeepBoth,
    Test,
}

fn send(form: &HtmlFormElement, task: Task, id: Option<KeyId>, event: &SubmitEvent) {
    if matches!(form.query_selector("[aria-busy]"), Ok(Some(_))) {
        return;
    }
    let Ok(fields) = FormData::new_with_form(form).map(Fields) else { return };
    let pressed = event.submitter().and_then(|button| button.dyn_into::<HtmlElement>().ok());
    let asks = |name: &str, value: &str| pressed.as_ref().is_some_and(|button| button.get_attribute(name).as_deref() == Some(value));
    let act = match () {
        () if asks("value", "test") => Act::Test,
        () if asks("name", "allow_duplicate") => Act::KeepBoth,
        () => Act::Save,
    };
    // Enter presses the hidden default button; the one people see speaks for it.
    let seen = pressed.filter(|button| !button.has_attribute("hidden")).or_else(|| all::<HtmlElement>(form, "footer button").pop());
    problems::clear(form);
    let busy = seen.map(|button| Busy::begin(button, doing(task, act)));
    let form = form.clone();
    spawn_local(async move {
        let outcome = if act == Act::Test { test(&fields).await } else { save(task, id, &fields, act == Act::KeepBoth).await };
        drop(fields);
        // Whoever leaves the page stays at work, so that nothing is sent again on the way.
        if let Ok(Some(page)) = outcome {
            forget_secret();
            return go(&page);
        }
        if let Some(busy) = busy {
            busy.end();
        }
        if let Err(refusal) = outcome {
            problems::show(&form, &refusal);
        }
    });
}

const fn doing(task: Task, act: Act) -> &'static str {
    match (act, task) {
        (Act::Test, _) => "Testing\u{2026}",
        (_, Task::Replace) => "Replacing\u{2026}",
        (_, Task::Delete) => "Deleting\u{2026}",
        (_, Task::Add | Task::Edit) => "Saving\u{2026}",
    }
}

async fn test(fields: &Fields) -> Result<Option<String>, ApiError> {
    // When a key is replaced these two belong to it: they are on the page, and not among the fields that are sent.
    let value = |name: &str| by_id::<HtmlInputElement>(name).map_or_else(|| fields.text(name), |field| field.value());
    let asked = problems::edits();
    let tried = api::test_candidate(value("provider"), fields.secret(), value("endpoint")).await?;
    if asked == problems::edits() {
        problems::outcome(&tried);
    }
    Ok(None)
}

/// Does it. What is returned is the page to go to.
async fn save(task: Task, id: Option<KeyId>, fields: &Fields, allow_duplicate: bool) -> Result<Option<String>, ApiError> {
    let done = |done: Done| Some(done.page());
    match (task, id) {
        (Task::Add, _) => {
            let text = |name| fields.text(name);
            let (label, description) = (text("label"), text("description"));
            let id = api::add_key(text("provider"), fields.secret(), label, description, text("endpoint"), allow_duplicate).await?;
            Ok(Some(Done::Added.on_key(id)))
        }
        (Task::Replace, Some(id)) => api::replace_key(id, fields.secret(), allow_duplicate).await.map(|()| done(Done::Replaced)),
        (Task::Edit, Some(id)) => edit(id, fields).await.map(|()| done(Done::Saved)),
        (Task::Delete, Some(id)) => api::delete_key(id).await.map(|()| done(Done::Deleted)),
        // Such a form was left to the browser.
        (_, None) => Ok(None),
    }
}

async fn edit(id: KeyId, fields: &Fields) -> Result<(), ApiError> {
    let (label, description) = (fields.text("label"), fields.text("description"));
    let endpoint = fields.has("endpoint").then(|| fields.text("endpoint")).filter(|typed| changed("endpoint", typed));
    let is_default = fields.has("is_default").then_some(true);
    let revision = fields.text("revision").parse().ok();
    api::edit_key(id, label, description, fields.has("enabled"), is_default, endpoint, fields.secret(), revision).await
}

/// Whether a field holds something else than the server put there.
fn changed(name: &str, typed: &str) -> bool {
    by_id::<HtmlInputElement>(name).is_none_or(|field| field.default_value() != typed)
}

/// The page may stay in memory for the back button: the secret does not.
fn forget_secret() {
    if let Some(field) = by_id::<HtmlInputElement>("key") {
        field.set_value("");
    }
}
