//! The account page: password and sessions.

use super::{Fields, SignedIn, Visit, done, read, with_cookie};
use crate::http::cookies;
use app::done::Done;
use axum::{
    extract::{Path, Request},
    http::Uri,
    response::Response,
};
use domain::{FieldProblem, Problem, ids::SessionId, person::Theme};
use vault::Failure;

/// Changes the password. Every session ends; this browser goes on in a new one.
pub(super) async fn change_password(SignedIn(mut visit): SignedIn, request: Request) -> Response {
    let mut fields = match read(request, &["form", "password", "new_password"]).await {
        Ok(fields) => fields,
        Err(problem) => return visit.refused(problem.into(), Fields::default()).await,
    };
    let (old, new) = (fields.secret("password"), fields.secret("new_password"));
    match visit.site.vault.change_password(visit.cx(), &old, &new).await {
        Ok(session) => {
            let cookie = visit.renew(session);
            with_cookie(done(Done::PasswordChanged), cookie)
        }
        Err(failure) => visit.refused(failure, fields).await,
    }
}

/// Ends one session; the one that asks goes to sign-in by itself with its next request.
pub(super) async fn end_session(SignedIn(visit): SignedIn, Path(id): Path<String>) -> Response {
    let outcome = match id.parse::<SessionId>() {
        Ok(id) => visit.site.vault.end_session(visit.cx(), id).await,
        Err(_) => Err(Problem::NotFound.into()),
    };
    answer(visit, outcome, Done::SessionEnded).await
}

/// Ends every session but the one that asks.
pub(super) async fn end_other_sessions(SignedIn(visit): SignedIn) -> Response {
    let outcome = visit.site.vault.end_other_sessions(visit.cx()).await.map(drop);
    answer(visit, outcome, Done::SessionsEnded).await
}

/// Chooses how pages look.
pub(super) async fn choose_theme(SignedIn(visit): SignedIn, request: Request) -> Response {
    let theme = match read(request, &["theme"]).await {
        Ok(fields) => match fields.get("theme") {
            Some("system") => Ok(None),
            Some(word) => word.parse::<Theme>().map(Some).map_err(|_| no_theme()),
            None => Err(no_theme()),
        },
        Err(problem) => Err(problem.into()),
    };
    let outcome = match theme {
        Ok(theme) => visit.site.vault.set_theme(visit.cx(), theme).await.map(|()| theme),
        Err(failure) => Err(failure),
    };
    match outcome {
        Ok(theme) => {
            let cookie = cookies::set_theme(visit.site.cookie, theme);
            with_cookie(done(Done::ThemeChosen), cookie)
        }
        Err(failure) => answer(visit, Err(failure), Done::ThemeChosen).await,
    }
}

fn no_theme() -> Failure {
    FieldProblem::new("theme", "unknown", "Choose one of: system, light, dark.").into()
}

async fn answer(mut visit: Visit, outcome: Result<(), Failure>, what: Done) -> Response {
    match outcome {
        Ok(()) => done(what),
        Err(failure) => {
            visit.uri = Uri::from_static("/account");
            visit.refused(failure, Fields::default()).await
        }
    }
}
