//! Bodies of the calls on service credentials.

use crate::api::body::Body;
use domain::{
    Timestamp,
    key_input::SecretInput,
    services::Metadata,
    views::{
        CredentialReport, CredentialView,
        credentials::{Findings, Grant, ServiceView, Source, message, test_status},
    },
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use vault::credentials::{Candidate, NewCredential};

/// A credential to store.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CredentialRequest {
    /// The service's id.
    #[schema(max_length = 64, example = "cloudflare")]
    service: String,
    /// Which of its credentials.
    #[schema(max_length = 64, example = "api_token")]
    credential_type: String,
    /// The secret.
    #[schema(value_type = String, format = Password, write_only, min_length = 10, max_length = 8192)]
    value: SecretInput,
    /// `description` and the service's own fields: texts, and `true` or `false` for switches. Absent keeps what is there.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Metadata>,
    /// The account it is for, by id; absent is the installation. One that the account keeps already is not replaced.
    #[schema(format = "uuid")]
    owner: Option<String>,
}

impl Body for CredentialRequest {
    const FIELDS: &'static [&'static str] = &["service", "credential_type", "value", "metadata", "owner"];
}

impl From<CredentialRequest> for NewCredential {
    fn from(request: CredentialRequest) -> Self {
        let CredentialRequest { service, credential_type, value, metadata, owner } = request;
        Self { service, credential_type, value, metadata, owner }
    }
}

/// A new secret for a credential.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CredentialChange {
    /// The secret.
    #[schema(value_type = String, format = Password, write_only, min_length = 10, max_length = 8192)]
    value: SecretInput,
    /// As for a new one; absent keeps what is there.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Metadata>,
}

impl Body for CredentialChange {
    const FIELDS: &'static [&'static str] = &["value", "metadata"];
}

impl CredentialChange {
    pub(super) fn of(self, service: String, credential_type: String) -> NewCredential {
        NewCredential { service, credential_type, value: self.value, metadata: self.metadata, owner: None }
    }
}

/// What to test.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CredentialTest {
    /// Which of the service's credentials; absent is the one that is stored, or else the service's first.
    #[schema(max_length = 64)]
    pub(super) credential_type: Option<String>,
    /// A secret to try without storing it; absent is the one there is.
    #[schema(value_type = Option<String>, format = Password, write_only, min_length = 10, max_length = 8192)]
    value: Option<SecretInput>,
    /// What would be kept with `value`; absent is what is kept with the stored one.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Metadata>,
}

impl Body for CredentialTest {
    const FIELDS: &'static [&'static str] = &["credential_type", "value", "metadata"];
}

impl CredentialTest {
    pub(super) fn into_parts(self) -> (Option<String>, Option<Candidate>) {
        let metadata = self.metadata;
        (self.credential_type, self.value.map(|value| Candidate { value, metadata }))
    }
}

/// A stored credential. Its secret is never shown.
#[derive(Serialize, ToSchema)]
pub(super) struct Credential {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: String,
    /// Its service's id.
    service: String,
    /// Its service's name.
    service_name: String,
    /// Which of the service's credentials.
    credential_type: String,
    /// What may be shown of the secret, like `ghp_…1a2b`; stars when nothing may.
    masked_value: String,
    /// What is kept with it.
    #[schema(value_type = Object)]
    metadata: Metadata,
    /// When it was added.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// When it was last tested.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    last_tested: Option<Timestamp>,
    /// What the last test came to: `success`, `failed` or `error`.
    #[schema(required)]
    test_status: Option<&'static str>,
    /// The same in a sentence.
    #[schema(required)]
    test_message: Option<String>,
    /// When it was last used.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    last_used: Option<Timestamp>,
    /// `database`.
    source: &'static str,
}

