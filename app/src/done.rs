//! The closed set of words that announce a success on the next page (`/keys?done=added`).

use domain::ids::KeyId;

/// What a form says in which no provider is chosen; over REST, where it may be any word, the answer names those that there are.
pub const NO_PROVIDER: &str = "Choose a provider.";

/// What was just done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Done {
    /// A key was added.
    Added,
    /// A key's secret was replaced.
    Replaced,
    /// What is said about a key was changed.
    Saved,
    /// A key was deleted.
    Deleted,
    /// A key was switched off.
    Off,
    /// A key was switched on.
    On,
    /// Another key became its provider's default.
    Default,
    /// A stored key was tested; the row tells the outcome.
    Tested,
    /// An API token was revoked.
    TokenRevoked,
    /// The password was changed.
    PasswordChanged,
    /// A session was ended.
    SessionEnded,
    /// All other sessions were ended.
    SessionsEnded,
    /// Pages look as was chosen.
    ThemeChosen,
    /// A service credential was stored.
    CredentialStored,
    /// A service credential was replaced.
    CredentialReplaced,
    /// A service credential was deleted.
    CredentialDeleted,
    /// A service credential was tested; its card tells the outcome.
    CredentialTested,
    /// A service credential was stored from the environment.
    CredentialMoved,
    /// A zone was created.
    ZoneCreated,
    /// Cloudflare was asked to look at a zone again.
    ZoneChecked,
    /// A zone was deleted.
    ZoneDeleted,
    /// A DNS record was added.
    RecordAdded,
    /// A DNS record was changed.
    RecordSaved,
    /// A DNS record was deleted.
    RecordDeleted,
    /// A DNS record goes through Cloudflare's proxy.
    ProxyOn,
    /// A DNS record no longer does.
    ProxyOff,
    /// Role or tier of an account were changed.
    PersonChanged,
    /// An account was disabled.
    PersonDisabled,
    /// An account was enabled.
    PersonEnabled,
    /// Every session of an account was ended.
    PersonSignedOut,
    /// A new password was set through a link.
    PasswordReset,
    /// The audit trail was walked; the page tells what was found.
    AuditVerified,
    /// A rotation was begun.
    Rotating,
}

impl Done {
    /// Every word.
    pub const ALL: [Self; 33] = [
        Self::Added,
        Self::Replaced,
        Self::Saved,
        Self::Deleted,
        Self::Off,
        Self::On,
        Self::Default,
        Self::Tested,
        Self::TokenRevoked,
        Self::PasswordChanged,
        Self::SessionEnded,
        Self::SessionsEnded,
        Self::ThemeChosen,
        Self::CredentialStored,
        Self::CredentialReplaced,
        Self::CredentialDeleted,
        Self::CredentialTested,
        Self::CredentialMoved,
        Self::ZoneCreated,
        Self::ZoneChecked,
        Self::ZoneDeleted,
        Self::RecordAdded,
        Self::RecordSaved,
        Self::RecordDeleted,
        Self::ProxyOn,
        Self::ProxyOff,
        Self::PersonChanged,
        Self::PersonDisabled,
        Self::PersonEnabled,
        Self::PersonSignedOut,
        Self::PasswordReset,
        Self::AuditVerified,
        Self::Rotating,
    ];

    /// The word in the query.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Replaced => "replaced",
            Self::Saved => "saved",
            Self::Deleted => "deleted",
            Self::Off => "off",
            Self::On => "on",
            Self::Default => "default",
            Self::Tested => "tested",
            Self::TokenRevoked => "revoked",
            Self::PasswordChanged => "password",
            Self::SessionEnded => "ended",
            Self::SessionsEnded => "others-ended",
            Self::ThemeChosen => "theme",
            Self::CredentialStored => "credential-stored",
            Self::CredentialReplaced => "credential-replaced",
            Self::CredentialDeleted => "credential-deleted",
            Self::CredentialTested => "credential-tested",
            Self::CredentialMoved => "credential-moved",
            Self::ZoneCreated => "zone-created",
            Self::ZoneChecked => "zone-checked",
            Self::ZoneDeleted => "zone-deleted",
            Self::RecordAdded => "record-added",
            Self::RecordSaved => "record-saved",
            Self::RecordDeleted => "record-deleted",
            Self::ProxyOn => "proxy-on",
            Self::ProxyOff => "proxy-off",
            Self::PersonChanged => "person-changed",
            Self::PersonDisabled => "person-disabled",
            Self::PersonEnabled => "person-enabled",
            Self::PersonSignedOut => "person-signed-out",
            Self::PasswordReset => "password-reset",
            Self::AuditVerified => "verified",
            Self::Rotating => "rotating",
        }
    }
    /// The sentence on the page.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Added => "API key added",
            Self::Replaced => "Key replaced",
            Self::Saved => "Changes saved",
            Self::Deleted => "Key deleted",
            Self::Off => "Key switched off",
            Self::On => "Key switched on",
            Self::Default => "Default changed",
            Self::Tested => "Key tested",
            Self::TokenRevoked => "Token revoked",
            Self::PasswordChanged => "Password changed",
            Self::SessionEnded => "Session ended",
            Self::SessionsEnded => "All other sessions ended",
            Self::ThemeChosen => "Theme changed",
            Self::CredentialStored => "Credential stored",
            Self::CredentialReplaced => "Credential replaced",
            Self::CredentialDeleted => "Credential deleted",
            Self::CredentialTested => "Credential tested",
            Self::CredentialMoved => "Credential moved into Keyward",
            Self::ZoneCreated => "Zone created",
            Self::ZoneChecked => "Cloudflare looks again; the state follows when it is done",
            Self::ZoneDeleted => "Zone deleted",
            Self::RecordAdded => "Record added",
            Self::RecordSaved => "Record saved",
            Self::RecordDeleted => "Record deleted",
            Self::ProxyOn => "The proxy is on",
            Self::ProxyOff => "The proxy is off",
            Self::PersonChanged => "Account changed",
            Self::PersonDisabled => "Account disabled; its sessions and API tokens have ended",
            Self::PersonEnabled => "Account enabled",
            Self::PersonSignedOut => "All sessions of this account ended",
            Self::PasswordReset => "Your password is set. Sign in with it.",
            Self::AuditVerified => "Audit trail verified",
            Self::Rotating => "Rotation begun",
        }
    }
    /// Reads the word; anything else announces nothing.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|done| done.as_str() == word)
    }
    /// The page that announces it.
    #[must_use]
    pub fn page(self) -> String {
        self.at(self.path())
    }
    /// The same, with the row of a key in sight and marked.
    #[must_use]
    pub fn on_key(self, id: KeyId) -> String {
        format!("{}#key-{id}", self.page())
    }
    /// The same on another page that announces it.
    #[must_use]
    pub fn at(self, path: &str) -> String {
        format!("{path}?done={}", self.as_str())
    }
    const fn path(self) -> &'static str {
        match self {
            Self::TokenRevoked => "/tokens",
            Self::PersonChanged | Self::PersonDisabled | Self::PersonEnabled | Self::PersonSignedOut => "/settings/users",
            Self::PasswordReset => "/sign-in",
            Self::AuditVerified => "/settings/audit",
            Self::Rotating => "/settings/vault",
            Self::PasswordChanged | Self::SessionEnded | Self::SessionsEnded | Self::ThemeChosen => "/account",
            Self::CredentialStored
            | Self::CredentialReplaced
            | Self::CredentialDeleted
            | Self::CredentialTested
            | Self::CredentialMoved => "/settings/credentials",
            Self::ZoneDeleted => "/settings/cloudflare",
            _ => "/keys",
        }
    }
}
