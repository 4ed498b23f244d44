//! The list of keys, kept current by server-sent events.

use super::{
    dom::{all, by_id, closest, document, focus, focus_quietly, on, storage, window},
    rows, times,
};
use futures::StreamExt;
use gloo_net::eventsource::futures::EventSource;
use leptos::{prelude::set_timeout, task::spawn_local};
use std::{cell::RefCell, time::Duration};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{DomParser, Element, Event, Response, SupportedType, VisibilityState};

/// Where the id of the link that opened a dialog is kept.
const OPENER: &str = "opener";
/// After the server closed the stream for good, it is asked again this much later.
const RETRY: Duration = Duration::from_secs(5);

thread_local! {
    static STREAM: RefCell<Option<EventSource>> = const { RefCell::new(None) };
}

/// Listens while the page is seen; rows act in place; the focus comes back from a dialog, or goes to the row that the address names.
pub(crate) fn start() {
    rows::start();
    remember_opener();
    if document().query_selector("dialog[open]").ok().flatten().is_none() {
        let opener = take_opener();
        let named = window().location().hash().ok().and_then(|hash| menu_of(hash.strip_prefix('#')?));
        match (named, opener) {
            (Some(menu), _) => focus_quietly(&menu),
            (None, Some(id)) => focus_by_id(&id),
            (None, None) => {}
        }
    }
    on(&document(), "visibilitychange", |_: Event| match document().visibility_state() {
        VisibilityState::Hidden => close(),
        _ => {
            open();
            spawn_local(refresh());
        }
    });
    if document().visibility_state() != VisibilityState::Hidden {
        open();
    }
}

fn close() {
    STREAM.with_borrow_mut(Option::take);
}

fn open() {
    close();
    let Ok(mut source) = EventSource::new("/events") else { return };
    let (Ok(changed), Ok(tested)) = (source.subscribe("key.changed"), source.subscribe("key.tested")) else { return };
    STREAM.set(Some(source));
    spawn_local(async move {
        let mut events = futures::stream::select(changed, tested);
        while let Some(Ok(_)) = events.next().await {
            refresh().await;
        }
        // Either this page closed the stream, being hidden, or the server did.
        let shut = STREAM.with_borrow(|source| source.as_ref().is_some_and(|s| s.state() == gloo_net::eventsource::State::Closed));
        if shut && document().visibility_state() != VisibilityState::Hidden {
            set_timeout(
                || {
                    open();
                    spawn_local(refresh());
                },
                RETRY,
            );
        }
    });
}

/// The button of the menu of the row with this id.
fn menu_of(row: &str) -> Option<Element> {
    by_id(&format!("more-{}", row.strip_prefix("key-")?))
}

/// Fetches the list and puts it in the place of the old one; keeps open menus and the focus, and moves nothing in sight. Where the button
/// that had the focus is gone, its row's menu has it. A list that cannot be fetched leaves the old one where it is.
pub(super) async fn refresh() {
    let Some(html) = fetch("/keys?part=list").await else { return };
    let Some(old) = by_id::<Element>("keys-list") else { return };
    let Some(new) = parse(&html, "keys-list") else { return };
    let focused = document().active_element().filter(|active| old.contains(Some(active)));
    let row = focused.as_ref().and_then(|focused| focused.closest("article").ok().flatten()).map(|row| row.id());
    // A row at work stays as it is, or it could be set to work again; whoever did that refreshes the list when it is done.
    for busy in all::<Element>(&old, "article[aria-busy]") {
        if let Some(fresh) = all::<Element>(&new, "article").into_iter().find(|found| found.id() == busy.id()) {
            let _ = fresh.replace_with_with_node_1(&busy);
        }
    }
    for menu in all::<Element>(&old, "details[open]") {
        let open = all::<Element>(&new, "details").into_iter().find(|found| found.id() == menu.id());
        if let Some(open) = open {
            let _ = open.set_attribute("open", "");
        }
    }
    if let (Some(tier), Some(line)) = (new.get_attribute("data-tier"), by_id::<Element>("tier")) {
        line.set_text_content(Some(&tier));
    }
    if old.replace_with_with_node_1(&new).is_err() {
        return;
    }
    times::refresh();
    if let Some(id) = focused.map(|focused| focused.id()).filter(|id| !id.is_empty()) {
        let menu = row.filter(|_| by_id::<Element>(&id).is_none()).and_then(|row| menu_of(&row));
        if let Some(target) = menu.or_else(|| reachable(&id)) {
            focus_quietly(&target);
        }
    }
}

pub(super) async fn fetch(path: &str) -> Option<String> {
    let response: Response = JsFuture::from(window().fetch_with_str(path)).await.ok()?.dyn_into().ok()?;
    // A redirect leads to the sign-in page: that is no list.
    if !response.ok() || response.redirected() {
        return None;
    }
    JsFuture::from(response.text().ok()?).await.ok()?.as_string()
}

pub(super) fn parse(html: &str, id: &str) -> Option<Element> {
    DomParser::new().ok()?.parse_from_string(html, SupportedType::TextHtml).ok()?.get_element_by_id(id)
}

/// Every link that opens a dialog carries `data-opens`: its id outlives the change of page.
fn remember_opener() {
    on(&document(), "click", |event: Event| {
        if let (Some(link), Some(storage)) = (closest(&event, "[data-opens]"), storage()) {
            let _ = storage.set_item(OPENER, &link.id());
        }
    });
}

fn take_opener() -> Option<String> {
    let storage = storage()?;
    let id = storage.get_item(OPENER).ok().flatten()?;
    let _ = storage.remove_item(OPENER);
    Some(id)
}

/// What stands for an element where the focus goes: one inside a closed menu is reached through the menu; one that is gone, through the
/// heading.
fn reachable(id: &str) -> Option<Element> {
    let found = by_id::<Element>(id);
    let menu = found.as_ref().and_then(|found| found.closest("details:not([open])").ok().flatten());
    match (found, menu) {
        (_, Some(menu)) => menu.query_selector("summary").ok().flatten(),
        (Some(found), None) => Some(found),
        (None, None) => document().query_selector("#keys-list h1").ok().flatten(),
    }
}

/// Focuses what stands for an element.
pub(super) fn focus_by_id(id: &str) {
    if let Some(target) = reachable(id) {
        focus(&target);
    }
}
