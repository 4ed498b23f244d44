//! Giving the password again, and changing it.

use super::sign_in::NewSession;
use crate::{
    Context, Failure, Identity, Vault, access,
    audit::{Event, Object, Outcome},
    limits, passwords,
    store::rows::AccountRow,
    tokens,
};
use domain::{FieldProblem, Problem, key_input::SecretInput};

impl Vault {
    /// The caller gives their password again, which sensitive acts ask for after ten minutes. The session goes on under a new
    /// id and a new secret; the one it had ends.
    ///
    /// # Errors
    /// `Invalid` (field `password`), `TooMany`, `NotAuthenticated`, `Forbidden` for a token, `Unavailable`.
    pub async fn confirm_password(&self, cx: &Context, password: &SecretInput) -> Result<NewSession, Failure> {
        let (_, identity, session) = access::person(cx)?;
        let account = self.verified(cx, identity, password).await?;
        let token = tokens::generate()?;
        let (me, cx) = (self.clone(), cx.clone());
        self.unit(cx.clone(), move |tx| {
            Box::pin(async move {
                let current = tx.account(account.id).await?.filter(|now| stands(now, &account)).ok_or(Problem::NotAuthenticated)?;
                if !tx.delete_session(session).await? {
                    return Err(Problem::NotAuthenticated.into());
                }
                limits::forgive(tx, limits::SIGN_INS_BY_CALLER, &limits::caller(account.email.as_str(), cx.client)).await?;
                me.record(tx, &cx, Event::success("session.confirm").on(Object::Account(account.id))).await?;
                me.begin_session(tx, &cx, current, token, None).await
            })
        })
        .await
    }

    /// Changes the caller's password. All their sessions end; what is returned is a new one for this browser.
    ///
    /// # Errors
    /// `Invalid` (fields `password` and `new_password`), `TooMany`, `NotAuthenticated`, `Forbidden` for a token, `Unavailable`.
    pub async fn change_password(&self, cx: &Context, password: &SecretInput, new: &SecretInput) -> Result<NewSession, Failure> {
        let (_, identity, _) = access::person(cx)?;
        let account = self.verified(cx, identity, password).await?;
        if password == new {
            return Err(FieldProblem::new("new_password", "unchanged", "This is the password you have now.").into());
        }
        let password_hash = passwords::hash(new, account.email.as_str()).await.map_err(of_new_password)?;
        let token = tokens::generate()?;
        let (me, cx) = (self.clone(), cx.clone());
        self.unit(cx.clone(), move |tx| {
            Box::pin(async move {
                let current = tx.account(account.id).await?.filter(|now| stands(now, &account)).ok_or(Problem::NotAuthenticated)?;
                let changed = AccountRow { password_hash: Some(password_hash), updated_at: cx.now, ..current };
                tx.update_account(&changed).await?;
                limits::forgive(tx, limits::SIGN_INS_BY_CALLER, &limits::caller(account.email.as_str(), cx.client)).await?;
                let ended = tx.delete_sessions_of(account.id).await?;
                tx.delete_password_resets_of(account.id).await?;
                let event = Event::success("account.change_password").on(Object::Account(account.id)).number("sessions_ended", ended);
                me.record(tx, &cx, event).await?;
                me.begin_session(tx, &cx, changed, token, None).await
            })
        })
        .await
    }

    /// The caller's account, once the password fits. Guesses are counted together with those of signing in.
    async fn verified(&self, cx: &Context, identity: &Identity, password: &SecretInput) -> Result<AccountRow, Failure> {
        if password.verbatim().is_empty() {
            return Err(FieldProblem::new("password", "required", "Enter your password.").into());
        }
        self.admit_sign_in(cx, identity.email.as_str().to_owned()).await?;
        let account = self.store().account_by_email(&identity.email).await?.filter(|account| account.id == identity.user);
        let stored = account.as_ref().and_then(|account| account.password_hash.clone());
        let fits = passwords::verify(password, stored).await?;
        if let Some(account) = account.filter(|account| fits && account.disabled_at.is_none()) {
            return Ok(account);
        }
        let (me, unit_cx) = (self.clone(), cx.clone());
        self.store()
            .write(move |tx| Box::pin(async move { me.record(tx, &unit_cx, Event::new("session.confirm", Outcome::Refused)).await }))
            .await?;
        Err(FieldProblem::new("password", "wrong", "This is not your password.").into())
    }
}

/// Whether an account is still what it was when its password was compared.
fn stands(now: &AccountRow, then: &AccountRow) -> bool {
    now.disabled_at.is_none() && now.password_hash == then.password_hash
}

/// The rules for passwords speak of the field `password`; here that is the one the caller has.
fn of_new_password(failure: Failure) -> Failure {
    match failure.problem() {
        Problem::Invalid { fields } => {
            let renamed = fields.iter().cloned().map(|fault| FieldProblem { field: "new_password".into(), ..fault });
            Problem::Invalid { fields: renamed.collect() }.into()
        }
        _ => failure,
    }
}
