//! Service credentials in storage.

use super::{
    StoreError,
    rows::{CredentialRow, SealedRow},
};
use crate::access::Holder;
use async_trait::async_trait;
use domain::{
    ids::CredentialId,
    services::{CredentialType, ServiceId},
};

/// Reading service credentials.
#[async_trait]
pub trait CredentialStore {
    /// The holder's credentials, by service and type, without their secrets.
    async fn credentials(&self, holder: Holder) -> Result<Vec<CredentialRow>, StoreError>;
    /// One credential of the holder, without its secret.
    async fn credential(&self, holder: Holder, service: &ServiceId, kind: &CredentialType) -> Result<Option<CredentialRow>, StoreError>;
}

/// Service credentials within a unit of work.
#[async_trait]
pub trait CredentialTx {
    /// One credential of the holder, without its secret.
    async fn credential(&mut self, holder: Holder, service: &ServiceId, kind: &CredentialType)
    -> Result<Option<CredentialRow>, StoreError>;
    /// The sealed secret of a credential of the holder.
    async fn credential_secret(&mut self, holder: Holder, id: CredentialId) -> Result<Option<SealedRow>, StoreError>;
    /// Adds a credential; [`StoreError::Conflict`] when the holder has one of this service and type.
    async fn insert_credential(&mut self, row: &CredentialRow, secret: &SealedRow) -> Result<(), StoreError>;
    /// Writes everything about a credential but its secret.
    async fn update_credential(&mut self, holder: Holder, row: &CredentialRow) -> Result<(), StoreError>;
    /// Writes a credential's secret. The row's `secret_version` and `fingerprint` are written by [`CredentialTx::update_credential`].
    async fn set_credential_secret(&mut self, holder: Holder, id: CredentialId, secret: &SealedRow) -> Result<(), StoreError>;
    /// Deletes a credential and its ciphertext.
    async fn delete_credential(&mut self, holder: Holder, id: CredentialId) -> Result<bool, StoreError>;
}
