//! A caller's keys.

use super::{
    JsonBody, KeysRead, KeysWrite, May, Word, ok,
    openapi::Refusals,
    query::{ListQuery, next_link},
    wire::{AddAnswer, AddRequest, ChangeRequest, DeleteAnswer, Key, ReplaceRequest},
    with_allowance,
};
use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::Response,
};
use domain::{FieldProblem, Problem, ids::KeyId, scope::Scope, views::KeyView};
use vault::{Context, Failure, Vault};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A key with its `ETag` (RFC 9110, section 8.8.3).
fn shown(view: KeyView) -> Response {
    let tag = HeaderValue::try_from(format!("\"{}\"", view.revision));
    let mut response = ok(Key::from(view));
    if let Ok(tag) = tag {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// Your keys
#[utoipa::path(
    get, path = "/api/v1/byok/keys", operation_id = "list_keys", tag = "byok", security(("session" = []), ("token" = ["keys:read"])),
    params(
        ("provider" = Option<String>, Query, description = "Only keys of this provider", max_length = 64),
        ("limit" = Option<u32>, Query, description = "At most this many; 200 when absent", minimum = 1, maximum = 200),
        ("cursor" = Option<String>, Query, description = "Where to go on, from the Link header of the last answer"),
    ),
    responses(
        (status = 200, description = "Keys, oldest first", body = Vec<Key>, headers(("Link" = String, description = "The next keys, as rel=next, when there are more"))),
        Refusals<3>,
    )
)]
pub(super) async fn list(may: May<KeysRead>, ListQuery(filter): ListQuery) -> Response {
    let found = may.site.vault.list_keys(&may.cx, &filter).await;
    may.answer(found.map(|slice| {
        let mut response = ok(slice.keys.into_iter().map(Key::from).collect::<Vec<_>>());
        if let Some(link) = slice.next.and_then(|after| next_link(&filter, after)) {
            response.headers_mut().insert(header::LINK, link);
        }
        response
    }))
}

/// Add a key, or replace the secret of the one with the same provider and label
#[utoipa::path(
    post, path = "/api/v1/byok/keys/add", operation_id = "add_key", tag = "byok", security(("session" = []), ("token" = ["keys:write"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "The same request under the same value within 24 hours is answered alike and done once", min_length = 1, max_length = 255)),
    request_body = AddRequest,
    responses((status = 200, description = "It is stored", body = AddAnswer), Refusals<2>)
)]
pub(super) async fn add(may: May<KeysWrite>, headers: HeaderMap, JsonBody(request): JsonBody<AddRequest>) -> Response {
    let vault = &may.site.vault;
    let added = match idempotency_key(&headers) {
        Ok(name) => vault.add_key_once(&may.cx, request.into(), name).await,
        Err(fault) => Err(fault.into()),
    };
    let answer = may.answer(added.map(|added| ok(AddAnswer::from(added))));
    with_allowance(answer, &vault.adds_left(&may.cx).await)
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, FieldProblem> {
    let mut all = headers.get_all(IDEMPOTENCY_KEY).iter();
    match (all.next(), all.next()) {
        (None, _) => Ok(None),
        // What is no text is no idempotency key, either; the vault says so of an empty one.
        (Some(only), None) => Ok(Some(only.to_str().unwrap_or_default())),
        (Some(_), Some(_)) => Err(FieldProblem::new("Idempotency-Key", "duplicate", "This header is there twice.")),
    }
}

/// One key
#[utoipa::path(
    get, path = "/api/v1/byok/keys/{key}", operation_id = "show_key", tag = "byok", security(("session" = []), ("token" = ["keys:read"])),
    params(("key" = String, Path, description = "The key's id, or a provider for its default key")),
    responses((status = 200, description = "The key", body = Key, headers(("ETag" = String, description = "For If-Match"))), Refusals<4>)
)]
pub(super) async fn show(may: May<KeysRead>, Word(word): Word) -> Response {
    let found: Result<_, Failure> = async {
        let id = may.site.vault.find_key(&may.cx, Scope::KeysRead, &word).await?;
        may.site.vault.key(&may.cx, id).await
    }
    .await;
    may.answer(found.map(shown))
}

