//! What a caller is told when something does not work: a closed set, each with a status, a code and a sentence.
//!
//! A `Problem` carries nothing that was submitted and nothing of the inner error; the source goes to the log.

use crate::{
    ids::KeyId,
    person::Tier,
    services::{CredentialType, ServiceId},
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What is wrong with one field of a form or body.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FieldProblem {
    /// The field's name in the form and in JSON.
    pub field: Cow<'static, str>,
    /// A word for programs.
    pub code: Cow<'static, str>,
    /// A sentence for people, with what to do.
    pub message: Cow<'static, str>,
}

impl FieldProblem {
    /// One fault of one field.
    pub fn new(field: &'static str, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { field: field.into(), code: code.into(), message: message.into() }
    }
}

/// The closed set of public errors.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Problem {
    /// No session, or one that ended.
    NotAuthenticated,
    /// Unknown account, wrong password or disabled account: one answer for all.
    SignInFailed,
    /// The set-up link was used, is too old, or never was one.
    SetupLinkInvalid,
    /// The link for a new password was used, is too old, or never was one.
    ResetLinkInvalid,
    /// The request came from another site, or cannot prove that it did not.
    CrossSite,
    /// The act needs another role or scope.
    Forbidden,
    /// The account's tier may not keep provider keys.
    TierRequired {
        /// Tiers that may.
        tiers: Vec<Tier>,
    },
    /// The account holds as many provider keys as its tier allows.
    TierLimit {
        /// The most its tier allows.
        limit: u32,
    },
    /// No such provider key, for this caller.
    KeyNotFound,
    /// No such service credential, for this caller. Both are well-formed ids of the service catalogue's kind.
    CredentialNotFound {
        /// The service.
        service: ServiceId,
        /// Its credential type.
        credential_type: CredentialType,
    },
    /// No credential for the service, neither stored nor in the environment.
    NotConfigured {
        /// The service's name.
        service: String,
    },
    /// No such page or thing, for this caller.
    NotFound,
    /// The word names neither a key nor a provider.
    InvalidProvider,
    /// The same secret is already kept under another label.
    DuplicateKey {
        /// The key that has it.
        id: KeyId,
        /// Its label, the caller's own.
        label: Option<String>,
    },
    /// The keyring is wrapped under a root key that this process does not know, so it cannot change it.
    RootKeyChanging,
    /// Someone changed it since it was read.
    Changed,
    /// One or more fields do not hold.
    Invalid {
        /// Each fault.
        fields: Vec<FieldProblem>,
    },
    /// The body is larger than 256 KiB.
    TooLarge,
    /// The body is not in the form this route reads.
    UnsupportedBody,
    /// Too many of these in the window.
    TooMany {
        /// Whole seconds until the next may succeed.
        retry_after: u32,
    },
    /// The stored secret does not open; it has to be entered again.
    CannotOpen,
    /// The provider's address changed since the key was entered; it has to be entered again.
    EndpointChanged,
    /// The service does not accept the installation's credential.
    UpstreamAuthFailed {
        /// The service's name.
        service: String,
    },
    /// The service takes no more requests for a while.
    UpstreamRateLimited {
        /// The service's name.
        service: String,
        /// Whole seconds until the next may succeed.
        retry_after: u32,
    },
    /// The service says no. Number and message are its own: the message is bounded, on one line, and without the credential.
    UpstreamRefused {
        /// The service's name.
        service: String,
        /// The service's number for it.
        number: u32,
        /// The service's words.
        message: String,
    },
    /// The service could not be reached. Whether it did what was asked is not known.
    UpstreamUnreachable {
        /// The service's name.
        service: String,
    },
    /// The service's answer makes no sense. Whether it did what was asked is not known.
    UpstreamUnexpected {
        /// The service's name.
        service: String,
    },
    /// The database or audit trail cannot be written or read just now.
    Unavailable {
        /// Whole seconds after which to try again.
        retry_after: u32,
    },
    /// The OpenID provider does not answer, so nobody can tell whether a token of it holds.
    ProviderUnavailable {
        /// Whole seconds after which to try again.
        retry_after: u32,
    },
    /// A fault of the server.
    Internal,
}