impl From<CredentialView> for Credential {
    fn from(view: CredentialView) -> Self {
        let tested = view.tested.as_ref();
        Self {
            id: view.id.to_string(),
            masked_value: view.masked().to_owned(),
            last_tested: tested.map(|test| test.at),
            test_status: tested.map(|test| test_status(test.verdict)),
            test_message: tested.map(|test| message(&view.service_name, test.verdict, test.status_code, &test.findings)),
            service: view.service.into(),
            service_name: view.service_name,
            credential_type: view.credential_type.into(),
            metadata: view.metadata,
            created_at: view.created,
            updated_at: view.updated,
            last_used: view.used,
            source: Source::Database.as_str(),
        }
    }
}

/// What else a test found.
#[derive(Serialize, ToSchema)]
pub(super) struct CredentialDetails {
    /// Which of the service's credentials was tested.
    credential_type: String,
    /// Where it came from, `database` or `environment`; `null` for a secret that was given.
    #[schema(required)]
    source: Option<&'static str>,
    /// The service's HTTP status.
    #[schema(required)]
    status_code: Option<u16>,
    /// How long the service took, in milliseconds.
    #[schema(required)]
    latency_ms: Option<u32>,
    /// Required permissions, each `granted`, `missing` or `unknown`, as far as reading calls tell.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    permissions: BTreeMap<String, &'static str>,
    /// Scopes that the service lists.
    #[schema(required)]
    scopes: Option<Vec<String>>,
    /// The number of the service's own error.
    #[schema(required)]
    error_code: Option<u32>,
    /// The address that has to be allowed at the service.
    #[schema(required)]
    allow_address: Option<String>,
    /// When the credential stops working, as the service says.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// Things worth doing, in sentences.
    advice: Vec<String>,
}

/// What a test came to.
#[derive(Serialize, ToSchema)]
pub(super) struct CredentialTestAnswer {
    /// Whether the service accepts it.
    success: bool,
    /// `success`, `failed` when the service rejects it, `error` when the test tells neither.
    status: &'static str,
    /// The same in a sentence.
    message: String,
    /// What else was found; `null` when the service was not asked or could not be reached.
    #[schema(required)]
    details: Option<CredentialDetails>,
    /// `valid`, `rejected`, `no_credit`, `rate_limited`, `unreachable`, `unexpected` or `unchecked`.
    verdict: &'static str,
}

impl From<CredentialReport> for CredentialTestAnswer {
    fn from(report: CredentialReport) -> Self {
        let status = test_status(report.verdict);
        let message = report.message();
        let verdict = report.verdict.as_str();
        let details = report.status_code.map(|code| details(report, code));
        Self { success: status == "success", status, message, details, verdict }
    }
}

fn details(report: CredentialReport, status_code: u16) -> CredentialDetails {
    let Findings { permissions, scopes, error_code, allow_address, expires_at, advice } = report.findings;
    CredentialDetails {
        credential_type: report.credential_type.into(),
        source: report.source.map(Source::as_str),
        status_code: Some(status_code),
        latency_ms: report.latency_ms,
        permissions: permissions.into_iter().map(|found| (found.id, Grant::as_str(found.grant))).collect(),
        scopes,
        error_code,
        allow_address: allow_address.map(|address| address.to_string()),
        expires_at,
        advice,
    }
}

/// A service of the catalogue.
#[derive(Serialize, ToSchema)]
pub(super) struct Service {
    /// Its id.
    service: String,
    /// Its name.
    name: String,
    /// Ids of its credential types.
    credential_types: Vec<String>,
    /// Whether its credentials can be tested.
    has_test: bool,
    /// Whether there is a credential for it, wherever from.
    configured: bool,
    /// `database`, `environment` or `not_set`.
    source: &'static str,
}

impl From<ServiceView> for Service {
    fn from(view: ServiceView) -> Self {
        let source = view.source();
        Self {
            service: view.id.into(),
            name: view.name,
            credential_types: view.kinds.into_iter().map(|kind| kind.id.into()).collect(),
            has_test: view.checkable,
            configured: source != Source::NotSet,
            source: source.as_str(),
        }
    }
}
