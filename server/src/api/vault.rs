//! `/api/v1/vault`: keyring, root key and rotation, for administrators. Keys are told by number and state, never by value.

use super::{
    access::{Admin, May},
    ok,
    openapi::Refusals,
};
use crate::http::Site;
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{
    Timestamp,
    views::{self, RootKeyView},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The routes, to be merged into the table of all routes.
pub(super) fn router() -> OpenApiRouter<Site> {
    OpenApiRouter::new().routes(routes!(status)).routes(routes!(rotate))
}

/// The vault as it stands.
#[derive(Serialize, ToSchema)]
struct VaultStatus {
    /// Rises with each change of the keyring.
    ring_version: u64,
    /// The data key that seals.
    active_key: u32,
    /// Values sealed under a lower data key are refused.
    min_decrypt: u32,
    /// All data keys, oldest first.
    data_keys: Vec<DataKey>,
    /// Every place that holds sealed values.
    columns: Vec<SealedColumn>,
    /// The key that wraps the keyring.
    root_key: RootKey,
    /// The last rotation.
    #[schema(required)]
    rotation: Option<Rotation>,
    /// Values that are known not to open, newest first, at most 200.
    quarantine: Vec<Quarantined>,
    /// How many there are in all.
    quarantined: u64,
    /// The audit trail and its second place.
    audit: AuditHealth,
    /// When all of this was read.
    #[schema(value_type = String, format = DateTime)]
    now: Timestamp,
}

/// A data key.
#[derive(Serialize, ToSchema)]
struct DataKey {
    /// Its number, never used twice.
    id: u32,
    /// `decrypt_only`, `active`, `retired` or `destroyed`.
    state: &'static str,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Stored values sealed under it.
    rows: u64,
}

/// A place that holds sealed values.
#[derive(Serialize, ToSchema)]
struct SealedColumn {
    /// The table.
    table: String,
    /// The column.
    column: String,
    /// How many values there are under which data key.
    rows: Vec<RowsUnderKey>,
}

/// How many values are sealed under one data key.
#[derive(Serialize, ToSchema)]
struct RowsUnderKey {
    /// The data key.
    key: u32,
    /// How many.
    rows: u64,
}

/// The root key, by its public id.
#[derive(Serialize, ToSchema)]
struct RootKey {
    /// Its public id, which says nothing about the key.
    id: String,
    /// Where it was read: `file`, `data_folder`, `environment`, or `previous` when only the previous one fits.
    source: String,
    /// Since when it wraps the keyring.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// The public id of another root key that fits, too, while the root key is being changed.
    #[schema(required)]
    other: Option<String>,
}

/// A rotation of the data key.
#[derive(Serialize, ToSchema)]
struct Rotation {
    /// `running`, `interrupted`, `finished` or `finished_with_quarantine`.
    state: &'static str,
    /// The new data key.
    key: u32,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// When it ended.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    finished_at: Option<Timestamp>,
    /// Values under older data keys when it began.
    total: u64,
    /// Values that it sealed anew.
    resealed: u64,
    /// Values that are still under an older data key.
    left: u64,
    /// Values sealed anew a second.
    rows_per_second: u64,
    /// About how many seconds it still takes.
    #[schema(required)]
    seconds_left: Option<u64>,
}

/// A stored value that does not open.
#[derive(Serialize, ToSchema)]
struct Quarantined {
    /// The table.
    table: String,
    /// The column.
    column: String,
    /// The row.
    record: String,
    /// Whose it is; null for the installation's own.
    #[schema(required)]
    owner: Option<String>,
    /// The data key it names.
    key: u32,
    /// `malformed`, `unknown_key`, `commitment` or `tag`.
    reason: String,
    /// When that was first found.
    #[schema(value_type = String, format = DateTime)]
    found_at: Timestamp,
}

/// The audit trail and its second place.
#[derive(Serialize, ToSchema)]
struct AuditHealth {
    /// The newest event's number.
    newest: u64,
    /// The oldest event that is kept.
    oldest: u64,
    /// Whether checkpoints go to a second place.
    sink: bool,
    /// The last event that a checkpoint covers.
    #[schema(required)]
    checkpointed: Option<u64>,
    /// Whether the second place takes no checkpoints just now.
    alarm: bool,
}

impl From<views::VaultStatus> for VaultStatus {
    fn from(view: views::VaultStatus) -> Self {
        let RootKeyView { id, source, since, other } = view.root_key;
        let views::AuditHealth { newest, oldest, sink, checkpointed, alarm } = view.audit;
        let data_key =
            |key: views::DataKeyView| DataKey { id: key.id, state: key.state.as_str(), created_at: key.created_at, rows: key.rows };
        Self {
            ring_version: view.ring_version,
            active_key: view.active_key,
            min_decrypt: view.min_decrypt,
            data_keys: view.data_keys.into_iter().map(data_key).collect(),
            columns: view.columns.into_iter().map(SealedColumn::from).collect(),
            root_key: RootKey { id, source, since, other: other.map(|other| other.id) },
            rotation: view.rotation.map(Rotation::from),
            quarantine: view.quarantine.into_iter().map(Quarantined::from).collect(),
            quarantined: view.quarantined,
            audit: AuditHealth { newest, oldest, sink, checkpointed, alarm },
            now: view.now,
        }
    }
}

impl From<views::SealedColumnView> for SealedColumn {
    fn from(view: views::SealedColumnView) -> Self {
        let rows = view.rows.into_iter().map(|under| RowsUnderKey { key: under.key, rows: under.rows }).collect();
        Self { table: view.table, column: view.column, rows }
    }
}

impl From<views::RotationView> for Rotation {
    fn from(view: views::RotationView) -> Self {
        let views::RotationView { state, key, started_at, finished_at, total, resealed, left, rows_per_second, seconds_left } = view;
        Self { state: state.as_str(), key, started_at, finished_at, total, resealed, left, rows_per_second, seconds_left }
    }
}

impl From<views::QuarantineView> for Quarantined {
    fn from(view: views::QuarantineView) -> Self {
        let views::QuarantineView { table, column, record, owner, key, reason, found_at } = view;
        Self { table, column, record, owner: owner.map(|owner| owner.to_string()), key, reason, found_at }
    }
}

/// How the vault stands: keys, rotation, values that do not open
#[utoipa::path(
    get, path = "/api/v1/vault/status", operation_id = "vault_status", tag = "vault", security(("session" = []), ("token" = ["admin"])),
    responses((status = 200, description = "The vault as it stands", body = VaultStatus), Refusals<0>)
)]
async fn status(may: May<Admin>) -> Response {
    let status = may.site.vault.vault_status(&may.cx).await;
    may.answer(status.map(|status| ok(VaultStatus::from(status))))
}

/// Make a new data key and seal everything anew under it; or go on with that
#[utoipa::path(
    post, path = "/api/v1/vault/rotations", operation_id = "start_rotation", tag = "vault", security(("session" = []), ("token" = ["admin"])),
    responses((status = 202, description = "The rotation goes on by itself; `GET /api/v1/vault/status` says how far it is", body = Rotation), Refusals<2>)
)]
async fn rotate(may: May<Admin>) -> Response {
    let begun = may.site.vault.start_rotation(&may.cx).await;
    may.answer(begun.map(|view| (StatusCode::ACCEPTED, Json(Rotation::from(view))).into_response()))
}
