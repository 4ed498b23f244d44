//! WASM entry: hydrates the islands of `app` in the browser.
//!
//! `HydrationScripts` loads this bundle, calls [`hydrate`], and then each island's own exported function.
//! There is no panic hook here: its formatting code would cost more than the rest of this crate.

// Without this the linker sees no use of `app` and drops the islands' exported functions.
use app as _;
use wasm_bindgen::prelude::wasm_bindgen;

/// Starts the reactive system; afterwards the loader hydrates one island after the other.
#[wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
