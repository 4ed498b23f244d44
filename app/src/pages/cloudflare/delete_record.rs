//! The dialog "Delete record".

use crate::{
    components::{
        cloudflare::{records_table::ttl_word, zone_path},
        form_dialog::FormDialog,
    },
    returned::Returned,
};
use domain::{
    cloudflare::{MailPart, ZoneId},
    views::cloudflare::RecordView,
};
use leptos::prelude::*;

/// What depends on a record of mail.
#[component]
fn MailWarning(part: MailPart) -> impl IntoView {
    view! {
        <div class="note note--warn" role="note">
            <p><b>{format!("Mail depends on this record ({}).", part.name())}</b> " " {part.without()}</p>
        </div>
    }
}

/// Deletes a record, after showing it whole.
#[component]
pub(crate) fn DeleteRecord(zone: ZoneId, record: RecordView, returned: Returned) -> impl IntoView {
    let priority = record.priority.map(|priority| format!("priority {priority}, "));
    view! {
        <FormDialog
            title="Delete record"
            action=zone_path(&zone, &format!("/records/{}/delete", record.id))
            submit="Delete record"
            cancel=zone_path(&zone, "")
            problem=returned.of_form(&[])
            danger=true
        >
            <p>
                <span class="tag tag--type">{record.kind.clone()}</span> " " <b>{record.name.clone()}</b> <br />
                <code class="content">{record.content.clone()}</code> <br />
                <span class="fine">{priority} {format!("TTL {}", ttl_word(record.ttl))}</span>
            </p>
            {record.mail.map(|part| view! { <MailWarning part /> })}
            <p class="fine">"Resolvers that know it may keep it until its TTL is over. To bring it back, add it again."</p>
        </FormDialog>
    }
}
