//! The dialogs and buttons of the pages of service credentials.

use super::{ByAdmin, Fields, SignedIn, Visit, read_with, with_cookie};
use crate::http::Site;
use app::{done::Done, returned::Returned};
use axum::{
    Router,
    extract::{Path, Request},
    http::Uri,
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use domain::{
    FieldProblem, Problem,
    services::{Metadata, MetadataValue},
    views::CredentialReport,
};
use vault::{
    Failure,
    credentials::{Candidate, NewCredential, Put, Whose},
};

/// Fields of the dialogs besides those of the metadata.
const KNOWN: &[&str] = &["type", "key", "password", "act"];
/// How the names of the metadata's fields begin.
const METADATA: &str = "metadata.";

/// The forms of administrators and of everybody.
pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/settings/credentials/{service}/new", post(add))
        .route("/settings/credentials/{service}/{kind}/replace", post(replace))
        .route("/settings/credentials/{service}/{kind}/delete", post(delete))
        .route("/settings/credentials/{service}/{kind}/move", post(move_in))
        .route("/settings/credentials/{service}/{kind}/test", post(test))
        .route("/account/credentials/{service}/new", post(add_own))
        .route("/account/credentials/{service}/{kind}/replace", post(replace_own))
        .route("/account/credentials/{service}/{kind}/delete", post(delete_own))
        .route("/account/credentials/{service}/{kind}/test", post(test_own))
}

const fn base(whose: Whose) -> &'static str {
    match whose {
        Whose::Installation => "/settings/credentials",
        Whose::Own => "/account/credentials",
    }
}

/// What a dialog comes to, when nothing refused it.
enum Outcome {
    Done(Done),
    Tested(CredentialReport),
}

/// What a dialog is asked for, when its fields were read and its password held.
#[derive(Clone, Copy)]
enum Task {
    Give(Put),
    Delete,
    Move,
}

/// Reads the form, takes the password where it was asked for, does it, and goes to the service's tab.
async fn dialog(mut visit: Visit, whose: Whose, task: Task, service: String, kind: Option<String>, request: Request) -> Response {
    let mut fields = match read_with(request, KNOWN, METADATA).await {
        Ok(fields) => fields,
        Err(problem) => return visit.refused(problem.into(), Fields::default()).await,
    };
    let renewed = match visit.step_up(&mut fields).await {
        Ok(renewed) => renewed,
        Err(failure) => return visit.refused(failure, fields).await,
    };
    let outcome = perform(&visit, whose, task, &service, kind, &mut fields).await;
    let response = match outcome {
        Ok(Outcome::Done(done)) => to_tab(whose, &service, done),
        Ok(Outcome::Tested(report)) => {
            visit.again(Returned { values: fields.into_values(), tested: Some(report), ..Returned::default() }).await
        }
        Err(failure) => visit.refused(beside_its_field(failure), fields).await,
    };
    with_cookie(response, renewed)
}

async fn perform(
    visit: &Visit,
    whose: Whose,
    task: Task,
    service: &str,
    kind: Option<String>,
    fields: &mut Fields,
) -> Result<Outcome, Failure> {
    let (vault, cx) = (&visit.site.vault, visit.cx());
    let chosen = kind.unwrap_or_else(|| fields.text("type"));
    match task {
        Task::Delete => vault.delete_credential(cx, whose, service, &chosen).await.map(|_| Outcome::Done(Done::CredentialDeleted)),
        Task::Move => vault.move_credential(cx, service, &chosen).await.map(|_| Outcome::Done(Done::CredentialMoved)),
        Task::Give(put) => {
            let value = fields.secret("key");
            let metadata = Some(metadata(fields));
            match fields.get("act") {
                Some("test") => {
                    let candidate = Some(Candidate { value, metadata });
                    vault.test_credential(cx, whose, service, Some(&chosen), candidate).await.map(Outcome::Tested)
                }
                None | Some("" | "save") => {
                    let new = NewCredential { service: service.to_owned(), credential_type: chosen, value, metadata, owner: None };
                    let done = if put == Put::Add { Done::CredentialStored } else { Done::CredentialReplaced };
                    vault.put_credential(cx, whose, new, put).await.map(|_| Outcome::Done(done))
                }
                Some(_) => Err(FieldProblem::new("act", "unknown", "Use one of the buttons of the form.").into()),
            }
        }
    }
}

