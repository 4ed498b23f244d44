//! The DNS records of a zone.

use super::zone_path;
use crate::components::{paging::Pages, search_bar::SearchBar};
use domain::{
    cloudflare::{RecordType, ZoneId},
    views::cloudflare::{Listing, RecordView},
};
use leptos::prelude::*;
use vault::cloudflare::ListQuery;

/// How long resolvers may keep a record, in words.
pub(crate) fn ttl_word(seconds: u32) -> String {
    match seconds {
        1 => "Auto".to_owned(),
        86_400 => "1 day".to_owned(),
        hours if hours % 3_600 == 0 => format!("{} h", hours / 3_600),
        minutes if minutes % 60 == 0 => format!("{} min", minutes / 60),
        other => format!("{other} s"),
    }
}

/// A switch that posts: on where Cloudflare stands in front of the record.
#[component]
fn Proxy(zone: ZoneId, record: RecordView) -> impl IntoView {
    if !(record.proxiable && record.editable) {
        return view! { <span class="fine">{if record.proxied { "Proxied" } else { "DNS only" }}</span> }.into_any();
    }
    let (checked, next) = if record.proxied { ("true", "false") } else { ("false", "true") };
    view! {
        <form class="switch" method="post" action=zone_path(&zone, &format!("/records/{}/proxy", record.id))>
            <button name="proxied" value=next role="switch" aria-checked=checked aria-label=format!("Proxy for {} {}", record.kind, record.name)></button>
            <span class="fine" aria-hidden="true">{if record.proxied { "Proxied" } else { "DNS only" }}</span>
        </form>
    }
    .into_any()
}

#[component]
fn RecordRow(zone: ZoneId, record: RecordView) -> impl IntoView {
    let below = |task: &str| zone_path(&zone, &format!("/records/{}/{task}", record.id));
    let what = format!("{} {}", record.kind, record.name);
    let mail = record.mail.filter(|part| part.name() != record.kind).map(|part| view! { " " <span class="tag">{part.name()}</span> });
    let edit = record.editable.then(|| {
        view! { <a class="button" id=format!("edit-{}", record.id) href=below("edit") aria-label=format!("Edit {what}") data-opens="">"Edit"</a> }
    });
    view! {
        <tr id=format!("record-{}", record.id)>
            <td data-label="Type"><span><span class="tag tag--type">{record.kind.clone()}</span> {mail}</span></td>
            <td data-label="Name"><span class="name">{record.name.clone()}</span></td>
            <td data-label="Content">
                <span>
                    <code class="content">{record.content.clone()}</code>
                    {record.priority.map(|priority| view! { " " <span class="fine">{format!("priority {priority}")}</span> })}
                    {record.comment.clone().map(|comment| view! { " " <span class="fine">{comment}</span> })}
                </span>
            </td>
            <td data-label="TTL"><span>{ttl_word(record.ttl)}</span></td>
            <td data-label="Proxy"><Proxy zone=zone.clone() record=record.clone() /></td>
            <td data-label="">
                <span class="row-actions">
                    {edit}
                    <a class="button button--danger" id=format!("delete-{}", record.id) href=below("delete") aria-label=format!("Delete {what}") data-opens="">
                        "Delete"
                    </a>
                </span>
            </td>
        </tr>
    }
    .into_any()
}

#[component]
fn Rows(zone: ZoneId, records: Vec<RecordView>) -> impl IntoView {
    let rows = records.into_iter().map(|record| view! { <RecordRow zone=zone.clone() record /> }).collect_view();
    view! {
        <table class="table table--records">
            <thead>
                <tr>
                    <th scope="col">"Type"</th>
                    <th scope="col">"Name"</th>
                    <th scope="col">"Content"</th>
                    <th scope="col">"TTL"</th>
                    <th scope="col">"Proxy"</th>
                    <th scope="col"><span class="visually-hidden">"Actions"</span></th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

/// The records with a search above them, or that there are none.
#[component]
pub(crate) fn RecordsTable(zone: ZoneId, records: Listing<RecordView>, query: ListQuery) -> impl IntoView {
    let path = zone_path(&zone, "");
    let narrowed = !(query.search.is_empty() && query.only.is_empty());
    let kinds = RecordType::ALL.map(|kind| (kind.as_str(), kind.as_str())).to_vec();
    let Listing { entries, paging } = records;
    let count = match paging.total {
        1 => "1 record".to_owned(),
        total => format!("{total} records"),
    };
    let filter = (narrowed || !entries.is_empty())
        .then(|| view! { <div class="padded"><SearchBar path=path.clone() query=query.clone() what="records" only="type" any="Any type" kinds /></div> });
    let body = match (entries.is_empty(), narrowed) {
        (true, true) => view! { <p class="padded">"No record fits."</p> }.into_any(),
        (true, false) => view! { <p class="padded">"This zone has no records yet: nothing is found under this domain."</p> }.into_any(),
        (false, _) => view! { <Rows zone=zone.clone() records=entries /> }.into_any(),
    };
    view! {
        <section class="group" aria-labelledby="records">
            <header>
                <h2 id="records">"DNS records"</h2>
                <span class="fine">{count}</span>
                <a class="button button--primary" id="new-record" href=zone_path(&zone, "/records/new") data-opens="">"Add a record"</a>
            </header>
            {filter} {body}
        </section>
        <Pages paging path query only="type" />
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::ttl_word;

    #[test]
    fn seconds_are_said_in_their_largest_unit() {
        for (seconds, word) in
            [(1, "Auto"), (60, "1 min"), (300, "5 min"), (3_600, "1 h"), (86_400, "1 day"), (90, "90 s"), (43_200, "12 h")]
        {
            assert_eq!(ttl_word(seconds), word);
        }
    }
}