/// Change what is said about a key, or where it is sent
#[utoipa::path(
    patch, path = "/api/v1/byok/keys/{key}", operation_id = "change_key", tag = "byok", security(("session" = []), ("token" = ["keys:write"])),
    params(
        ("key" = String, Path, description = "The key's id, or a provider for its default key"),
        ("If-Match" = Option<String>, Header, description = "Change it only if its ETag is still this one"),
    ),
    request_body = ChangeRequest,
    responses((status = 200, description = "The key as it is now", body = Key, headers(("ETag" = String, description = "For If-Match"))), Refusals<5>)
)]
pub(super) async fn change(
    may: May<KeysWrite>,
    Word(word): Word,
    headers: HeaderMap,
    JsonBody(request): JsonBody<ChangeRequest>,
) -> Response {
    let vault = &may.site.vault;
    let changed: Result<_, Failure> = async {
        let id = vault.find_key(&may.cx, Scope::KeysWrite, &word).await?;
        let revision = expected_revision(vault, &may.cx, id, &headers).await?;
        vault.edit_key(&may.cx, id, request.into_edit(revision)).await
    }
    .await;
    may.answer(changed.map(shown))
}

/// The revision that `If-Match` asks for (RFC 9110, section 13.1.1); strong comparison, so a weak tag matches nothing.
async fn expected_revision(vault: &Vault, cx: &Context, id: KeyId, headers: &HeaderMap) -> Result<Option<u64>, Failure> {
    let mut lines = headers.get_all(header::IF_MATCH).iter().peekable();
    if lines.peek().is_none() {
        return Ok(None);
    }
    let tags: Vec<_> = lines.flat_map(|line| line.to_str().unwrap_or_default().split(',')).map(str::trim).collect();
    if tags.contains(&"*") {
        return Ok(None);
    }
    let asked: Vec<u64> = tags.iter().filter_map(|tag| tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok()).collect();
    match asked.as_slice() {
        [] => Err(Problem::Changed.into()),
        [only] => Ok(Some(*only)),
        // Any of several will do, so the one that stands now is looked up; the change itself compares again.
        several => {
            let now = vault.revision(cx, id).await?;
            if several.contains(&now) { Ok(Some(now)) } else { Err(Problem::Changed.into()) }
        }
    }
}

/// Replace a key's secret
#[utoipa::path(
    post, path = "/api/v1/byok/keys/{key}/replace", operation_id = "replace_key", tag = "byok", security(("session" = []), ("token" = ["keys:write"])),
    params(
        ("key" = String, Path, description = "The key's id, or a provider for its default key"),
        ("If-Match" = Option<String>, Header, description = "Replace it only if its ETag is still this one"),
    ),
    request_body = ReplaceRequest,
    responses((status = 200, description = "The key; its test result and expiry are cleared", body = Key, headers(("ETag" = String, description = "For If-Match"))), Refusals<5>)
)]
pub(super) async fn replace(
    may: May<KeysWrite>,
    Word(word): Word,
    headers: HeaderMap,
    JsonBody(request): JsonBody<ReplaceRequest>,
) -> Response {
    let vault = &may.site.vault;
    let replaced: Result<_, Failure> = async {
        let id = vault.find_key(&may.cx, Scope::KeysWrite, &word).await?;
        let revision = expected_revision(vault, &may.cx, id, &headers).await?;
        vault.replace_key(&may.cx, id, request.key, request.allow_duplicate.unwrap_or_default(), revision).await
    }
    .await;
    let answer = may.answer(replaced.map(shown));
    with_allowance(answer, &vault.adds_left(&may.cx).await)
}

/// Delete a key and its ciphertext
#[utoipa::path(
    delete, path = "/api/v1/byok/keys/{key}", operation_id = "delete_key", tag = "byok", security(("session" = []), ("token" = ["keys:write"])),
    params(
        ("key" = String, Path, description = "The key's id, or a provider for its default key"),
        ("If-Match" = Option<String>, Header, description = "Delete it only if its ETag is still this one"),
    ),
    responses((status = 200, description = "It is gone", body = DeleteAnswer), Refusals<8>)
)]
pub(super) async fn delete(may: May<KeysWrite>, Word(word): Word, headers: HeaderMap) -> Response {
    let vault = &may.site.vault;
    let deleted: Result<_, Failure> = async {
        let id = vault.find_key(&may.cx, Scope::KeysWrite, &word).await?;
        let revision = expected_revision(vault, &may.cx, id, &headers).await?;
        vault.delete_key(&may.cx, id, revision).await
    }
    .await;
    let answer = |view: KeyView| DeleteAnswer { message: "API key removed successfully", provider: view.provider.into() };
    may.answer(deleted.map(|view| ok(answer(view))))
}
