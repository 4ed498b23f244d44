//! Asking a provider whether a key works.

use super::{
    JsonBody, KeysTest, May, Word, ok,
    openapi::Refusals,
    wire::{TestAnswer, TestRequest},
    with_allowance,
};
use axum::response::Response;
use domain::scope::Scope;
use vault::Failure;

/// Test a stored key
#[utoipa::path(
    post, path = "/api/v1/byok/keys/test/{key}", operation_id = "test_key", tag = "byok", security(("session" = []), ("token" = ["keys:test"])),
    params(("key" = String, Path, description = "The key's id, or a provider for its default key")),
    responses((status = 200, description = "What the provider said; a rejected key is an answer and no error", body = TestAnswer), Refusals<1>)
)]
pub(super) async fn stored(may: May<KeysTest>, Word(word): Word) -> Response {
    let vault = &may.site.vault;
    let tested: Result<_, Failure> = async {
        let id = vault.find_key(&may.cx, Scope::KeysTest, &word).await?;
        vault.test_key(&may.cx, id).await
    }
    .await;
    let answer = may.answer(tested.map(|report| ok(TestAnswer::from(report))));
    with_allowance(answer, &vault.tests_left(&may.cx).await)
}

/// Test a secret without storing it
#[utoipa::path(
    post, path = "/api/v1/byok/keys/test", operation_id = "test_candidate", tag = "byok", security(("session" = []), ("token" = ["keys:test"])),
    request_body = TestRequest,
    responses((status = 200, description = "What the provider said; nothing is stored", body = TestAnswer), Refusals<2>)
)]
pub(super) async fn candidate(may: May<KeysTest>, JsonBody(request): JsonBody<TestRequest>) -> Response {
    let vault = &may.site.vault;
    let (key, endpoint) = (request.key.unwrap_or_default(), request.endpoint.unwrap_or_default());
    let tested = vault.test_candidate(&may.cx, &request.provider, key, &endpoint).await;
    let answer = may.answer(tested.map(|report| ok(TestAnswer::from(report))));
    with_allowance(answer, &vault.tests_left(&may.cx).await)
}
