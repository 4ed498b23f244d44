//! The catalogue, and what the caller has of it.

use super::{
    KeysRead, May, ok,
    openapi::Refusals,
    wire::{Provider, Stats},
};
use axum::response::Response;

/// The providers that this installation knows
#[utoipa::path(
    get, path = "/api/v1/byok/providers", operation_id = "list_providers", tag = "byok", security(("session" = []), ("token" = ["keys:read"])),
    responses((status = 200, description = "Every provider, in the order of the page", body = Vec<Provider>), Refusals<0>)
)]
pub(super) async fn list(may: May<KeysRead>) -> Response {
    let found = may.site.vault.providers(&may.cx).await;
    may.answer(found.map(|providers| ok(providers.into_iter().map(Provider::from).collect::<Vec<_>>())))
}

/// What you have, in numbers
#[utoipa::path(
    get, path = "/api/v1/byok/stats", operation_id = "stats", tag = "byok", security(("session" = []), ("token" = ["keys:read"])),
    responses((status = 200, description = "Counts of providers", body = Stats), Refusals<0>)
)]
pub(super) async fn stats(may: May<KeysRead>) -> Response {
    let found = may.site.vault.key_stats(&may.cx).await;
    may.answer(found.map(|stats| ok(Stats::from(stats))))
}
