//! Parts of the pages of Cloudflare.

pub(crate) mod name_servers;
pub(crate) mod record_fields;
pub(crate) mod records_table;
pub(crate) mod zone_facts;
pub(crate) mod zone_state;
pub(crate) mod zones_table;

use domain::Problem;
use leptos::prelude::*;

/// The page of zones.
pub(crate) const ZONES: &str = "/settings/cloudflare";

/// The page of a zone, or an address below it.
pub(crate) fn zone_path(id: &domain::cloudflare::ZoneId, below: &str) -> String {
    format!("{ZONES}/zones/{id}{below}")
}

/// Why Cloudflare's answer is not here. It never looks like an empty list, and says what to do.
#[component]
pub(crate) fn NoAnswer(problem: Problem, again: String) -> impl IntoView {
    let credentials = "/settings/credentials/cloudflare";
    match &problem {
        Problem::NotConfigured { .. } => view! {
            <div class="empty">
                <h2>"Cloudflare is not set up"</h2>
                <p>
                    "Zones and DNS records are managed through an API token that may edit zones and DNS. "
                    "Store one, and they are here; nobody sees the token again."
                </p>
                <a class="button button--primary" href=credentials>"Store an API token"</a>
            </div>
        }
        .into_any(),
        Problem::UpstreamRateLimited { retry_after, .. } => {
            let wait = format!("Cloudflare takes no more requests from this token for now. Try again in {retry_after} seconds.");
            view! {
                <div class="note note--warn failed" role="alert">
                    <div>
                        <h2>{problem.detail().into_owned()}</h2>
                        <p>{wait}</p>
                        <a class="button" href=again>"Try again"</a>
                    </div>
                </div>
            }
            .into_any()
        }
        Problem::UpstreamAuthFailed { .. } | Problem::CannotOpen | Problem::EndpointChanged => view! {
            <div class="note note--bad failed" role="alert">
                <div>
                    <h2>{problem.detail().into_owned()}</h2>
                    <p>"The token was revoked, has ended, or lacks a permission: it has to edit zones and DNS. Test it, or replace it."</p>
                    <a class="button" href=credentials>"Look at the token"</a>
                </div>
            </div>
        }
        .into_any(),
        _ => view! {
            <div class="note note--bad failed" role="alert">
                <div>
                    <h2>"Cloudflare did not answer this"</h2>
                    <p>{problem.detail().into_owned()}</p>
                    <a class="button" href=again>"Try again"</a>
                </div>
            </div>
        }
        .into_any(),
    }
}
