//! `/api/v1/tokens`: API tokens of a person. A token cannot make, see or revoke tokens: to its caller all of this is 403.

use super::{
    body::{Body, JsonBody},
    openapi::Refusals,
};
use crate::{
    http::{Caller, RequestInfo, Site},
    logging, problem,
};
use axum::{
    Extension, Json,
    extract::{FromRequestParts, Path, State},
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use domain::{
    FieldProblem, Problem, Timestamp,
    key_input::SecretInput,
    scope::Scope,
    views::{TokenState, TokenView},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use vault::{Context, Failure, Vault, access, api_tokens::NewToken};

/// The routes, to be merged into the table of all routes.
pub(super) fn router() -> OpenApiRouter<Site> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(revoke))
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

/// What a new token is to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TokenRequest {
    /// What you call it.
    #[schema(max_length = 100)]
    name: String,
    /// What it may do, such as `keys:read`.
    #[schema(min_items = 1)]
    scopes: Vec<String>,
    /// When it stops working.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// Your password; needed when you last gave it more than ten minutes ago.
    #[schema(value_type = Option<String>, format = Password, write_only)]
    password: Option<SecretInput>,
}

impl Body for TokenRequest {
    const FIELDS: &'static [&'static str] = &["name", "scopes", "expires_at", "password"];
}

/// An API token; never the token itself.
#[derive(Serialize, ToSchema)]
struct Token {
    /// Its id, which proves nothing.
    #[schema(value_type = String, format = "uuid")]
    id: String,
    /// What you call it.
    name: String,
    /// How it begins.
    prefix: String,
    /// What it may do, as far as your role allows.
    #[schema(value_type = Vec<String>)]
    scopes: Vec<Scope>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it stops working.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// When it was last used, to the minute.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    last_used: Option<Timestamp>,
    /// `active` or `expired`.
    #[schema(value_type = String)]
    state: TokenState,
}

impl From<TokenView> for Token {
    fn from(view: TokenView) -> Self {
        let TokenView { id, name, prefix, scopes, created, expires, used, state } = view;
        Self { id: id.to_string(), name, prefix, scopes, created_at: created, expires_at: expires, last_used: used, state }
    }
}

/// A new token, the only time it is told.
#[derive(Serialize, ToSchema)]
struct NewTokenAnswer {
    /// What is known of it afterwards.
    #[serde(flatten)]
    view: Token,
    /// The token.
    token: String,
}

/// Your API tokens
#[utoipa::path(
    get, path = "/api/v1/tokens", operation_id = "list_tokens", tag = "tokens", security(("session" = [])),
    responses((status = 200, description = "Tokens, newest first", body = Vec<Token>), Refusals<0>)
)]
async fn list(State(site): State<Site>, Person(cx): Person) -> Response {
    match site.vault.tokens(&cx).await {
        Ok(tokens) => Json(tokens.into_iter().map(Token::from).collect::<Vec<_>>()).into_response(),
        Err(failure) => refuse(&failure, &cx),
    }
}

/// Make an API token
#[utoipa::path(
    post, path = "/api/v1/tokens", operation_id = "create_token", tag = "tokens", security(("session" = [])), request_body = TokenRequest,
    responses((status = 201, description = "The token, once", body = NewTokenAnswer), Refusals<2>)
)]
async fn create(State(site): State<Site>, Person(cx): Person, JsonBody(body): JsonBody<TokenRequest>) -> Response {
    let password = body.password.clone().unwrap_or_default();
    let mut renewed = None;
    let mut cx = cx;
    if !password.is_empty() {
        match site.vault.confirm_password(&cx, &password).await {
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

async fn make(vault: &Vault, cx: &Context, body: TokenRequest) -> Result<Response, Failure> {
    let expires_at = body.expires_at.as_deref().map(|text| Timestamp::parse(text).ok_or_else(no_moment)).transpose()?;
    let (view, token) = vault.create_token(cx, NewToken { name: body.name, scopes: body.scopes, expires_at }).await?;
    Ok((StatusCode::CREATED, Json(NewTokenAnswer { view: view.into(), token: token.for_owner().to_owned() })).into_response())
}

fn no_moment() -> Failure {
    FieldProblem::new("expires_at", "invalid", "Give a moment as RFC 3339 writes it, like 2027-01-31T00:00:00Z.").into()
}

/// End an API token, everywhere and at once
#[utoipa::path(
    delete, path = "/api/v1/tokens/{id}", operation_id = "revoke_token", tag = "tokens", security(("session" = [])),
    params(("id" = String, Path, description = "The token's id")),
    responses((status = 204, description = "It works no longer"), Refusals<4>)
)]
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
