//! Server functions on provider keys.
#![allow(
    clippy::too_many_arguments,
    reason = "the arguments are the fields of the form; the browser's half of a server function keeps no attribute of its own"
)]
#![allow(missing_docs, reason = "the macro turns each argument into a public field, and takes no docs for them")]

#[cfg(feature = "ssr")]
use super::caller::{caller, refuse};
use super::{ApiError, json::Answer};
use domain::{Verdict, ids::KeyId, key_input::SecretInput};
use leptos::prelude::*;

/// What the browser says of a test.
#[cfg_attr(feature = "ssr", derive(serde::Serialize))]
pub struct Tried {
    /// What came out.
    pub verdict: Verdict,
    /// Its sentence.
    pub message: String,
}

#[cfg(feature = "ssr")]
impl From<domain::views::TestReport> for Tried {
    fn from(report: domain::views::TestReport) -> Self {
        Self { verdict: report.verdict, message: report.message() }
    }
}

/// Seals and stores a key; answers with its id.
///
/// # Errors
/// Those of `Vault::add_key`.
#[server(output = Answer, prefix = "/api/fn", endpoint = "keys/add")]
pub async fn add_key(
    provider: String,
    #[server(default)] key: SecretInput,
    #[server(default)] label: String,
    #[server(default)] description: String,
    #[server(default)] endpoint: String,
    #[server(default)] allow_duplicate: bool,
) -> Result<KeyId, ApiError> {
    let (vault, cx) = caller()?;
    let key = vault::keys::AddKey { provider, key, label, description, endpoint, allow_duplicate, ..Default::default() };
    vault.add_key(&cx, key).await.map(|key| key.id).map_err(refuse)
}

/// Replaces a key's secret.
///
/// # Errors
/// Those of `Vault::replace_key`.
#[server(output = Answer, prefix = "/api/fn", endpoint = "keys/replace")]
pub async fn replace_key(id: KeyId, #[server(default)] key: SecretInput, #[server(default)] allow_duplicate: bool) -> Result<(), ApiError> {
    let (vault, cx) = caller()?;
    vault.replace_key(&cx, id, key, allow_duplicate, None).await.map(drop).map_err(refuse)
}

/// Changes what is said about a key, whether it may be used, or (with its secret) its base URL.
///
/// # Errors
/// Those of `Vault::edit_key`.
#[server(output = Answer, prefix = "/api/fn", endpoint = "keys/edit")]
pub async fn edit_key(
    id: KeyId,
    label: String,
    description: String,
    enabled: bool,
    is_default: Option<bool>,
    endpoint: Option<String>,
    #[server(default)] key: SecretInput,
    revision: Option<u64>,
) -> Result<(), ApiError> {
    let (vault, cx) = caller()?;
    // An empty text takes a label away; as an `Option` it could not be told from an absent one in a form's encoding.
    let (label, description, enabled) = (Some(label), Some(description), Some(enabled));
    let edit = vault::keys::EditKey { label, description, enabled, is_default, endpoint, key, revision, ..Default::default() };
    vault.edit_key(&cx, id, edit).await.map(drop).map_err(refuse)
}

/// Deletes a key and its ciphertext.
///
/// # Errors
/// Those of `Vault::delete_key`.
#[server(output = Answer, prefix = "/api/fn", endpoint = "keys/delete")]
pub async fn delete_key(id: KeyId) -> Result<(), ApiError> {
    let (vault, cx) = caller()?;
    vault.delete_key(&cx, id, None).await.map(drop).map_err(refuse)
}

/// Tests a stored key against its provider.
///
/// # Errors
/// Those of `Vault::test_key`.
#[server(output = Answer, prefix = "/api/fn", endpoint = "keys/test")]
pub async fn test_key(id: KeyId) -> Result<Tried, ApiError> {
    let (vault, cx) = caller()?;
    vault.test_key(&cx, id).await.map(Tried::from).map_err(refuse)
}

/// Tests a secret that is not stored.
///
/// # Errors
/// Those of `Vault::test_candidate`.
#[server(output = Answer, prefix = "/api/fn", endpoint = "keys/test-candidate")]
pub async fn test_candidate(
    provider: String,
    #[server(default)] key: SecretInput,
    #[server(default)] endpoint: String,
) -> Result<Tried, ApiError> {
    let (vault, cx) = caller()?;
    vault.test_candidate(&cx, &provider, key, &endpoint).await.map(Tried::from).map_err(refuse)
}

/// Switches a key on or off.
///
/// # Errors
/// Those of `Vault::edit_key`.
#[server(output = Answer, prefix = "/api/fn", endpoint = "keys/enable")]
pub async fn set_enabled(id: KeyId, enabled: bool) -> Result<(), ApiError> {
    let (vault, cx) = caller()?;
    let edit = vault::keys::EditKey { enabled: Some(enabled), ..Default::default() };
    vault.edit_key(&cx, id, edit).await.map(drop).map_err(refuse)
}

/// Makes a key its provider's default.
///
/// # Errors
/// Those of `Vault::edit_key`.
#[server(output = Answer, prefix = "/api/fn", endpoint = "keys/default")]
pub async fn set_default(id: KeyId) -> Result<(), ApiError> {
    let (vault, cx) = caller()?;
    let edit = vault::keys::EditKey { is_default: Some(true), ..Default::default() };
    vault.edit_key(&cx, id, edit).await.map(drop).map_err(refuse)
}
