//! Root key, stored values and health, as names and values.

use super::{time::Time, vault_keys::grouped};
use domain::views::{AuditHealth, RootKeyView, SealedColumnView, VaultPage};
use leptos::prelude::*;

#[component]
fn Fact(name: &'static str, children: Children) -> impl IntoView {
    view! {
        <div>
            <dt>{name}</dt>
            <dd>{children()}</dd>
        </div>
    }
}

fn source(word: &str) -> &'static str {
    match word {
        "file" => "A file of its own, outside the data folder",
        "data_folder" => "root.key in the data folder",
        "environment" => "An environment variable; a file would be better",
        "previous" => "The setting for the previous root key",
        _ => "Unknown",
    }
}

#[component]
fn RootKey(key: RootKeyView) -> impl IntoView {
    let other = key.other.map(|other| {
        let known = if other.known { "this server has it" } else { "this server does not have it" };
        view! {
            <Fact name="Second root key">
                <span class="hint">{other.id}</span> " since " <Time at=other.since /> "; " {known} ". "
                <span class="fine">"The root key is being changed: finish it with keyward keyring rekey-root --finalise."</span>
            </Fact>
        }
    });
    view! {
        <section class="group" aria-labelledby="root-key">
            <header>
                <h2 id="root-key">"Root key"</h2>
            </header>
            <dl class="facts">
                <Fact name="Id"><span class="hint">{key.id}</span> " " <span class="fine">"tells two root keys apart, and nothing about the key"</span></Fact>
                <Fact name="Read from">{source(&key.source)}</Fact>
                <Fact name="In use since"><Time at=key.since /></Fact>
                {other}
            </dl>
        </section>
    }
    .into_any()
}

fn values(column: &SealedColumnView) -> String {
    let under: Vec<_> = column.rows.iter().map(|rows| format!("{} under #{}", grouped(rows.rows), rows.key)).collect();
    if under.is_empty() { "None".to_owned() } else { under.join(", ") }
}

fn name(column: &SealedColumnView) -> &'static str {
    match column.table.as_str() {
        "provider_keys" => "Provider keys",
        "service_credentials" => "Service credentials",
        _ => "Other values",
    }
}

fn trail(audit: &AuditHealth) -> String {
    let kept = match audit.oldest {
        0 | 1 => format!("{} events", grouped(audit.newest)),
        oldest => format!("Events {} to {}; older ones were pruned", grouped(oldest), grouped(audit.newest)),
    };
    match (audit.sink, audit.alarm, audit.checkpointed) {
        (false, ..) => format!("{kept}. No second place for checkpoints is set."),
        (true, true, _) => format!("{kept}. The second place takes no checkpoints just now."),
        (true, false, Some(seq)) => format!("{kept}. Checkpoints cover events up to {}.", grouped(seq)),
        (true, false, None) => format!("{kept}. Checkpoints go to a second place."),
    }
}

/// Everything but the data keys.
#[component]
pub(crate) fn VaultFacts(page: VaultPage) -> impl IntoView {
    let status = page.status;
    let columns: Vec<_> = status.columns.iter().map(|column| (name(column), values(column))).collect();
    let columns = columns.into_iter().map(|(name, values)| view! { <Fact name>{values}</Fact> }).collect_view();
    let backup = match page.last_backup {
        Some(at) => view! { <Time at /> }.into_any(),
        None => view! { "None yet. Make one with " <code>"keyward backup FILE"</code> }.into_any(),
    };
    let quarantined = match status.quarantined {
        0 => "None known".to_owned(),
        some => format!("{}; see above", grouped(some)),
    };
    view! {
        <RootKey key=status.root_key.clone() />
        <section class="group" aria-labelledby="stored">
            <header>
                <h2 id="stored">"What is stored"</h2>
            </header>
            <dl class="facts">
                {columns}
                <Fact name="Do not open">{quarantined}</Fact>
                <Fact name="Keyring">{format!("Version {}; values under a data key before #{} are refused", status.ring_version, status.min_decrypt)}</Fact>
                <Fact name="Audit trail">{trail(&status.audit)}</Fact>
                <Fact name="Last backup">{backup}</Fact>
            </dl>
        </section>
    }
    .into_any()
}
