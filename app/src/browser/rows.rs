//! The buttons of a row, without leaving the page.

use super::{
    dom::{Busy, closest, document, focus_quietly, on, sign_in},
    live::refresh,
    problems::{say, tone},
};
use crate::{
    api::{self, ApiError},
    done::Done,
};
use domain::ids::KeyId;
use leptos::task::spawn_local;
use std::cell::Cell;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent, MouseEvent, SubmitEvent, js_sys::Date};

thread_local! {
    /// When an entry of a menu was pressed last, in milliseconds.
    static PRESSED: Cell<f64> = const { Cell::new(0.0) };
}

/// The list is swapped whole, so the listeners sit on the document.
pub(super) fn start() {
    on(&document(), "submit", |event: SubmitEvent| {
        let Some(form) = closest(&event, "#keys-list form[data-act]") else { return };
        let (Some(act), Some(id)) = (form.get_attribute("data-act"), form.get_attribute("data-key").and_then(|id| id.parse().ok())) else {
            return;
        };
        event.prevent_default();
        send(&form, act, id, event.submitter().and_then(|button| button.dyn_into().ok()));
    });
    on(&document(), "click", |event: MouseEvent| {
        // The menu is gone when a double click ends, and what lies under it was not meant.
        if event.detail() > 1 && Date::now() - PRESSED.get() < 1_000.0 {
            return event.prevent_default();
        }
        shut_menus(closest(&event, "details.menu").as_ref());
        if closest(&event, "#notice").is_some() {
            unsay();
        }
    });
    on(&document(), "keydown", |event: KeyboardEvent| {
        if event.key() != "Escape" {
            return;
        }
        let Some(menu) = closest(&event, "details.menu[open]") else { return unsay() };
        let _ = menu.remove_attribute("open");
        if let Ok(Some(summary)) = menu.query_selector("summary") {
            super::dom::focus(&summary);
        }
    });
}

/// Takes the notice away.
fn unsay() {
    say("notice", "toast", "");
}

/// One menu is open at a time, and none after a click elsewhere.
fn shut_menus(except: Option<&Element>) {
    let Some(root) = document().document_element() else { return };
    for menu in super::dom::all::<Element>(&root, "details.menu[open]") {
        if !except.is_some_and(|kept| kept.is_same_node(Some(&menu))) {
            let _ = menu.remove_attribute("open");
        }
    }
}

fn send(form: &Element, act: String, id: KeyId, button: Option<HtmlElement>) {
    let row = form.closest("article").ok().flatten();
    if row.as_ref().is_some_and(|row| row.has_attribute("aria-busy")) {
        return;
    }
    if let Some(row) = &row {
        let _ = row.set_attribute("aria-busy", "true");
    }
    let title = form.get_attribute("data-title").unwrap_or_default();
    // A menu closes with the press, so that the next one cannot meet another entry; its button keeps the focus in the row.
    let menu = form.closest("details.menu").ok().flatten();
    if let Some(menu) = &menu {
        PRESSED.set(Date::now());
        let _ = menu.remove_attribute("open");
        if let Ok(Some(summary)) = menu.query_selector("summary") {
            focus_quietly(&summary);
        }
    }
    let busy = button
        .filter(|_| menu.is_none())
        .map(|button| Busy::begin(button, if act == "test" { "Testing\u{2026}" } else { "Saving\u{2026}" }));
    unsay();
    spawn_local(async move {
        let outcome = perform(&act, id, &title).await;
        if let Some(busy) = busy {
            busy.end();
        }
        if let Some(row) = row {
            let _ = row.remove_attribute("aria-busy");
        }
        match outcome {
            Ok((class, text)) => {
                refresh().await;
                say("notice", class, &text);
            }
            Err(refusal) if refusal.code == "not_authenticated" => sign_in(),
            Err(refusal) => {
                refresh().await;
                say("notice", "toast note note--bad", &refusal.detail);
            }
        }
    });
}

/// Does it, and says how that went.
async fn perform(act: &str, id: KeyId, title: &str) -> Result<(&'static str, String), ApiError> {
    let done = match act {
        "test" => {
            let tried = api::test_key(id).await?;
            let class = match tone(tried.verdict) {
                "note note--good" => "toast note note--good",
                "note note--bad" => "toast note note--bad",
                "note note--warn" => "toast note note--warn",
                _ => "toast note",
            };
            return Ok((class, format!("{title}: {}", tried.message)));
        }
        "enable" => api::set_enabled(id, true).await.map(|()| Done::On)?,
        "disable" => api::set_enabled(id, false).await.map(|()| Done::Off)?,
        _ => api::set_default(id).await.map(|()| Done::Default)?,
    };
    Ok(("toast note note--good", done.message().to_owned()))
}
