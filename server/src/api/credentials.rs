//! `/api/v1/credentials`: service credentials of the installation, for administrators. What a person keeps for themselves is in [`own`].

mod own;
mod wire;

use super::{
    JsonBody, May,
    access::{ByAdmin, CredentialsRead, CredentialsWrite},
    ok,
    openapi::Refusals,
};
use crate::http::Site;
use axum::{
    Json,
    extract::{FromRequestParts, Path},
    http::{HeaderName, HeaderValue, StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use domain::{Problem, views::CredentialView};
use utoipa_axum::{router::OpenApiRouter, routes};
use vault::{
    Failure,
    credentials::{Deleted, Put, Whose},
};
use wire::{Credential, CredentialChange, CredentialRequest, CredentialTest, CredentialTestAnswer, Service};

/// Says which environment variable answers from now on.
const FALLBACK: HeaderName = HeaderName::from_static("keyward-fallback");

/// The routes, to be merged into the table of all routes.
pub(super) fn router() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(list, store))
        .routes(routes!(services))
        .routes(routes!(show, replace, delete))
        .routes(routes!(test))
        .merge(own::router())
}

/// A service and one of its credential types, in a path.
struct Named(String, String);

impl FromRequestParts<Site> for Named {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Response> {
        match Path::<(String, String)>::from_request_parts(parts, site).await {
            Ok(Path((service, kind))) => Ok(Self(service, kind)),
            Err(_) => Err(crate::problem::answer(&Problem::NotFound, crate::http::request_id(parts))),
        }
    }
}

/// A service, in a path.
struct OfService(String);

impl FromRequestParts<Site> for OfService {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Response> {
        match Path::<String>::from_request_parts(parts, site).await {
            Ok(Path(service)) => Ok(Self(service)),
            Err(_) => Err(crate::problem::answer(&Problem::NotFound, crate::http::request_id(parts))),
        }
    }
}

async fn listed<S>(may: &May<S>, whose: Whose) -> Response {
    let found = may.site.vault.credentials(&may.cx, whose).await;
    may.answer(found.map(|all| ok(all.into_iter().map(Credential::from).collect::<Vec<_>>())))
}

async fn catalogue<S>(may: &May<S>, whose: Whose) -> Response {
    let found = may.site.vault.services(&may.cx, whose).await;
    may.answer(found.map(|all| ok(all.into_iter().map(Service::from).collect::<Vec<_>>())))
}

async fn stored<S>(may: &May<S>, whose: Whose, request: CredentialRequest) -> Response {
    let stored = may.site.vault.put_credential(&may.cx, whose, request.into(), Put::Either).await;
    may.answer(stored.map(|view| (StatusCode::CREATED, Json(Credential::from(view))).into_response()))
}

fn shown(view: CredentialView) -> Response {
    ok(Credential::from(view))
}

async fn replaced<S>(may: &May<S>, whose: Whose, Named(service, kind): Named, request: CredentialChange) -> Response {
    let replaced = may.site.vault.put_credential(&may.cx, whose, request.of(service, kind), Put::Replace).await;
    may.answer(replaced.map(shown))
}

fn gone(deleted: Deleted) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some(variable) = deleted.fallback.and_then(|variable| HeaderValue::try_from(variable).ok()) {
        response.headers_mut().insert(FALLBACK, variable);
    }
    response
}

async fn tested<S>(may: &May<S>, whose: Whose, service: &str, request: Option<CredentialTest>) -> Response {
    let (kind, candidate) = request.unwrap_or_default().into_parts();
    let tested = may.site.vault.test_credential(&may.cx, whose, service, kind.as_deref(), candidate).await;
    may.answer(tested.map(|report| ok(CredentialTestAnswer::from(report))))
}

/// Service credentials of the installation
#[utoipa::path(
    get, path = "/api/v1/credentials", operation_id = "list_credentials", tag = "credentials", security(("session" = []), ("token" = ["credentials:read"])),
    responses((status = 200, description = "Stored credentials, by service and type", body = Vec<Credential>), Refusals<0>)
)]
async fn list(ByAdmin(may): ByAdmin<CredentialsRead>) -> Response {
    listed(&may, Whose::Installation).await
}

