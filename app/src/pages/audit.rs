//! The audit trail, for administrators, alone or behind the dialog of its export.

use crate::{
    api::logged,
    components::{
        audit_filter::AuditFilter,
        audit_list::AuditList,
        frame::{Frame, Place, Setting},
        notice::Notice,
        time::Time,
    },
    done::Done,
    islands::Times,
    pages::{audit_export::Export, failed::failed},
    query::address,
    returned::Returned,
};
use domain::views::{AuditAsked, AuditPage, VerifiedView};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use vault::{Context, Vault};

const PLACE: Place = Place::Settings(Setting::Audit);

/// What is asked for: by the form that came back, else by the address.
fn asked(returned: &Returned) -> AuditAsked {
    let query = use_query_map().get_untracked();
    let text = |name: &str| {
        let typed = returned.value(name).map(str::to_owned);
        typed.or_else(|| query.get(name)).unwrap_or_default().chars().take(300).collect()
    };
    AuditAsked {
        actor: text("actor"),
        action: text("action"),
        object: text("object"),
        outcome: text("outcome"),
        since: text("since"),
        until: text("until"),
        before: text("before"),
    }
}

/// Reads some events and shows them.
#[component]
pub(crate) fn Audit(#[prop(optional)] export: bool) -> impl IntoView {
    let returned = use_context::<Returned>().unwrap_or_default();
    let asked = asked(&returned);
    let done = use_query_map().with_untracked(|query| query.get("done")).as_deref().and_then(Done::parse);
    let caller = use_context::<Vault>().zip(use_context::<Context>());
    let response = use_context::<ResponseOptions>();
    view! {
        <Suspense>
            {Suspend::new(async move {
                let (vault, cx) = caller?;
                Some(match vault.audit_page(&cx, asked).await {
                    Ok(page) => shown(page, export, done, returned),
                    Err(failure) => failed("Audit trail", "/settings/audit", PLACE, logged(failure), response.as_ref()),
                })
            })}
        </Suspense>
    }
}

#[component]
fn Verified(verified: Option<VerifiedView>) -> impl IntoView {
    match verified {
        None => view! { <p class="summary"><span>"The whole trail was not verified here yet."</span></p> }.into_any(),
        Some(VerifiedView { at, events, first_bad: None }) => {
            let events = format!(" {}", if events == 1 { "event" } else { "events" });
            let number = verified.map_or(0, |verified| verified.events);
            view! { <p class="summary"><span>"Verified " <b><Time at /></b></span><span><b>{number}</b> {events} ", none missing or changed"</span></p> }
                .into_any()
        }
        Some(VerifiedView { at, first_bad: Some(first), .. }) => view! {
            <div class="note note--bad above" role="alert">
                <div>
                    <h2>"The audit trail does not hold"</h2>
                    <p>
                        "Event " <b>{first}</b>
                        " is missing, was changed, or is not the one that was written. What follows it cannot be trusted either. Verified " <Time at /> "."
                    </p>
                </div>
            </div>
        }
        .into_any(),
    }
}

pub(super) fn shown(page: AuditPage, export: bool, done: Option<Done>, returned: Returned) -> AnyView {
    let dialog = export.then(|| view! { <Export page=page.clone() returned=returned.clone() /> });
    let notice = (!export).then(|| view! { <Notice done returned /> });
    let given = page.asked.given();
    let to_export = address("/settings/audit/export", &given);
    view! {
        <Title text="Audit trail" />
        <Frame account=Some(page.account.clone()) place=PLACE inert=export>
            {notice}
            <div inert=export>
                <div class="head">
                    <div>
                        <h1 tabindex="-1">"Audit trail"</h1>
                        <p>"Every change, every use of a secret, every sign-in. Each event is chained to the one before, so that a change or a gap shows."</p>
                    </div>
                    <div class="row acts">
                        <form method="post" action="/settings/audit/verify">
                            <button class="button" id="verify">"Verify"</button>
                        </form>
                        <a class="button" id="export" href=to_export data-opens="">"Export"</a>
                    </div>
                </div>
                <Verified verified=page.verified />
                <AuditFilter page=page.clone() />
                <AuditList page />
            </div>
            {dialog}
        </Frame>
        <Times />
    }
    .into_any()
}
