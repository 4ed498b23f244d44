//! The first page of the settings: what needs attention.

use crate::{
    api::logged,
    components::frame::{Frame, Place, Setting},
    islands::Times,
    pages::failed::failed,
};
use domain::views::{CheckView, NoteView, OverviewPage, Weight};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::Title;
use vault::{Context, Vault};

const PLACE: Place = Place::Settings(Setting::Overview);

/// Makes every check and shows what came of it.
#[component]
pub(crate) fn Overview() -> impl IntoView {
    let caller = use_context::<Vault>().zip(use_context::<Context>());
    let response = use_context::<ResponseOptions>();
    view! {
        <Suspense>
            {Suspend::new(async move {
                let (vault, cx) = caller?;
                Some(match vault.overview(&cx).await {
                    Ok(page) => shown(page),
                    Err(failure) => failed("Overview", "/settings", PLACE, logged(failure), response.as_ref()),
                })
            })}
        </Suspense>
    }
}

/// Class and word for how a check came out: the heaviest note decides.
fn state(check: &CheckView) -> (&'static str, &'static str) {
    if check.unknown {
        return ("state state--unreachable", "Not known");
    }
    match check.notes.iter().map(|note| note.weight).max() {
        None => ("state state--works", "Fine"),
        Some(Weight::Hint) => ("state state--untested", "Worth knowing"),
        Some(Weight::Warning) => ("state state--limited", "Look at this"),
        Some(Weight::Fault) => ("state state--rejected", "Wrong"),
    }
}

#[component]
fn Note(note: NoteView) -> impl IntoView {
    let link = note.link.map(|(path, words)| view! { " " <a href=path>{words}</a> });
    view! { <li>{note.text} {link}</li> }
}

#[component]
fn Check(check: CheckView) -> impl IntoView {
    let (class, word) = state(&check);
    let notes = (!check.notes.is_empty()).then(|| {
        let notes = check.notes.iter().cloned().map(|note| view! { <Note note /> }).collect_view();
        view! { <ul>{notes}</ul> }
    });
    let fine_class = (!check.is_fine()).then_some("fine");
    let fine = (!check.fine.is_empty()).then(|| view! { <p class=fine_class>{check.fine.clone()}</p> });
    view! {
        <article class="check">
            <h2>{check.title.clone()}</h2>
            <span class=class>{word}</span>
            <div>{notes} {fine}</div>
        </article>
    }
}

pub(super) fn shown(page: OverviewPage) -> AnyView {
    let total = page.checks.len();
    let open = page.checks.iter().filter(|check| !check.is_fine()).count();
    let summary = match open {
        0 => view! { <span>"Nothing needs your attention."</span> <span><b>{total}</b> " checks, all fine"</span> }.into_any(),
        open => view! {
            <span><b>{open}</b> {if open == 1 { " check has something to tell" } else { " checks have something to tell" }}</span>
            <span><b>{total - open}</b> " fine"</span>
        }
        .into_any(),
    };
    // What weighs most comes first; what is alike keeps its order.
    let mut checks = page.checks;
    let weight = |check: &CheckView| (check.unknown, check.notes.iter().map(|note| note.weight).max());
    checks.sort_by_key(|check| std::cmp::Reverse(weight(check)));
    let checks = checks.into_iter().map(|check| view! { <Check check /> }).collect_view();
    view! {
        <Title text="Overview" />
        <Frame account=Some(page.account) place=PLACE>
            <div class="head">
                <div>
                    <h1 tabindex="-1">"Overview"</h1>
                    <p>"What needs attention in this installation, looked at a moment ago."</p>
                </div>
            </div>
            <p class="summary" role="status">{summary}</p>
            <section class="group" aria-label="Checks">{checks}</section>
        </Frame>
        <Times />
    }
    .into_any()
}
