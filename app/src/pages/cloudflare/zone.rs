//! The page of a zone, alone or behind one of its dialogs.

use super::{
    PLACE, answer_with,
    delete_record::DeleteRecord,
    delete_zone::DeleteZone,
    list_query,
    record_form::{EditRecord, NewRecord},
};
use crate::{
    api::logged,
    components::{
        cloudflare::{
            NoAnswer, ZONES,
            name_servers::NameServers,
            records_table::RecordsTable,
            zone_facts::{ZoneFacts, ZoneHead},
            zone_path,
        },
        frame::Frame,
        notice::Notice,
    },
    done::Done,
    islands::Times,
    pages::{failed::failed, not_found::NotFound},
    returned::Returned,
};
use domain::{
    Problem,
    cloudflare::{RecordId, ZoneId},
    views::cloudflare::{ZoneInFull, ZonePage},
};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use vault::{Context, Vault, cloudflare::ListQuery};

/// A dialog of the page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ZoneTask {
    /// Delete the zone.
    Delete,
    /// Add a record.
    NewRecord,
    /// Change a record.
    EditRecord,
    /// Delete a record.
    DeleteRecord,
}

/// What the address asks for beside the zone.
pub(super) struct Asked {
    pub(super) task: Option<ZoneTask>,
    pub(super) query: ListQuery,
    pub(super) done: Option<Done>,
    pub(super) returned: Returned,
}

/// Reads the zone once and shows it.
#[component]
pub(crate) fn Zone(#[prop(optional)] task: Option<ZoneTask>) -> impl IntoView {
    let params = use_params_map().get_untracked();
    let query = use_query_map().get_untracked();
    let zone: Option<ZoneId> = params.get("id").and_then(|id| id.parse().ok());
    let record: Option<Option<RecordId>> = match params.get("record") {
        None => Some(None),
        Some(id) => id.parse().ok().map(Some),
    };
    let asked = Asked {
        task,
        query: list_query(&query, "type"),
        done: query.get("done").as_deref().and_then(Done::parse),
        returned: use_context::<Returned>().unwrap_or_default(),
    };
    let caller = use_context::<Vault>().zip(use_context::<Context>());
    let response = use_context::<ResponseOptions>();
    view! {
        <Suspense>
            {Suspend::new(async move {
                let (vault, cx) = caller?;
                let Some((id, record)) = zone.zip(record) else { return Some(view! { <NotFound /> }.into_any()) };
                Some(match vault.cloudflare().zone_page(&cx, &id, &asked.query, record.as_ref()).await {
                    Ok(page) => {
                        if let Err(problem) = &page.zone {
                            answer_with(problem, response.as_ref());
                        }
                        shown(page, &id, asked)
                    }
                    Err(failure) if *failure.problem() == Problem::NotFound => view! { <NotFound /> }.into_any(),
                    Err(failure) => failed("Zone", &zone_path(&id, ""), PLACE, logged(failure), response.as_ref()),
                })
            })}
        </Suspense>
    }
}

pub(super) fn shown(page: ZonePage, id: &ZoneId, asked: Asked) -> AnyView {
    let ZonePage { account, zone, step_up } = page;
    let Asked { task, query, done, returned } = asked;
    let full = match zone {
        Ok(full) => full,
        Err(problem) => {
            let again = zone_path(id, "");
            return view! {
                <Title text="Zone" />
                <Frame account=Some(account) place=PLACE>
                    <Notice done=None returned />
                    <p class="back"><a href=ZONES>"All zones"</a></p>
                    <div class="head"><h1>"Zone"</h1></div>
                    <NoAnswer problem again />
                </Frame>
            }
            .into_any();
        }
    };
    let dialog = task.and_then(|task| dialog(task, full.clone(), step_up, returned.clone()));
    if task.is_some() && dialog.is_none() {
        return view! { <NotFound /> }.into_any();
    }
    let inert = dialog.is_some();
    let notice = (!inert).then(|| view! { <Notice done returned /> });
    let ZoneInFull { zone, records, .. } = full;
    view! {
        <Title text=zone.name.clone() />
        <Frame account=Some(account) place=PLACE inert>
            {notice}
            <div inert=inert>
                <ZoneHead zone=zone.clone() />
                <ZoneFacts zone=zone.clone() />
                <NameServers zone=zone.clone() />
                <RecordsTable zone=zone.id.clone() records query />
            </div>
            {dialog}
        </Frame>
        <Times />
    }
    .into_any()
}

fn dialog(task: ZoneTask, full: ZoneInFull, step_up: bool, returned: Returned) -> Option<AnyView> {
    let zone = full.zone.clone();
    Some(match task {
        ZoneTask::Delete => view! { <DeleteZone zone=full step_up returned /> }.into_any(),
        ZoneTask::NewRecord => view! { <NewRecord zone returned /> }.into_any(),
        ZoneTask::EditRecord => {
            let record = full.record.filter(|record| record.editable)?;
            view! { <EditRecord zone record returned /> }.into_any()
        }
        ZoneTask::DeleteRecord => {
            let record = full.record?;
            view! { <DeleteRecord zone=zone.id record returned /> }.into_any()
        }
    })
}