/// The values of the metadata, each a text; the vault knows which are switches.
fn metadata(fields: &Fields) -> Metadata {
    let values = fields.beginning(METADATA).map(|(name, value)| (name.to_owned(), MetadataValue::Text(value.to_owned())));
    Metadata(values.collect())
}

/// The secret's field has another name on the page than in REST.
fn beside_its_field(failure: Failure) -> Failure {
    match failure.problem() {
        Problem::Invalid { fields } if fields.iter().any(|fault| fault.field == "value") => {
            let renamed = |fault: &FieldProblem| match fault.field.as_ref() {
                "value" => FieldProblem { field: "key".into(), ..fault.clone() },
                _ => fault.clone(),
            };
            Problem::Invalid { fields: fields.iter().map(renamed).collect() }.into()
        }
        _ => failure,
    }
}

fn tab(whose: Whose, service: &str) -> Option<Uri> {
    let known = domain::services::ServiceId::parse(service).is_ok();
    known.then(|| format!("{}/{service}", base(whose)).parse().ok()).flatten()
}

fn announced(whose: Whose, service: &str, done: Done) -> String {
    done.at(&tab(whose, service).map_or_else(|| base(whose).to_owned(), |uri| uri.to_string()))
}

fn to_tab(whose: Whose, service: &str, done: Done) -> Response {
    Redirect::to(&announced(whose, service, done)).into_response()
}

/// Tests what there is; the notice then says what was found, and the card too where it is stored.
async fn test_there(mut visit: Visit, whose: Whose, service: &str, kind: &str) -> Response {
    match visit.site.vault.test_credential(visit.cx(), whose, service, Some(kind), None).await {
        Ok(report) => {
            let page = announced(whose, service, Done::CredentialTested);
            Redirect::to(&format!("{page}&of={}&found={}", report.credential_type, report.verdict)).into_response()
        }
        Err(failure) => {
            visit.uri = tab(whose, service).unwrap_or_else(|| Uri::from_static(base(whose)));
            visit.refused(failure, Fields::default()).await
        }
    }
}

async fn add(ByAdmin(visit): ByAdmin, Path(service): Path<String>, request: Request) -> Response {
    dialog(visit, Whose::Installation, Task::Give(Put::Add), service, None, request).await
}
async fn replace(ByAdmin(visit): ByAdmin, Path((service, kind)): Path<(String, String)>, request: Request) -> Response {
    dialog(visit, Whose::Installation, Task::Give(Put::Replace), service, Some(kind), request).await
}
async fn delete(ByAdmin(visit): ByAdmin, Path((service, kind)): Path<(String, String)>, request: Request) -> Response {
    dialog(visit, Whose::Installation, Task::Delete, service, Some(kind), request).await
}
async fn move_in(ByAdmin(visit): ByAdmin, Path((service, kind)): Path<(String, String)>, request: Request) -> Response {
    dialog(visit, Whose::Installation, Task::Move, service, Some(kind), request).await
}
async fn test(ByAdmin(visit): ByAdmin, Path((service, kind)): Path<(String, String)>) -> Response {
    test_there(visit, Whose::Installation, &service, &kind).await
}
async fn add_own(SignedIn(visit): SignedIn, Path(service): Path<String>, request: Request) -> Response {
    dialog(visit, Whose::Own, Task::Give(Put::Add), service, None, request).await
}
async fn replace_own(SignedIn(visit): SignedIn, Path((service, kind)): Path<(String, String)>, request: Request) -> Response {
    dialog(visit, Whose::Own, Task::Give(Put::Replace), service, Some(kind), request).await
}
async fn delete_own(SignedIn(visit): SignedIn, Path((service, kind)): Path<(String, String)>, request: Request) -> Response {
    dialog(visit, Whose::Own, Task::Delete, service, Some(kind), request).await
}
async fn test_own(SignedIn(visit): SignedIn, Path((service, kind)): Path<(String, String)>) -> Response {
    test_there(visit, Whose::Own, &service, &kind).await
}
