//! What pages and REST show of service credentials.

use super::AccountView;
use crate::{
    Timestamp, Verdict,
    ids::CredentialId,
    person::Email,
    services::{CredentialType, Metadata, MetadataField, Permission, ServiceId},
};
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;

/// Where a credential comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// It is stored, sealed.
    Database,
    /// An environment variable answers.
    Environment,
    /// There is none.
    NotSet,
}

impl Source {
    /// The word used in REST and the audit trail.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Environment => "environment",
            Self::NotSet => "not_set",
        }
    }
    /// The word on the page.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Database => "Stored",
            Self::Environment => "From environment",
            Self::NotSet => "Not set",
        }
    }
}

/// What is known about a permission.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// The service says that the credential has it.
    Granted,
    /// The service says that it has not, or refuses less than it.
    Missing,
    /// Reading calls do not tell.
    Unknown,
}

impl Grant {
    /// The word used in REST.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Missing => "missing",
            Self::Unknown => "unknown",
        }
    }
}

/// A required permission, and what is known about it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PermissionView {
    /// As the service names it.
    pub id: String,
    /// What is known.
    pub grant: Grant,
}

/// What a test found besides its verdict. Words of the catalogue, numbers, and names of scopes: never a text of the service.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Findings {
    /// Required permissions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<PermissionView>,
    /// Scopes that the service lists; `None` when it lists none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// The number of the service's own error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<u32>,
    /// The address that has to be in the service's list of allowed ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_address: Option<Ipv4Addr>,
    /// When the credential stops working, as the service says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Things worth doing, in sentences of ours.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub advice: Vec<String>,
}

/// The last test of a stored credential.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CredentialTestView {
    /// When it was.
    pub at: Timestamp,
    /// What came out.
    pub verdict: Verdict,
    /// The service's HTTP status, where it settled the verdict.
    pub status_code: Option<u16>,
    /// How long the service took, in milliseconds.
    pub latency_ms: Option<u32>,
    /// What else was found.
    pub findings: Findings,
}

/// The outcome of a test, as told to the caller.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CredentialReport {
    /// The service that was asked.
    pub service: ServiceId,
    /// Its name.
    pub service_name: String,
    /// Which of its credentials.
    pub credential_type: CredentialType,
    /// Where the credential came from; `None` for one that was only tried.
    pub source: Option<Source>,
    /// What came out.
    pub verdict: Verdict,
    /// The service's HTTP status.
    pub status_code: Option<u16>,
    /// How long the service took, in milliseconds.
    pub latency_ms: Option<u32>,
    /// What else was found.
    pub findings: Findings,
}

impl CredentialReport {
    /// The sentence for the verdict.
    #[must_use]
    pub fn message(&self) -> String {
        message(&self.service_name, self.verdict, self.status_code, &self.findings)
    }
}

/// `success` for a credential that works, `failed` for one that is rejected, `error` when the test tells neither.
#[must_use]
pub const fn test_status(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Valid => "success",
        Verdict::Rejected => "failed",
        Verdict::NoCredit | Verdict::RateLimited | Verdict::Unreachable | Verdict::Unexpected | Verdict::Unchecked => "error",
    }
}

/// The sentence for a verdict of a service.
#[must_use]
pub fn message(service: &str, verdict: Verdict, status_code: Option<u16>, findings: &Findings) -> String {
    if let (Verdict::Rejected, Some(address)) = (verdict, findings.allow_address) {
        return format!("{service} does not admit this server. Add {address} to the addresses that are allowed there");
    }
    match (verdict, status_code) {
        (Verdict::Valid, _) => format!("{service} accepts the credential"),
        (Verdict::Rejected, Some(code)) if code != 200 => format!("{service} rejects the credential (HTTP {code})"),
        (Verdict::Rejected, _) => format!("{service} rejects the credential"),
        (Verdict::NoCredit, _) => format!("{service} accepts the credential, but the account has no credit"),
        (Verdict::RateLimited, _) => format!("{service} is limiting requests; try again later"),
        (Verdict::Unreachable, _) => format!("{service} could not be reached, so the credential was not checked"),
        (Verdict::Unexpected, _) => format!("The answer of {service} was not understood, so nothing is known about the credential"),
        (Verdict::Unchecked, _) => format!("No check exists for {service}"),
    }
}

