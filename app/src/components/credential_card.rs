//! One kind of credential of a service: what is there, what is known about it, and what to do.

use super::{
    state::VerdictState,
    time::{Day, Time},
};
use domain::{
    services::{FieldKind, MetadataField},
    views::{
        CredentialView,
        credentials::{CredentialTestView, Grant, KindView, Source, message},
    },
};
use leptos::prelude::*;

/// A line of the list of facts.
#[component]
fn Fact(name: String, children: Children) -> impl IntoView {
    view! {
        <div>
            <dt>{name}</dt>
            <dd>{children()}</dd>
        </div>
    }
    .into_any()
}

/// What the last test found.
#[component]
fn Tested(credential: CredentialView, test: CredentialTestView) -> impl IntoView {
    let said = message(&credential.service_name, test.verdict, test.status_code, &test.findings);
    let took = test.latency_ms.map(|ms| format!(" \u{b7} {ms}\u{a0}ms"));
    let findings = test.findings;
    let permissions = findings.permissions.into_iter().map(|found| {
        let (class, word) = match found.grant {
            Grant::Granted => ("state state--works", "granted"),
            Grant::Missing => ("state state--rejected", "missing"),
            Grant::Unknown => ("state state--untested", "not known"),
        };
        view! { <li><code>{found.id}</code> " " <span class=class>{word}</span></li> }
    });
    let permissions = permissions.collect::<Vec<_>>();
    let permissions = (!permissions.is_empty()).then(|| {
        view! { <Fact name="Permissions".to_owned()><ul class="plain">{permissions}</ul></Fact> }
    });
    let scopes = findings.scopes.map(|scopes| {
        let tags = scopes.into_iter().map(|scope| view! { <span class="tag">{scope}</span> " " }).collect::<Vec<_>>();
        let none = tags.is_empty().then_some("None");
        view! { <Fact name="Scopes".to_owned()>{tags} {none}</Fact> }
    });
    let ends = findings.expires_at.map(|at| view! { <Fact name="Expires".to_owned()><Day at /></Fact> });
    let advice = findings.advice.into_iter().map(|text| view! { <p class="fine">{text}</p> }).collect_view();
    view! {
        <Fact name="Last test".to_owned()>
            <VerdictState verdict=Some(test.verdict) />
            <p>{said} "."</p>
            <p class="fine"><Time at=test.at /> {took}</p>
            {advice}
        </Fact>
        {permissions}
        {scopes}
        {ends}
    }
    .into_any()
}

#[component]
fn Stored(credential: CredentialView, fields: Vec<MetadataField>) -> impl IntoView {
    let (masked, spoken) = (credential.masked().to_owned(), credential.spoken());
    let described = credential.metadata.description().map(str::to_owned);
    let described = described.map(|text| view! { <Fact name="Description".to_owned()>{text}</Fact> });
    let updated = credential.updated;
    // It could be stored without them, which a test would say only when it is asked for.
    let absent = |field: &&MetadataField| field.required && credential.metadata.text(&field.id).is_none();
    let missing: Vec<String> = fields.iter().filter(absent).map(|field| field.name.clone()).collect();
    let kept = fields.into_iter().filter_map(|field| {
        let text = match field.kind {
            FieldKind::Switch => credential.metadata.flag(&field.id).then(|| "Yes".to_owned()),
            _ => credential.metadata.text(&field.id).map(str::to_owned),
        };
        text.map(|text| view! { <Fact name=field.name>{text}</Fact> })
    });
    let kept = kept.collect::<Vec<_>>();
    let missing = (!missing.is_empty()).then(|| {
        let text = format!(
            "A test needs {} too. Replace the credential to add {}.",
            missing.join(" and "),
            if missing.len() == 1 { "it" } else { "them" }
        );
        view! { <p class="fine">{text}</p> }
    });
    let tested = match credential.tested.clone() {
        Some(test) => view! { <Tested credential=credential.clone() test /> }.into_any(),
        None => view! { <Fact name="Last test".to_owned()><VerdictState verdict=None /> {missing}</Fact> }.into_any(),
    };
    let used = match credential.used {
        Some(at) => view! { <Time at /> }.into_any(),
        None => view! { "Never" }.into_any(),
    };
    let by = credential.updated_by.as_ref().map(|email| format!(" by {email}"));
    view! {
        <dl class="facts">
            <Fact name="Credential".to_owned()>
                <span class="hint">
                    <span aria-hidden="true">{masked}</span>
                    <span class="visually-hidden">{spoken}</span>
                </span>
            </Fact>
            {described}
            {kept}
            {tested}
            <Fact name="Last used".to_owned()>{used}</Fact>
            <Fact name="Changed".to_owned()><Time at=updated /> {by}</Fact>
        </dl>
    }
    .into_any()
}

