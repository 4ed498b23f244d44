//! `/api/v1/account/credentials`: what people keep for themselves. The same shapes; nothing of it is used for the installation's calls.

use super::{
    CredentialChange, CredentialRequest, CredentialTest, Named, OfService, catalogue, gone, listed, replaced, shown, stored, tested,
    wire::{Credential, CredentialTestAnswer, Service},
};
use crate::{
    api::{
        JsonBody, May,
        access::{CredentialsRead, CredentialsWrite},
        openapi::Refusals,
    },
    http::Site,
};
use axum::response::Response;
use utoipa_axum::{router::OpenApiRouter, routes};
use vault::credentials::Whose;

/// The routes, to be merged into the table of all routes.
pub(super) fn router() -> OpenApiRouter<Site> {
    OpenApiRouter::new().routes(routes!(list, store)).routes(routes!(services)).routes(routes!(show, replace, delete)).routes(routes!(test))
}

/// Your own service credentials
#[utoipa::path(
    get, path = "/api/v1/account/credentials", operation_id = "list_own_credentials", tag = "account", security(("session" = []), ("token" = ["credentials:read"])),
    responses((status = 200, description = "Stored credentials, by service and type", body = Vec<Credential>), Refusals<0>)
)]
async fn list(may: May<CredentialsRead>) -> Response {
    listed(&may, Whose::Own).await
}

/// Store a service credential of your own, or replace the one of the same service and type
#[utoipa::path(
    post, path = "/api/v1/account/credentials", operation_id = "store_own_credential", tag = "account", security(("session" = []), ("token" = ["credentials:write"])),
    request_body = CredentialRequest,
    responses((status = 201, description = "It is stored", body = Credential), Refusals<2>)
)]
async fn store(may: May<CredentialsWrite>, JsonBody(request): JsonBody<CredentialRequest>) -> Response {
    stored(&may, Whose::Own, request).await
}

/// Services that you can keep credentials for
#[utoipa::path(
    get, path = "/api/v1/account/credentials/services", operation_id = "list_own_services", tag = "account", security(("session" = []), ("token" = ["credentials:read"])),
    responses((status = 200, description = "Every service, in the order of the page", body = Vec<Service>), Refusals<0>)
)]
async fn services(may: May<CredentialsRead>) -> Response {
    catalogue(&may, Whose::Own).await
}

/// One service credential of your own
#[utoipa::path(
    get, path = "/api/v1/account/credentials/{service}/{credential_type}", operation_id = "show_own_credential", tag = "account",
    security(("session" = []), ("token" = ["credentials:read"])),
    params(("service" = String, Path, description = "The service's id"), ("credential_type" = String, Path, description = "Which of its credentials")),
    responses((status = 200, description = "The credential", body = Credential), Refusals<4>)
)]
async fn show(may: May<CredentialsRead>, Named(service, kind): Named) -> Response {
    may.answer(may.site.vault.credential(&may.cx, Whose::Own, &service, &kind).await.map(shown))
}

/// Replace the secret of a service credential of your own
#[utoipa::path(
    put, path = "/api/v1/account/credentials/{service}/{credential_type}", operation_id = "replace_own_credential", tag = "account",
    security(("session" = []), ("token" = ["credentials:write"])),
    params(("service" = String, Path, description = "The service's id"), ("credential_type" = String, Path, description = "Which of its credentials")),
    request_body = CredentialChange,
    responses((status = 200, description = "The credential; its test result is cleared", body = Credential), Refusals<5>)
)]
async fn replace(may: May<CredentialsWrite>, named: Named, JsonBody(request): JsonBody<CredentialChange>) -> Response {
    replaced(&may, Whose::Own, named, request).await
}

/// Delete a service credential of your own and its ciphertext
#[utoipa::path(
    delete, path = "/api/v1/account/credentials/{service}/{credential_type}", operation_id = "delete_own_credential", tag = "account",
    security(("session" = []), ("token" = ["credentials:write"])),
    params(("service" = String, Path, description = "The service's id"), ("credential_type" = String, Path, description = "Which of its credentials")),
    responses(
        (status = 204, description = "It is gone"),
        Refusals<5>,
    )
)]
async fn delete(may: May<CredentialsWrite>, Named(service, kind): Named) -> Response {
    let deleted = may.site.vault.delete_credential(&may.cx, Whose::Own, &service, &kind).await;
    may.answer(deleted.map(gone))
}

/// Test a service credential of your own, the stored one or a given one
#[utoipa::path(
    post, path = "/api/v1/account/credentials/{service}/test", operation_id = "test_own_credential", tag = "account",
    security(("session" = []), ("token" = ["credentials:write"])),
    params(("service" = String, Path, description = "The service's id")),
    request_body = Option<CredentialTest>,
    responses((status = 200, description = "What the service said; a rejected credential is an answer and no error", body = CredentialTestAnswer), Refusals<5>)
)]
async fn test(may: May<CredentialsWrite>, OfService(service): OfService, JsonBody(request): JsonBody<Option<CredentialTest>>) -> Response {
    tested(&may, Whose::Own, &service, request).await
}
