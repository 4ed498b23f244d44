//! Accounts, the first admin, sign-in and sessions.

use crate::{Context, Failure, Identity, Vault};
use domain::{
    Timestamp,
    ids::UserId,
    key_input::SecretInput,
    person::{Email, Role, Tier},
    views::{AccountView, PersonView},
};

/// The secret of a session: 256 random bits, base64url. The database keeps its SHA-256.
#[derive(Clone)]
pub struct SessionToken(String);

impl SessionToken {
    /// Reads the token from a cookie; `None` when it has not the form of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        todo!("{}", text.len())
    }
    /// The text for the cookie. Nothing else may hold it.
    #[must_use]
    pub fn for_cookie(&self) -> &str {
        &self.0
    }
}

/// A session that was just made.
pub struct NewSession {
    /// For the cookie.
    pub token: SessionToken,
    /// When it ends at the latest.
    pub ends: Timestamp,
    /// Who it is.
    pub identity: Identity,
}

impl Vault {
    /// A new one-time set-up link's token, valid for 24 hours; earlier ones stop working.
    ///
    /// # Errors
    /// `Problem::Forbidden` when there is an admin already.
    pub async fn setup_link(&self, _cx: &Context) -> Result<String, Failure> {
        todo!()
    }
    /// Whether the token of a set-up link still works, without using it up.
    ///
    /// # Errors
    /// `Problem::Unavailable` when the database does not answer.
    pub async fn setup_link_works(&self, _cx: &Context, _token: &str) -> Result<bool, Failure> {
        todo!()
    }
    /// Makes the first admin and signs them in. The link works once; of any number of callers at once, one gets in.
    ///
    /// # Errors
    /// `SetupLinkInvalid`, `Invalid` (fields `email`, `password`), `TooMany`, `Unavailable`.
    pub async fn complete_setup(&self, _cx: &Context, _token: &str, _email: &str, _password: &SecretInput) -> Result<NewSession, Failure> {
        todo!()
    }
    /// Signs in with a local account. `previous` is the session the browser came with; it ends.
    ///
    /// # Errors
    /// `SignInFailed`, `TooMany`, `Unavailable`.
    pub async fn sign_in(
        &self,
        _cx: &Context,
        _email: &str,
        _password: &SecretInput,
        _previous: Option<&SessionToken>,
    ) -> Result<NewSession, Failure> {
        todo!()
    }
    /// Who a session belongs to; `None` when it ended, was revoked or never was one. Asked on every request.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn authenticate(&self, _cx: &Context, _token: &SessionToken) -> Result<Option<Identity>, Failure> {
        todo!()
    }
    /// Ends the caller's session, everywhere and at once.
    ///
    /// # Errors
    /// `NotAuthenticated`, `Unavailable`.
    pub async fn sign_out(&self, _cx: &Context) -> Result<(), Failure> {
        todo!()
    }
    /// The caller's account, with what its tier allows.
    ///
    /// # Errors
    /// `NotAuthenticated`, `Unavailable`.
    pub async fn account(&self, _cx: &Context) -> Result<AccountView, Failure> {
        todo!()
    }
    /// Adds an account (command line).
    ///
    /// # Errors
    /// `Forbidden` unless the actor is the system; `Invalid` (fields `email`, `password`).
    pub async fn add_user(&self, _cx: &Context, _email: &str, _role: Role, _password: &SecretInput) -> Result<UserId, Failure> {
        todo!()
    }
    /// All accounts, by e-mail (command line).
    ///
    /// # Errors
    /// `Forbidden`, `Unavailable`.
    pub async fn users(&self, _cx: &Context) -> Result<Vec<PersonView>, Failure> {
        todo!()
    }
    /// Changes a role; all sessions of the account end. The last admin keeps theirs.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `Invalid` (field `role`).
    pub async fn set_role(&self, _cx: &Context, _email: &Email, _role: Role) -> Result<(), Failure> {
        todo!()
    }
    /// Changes a tier.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`.
    pub async fn set_tier(&self, _cx: &Context, _email: &Email, _tier: Tier) -> Result<(), Failure> {
        todo!()
    }
    /// Disables or enables an account; disabling ends its sessions at once and keeps its keys.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `Invalid` (the last admin).
    pub async fn set_disabled(&self, _cx: &Context, _email: &Email, _disabled: bool) -> Result<(), Failure> {
        todo!()
    }
}