/// What it takes to have one, where there is none stored.
#[component]
fn Needed(kind: KindView) -> impl IntoView {
    let permissions =
        kind.permissions.iter().map(|needed| view! { <li><code>{needed.id.clone()}</code> {format!(" {}", needed.why)}</li> });
    let permissions = permissions.collect::<Vec<_>>();
    view! {
        <div class="card-text">
            <p>{kind.help.clone()}</p>
            {(!permissions.is_empty()).then(|| view! { <p>"It needs these permissions:"</p> <ul>{permissions}</ul> })}
        </div>
    }
    .into_any()
}

/// What to know about the environment variable that answers, or that no longer does.
#[component]
fn Variable(kind: KindView) -> impl IntoView {
    let variable = kind.variable.clone()?;
    let text = if kind.source == Source::Environment {
        view! {
            <p>
                <code>{variable}</code>
                " answers for it. Who can read the environment of the process can read it there: move it into Keyward, where it is sealed."
            </p>
        }
        .into_any()
    } else {
        view! {
            <p>
                <code>{variable.clone()}</code> " is still set, and not used any more. Delete the line that begins with " <code>{format!("{variable}=")}</code>
                " from the file that sets the environment."
            </p>
        }
        .into_any()
    };
    let class = if kind.source == Source::Environment { "note note--warn" } else { "note" };
    Some(view! { <div class="card-text"><div class=class>{text}</div></div> }.into_any())
}

/// A button that tests what there is.
#[component]
fn TestButton(at: String, kind: KindView) -> impl IntoView {
    view! {
        <form method="post" action=format!("{at}/{}/test", kind.id)>
            <button class="button" id=format!("test-{}", kind.id) aria-label=format!("Test {}", kind.name) data-busy="Testing\u{2026}">"Test"</button>
        </form>
    }
}

/// The kind with its state and its next steps. `at` is the service's address.
#[component]
pub(crate) fn CredentialCard(at: String, kind: KindView, fields: Vec<MetadataField>) -> impl IntoView {
    let link = |word: &'static str, label: &'static str, class: &'static str| {
        let (href, id) = (format!("{at}/{}/{word}", kind.id), format!("{word}-{}", kind.id));
        view! { <a class=class id=id href=href aria-label=format!("{label} {}", kind.name) data-opens="">{label}</a> }.into_any()
    };
    let test = || view! { <TestButton at=at.clone() kind=kind.clone() /> }.into_any();
    let add = |class| {
        view! { <a class=class id=format!("add-{}", kind.id) href=format!("{at}/new?type={}", kind.id) aria-label=format!("Add {}", kind.name) data-opens="">"Add"</a> }.into_any()
    };
    let actions = match kind.source {
        Source::Database => vec![test(), link("replace", "Replace", "button"), link("delete", "Delete", "button button--danger")],
        Source::Environment => vec![test(), add("button"), link("move", "Move into Keyward", "button button--primary")],
        Source::NotSet => vec![add("button button--primary")],
    };
    let chip = if kind.source == Source::NotSet { "tag tag--off" } else { "tag" };
    let body = match kind.credential.clone() {
        Some(credential) => view! { <Stored credential fields /> }.into_any(),
        None => view! { <Needed kind=kind.clone() /> }.into_any(),
    };
    view! {
        <section class="group" id=format!("kind-{}", kind.id) aria-labelledby=format!("title-{}", kind.id)>
            <header>
                <h2 id=format!("title-{}", kind.id)>{kind.name.clone()}</h2>
                <span class=chip>{kind.source.word()}</span>
                <div class="row push">{actions}</div>
            </header>
            {body}
            <Variable kind=kind.clone() />
        </section>
    }
    .into_any()
}
