//! A link that lets somebody set a new password: made by an administrator or the operator, used once, soon.

use crate::{
    Context, Failure, Vault, access,
    audit::{Event, Object},
    limits, passwords,
    store::rows::AccountRow,
    tokens,
};
use domain::{FieldProblem, Problem, ids::UserId, key_input::SecretInput, person::Email};
use std::{fmt, time::Duration};

/// How long a link works.
pub const RESET_LINK_LIFE: Duration = Duration::from_secs(15 * 60);

/// The secret of a link: 256 random bits, base64url. The database keeps its SHA-256.
#[derive(Clone)]
pub struct ResetToken(String);

impl ResetToken {
    /// The text for the link. Nothing else may hold it.
    #[must_use]
    pub fn for_link(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ResetToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResetToken(..)")
    }
}

impl Vault {
    /// A link's token for somebody's new password, valid for [`RESET_LINK_LIFE`]; an earlier one of the account stops working. The
    /// password they have goes on working until the link is used.
    ///
    /// # Errors
    /// `NotFound`, `Invalid` (field `account` when it is disabled or signs in at the OpenID provider; field `password`, code `step_up`), `TooMany`,
    /// `NotAuthenticated`, `Forbidden`, `Unavailable`.
    pub async fn reset_link(&self, cx: &Context, id: UserId) -> Result<ResetToken, Failure> {
        access::manager(cx)?;
        let token = tokens::generate()?;
        let hash = tokens::hash(&token);
        let (me, cx) = (self.clone(), cx.clone());
        self.unit(cx.clone(), move |tx| {
            Box::pin(async move {
                if let Some(identity) = cx.identity() {
                    limits::admit(tx, limits::RESET_LINKS, &identity.user.to_string(), &cx).await?;
                }
                let account = tx.account(id).await?.ok_or(Problem::NotFound)?;
                if account.disabled_at.is_some() {
                    return Err(FieldProblem::new("account", "disabled", "This account is disabled. Enable it first.").into());
                }
                if tx.has_identity(id).await? {
                    let message = "This account signs in at the OpenID provider. Its password is set there.";
                    return Err(FieldProblem::new("account", "provider", message).into());
                }
                tx.set_password_reset(id, cx.identity().map(|who| who.user), &hash, cx.now, cx.now + RESET_LINK_LIFE).await?;
                me.record(tx, &cx, Event::success("account.reset_link").on(Object::Account(id))).await
            })
        })
        .await?;
        Ok(ResetToken(token))
    }

    /// The same for the account with this name (command line).
    ///
    /// # Errors
    /// As for [`Vault::reset_link`].
    pub async fn reset_link_for(&self, cx: &Context, email: &Email) -> Result<ResetToken, Failure> {
        access::manager(cx)?;
        let account = self.account_named(email).await?;
        self.reset_link(cx, account.id).await
    }

    /// Whether a link's token still works, without using it up.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn reset_link_works(&self, cx: &Context, token: &str) -> Result<bool, Failure> {
        Ok(self.of_reset_link(cx, token).await?.is_some())
    }

    async fn of_reset_link(&self, cx: &Context, token: &str) -> Result<Option<AccountRow>, Failure> {
        if !tokens::well_formed(token) {
            return Ok(None);
        }
        Ok(self.store().password_reset(&tokens::hash(token), cx.now).await?)
    }

    /// Sets the new password. The link is used up and every session of the account ends; API tokens go on.
    ///
    /// # Errors
    /// `ResetLinkInvalid`, `Invalid` (field `password`), `TooMany`, `Unavailable`.
    pub async fn reset_password(&self, cx: &Context, token: &str, password: &SecretInput) -> Result<(), Failure> {
        let network = limits::network(cx.client);
        let unit_cx = cx.clone();
        self.store()
            .write(move |tx| Box::pin(async move { limits::admit(tx, limits::SIGN_INS_BY_NETWORK, &network, &unit_cx).await }))
            .await?;
        // Asked before the costly hash; what decides is that the link is taken in the unit below.
        let account = self.of_reset_link(cx, token).await?.ok_or(Problem::ResetLinkInvalid)?;
        let password_hash = passwords::hash(password, account.email.as_str()).await?;
        let link = tokens::hash(token);
        let (me, cx) = (self.clone(), cx.clone());
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    let id = tx.take_password_reset(&link, cx.now).await?.ok_or(Problem::ResetLinkInvalid)?;
                    let current = tx.account(id).await?.filter(|account| account.disabled_at.is_none());
                    let current = current.ok_or(Problem::ResetLinkInvalid)?;
                    let caller = limits::caller(current.email.as_str(), cx.client);
                    tx.update_account(&AccountRow { password_hash: Some(password_hash), updated_at: cx.now, ..current }).await?;
                    limits::forgive(tx, limits::SIGN_INS_BY_CALLER, &caller).await?;
                    let ended = tx.delete_sessions_of(id).await?;
                    let event = Event::success("account.reset_password").on(Object::Account(id)).by(id);
                    me.record(tx, &cx, event.number("sessions_ended", ended)).await
                })
            })
            .await
    }
}
