//! The dialogs of the page of API tokens.

use super::{Fields, SignedIn, Visit, done, read};
use crate::http::shown_cookie;
use app::done::Done;
use axum::{
    extract::{Path, Request},
    http::HeaderValue,
    response::{IntoResponse, Redirect, Response},
};
use domain::{FieldProblem, Problem, scope::Scope};
use std::time::Duration;
use vault::{Failure, Vault, api_tokens::NewToken};

const DAY: u64 = 24 * 60 * 60;
const KNOWN: &[&str] = &[
    "name",
    "expires",
    "password",
    "keys:read",
    "keys:write",
    "keys:test",
    "credentials:read",
    "credentials:write",
    "cloudflare:read",
    "cloudflare:write",
    "admin",
];

/// Makes a token and goes to the page that shows it once. The password, where it was asked for, begins a new session first.
pub(super) async fn create(SignedIn(mut visit): SignedIn, request: Request) -> Response {
    let mut fields = match read(request, KNOWN).await {
        Ok(fields) => fields,
        Err(problem) => return visit.refused(problem.into(), Fields::default()).await,
    };
    let renewed = match visit.step_up(&mut fields).await {
        Ok(renewed) => renewed,
        Err(failure) => return visit.refused(failure, fields).await,
    };
    let response = match try_create(&visit, &fields).await {
        Ok((path, cookie)) => super::with_cookie(Redirect::to(&path).into_response(), Some(cookie)),
        Err(failure) => visit.refused(failure, fields).await,
    };
    super::with_cookie(response, renewed)
}

async fn try_create(visit: &Visit, fields: &Fields) -> Result<(String, HeaderValue), Failure> {
    let scopes = Scope::ALL.into_iter().map(Scope::as_str).filter(|word| fields.is_ticked(word)).map(str::to_owned).collect();
    let days: u64 = match fields.get("expires") {
        None => 90,
        Some(text) => text.parse().ok().filter(|days| (1..=365).contains(days)).ok_or_else(no_life)?,
    };
    let expires_at = Some(visit.cx().now + Duration::from_secs(days * DAY));
    let new = NewToken { name: fields.text("name"), scopes, expires_at };
    let (view, token) = visit.site.vault.create_token(visit.cx(), new).await?;
    let sealed = visit.site.vault.seal_for_showing(visit.cx(), view.id, &token)?;
    let cookie = shown_cookie::set(visit.site.cookie, view.id, &sealed).ok_or(Problem::Internal)?;
    Ok((shown_cookie::path(view.id), cookie))
}

fn no_life() -> FieldProblem {
    FieldProblem::new("expires_at", "invalid", "Choose how long the token works: 1 to 365 days.")
}

/// Ends a token.
pub(super) async fn revoke(SignedIn(visit): SignedIn, Path(id): Path<String>) -> Response {
    let outcome = match Vault::token_id(&id) {
        Ok(id) => visit.site.vault.revoke_token(visit.cx(), id).await,
        Err(failure) => Err(failure),
    };
    match outcome {
        Ok(()) => done(Done::TokenRevoked),
        Err(failure) => visit.refused(failure, Fields::default()).await,
    }
}
