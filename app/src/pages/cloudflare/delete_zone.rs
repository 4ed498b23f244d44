//! The dialog "Delete zone".

use crate::{
    components::{cloudflare::zone_path, field::TextField, form_dialog::FormDialog, password_again::PasswordAgain},
    returned::Returned,
};
use domain::views::cloudflare::{ZoneInFull, ZoneStatus};
use leptos::prelude::*;

/// Deletes a zone after saying what ends with it, and after its domain was typed.
#[component]
pub(crate) fn DeleteZone(zone: ZoneInFull, step_up: bool, returned: Returned) -> impl IntoView {
    let ZoneInFull { zone, records, .. } = zone;
    let count = match records.paging.total {
        0 => "It has no records.".to_owned(),
        1 => "Its one record is deleted with it.".to_owned(),
        total => format!("Its {total} records are deleted with it."),
    };
    let after = match zone.status {
        ZoneStatus::Active | ZoneStatus::Other => {
            "Cloudflare stops answering for the domain: its websites and its mail stop working, unless other name servers already answer."
        }
        _ => "Cloudflare does not answer for the domain at the moment, so its websites and mail go on as they are.",
    };
    view! {
        <FormDialog
            title="Delete zone"
            action=zone_path(&zone.id, "/delete")
            submit="Delete zone"
            cancel=zone_path(&zone.id, "")
            problem=returned.of_form(&["domain", "password"])
            danger=true
        >
            <p><b>{zone.name.clone()}</b> " is deleted at Cloudflare for good. " {count}</p>
            <p>{after}</p>
            <div class="note note--warn">
                <p>"Settings, certificates and rules of the zone go, too. Adding the domain again begins from nothing."</p>
            </div>
            <TextField name="domain" label="Type the domain to delete it" returned=returned.clone() />
            <PasswordAgain needed=step_up returned />
        </FormDialog>
    }
}