impl Problem {
    /// One faulty field.
    #[must_use]
    pub fn field(fault: FieldProblem) -> Self {
        Self::Invalid { fields: vec![fault] }
    }
    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::InvalidProvider | Self::UnsupportedBody | Self::UpstreamRefused { .. } => 400,
            Self::NotAuthenticated | Self::SignInFailed | Self::UpstreamAuthFailed { .. } => 401,
            Self::CrossSite | Self::Forbidden | Self::TierRequired { .. } | Self::TierLimit { .. } => 403,
            Self::KeyNotFound | Self::CredentialNotFound { .. } | Self::NotFound | Self::SetupLinkInvalid | Self::ResetLinkInvalid => 404,
            Self::DuplicateKey { .. } | Self::CannotOpen | Self::EndpointChanged | Self::RootKeyChanging => 409,
            Self::Changed => 412,
            Self::TooLarge => 413,
            Self::Invalid { .. } => 422,
            Self::TooMany { .. } | Self::UpstreamRateLimited { .. } => 429,
            Self::Internal => 500,
            Self::UpstreamUnreachable { .. } | Self::UpstreamUnexpected { .. } => 502,
            Self::NotConfigured { .. } | Self::Unavailable { .. } | Self::ProviderUnavailable { .. } => 503,
        }
    }
    /// The word for programs, `code` in RFC 9457 bodies.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAuthenticated => "not_authenticated",
            Self::SignInFailed => "sign_in_failed",
            Self::SetupLinkInvalid => "setup_link_invalid",
            Self::ResetLinkInvalid => "reset_link_invalid",
            Self::CrossSite => "cross_site",
            Self::Forbidden => "forbidden",
            Self::TierRequired { .. } => "tier_required",
            Self::TierLimit { .. } => "tier_limit",
            Self::KeyNotFound => "key_not_found",
            Self::CredentialNotFound { .. } => "credential_not_found",
            Self::NotConfigured { .. } => "not_configured",
            Self::NotFound => "not_found",
            Self::InvalidProvider => "invalid_provider",
            Self::DuplicateKey { .. } => "duplicate_key",
            Self::RootKeyChanging => "root_key_changing",
            Self::Changed => "changed",
            Self::Invalid { .. } => "invalid",
            Self::TooLarge => "too_large",
            Self::UnsupportedBody => "unsupported_body",
            Self::TooMany { .. } => "too_many",
            Self::CannotOpen => "cannot_open",
            Self::EndpointChanged => "endpoint_changed",
            Self::UpstreamAuthFailed { .. } => "upstream_auth_failed",
            Self::UpstreamRateLimited { .. } => "upstream_rate_limited",
            Self::UpstreamRefused { .. } => "upstream_refused",
            Self::UpstreamUnreachable { .. } => "upstream_unreachable",
            Self::UpstreamUnexpected { .. } => "upstream_unexpected",
            Self::Unavailable { .. } => "unavailable",
            Self::ProviderUnavailable { .. } => "provider_unavailable",
            Self::Internal => "internal",
        }
    }
    /// A sentence a user may read, with what to do next where there is something.
    #[must_use]
    pub fn detail(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::NotAuthenticated => "Not authenticated",
            Self::SignInFailed => "The e-mail address or the password is not right.",
            Self::SetupLinkInvalid => "This set-up link was used or is too old. Make a new one with: keyward setup-link",
            Self::ResetLinkInvalid => "This link was used or is too old. Ask an administrator for a new one.",
            Self::CrossSite => "This request did not come from a page of this site. Reload the page and try again.",
            Self::Forbidden => "Your account may not do this.",
            Self::TierRequired { tiers } => {
                let names: Vec<_> = tiers.iter().map(|tier| tier.as_str()).collect();
                return Cow::Owned(format!("Your tier cannot hold provider keys. It takes one of: {}.", names.join(", ")));
            }
            Self::TierLimit { limit } => {
                return Cow::Owned(format!("Your tier holds at most {limit} provider keys. Delete one first."));
            }
            Self::KeyNotFound => "API key not found for this provider",
            Self::CredentialNotFound { service, credential_type } => {
                return Cow::Owned(format!("Credential not found for service={service}, type={credential_type}"));
            }
            Self::NotConfigured { service } => return Cow::Owned(format!("{service} API is not configured")),
            Self::NotFound => "There is nothing here.",
            Self::InvalidProvider => "Invalid provider",
            Self::DuplicateKey { label: Some(label), .. } => {
                return Cow::Owned(format!("You already keep this key as \u{201c}{label}\u{201d}."));
            }
            Self::DuplicateKey { label: None, .. } => "You already keep this key.",
            Self::RootKeyChanging => "The root key is being changed. Finish that first: keyward keyring rekey-root --finalise",
            Self::Changed => "It was changed in the meantime. Reload and try again.",
            Self::Invalid { fields } => {
                return fields.first().map_or(Cow::Borrowed("Some fields need another look."), |fault| fault.message.clone());
            }
            Self::TooLarge => "The request is larger than 256 KiB.",
            Self::UnsupportedBody => "The request is not in a form this address reads.",
            Self::TooMany { retry_after } => {
                return Cow::Owned(format!("Too many attempts. Try again in {}.", span(*retry_after)));
            }
            Self::CannotOpen => "The stored key cannot be opened. Replace it with the key from your provider.",
            Self::EndpointChanged => "The provider's address changed since this key was saved. Enter the key again.",
            Self::UpstreamAuthFailed { service } => return Cow::Owned(format!("{service} authentication failed")),
            Self::UpstreamRateLimited { service, .. } => return Cow::Owned(format!("{service} API rate limit exceeded")),
            Self::UpstreamRefused { message, .. } => return Cow::Owned(message.clone()),
            Self::UpstreamUnreachable { service } => {
                return Cow::Owned(format!(
                    "{service} could not be reached. If you changed something, look whether it was done before you try again."
                ));
            }
            Self::UpstreamUnexpected { service } => {
                return Cow::Owned(format!(
                    "The answer of {service} was not understood. If you changed something, look whether it was done before you try again."
                ));
            }
            Self::Unavailable { .. } => "Keyward cannot read or write its database just now. Nothing was changed; try again shortly.",
            Self::ProviderUnavailable { .. } => "The sign-in provider cannot be reached just now. Try again shortly.",
            Self::Internal => "Something went wrong on the server. The log has the details under the request id.",
        })
    }
    /// The fault of `field`, if it has one.
    #[must_use]
    pub fn of_field(&self, field: &str) -> Option<&FieldProblem> {
        match self {
            Self::Invalid { fields } => fields.iter().find(|fault| fault.field == field),
            _ => None,
        }
    }
    /// Whole seconds for `Retry-After`.
    #[must_use]
    pub const fn retry_after(&self) -> Option<u32> {
        match self {
            Self::TooMany { retry_after }
            | Self::Unavailable { retry_after }
            | Self::ProviderUnavailable { retry_after }
            | Self::UpstreamRateLimited { retry_after, .. } => Some(*retry_after),
            _ => None,
        }
    }
}

fn span(seconds: u32) -> String {
    match seconds {
        0 | 1 => "a second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_times_are_said_in_words() {
        assert_eq!(Problem::TooMany { retry_after: 61 }.detail(), "Too many attempts. Try again in 61 seconds.");
        assert_eq!(Problem::TooMany { retry_after: 600 }.detail(), "Too many attempts. Try again in 10 minutes.");
    }
}
