//! A problem as JSON, read back.

use super::ApiError;
use domain::{
    FieldProblem, Problem,
    ids::KeyId,
    person::Tier,
    services::{CredentialType, ServiceId},
};
use serde::{Deserialize, Deserializer};

/// Every field any problem has. Reading the tagged type itself would bring serde's buffering into the bundle: it is as large
/// as everything else the browser does with JSON.
#[derive(Deserialize)]
struct Wire {
    code: String,
    #[serde(default)]
    tiers: Vec<Tier>,
    #[serde(default)]
    limit: u32,
    id: Option<KeyId>,
    label: Option<String>,
    #[serde(default)]
    fields: Vec<FieldProblem>,
    #[serde(default)]
    retry_after: u32,
    service: Option<String>,
    credential_type: Option<CredentialType>,
}

impl From<Wire> for ApiError {
    fn from(wire: Wire) -> Self {
        let Wire { code, tiers, limit, id, label, fields, retry_after, service, credential_type } = wire;
        if let ("credential_not_found", Some(Ok(service)), Some(credential_type)) =
            (code.as_str(), service.as_deref().map(ServiceId::parse), credential_type)
        {
            return Self(Problem::CredentialNotFound { service, credential_type });
        }
        if let ("not_configured", Some(service)) = (code.as_str(), service) {
            return Self(Problem::NotConfigured { service });
        }
        Self(match (code.as_str(), id) {
            ("not_authenticated", _) => Problem::NotAuthenticated,
            ("sign_in_failed", _) => Problem::SignInFailed,
            ("setup_link_invalid", _) => Problem::SetupLinkInvalid,
            ("cross_site", _) => Problem::CrossSite,
            ("forbidden", _) => Problem::Forbidden,
            ("tier_required", _) => Problem::TierRequired { tiers },
            ("tier_limit", _) => Problem::TierLimit { limit },
            ("key_not_found", _) => Problem::KeyNotFound,
            ("not_found", _) => Problem::NotFound,
            ("invalid_provider", _) => Problem::InvalidProvider,
            ("duplicate_key", Some(id)) => Problem::DuplicateKey { id, label },
            ("changed", _) => Problem::Changed,
            ("invalid", _) => Problem::Invalid { fields },
            ("too_large", _) => Problem::TooLarge,
            ("unsupported_body", _) => Problem::UnsupportedBody,
            ("too_many", _) => Problem::TooMany { retry_after },
            ("cannot_open", _) => Problem::CannotOpen,
            ("endpoint_changed", _) => Problem::EndpointChanged,
            ("unavailable", _) => Problem::Unavailable { retry_after },
            _ => Problem::Internal,
        })
    }
}

impl<'de> Deserialize<'de> for ApiError {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Wire::deserialize(deserializer).map(Self::from)
    }
}
