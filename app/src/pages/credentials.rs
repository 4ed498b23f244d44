//! Service credentials, a tab a service, alone or behind one of their dialogs: of the installation under `/settings/credentials`, of the person
//! who looks under `/account/credentials`.

mod dialogs;

use crate::{
    api::logged,
    components::{
        credential_card::CredentialCard,
        frame::{Frame, Place, Setting},
        note::tone_with,
        notice::Notice,
        service_tabs::ServiceTabs,
    },
    done::Done,
    islands::Times,
    pages::{failed::failed, not_found::NotFound},
    returned::Returned,
};
use dialogs::{Delete, Give, MoveIn};
use domain::{
    Verdict,
    views::{
        CredentialView, CredentialsPage,
        credentials::{Findings, KindView, ServiceView, message},
    },
};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use vault::{Context, Vault, credentials::Whose};

/// A dialog of the page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum CredentialTask {
    /// Store one.
    New,
    /// Replace one.
    Replace,
    /// Delete one.
    Delete,
    /// Store what the environment has.
    Move,
}

/// Which page it is.
#[derive(Clone, Copy)]
struct Side {
    whose: Whose,
    at: &'static str,
    place: Place,
    title: &'static str,
    about: &'static str,
}

const INSTALLATION: Side = Side {
    whose: Whose::Installation,
    at: "/settings/credentials",
    place: Place::Settings(Setting::Credentials),
    title: "Service credentials",
    about: "Secrets that this installation uses at other services. One is sealed when you save it and is never shown again.",
};
const OWN: Side = Side {
    whose: Whose::Own,
    at: "/account/credentials",
    place: Place::Account,
    title: "Your service credentials",
    about: "Secrets of your own for services. Nobody else sees or uses them, and this installation does not use them for itself.",
};

/// What the address asks for beside the page.
struct Asked {
    side: Side,
    task: Option<CredentialTask>,
    service: Option<String>,
    kind: Option<String>,
    done: Option<Done>,
    /// What a test found, where that is not stored.
    found: Option<Verdict>,
    returned: Returned,
}

/// Reads the credentials once and shows those of one service.
#[component]
pub(crate) fn Credentials(#[prop(optional)] own: bool, #[prop(optional)] task: Option<CredentialTask>) -> impl IntoView {
    let (query, params) = (use_query_map().get_untracked(), use_params_map().get_untracked());
    let side = if own { OWN } else { INSTALLATION };
    let kind = params.get("kind").or_else(|| query.get("type")).or_else(|| query.get("of"));
    let found = query.get("found").and_then(|word| word.parse().ok());
    let done = query.get("done").as_deref().and_then(Done::parse);
    let returned = use_context::<Returned>().unwrap_or_default();
    let asked = Asked { side, task, service: params.get("service"), kind, done, found, returned };
    let caller = use_context::<Vault>().zip(use_context::<Context>());
    let response = use_context::<ResponseOptions>();
    view! {
        <Suspense>
            {Suspend::new(async move {
                let (vault, cx) = caller?;
                Some(match vault.credentials_page(&cx, asked.side.whose).await {
                    Ok(page) => shown(page, asked),
                    Err(failure) => failed(asked.side.title, asked.side.at, asked.side.place, logged(failure), response.as_ref()),
                })
            })}
        </Suspense>
    }
}