/// Store a service credential, or replace the one of the same service and type
#[utoipa::path(
    post, path = "/api/v1/credentials", operation_id = "store_credential", tag = "credentials", security(("session" = []), ("token" = ["credentials:write"])),
    request_body = CredentialRequest,
    responses((status = 201, description = "It is stored", body = Credential), Refusals<2>)
)]
async fn store(ByAdmin(may): ByAdmin<CredentialsWrite>, JsonBody(request): JsonBody<CredentialRequest>) -> Response {
    stored(&may, Whose::Installation, request).await
}

/// Services that credentials can be kept for
#[utoipa::path(
    get, path = "/api/v1/credentials/services", operation_id = "list_services", tag = "credentials", security(("session" = []), ("token" = ["credentials:read"])),
    responses((status = 200, description = "Every service, in the order of the page", body = Vec<Service>), Refusals<0>)
)]
async fn services(ByAdmin(may): ByAdmin<CredentialsRead>) -> Response {
    catalogue(&may, Whose::Installation).await
}

/// One service credential
#[utoipa::path(
    get, path = "/api/v1/credentials/{service}/{credential_type}", operation_id = "show_credential", tag = "credentials",
    security(("session" = []), ("token" = ["credentials:read"])),
    params(("service" = String, Path, description = "The service's id"), ("credential_type" = String, Path, description = "Which of its credentials")),
    responses((status = 200, description = "The credential", body = Credential), Refusals<4>)
)]
async fn show(ByAdmin(may): ByAdmin<CredentialsRead>, Named(service, kind): Named) -> Response {
    may.answer(may.site.vault.credential(&may.cx, Whose::Installation, &service, &kind).await.map(shown))
}

/// Replace a service credential's secret
#[utoipa::path(
    put, path = "/api/v1/credentials/{service}/{credential_type}", operation_id = "replace_credential", tag = "credentials",
    security(("session" = []), ("token" = ["credentials:write"])),
    params(("service" = String, Path, description = "The service's id"), ("credential_type" = String, Path, description = "Which of its credentials")),
    request_body = CredentialChange,
    responses((status = 200, description = "The credential; its test result is cleared", body = Credential), Refusals<5>)
)]
async fn replace(ByAdmin(may): ByAdmin<CredentialsWrite>, named: Named, JsonBody(request): JsonBody<CredentialChange>) -> Response {
    replaced(&may, Whose::Installation, named, request).await
}

/// Delete a service credential and its ciphertext
#[utoipa::path(
    delete, path = "/api/v1/credentials/{service}/{credential_type}", operation_id = "delete_credential", tag = "credentials",
    security(("session" = []), ("token" = ["credentials:write"])),
    params(("service" = String, Path, description = "The service's id"), ("credential_type" = String, Path, description = "Which of its credentials")),
    responses(
        (status = 204, description = "It is gone", headers(("Keyward-Fallback" = String, description = "The environment variable that answers from now on, if there is one"))),
        Refusals<5>,
    )
)]
async fn delete(ByAdmin(may): ByAdmin<CredentialsWrite>, Named(service, kind): Named) -> Response {
    let deleted: Result<Deleted, Failure> = may.site.vault.delete_credential(&may.cx, Whose::Installation, &service, &kind).await;
    may.answer(deleted.map(gone))
}

/// Test a service credential, the stored one or a given one
#[utoipa::path(
    post, path = "/api/v1/credentials/{service}/test", operation_id = "test_credential", tag = "credentials",
    security(("session" = []), ("token" = ["credentials:write"])),
    params(("service" = String, Path, description = "The service's id")),
    request_body = Option<CredentialTest>,
    responses((status = 200, description = "What the service said; a rejected credential is an answer and no error", body = CredentialTestAnswer), Refusals<5>)
)]
async fn test(
    ByAdmin(may): ByAdmin<CredentialsWrite>,
    OfService(service): OfService,
    JsonBody(request): JsonBody<Option<CredentialTest>>,
) -> Response {
    tested(&may, Whose::Installation, &service, request).await
}
