//! Notes: an announcement, a problem of a form, the outcome of a test, a duplicate.

use crate::returned::Returned;
use domain::{
    Problem, Verdict,
    views::credentials::{Findings, Grant},
};
use leptos::prelude::*;

/// The look of a verdict in a note.
pub(crate) const fn tone(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Valid => "note note--good",
        Verdict::Rejected => "note note--bad",
        Verdict::NoCredit | Verdict::RateLimited => "note note--warn",
        Verdict::Unreachable | Verdict::Unexpected | Verdict::Unchecked => "note",
    }
}

/// The same for a service credential: one that works and lacks a permission is not good.
pub(crate) fn tone_with(verdict: Verdict, findings: &Findings) -> &'static str {
    let missing = findings.permissions.iter().any(|found| found.grant == Grant::Missing);
    if missing { "note note--warn" } else { tone(verdict) }
}

/// What concerns the whole form. It is there, empty, before there is anything to say, so that what appears is announced.
#[component]
pub(crate) fn FormProblem(message: Option<String>) -> impl IntoView {
    let kept = use_context::<Returned>().is_some_and(|returned| returned.kept && message.is_none());
    let class = if kept { Some("note") } else { message.is_some().then_some("note note--bad") };
    let message =
        message.or_else(|| kept.then(|| "You signed in again, and what you had entered is back. Enter secrets again.".to_owned()));
    view! { <div id="problem" class=class role="alert">{message}</div> }
}

/// The place of an outcome: above the button that asks for it, with room for it, so that the button stays where it was pressed. Until there is
/// one it says what the button does.
#[component]
pub(crate) fn Tried(children: Children) -> impl IntoView {
    view! {
        <div class="tried">
            {children()}
            <p class="help">"Test first asks whether it works and stores nothing."</p>
        </div>
    }
}

/// The outcome of "Test first", announced like the above. A page that comes back holds no secret, so it says to paste the key
/// again; a test that the browser asked for leaves the field as it is.
#[component]
pub(crate) fn TestOutcome(returned: Returned) -> impl IntoView {
    let class = returned.test.as_ref().map(|test| tone(test.verdict));
    let text = returned.test.map(|test| {
        view! {
            <div>
                <p>{test.message()}</p>
                <p class="again">"To save it, paste the key again."</p>
            </div>
        }
    });
    view! { <div id="outcome" class=class role="status">{text}</div> }
}

/// The outcome of trying a service credential, in the same place.
#[component]
pub(crate) fn CredentialOutcome(returned: Returned) -> impl IntoView {
    let class = returned.tested.as_ref().map(|report| tone_with(report.verdict, &report.findings));
    let text = returned.tested.map(|report| {
        let grants = report.findings.permissions.iter().map(|found| format!("{}: {}", found.id, found.grant.as_str()));
        let grants = grants.collect::<Vec<_>>().join(", ");
        let advice = report.findings.advice.iter().map(|text| view! { <p>{text.clone()}</p> }).collect_view();
        view! {
            <div>
                <p>{report.message()} "."</p>
                {(!grants.is_empty()).then(|| view! { <p>{grants} "."</p> })}
                {advice}
                <p class="again">"To save it, paste it again."</p>
            </div>
        }
    });
    view! { <div id="outcome" class=class role="status">{text}</div> }
}

/// Says under an emptied key field that a refused form came back without the secret. The note of a duplicate says it itself.
#[component]
pub(crate) fn PasteAgain(returned: Returned) -> impl IntoView {
    let duplicate = matches!(returned.problem, Some(Problem::DuplicateKey { .. }));
    let emptied = returned.problem.is_some() && !duplicate && returned.fault("key").is_none();
    emptied.then(|| view! { <span class="help again">"A form that comes back does not carry the key: paste it again."</span> })
}

/// Names the key that already has the secret. On a page that comes back the secret has to be pasted again.
#[component]
pub(crate) fn Duplicate(returned: Returned) -> impl IntoView {
    let found = match &returned.problem {
        Some(problem @ Problem::DuplicateKey { id, .. }) => Some((problem.detail().into_owned(), format!("/keys#key-{id}"))),
        _ => None,
    };
    let hidden = found.is_none();
    let again = found.is_some().then(|| view! { <p class="again">"To keep both, paste the key again first."</p> });
    let (text, href) = found.unwrap_or_else(|| (String::new(), "/keys".to_owned()));
    view! {
        <div id="duplicate" class="note note--warn" role="group" aria-labelledby="duplicate-text" hidden=hidden>
            <div>
                <p id="duplicate-text" role="alert">{text}</p>
                {again}
                <div class="row-actions">
                    <a class="button" id="duplicate-go" href=href>"Go to that key"</a>
                    <button class="button" name="allow_duplicate" value="true">"Keep both"</button>
                    <a class="button button--quiet" href="/keys">"Cancel"</a>
                </div>
            </div>
        </div>
    }
}
