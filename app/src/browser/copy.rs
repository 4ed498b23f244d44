//! Copying a text of the page.

use super::dom::{by_id, closest, document, window};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, Event, HtmlDocument, js_sys::Reflect};

const COPIED: &str = "Copied.";
const SELECTED: &str = "Copying did not work. The text is selected: press Ctrl+C or \u{2318}C.";

/// Copies what the pressed button names. The clipboard is there on https and loopback only, and may refuse; then the text is selected and
/// the older way is tried, and whoever pressed the button is told what to do if that does not work either.
pub(crate) fn copy(event: &Event, said: RwSignal<&'static str>) {
    let named = closest(event, "[data-copies]").and_then(|button| button.get_attribute("data-copies"));
    let Some(element) = named.and_then(|id| by_id::<Element>(&id)) else { return };
    let text = element.text_content().unwrap_or_default();
    let navigator = window().navigator();
    let there = Reflect::get(&navigator, &"clipboard".into()).is_ok_and(|clipboard| clipboard.is_object());
    if !there {
        return said.set(select_and_copy(&element));
    }
    let promise = navigator.clipboard().write_text(&text);
    spawn_local(async move {
        let copied = JsFuture::from(promise).await.is_ok();
        said.set(if copied { COPIED } else { select_and_copy(&element) });
    });
}

fn select_and_copy(element: &Element) -> &'static str {
    if let Ok(Some(selection)) = window().get_selection() {
        let _ = selection.select_all_children(element);
    }
    let document = document().dyn_into::<HtmlDocument>();
    let copied = document.is_ok_and(|document| document.exec_command("copy").unwrap_or(false));
    if copied { COPIED } else { SELECTED }
}
