//! The closed set of words that announce a success on the next page (`/keys?done=added`).

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
    pub const ALL: [Self; 19] = [
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
        let path = match self {
            Self::TokenRevoked => "/tokens",
            Self::PasswordChanged | Self::SessionEnded | Self::SessionsEnded => "/account",
            Self::PersonChanged | Self::PersonDisabled | Self::PersonEnabled | Self::PersonSignedOut => "/settings/users",
            Self::PasswordReset => "/sign-in",
            Self::AuditVerified => "/settings/audit",
            Self::Rotating => "/settings/vault",
            _ => "/keys",
        };
        self.on(path)
    }
    /// A page of one thing, announcing it.
    #[must_use]
    pub fn on(self, path: &str) -> String {
        format!("{path}?done={}", self.as_str())
    }
}
