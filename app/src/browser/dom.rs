//! Finding elements, listening, going elsewhere.

use wasm_bindgen::{JsCast, closure::Closure, convert::FromWasmAbi};
use web_sys::{Document, Element, EventTarget, FocusOptions, HtmlElement, Storage, Window};

/// The window. Islands run nowhere else.
pub(super) fn window() -> Window {
    web_sys::window().expect("islands run in a window, never in a worker")
}

/// The document of the window.
pub(super) fn document() -> Document {
    window().document().expect("a window that runs scripts has a document")
}

/// The element with an id, as the type the caller expects.
pub(super) fn by_id<T: JsCast>(id: &str) -> Option<T> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

/// Every element below `root` that a selector finds.
pub(super) fn all<T: JsCast>(root: &Element, selector: &str) -> Vec<T> {
    let Ok(list) = root.query_selector_all(selector) else { return Vec::new() };
    (0..list.length()).filter_map(|i| list.item(i)?.dyn_into().ok()).collect()
}

/// Listens for as long as the page lives.
pub(super) fn on<E: FromWasmAbi + 'static>(target: &EventTarget, event: &str, listener: impl FnMut(E) + 'static) {
    let listener = Closure::<dyn FnMut(E)>::new(listener);
    if target.add_event_listener_with_callback(event, listener.as_ref().unchecked_ref()).is_ok() {
        listener.forget();
    }
}

/// The nearest element at or above an event's target that a selector matches.
pub(super) fn closest(event: &web_sys::Event, selector: &str) -> Option<Element> {
    event.target()?.dyn_into::<Element>().ok()?.closest(selector).ok().flatten()
}

/// Shows or hides an element.
pub(super) fn set_hidden(element: &Element, hidden: bool) {
    let _ = if hidden { element.set_attribute("hidden", "") } else { element.remove_attribute("hidden") };
}

/// Moves the focus.
pub(super) fn focus(element: &Element) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        let _ = element.focus();
    }
}

/// Moves the focus and leaves the page where it is.
pub(super) fn focus_quietly(element: &Element) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        let options = FocusOptions::new();
        options.set_prevent_scroll(true);
        let _ = element.focus_with_options(&options);
    }
}

/// Goes from a dialog that is done to a page of this site. The way back leads to where the dialog was opened, not into it again.
pub(super) fn go(path: &str) {
    let _ = window().location().replace(path);
}

/// Goes to sign in, and back to this page afterwards.
pub(super) fn sign_in() {
    let here = window().location().pathname().unwrap_or_default();
    let _ = window().location().assign(&format!("/sign-in?next={here}&ended=page"));
}

/// What the tab remembers until it is closed.
pub(super) fn storage() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

/// A button at work: it keeps its width and says what it is doing.
pub(super) struct Busy {
    button: HtmlElement,
    words: String,
}

impl Busy {
    /// Begins; nothing is sent twice while it lasts, for callers look at `aria-busy`. Who goes to another page lets it last. The words
    /// it had wait where the page's own script finds them, for a browser may bring the page back as it was.
    pub(super) fn begin(button: HtmlElement, doing: &str) -> Self {
        let width = button.offset_width();
        let _ = button.style().set_property("min-width", &format!("{width}px"));
        let _ = button.set_attribute("aria-busy", "true");
        let words = button.text_content().unwrap_or_default();
        let _ = button.set_attribute("data-words", &words);
        button.set_text_content(Some(doing));
        Self { button, words }
    }
    /// Ends, with the words it had.
    pub(super) fn end(self) {
        let _ = self.button.remove_attribute("aria-busy");
        self.button.set_text_content(Some(&self.words));
    }
}
