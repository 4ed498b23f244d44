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
}

impl Done {
    /// Every word.
    pub const ALL: [Self; 17] = [
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
        Self::CredentialStored,
        Self::CredentialReplaced,
        Self::CredentialDeleted,
        Self::CredentialTested,
        Self::CredentialMoved,
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
            Self::CredentialStored => "credential-stored",
            Self::CredentialReplaced => "credential-replaced",
            Self::CredentialDeleted => "credential-deleted",
            Self::CredentialTested => "credential-tested",
            Self::CredentialMoved => "credential-moved",
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
            Self::CredentialStored => "Credential stored",
            Self::CredentialReplaced => "Credential replaced",
            Self::CredentialDeleted => "Credential deleted",
            Self::CredentialTested => "Credential tested",
            Self::CredentialMoved => "Credential moved into Keyward",
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
    /// The same on another page that announces it.
    #[must_use]
    pub fn at(self, path: &str) -> String {
        format!("{path}?done={}", self.as_str())
    }
    const fn path(self) -> &'static str {
        match self {
            Self::TokenRevoked => "/tokens",
            Self::PasswordChanged | Self::SessionEnded | Self::SessionsEnded => "/account",
            Self::CredentialStored
            | Self::CredentialReplaced
            | Self::CredentialDeleted
            | Self::CredentialTested
            | Self::CredentialMoved => "/settings/credentials",
            _ => "/keys",
        }
    }
}
