//! Other people's accounts, for administrators.

use super::{ByAdmin, Fields, Visit, read, with_cookie};
use app::{done::Done, shown::Shown};
use axum::{
    extract::{Path, Request},
    http::{HeaderValue, Uri},
    response::{IntoResponse, Redirect, Response},
};
use domain::{
    FieldProblem, Problem,
    ids::{SessionId, UserId},
};
use vault::{Failure, Vault, accounts::PersonChange};

fn path(id: UserId) -> String {
    format!("/settings/users/{id}")
}

/// A form about an account, read and, where it brought the password, stepped up.
struct Act {
    visit: Visit,
    id: UserId,
    fields: Fields,
    renewed: Option<HeaderValue>,
}

impl Act {
    async fn begin(mut visit: Visit, id: &str, request: Request, known: &'static [&'static str]) -> Result<Self, Response> {
        let mut fields = match read(request, known).await {
            Ok(fields) => fields,
            Err(problem) => return Err(visit.refused(problem.into(), Fields::default()).await),
        };
        let begun = match Vault::user_id(id) {
            Ok(id) => visit.step_up(&mut fields).await.map(|renewed| (id, renewed)),
            Err(failure) => Err(failure),
        };
        match begun {
            Ok((id, renewed)) => Ok(Self { visit, id, fields, renewed }),
            Err(failure) => Err(visit.refused(failure, fields).await),
        }
    }
    async fn end(self, outcome: Result<Response, Failure>) -> Response {
        let response = match outcome {
            Ok(response) => response,
            Err(failure) => self.visit.refused(failure, self.fields).await,
        };
        with_cookie(response, self.renewed)
    }
}

async fn change_to(act: Act, change: PersonChange, what: Done) -> Response {
    let outcome = act.visit.site.vault.change_person(act.visit.cx(), act.id, change).await;
    let next = Redirect::to(&what.at(&path(act.id)));
    act.end(outcome.map(|_| next.into_response())).await
}

/// Changes role and tier.
pub(super) async fn change(ByAdmin(visit): ByAdmin, Path(id): Path<String>, request: Request) -> Response {
    let act = match Act::begin(visit, &id, request, &["role", "tier", "password"]).await {
        Ok(act) => act,
        Err(answer) => return answer,
    };
    let unknown = |field: &'static str| move |_| FieldProblem::new(field, "unknown", "Choose one of the list.");
    let role = act.fields.get("role").map(str::parse).transpose().map_err(unknown("role"));
    let tier = act.fields.get("tier").map(str::parse).transpose().map_err(unknown("tier"));
    match (role, tier) {
        (Ok(role), Ok(tier)) => change_to(act, PersonChange { role, tier, disabled: None }, Done::PersonChanged).await,
        (Err(fault), _) | (_, Err(fault)) => act.end(Err(fault.into())).await,
    }
}

/// Lets an account sign in no more.
pub(super) async fn disable(ByAdmin(visit): ByAdmin, Path(id): Path<String>, request: Request) -> Response {
    match Act::begin(visit, &id, request, &["password"]).await {
        Ok(act) => change_to(act, PersonChange { disabled: Some(true), ..PersonChange::default() }, Done::PersonDisabled).await,
        Err(answer) => answer,
    }
}

/// Lets an account sign in again.
pub(super) async fn enable(ByAdmin(visit): ByAdmin, Path(id): Path<String>, request: Request) -> Response {
    match Act::begin(visit, &id, request, &["password"]).await {
        Ok(act) => change_to(act, PersonChange { disabled: Some(false), ..PersonChange::default() }, Done::PersonEnabled).await,
        Err(answer) => answer,
    }
}

/// Makes a link for a new password. The answer itself shows it: it stands in no address and no cookie, and a reload makes another.
pub(super) async fn reset(ByAdmin(visit): ByAdmin, Path(id): Path<String>, request: Request) -> Response {
    let act = match Act::begin(visit, &id, request, &["password"]).await {
        Ok(act) => act,
        Err(answer) => return answer,
    };
    match act.visit.site.vault.reset_link(act.visit.cx(), act.id).await {
        Ok(token) => {
            let link = act.visit.site.config.public_url.reset_link(token.for_link());
            with_cookie(act.visit.show_once(Shown::ResetLink(link)).await, act.renewed)
        }
        Err(failure) => act.end(Err(failure)).await,
    }
}

/// Ends every session of an account.
pub(super) async fn end_sessions(ByAdmin(visit): ByAdmin, Path(id): Path<String>) -> Response {
    let outcome = match Vault::user_id(&id) {
        Ok(id) => visit.site.vault.end_sessions_of(visit.cx(), id).await.map(|_| id),
        Err(failure) => Err(failure),
    };
    ended(visit, outcome, &id, Done::PersonSignedOut).await
}

/// Ends one session of an account.
pub(super) async fn end_session(ByAdmin(visit): ByAdmin, Path((id, session)): Path<(String, String)>) -> Response {
    let outcome = match (Vault::user_id(&id), session.parse::<SessionId>()) {
        (Ok(id), Ok(session)) => visit.site.vault.end_session_of(visit.cx(), id, session).await.map(|()| id),
        _ => Err(Problem::NotFound.into()),
    };
    ended(visit, outcome, &id, Done::SessionEnded).await
}

async fn ended(mut visit: Visit, outcome: Result<UserId, Failure>, id: &str, what: Done) -> Response {
    match outcome {
        Ok(id) => Redirect::to(&what.at(&path(id))).into_response(),
        Err(failure) => {
            // Buttons of a row have no page of their own.
            let page = Vault::user_id(id).ok().and_then(|id| path(id).parse().ok());
            visit.uri = page.unwrap_or_else(|| Uri::from_static("/settings/users"));
            visit.refused(failure, Fields::default()).await
        }
    }
}
