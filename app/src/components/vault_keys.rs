//! Data keys, what is sealed under them, and what does not open.

use super::time::Time;
use domain::views::{DataKeyState, QuarantineView, RotationState, RotationView, VaultStatus};
use leptos::prelude::*;

/// `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

const fn state(state: DataKeyState) -> (&'static str, &'static str) {
    match state {
        DataKeyState::Active => ("state state--works", "Seals and opens"),
        DataKeyState::DecryptOnly => ("state state--untested", "Opens only"),
        DataKeyState::Retired => ("state state--off", "Retired"),
        DataKeyState::Destroyed => ("state state--unchecked", "Destroyed"),
    }
}

/// A table of the data keys, newest first.
#[component]
pub(crate) fn DataKeys(status: VaultStatus) -> impl IntoView {
    let rows = status.data_keys.into_iter().rev().map(|key| {
        let (class, word) = state(key.state);
        view! {
            <tr id=format!("data-key-{}", key.id)>
                <td data-label="Data key"><b>{format!("#{}", key.id)}</b></td>
                <td data-label="State"><span><span class=class>{word}</span></span></td>
                <td data-label="Made"><span><Time at=key.created_at /></span></td>
                <td data-label="Values sealed under it"><span>{grouped(key.rows)}</span></td>
            </tr>
        }
    });
    view! {
        <section class="group" aria-labelledby="data-keys">
            <header>
                <h2 id="data-keys">"Data keys"</h2>
            </header>
            <table class="table table--vault">
                <thead>
                    <tr>
                        <th scope="col">"Data key"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"Made"</th>
                        <th scope="col">"Values sealed under it"</th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </section>
    }
    .into_any()
}

fn rate(rotation: &RotationView) -> String {
    let speed = (rotation.rows_per_second > 0).then(|| format!("{} a second", grouped(rotation.rows_per_second)));
    let left = rotation.seconds_left.map(|seconds| match seconds {
        0..=90 => format!("about {seconds} seconds left"),
        _ => format!("about {} minutes left", seconds.div_ceil(60)),
    });
    [speed, left].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// How the last rotation went, or how far it is.
#[component]
pub(crate) fn Rotation(rotation: RotationView) -> impl IntoView {
    if rotation.state.is_over() {
        let kept = (rotation.state == RotationState::FinishedWithQuarantine)
            .then_some(" Values that do not open stayed as they were, and the data key they name with them.");
        let ended = rotation.finished_at.unwrap_or(rotation.started_at);
        return view! {
            <p class="summary">
                <span>"Last rotated " <b><Time at=ended /></b> ", to data key " <b>{format!("#{}", rotation.key)}</b> "." {kept}</span>
            </p>
        }
        .into_any();
    }
    let done = rotation.total.saturating_sub(rotation.left);
    let (class, title) = match rotation.state {
        RotationState::Interrupted => ("note note--warn above", "A rotation is not finished"),
        _ => ("note above", "A rotation is running"),
    };
    let waits = (rotation.state == RotationState::Interrupted)
        .then(|| view! { <p>"Nobody is at it just now; a running server goes on with it within seconds."</p> });
    view! {
        <div class=class>
            <div>
                <h2>{title}</h2>
                {waits}
                <progress class="progress" value=done max=rotation.total.max(1) aria-label="Values sealed anew"></progress>
                <p role="status">
                    {format!("{} of {} values are sealed under data key #{}. ", grouped(done), grouped(rotation.total), rotation.key)}
                    {rate(&rotation)}
                </p>
                <p class="fine">"Everybody works on meanwhile. " <a href="/settings/vault">"Look again"</a></p>
            </div>
        </div>
    }
    .into_any()
}

fn reason(word: &str) -> &'static str {
    match word {
        "malformed" => "It has not the form of a sealed value",
        "unknown_key" => "The data key it names is not in the keyring",
        "commitment" => "It was sealed for another place, or under another key",
        "tag" => "It is damaged",
        _ => "It does not open",
    }
}

#[component]
fn Entry(entry: QuarantineView) -> impl IntoView {
    let owner = match entry.owner {
        Some(id) => view! { <a href=format!("/settings/users/{id}")>"Its owner"</a> }.into_any(),
        None => view! { "The installation" }.into_any(),
    };
    view! {
        <tr>
            <td data-label="Value">
                <span>{entry.table.replace('_', " ")} <br /> <span class="hint">{entry.record}</span></span>
            </td>
            <td data-label="Whose"><span>{owner}</span></td>
            <td data-label="Data key"><span>{format!("#{}", entry.key)}</span></td>
            <td data-label="Why"><span>{reason(&entry.reason)}</span></td>
            <td data-label="Found"><span><Time at=entry.found_at /></span></td>
        </tr>
    }
    .into_any()
}

/// Values that do not open; nothing when there are none.
#[component]
pub(crate) fn Quarantine(status: VaultStatus) -> impl IntoView {
    let total = status.quarantined;
    (total > 0).then(|| {
        let more = total.saturating_sub(status.quarantine.len() as u64);
        let more = (more > 0).then(|| view! { <p class="group-text fine">{format!("{} more are not shown.", grouped(more))}</p> });
        let rows = status.quarantine.into_iter().map(|entry| view! { <Entry entry /> }).collect_view();
        view! {
            <section class="group" aria-labelledby="quarantine">
                <header>
                    <h2 id="quarantine">"Values that do not open"</h2>
                </header>
                <p class="group-text">"They are neither changed nor deleted. Whoever they belong to enters the secret again."</p>
                <table class="table table--vault">
                    <thead>
                        <tr>
                            <th scope="col">"Value"</th>
                            <th scope="col">"Whose"</th>
                            <th scope="col">"Data key"</th>
                            <th scope="col">"Why"</th>
                            <th scope="col">"Found"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
                {more}
            </section>
        }
        .into_any()
    })
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn numbers_are_read_in_groups_of_three() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }
}