/// A stored service credential.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CredentialView {
    /// Its id.
    pub id: CredentialId,
    /// Its service.
    pub service: ServiceId,
    /// The service's name; the id, when the catalogue no longer has it.
    pub service_name: String,
    /// Which of the service's credentials.
    pub credential_type: CredentialType,
    /// What may be shown of it, like `ghp_…1a2b`; `None` when it is too short to show any of it.
    pub hint: Option<String>,
    /// What is kept with it.
    pub metadata: Metadata,
    /// When it was added.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
    /// Who last changed it; `None` for the operator.
    pub updated_by: Option<Email>,
    /// Its last test.
    pub tested: Option<CredentialTestView>,
    /// When it was last used.
    pub used: Option<Timestamp>,
}

impl CredentialView {
    /// What stands for the secret: its hint, or stars whose number says nothing.
    #[must_use]
    pub fn masked(&self) -> &str {
        self.hint.as_deref().unwrap_or("********")
    }
    /// How assistive technology says what is stored.
    #[must_use]
    pub fn spoken(&self) -> String {
        self.hint
            .as_deref()
            .and_then(|hint| hint.rsplit('…').next())
            .map_or_else(|| "stored".to_owned(), |end| format!("stored, ends in {end}"))
    }
}

/// A kind of credential of a service, with the one there is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KindView {
    /// Its id.
    pub id: CredentialType,
    /// Its name.
    pub name: String,
    /// What to know before making one.
    pub help: String,
    /// How they begin, if they have public prefixes.
    pub prefixes: Vec<String>,
    /// What it must be allowed to do.
    pub permissions: Vec<Permission>,
    /// Where to make one.
    pub make_url: Option<String>,
    /// Where the one in use comes from.
    pub source: Source,
    /// The environment variable that holds one just now, in use or not.
    pub variable: Option<String>,
    /// The stored one.
    pub credential: Option<CredentialView>,
}

/// A service, with what is kept for it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ServiceView {
    /// Its id.
    pub id: ServiceId,
    /// Its name.
    pub name: String,
    /// What it is, in a sentence.
    pub description: String,
    /// Its kinds of credentials, in the order of the page.
    pub kinds: Vec<KindView>,
    /// What is kept with a credential besides its description.
    pub fields: Vec<MetadataField>,
    /// Whether the catalogue has a check for it.
    pub checkable: bool,
    /// Its documentation.
    pub docs_url: Option<String>,
}

impl ServiceView {
    /// Where its credentials come from: stored wins over the environment.
    #[must_use]
    pub fn source(&self) -> Source {
        let any = |source| self.kinds.iter().any(|kind| kind.source == source);
        if any(Source::Database) {
            Source::Database
        } else if any(Source::Environment) {
            Source::Environment
        } else {
            Source::NotSet
        }
    }
    /// The kind with this id.
    #[must_use]
    pub fn kind(&self, id: &str) -> Option<&KindView> {
        self.kinds.iter().find(|kind| kind.id.as_str() == id)
    }
}

/// A page of service credentials in one read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CredentialsPage {
    /// Who is looking.
    pub account: AccountView,
    /// Every service of the catalogue, by name.
    pub services: Vec<ServiceView>,
    /// Stored credentials of services or types that the catalogue no longer has.
    pub stray: Vec<CredentialView>,
    /// Whether the next sensitive act asks for the password.
    pub step_up: bool,
    /// When it was read.
    pub now: Timestamp,
}

impl CredentialsPage {
    /// The service with this id.
    #[must_use]
    pub fn service(&self, id: &str) -> Option<&ServiceView> {
        self.services.iter().find(|service| service.id.as_str() == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_tells_a_rejection_from_a_test_that_told_nothing() {
        for verdict in Verdict::ALL {
            let expected = match verdict {
                Verdict::Valid => "success",
                Verdict::Rejected => "failed",
                _ => "error",
            };
            assert_eq!(test_status(verdict), expected);
            assert!(message("GitHub", verdict, Some(401), &Findings::default()).contains("GitHub"));
        }
    }

    #[test]
    fn findings_without_anything_are_an_empty_object() {
        assert_eq!(serde_json::to_string(&Findings::default()).expect("words and numbers"), "{}");
        assert_eq!(serde_json::from_str::<Findings>("{}").expect("nothing is needed"), Findings::default());
    }
}