fn shown(page: CredentialsPage, asked: Asked) -> AnyView {
    let side = asked.side;
    let service = match &asked.service {
        Some(id) => page.service(id).cloned(),
        None => page.services.first().cloned(),
    };
    let Some(service) = service else { return view! { <NotFound /> }.into_any() };
    let dialog = match asked.task {
        None => None,
        Some(task) => match dialog(task, &page, &service, &asked) {
            Some(dialog) => Some(dialog),
            None => return view! { <NotFound /> }.into_any(),
        },
    };
    let inert = dialog.is_some();
    let tested = asked.kind.as_deref().and_then(|id| service.kind(id)).and_then(|kind| tested(&service, kind, asked.found));
    let notice = (!inert).then(|| view! { <Notice done=asked.done found=tested returned=asked.returned /> });
    let at = format!("{}/{}", side.at, service.id);
    let cards = service.kinds.iter().map(|kind| view! { <CredentialCard at=at.clone() kind=kind.clone() fields=service.fields.clone() /> });
    let cards = cards.collect_view();
    view! {
        <Title text=side.title />
        <Frame account=Some(page.account) place=side.place inert>
            {notice}
            <div inert=inert>
                <div class="head">
                    <div>
                        <h1 tabindex="-1">{side.title}</h1>
                        <p>{side.about}</p>
                    </div>
                </div>
                <ServiceTabs at=side.at services=page.services shown=service.id.to_string() />
                <About service />
                {cards}
                <Stray at=side.at stray=page.stray />
            </div>
            {dialog}
        </Frame>
        <Times />
    }
    .into_any()
}

/// Look and sentence of the last test: as it is stored, or as it was `found` for what the environment has, whose tests are not.
fn tested(service: &ServiceView, kind: &KindView, found: Option<Verdict>) -> Option<(&'static str, String)> {
    let test = kind.credential.as_ref().and_then(|credential| credential.tested.as_ref());
    let none = Findings::default();
    let (verdict, status_code, findings) = match test {
        Some(test) => (test.verdict, test.status_code, &test.findings),
        None => (found?, None, &none),
    };
    Some((tone_with(verdict, findings), format!("{}.", message(&service.name, verdict, status_code, findings))))
}

fn dialog(task: CredentialTask, page: &CredentialsPage, service: &ServiceView, asked: &Asked) -> Option<AnyView> {
    let kind: Option<KindView> = asked.kind.as_deref().and_then(|id| service.kind(id)).cloned();
    let (at, step_up, returned) = (format!("{}/{}", asked.side.at, service.id), page.step_up, asked.returned.clone());
    let service = service.clone();
    let there = kind.clone().and_then(|kind| kind.credential.clone().map(|credential| (kind, credential)));
    Some(match task {
        CredentialTask::New => {
            let chosen =
                returned.value("type").and_then(|id| service.kind(id)).cloned().or(kind).or_else(|| service.kinds.first().cloned())?;
            view! { <Give at service kind=chosen step_up returned /> }.into_any()
        }
        CredentialTask::Replace => {
            let (kind, credential) = there?;
            view! { <Give at service kind credential step_up returned /> }.into_any()
        }
        CredentialTask::Delete => {
            let (kind, credential) = there?;
            view! { <Delete at service kind credential step_up returned /> }.into_any()
        }
        CredentialTask::Move => {
            let kind = kind.filter(|kind| kind.variable.is_some() && kind.credential.is_none())?;
            view! { <MoveIn at service kind step_up returned /> }.into_any()
        }
    })
}

/// What the service is, and where it says more.
#[component]
fn About(service: ServiceView) -> impl IntoView {
    let docs = service.docs_url.map(|url| view! { " " <a href=url target="_blank" rel="noopener noreferrer">"Documentation"</a> });
    let unchecked = (!service.checkable).then_some(" No test exists for it.");
    view! { <p class="tab-about">{service.description} {unchecked} {docs}</p> }
}

/// Credentials of services that the catalogue no longer has: they can only be deleted over REST.
#[component]
fn Stray(at: &'static str, stray: Vec<CredentialView>) -> impl IntoView {
    let rest = if at == OWN.at { "/api/v1/account/credentials" } else { "/api/v1/credentials" };
    (!stray.is_empty()).then(|| {
        let lines =
            stray.into_iter().map(|one| view! { <li><code>{format!("DELETE {rest}/{}/{}", one.service, one.credential_type)}</code></li> });
        view! {
            <div class="note note--warn">
                <div>
                    <p>"There are credentials of services that the catalogue no longer has. Nothing uses them; these calls delete them:"</p>
                    <ul>{lines.collect_view()}</ul>
                </div>
            </div>
        }
    })
}
