//! Rows of service credentials.

use super::TestRow;
use domain::{
    Timestamp,
    ids::{CredentialId, TenantId, UserId},
    person::Email,
    services::{CredentialType, Metadata, ServiceId},
    views::credentials::Findings,
};

/// A service credential without its secret.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "columns are described in the migration")]
pub struct CredentialRow {
    pub id: CredentialId,
    pub tenant: TenantId,
    /// The nil UUID for the installation, whose column is null.
    pub owner: UserId,
    pub service: ServiceId,
    pub kind: CredentialType,
    pub metadata: Metadata,
    pub endpoint_origin: String,
    pub secret_version: u64,
    pub hint: Option<String>,
    pub fingerprint: [u8; 8],
    pub test: Option<(TestRow, Findings)>,
    pub used_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub updated_by: Option<UserId>,
    /// The name of `updated_by`: read, never written.
    pub updated_by_email: Option<Email>,
}

impl CredentialRow {
    /// The owner's column.
    #[must_use]
    pub fn owner_column(&self) -> Option<UserId> {
        Some(self.owner).filter(|owner| !owner.uuid().is_nil())
    }
    /// The column of metadata.
    ///
    /// # Panics
    /// Never: texts and truths under texts are JSON.
    #[must_use]
    pub fn metadata_column(&self) -> String {
        serde_json::to_string(&self.metadata).expect("texts and truths under texts are JSON")
    }
    /// The column of findings.
    ///
    /// # Panics
    /// Never: words and numbers are JSON.
    #[must_use]
    pub fn findings_column(&self) -> Option<String> {
        self.test.as_ref().map(|(_, findings)| serde_json::to_string(findings).expect("words and numbers are JSON"))
    }
}
