//! A part of a page that is fetched again while something is at work.

use super::{
    dom::{by_id, document, window},
    live::{fetch, focus_by_id, parse},
    times,
};
use leptos::{prelude::set_timeout, task::spawn_local};
use std::time::Duration;
use web_sys::{Element, VisibilityState};

const ID: &str = "live-status";
const EVERY: Duration = Duration::from_secs(2);

/// Looks again in a while, as long as the part says that it is worth it.
pub(crate) fn start() {
    if by_id::<Element>(ID).is_some_and(|part| part.has_attribute("data-live")) {
        set_timeout(|| spawn_local(look()), EVERY);
    }
}

async fn look() {
    if document().visibility_state() != VisibilityState::Hidden
        && let Ok(path) = window().location().pathname()
        && let Some(html) = fetch(&path).await
    {
        swap(&html);
    }
    start();
}

/// What cannot be fetched leaves the old part where it is.
fn swap(html: &str) {
    let (Some(old), Some(new)) = (by_id::<Element>(ID), parse(html, ID)) else { return };
    let focused = document().active_element().filter(|active| old.contains(Some(active))).map(|active| active.id());
    if old.replace_with_with_node_1(&new).is_err() {
        return;
    }
    times::refresh();
    if let Some(id) = focused.filter(|id| !id.is_empty()) {
        focus_by_id(&id);
    }
}
