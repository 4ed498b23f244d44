//! `/api/v1/tokens`: API tokens of a person. A token cannot make, see or revoke tokens: to its caller all of this is 403.

use crate::{
    http::{Caller, RequestInfo, Site},
    logging, problem,
};
use axum::{
    Extension, Json, Router,
    extract::{FromRequestParts, Path, Request, State},
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing::{delete, get},
};
use domain::{FieldProblem, Problem, Timestamp, key_input::SecretInput, views::TokenView};
use serde::{Deserialize, Serialize};
use vault::{Context, Failure, Vault, access, api_tokens::NewToken};

/// The routes, to be merged into the table of all routes.
pub(crate) fn router() -> Router<Site> {
    Router::new().route("/api/v1/tokens", get(list).post(create)).route("/api/v1/tokens/{id}", delete(revoke))
}

/// Somebody with a session; decided before anything submitted is read.
struct Person(Context);

impl FromRequestParts<Site> for Person {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Response> {
        let Caller { context, .. } = Caller::from_request_parts(parts, site).await?;
        match access::person(&context) {
            Ok(_) => Ok(Self(context)),
            Err(problem) => Err(problem::answer(&problem, context.request)),
        }
    }
}

/// What a new token is to be. `password` is needed when it was last given more than ten minutes ago.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    name: String,
    scopes: Vec<String>,
    #[serde(default)]
    expires_at: Option<String>,
    #[serde(default)]
    password: SecretInput,
}

/// A new token, the only time it is told.
#[derive(Serialize)]
struct Created<'a> {
    #[serde(flatten)]
    view: &'a TokenView,
    token: &'a str,
}

/// The caller's tokens, newest first; never a token itself.
async fn list(State(site): State<Site>, Person(cx): Person) -> Response {
    match site.vault.tokens(&cx).await {
        Ok(tokens) => Json(tokens).into_response(),
        Err(failure) => refuse(&failure, &cx),
    }
}

/// Makes a token: 201, and the token in the answer.
async fn create(State(site): State<Site>, Person(cx): Person, request: Request) -> Response {
    let body = match read(request).await {
        Ok(body) => body,
        Err(problem) => return problem::answer(&problem, cx.request),
    };
    let mut renewed = None;
    let mut cx = cx;
    if !body.password.is_empty() {
        match site.vault.confirm_password(&cx, &body.password).await {
            Ok(session) => {
                cx = cx.with_actor(vault::Actor::Person(session.identity.clone()));
                renewed = site.cookie.set(&session, cx.now);
            }
            Err(failure) => return refuse(&failure, &cx),
        }
    }
    let mut response = match make(&site.vault, &cx, body).await {
        Ok(response) => response,
        Err(failure) => refuse(&failure, &cx),
    };
    if let Some(cookie) = renewed {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

async fn make(vault: &Vault, cx: &Context, body: Body) -> Result<Response, Failure> {
    let expires_at = body.expires_at.as_deref().map(|text| Timestamp::parse(text).ok_or_else(no_moment)).transpose()?;
    let (view, token) = vault.create_token(cx, NewToken { name: body.name, scopes: body.scopes, expires_at }).await?;
    Ok((StatusCode::CREATED, Json(Created { view: &view, token: token.for_owner() })).into_response())
}

fn no_moment() -> Failure {
    FieldProblem::new("expires_at", "invalid", "Give a moment as RFC 3339 writes it, like 2027-01-31T00:00:00Z.").into()
}

/// Ends a token, everywhere and at once: 204.
async fn revoke(
    State(site): State<Site>,
    Extension(info): Extension<RequestInfo>,
    Person(cx): Person,
    id: Result<Path<String>, axum::extract::rejection::PathRejection>,
) -> Response {
    let Ok(Path(id)) = id else { return problem::answer(&Problem::NotFound, info.context.request) };
    let outcome = match Vault::token_id(&id) {
        Ok(id) => site.vault.revoke_token(&cx, id).await,
        Err(failure) => Err(failure),
    };
    match outcome {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(failure) => refuse(&failure, &cx),
    }
}

fn refuse(failure: &Failure, cx: &Context) -> Response {
    logging::report(failure);
    problem::answer(failure.problem(), cx.request)
}

/// Reads the body; what it says wrongly is not repeated in the answer.
async fn read(request: Request) -> Result<Body, Problem> {
    let declared = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = declared.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(Problem::UnsupportedBody);
    }
    // The body's layer has bounded it already.
    let bytes = axum::body::to_bytes(request.into_body(), 1024 * 1024).await.map_err(|_| Problem::UnsupportedBody)?;
    serde_json::from_slice(&bytes).map_err(|error| {
        if error.is_data() {
            let message = "A field is missing, unknown or of the wrong type. The fields are name, scopes, expires_at and password.";
            Problem::field(FieldProblem::new("body", "shape", message))
        } else {
            Problem::UnsupportedBody
        }
    })
}
