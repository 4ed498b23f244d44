//! Events of the audit trail.

use super::{audit_words, email::Email};
use crate::query::address;
use domain::views::{AuditLine, AuditPage, AuditView};
use leptos::prelude::*;

const PATH: &str = "/settings/audit";

/// The end of an id, which differs where the beginning, a moment, is alike.
fn short(id: &str) -> String {
    format!("\u{2026}{}", id.get(id.len().saturating_sub(8)..).unwrap_or(id))
}

/// An address, or the end of an id, which does not break.
#[component]
fn Name(email: Option<String>, id: String) -> impl IntoView {
    match email {
        Some(address) => view! { <Email address /> }.into_any(),
        None => view! { <span class="whole">{short(&id)}</span> }.into_any(),
    }
}

#[component]
fn Who(line: AuditLine) -> impl IntoView {
    let event = line.event;
    let who = match (event.actor_kind.as_str(), event.actor) {
        (_, Some(id)) => {
            let (email, id) = (line.actor_email.map(|email| email.to_string()), id.to_string());
            let href = address(PATH, &[("actor", &id)]);
            view! { <a class="long" href=href><Name email id /></a> }.into_any()
        }
        ("system", None) => view! { <a href=address(PATH, &[("actor", "system")])>"System"</a> }.into_any(),
        (_, None) => view! { <a href=address(PATH, &[("actor", "nobody")])>"Nobody signed in"</a> }.into_any(),
    };
    view! { {who} {event.client.map(|client| view! { <br /> <span class="fine">{client}</span> })} }
}

#[component]
fn What(line: AuditLine) -> impl IntoView {
    let event = line.event;
    let object = event.object_kind.zip(event.object).map(|(kind, id)| {
        let href = address(PATH, &[("object", &id)]);
        let email = line.object_email.map(|email| email.to_string());
        let words = audit_words::kind(&kind);
        view! {
            <br />
            <span class="fine">{words} " " <a class="long" href=href title=id><Name email id=id.clone() /></a></span>
        }
    });
    let words = audit_words::action(&event.action).map_or_else(|| event.action.clone(), str::to_owned);
    view! { <b>{words}</b> {object} }
}

/// Words and numbers that belong to the event, and its ids behind a button that works without a script.
#[component]
fn Details(event: AuditView) -> impl IntoView {
    let reason = event.reason.map(|reason| ("reason".to_owned(), reason.replace('_', " ")));
    let pairs = reason.into_iter().chain(audit_words::details(&event.details));
    let tags = pairs.map(|(name, value)| view! { <span class="tag">{name} ": " {value}</span> " " }).collect_view();
    let row = |name: &'static str, value: Option<String>| value.map(|value| view! { <dt>{name}</dt> <dd>{value}</dd> });
    view! {
        {tags}
        <details class="more">
            <summary aria-label=format!("Ids of event {}", event.seq)>"Ids"</summary>
            <dl>
                {row("Action", Some(event.action))}
                {row("Request", Some(event.request.to_string()))}
                {row("Session or token", event.proof)}
                {row("Thing", event.object)}
                {row("Version of the secret", event.secret_version.map(|version| version.to_string()))}
            </dl>
        </details>
    }
}

#[component]
fn EventRow(line: AuditLine) -> impl IntoView {
    let event = line.event.clone();
    let (class, word) = audit_words::outcome(&event.outcome);
    let (seq, at) = (event.seq, event.at.to_the_second());
    view! {
        <tr id=format!("event-{seq}")>
            <td data-label="When">
                // Not in relative words: here the moment itself is what counts.
                <span><time>{at}</time> <br /> <span class="fine">{format!("#{seq}")}</span></span>
            </td>
            <td data-label="Who"><span><Who line=line.clone() /></span></td>
            <td data-label="What"><span><What line /></span></td>
            <td data-label="Outcome"><span><span class=class>{word}</span></span></td>
            <td data-label="Details"><div><Details event /></div></td>
        </tr>
    }
    .into_any()
}

/// The events, or that none fits, and the way to older ones.
#[component]
pub(crate) fn AuditList(page: AuditPage) -> impl IntoView {
    let given = page.asked.given();
    let at = |before: &str| address(PATH, &[given.as_slice(), &[("before", before)]].concat());
    let newest = (!page.asked.before.is_empty()).then(|| view! { <a class="button" href=at("")>"Newest"</a> });
    let older = page.next.map(|next| view! { <a class="button" id="older" href=at(&next.to_string()) rel="next">"Older"</a> });
    let pages = (newest.is_some() || older.is_some()).then(|| view! { <nav class="pager" aria-label="Pages">{newest} {older}</nav> });
    if page.events.is_empty() {
        let (title, text) = match page.faults.is_empty() {
            true => ("No such events", "No event has all of what you asked for."),
            false => ("Nothing was looked up", "A part of what you asked for cannot be read: its field says why."),
        };
        return view! {
            <div class="empty">
                <div>
                    <h2>{title}</h2>
                    <p>{text}</p>
                </div>
                <a class="button" href=PATH>"Show all"</a>
            </div>
        }
        .into_any();
    }
    let rows = page.events.into_iter().map(|line| view! { <EventRow line /> }).collect_view();
    view! {
        <div class="group">
            <table class="table table--audit">
                <thead>
                    <tr>
                        <th scope="col">"When"</th>
                        <th scope="col">"Who"</th>
                        <th scope="col">"What"</th>
                        <th scope="col">"Outcome"</th>
                        <th scope="col">"Details"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        {pages}
    }
    .into_any()
}
