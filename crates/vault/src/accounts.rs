//! Accounts and the first admin. Signing in is in [`sign_in`].

mod password;
mod people;
mod reset;
mod sessions;
mod sign_in;
mod theme;
mod tiers;

pub use people::{PeopleSlice, PersonChange};
pub use reset::{RESET_LINK_LIFE, ResetToken};
pub use sign_in::{NewSession, SessionToken};

use crate::{
    Context, Failure, Vault, access,
    audit::{Event, Object},
    limits, passwords,
    store::{StoreError, Tx, rows::AccountRow},
    tokens,
};
use domain::{
    FieldProblem, Problem,
    ids::UserId,
    key_input::SecretInput,
    person::{Email, Role, Tier},
    scope::Scope,
    views::{AccountView, PersonView},
};
use std::time::Duration;

/// How long a set-up link works.
const SETUP_LINK_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

fn parse_email(text: &str) -> Result<Email, FieldProblem> {
    Email::parse(text).map_err(|error| FieldProblem::new("email", "invalid", error.to_string()))
}

fn taken() -> Failure {
    FieldProblem::new("email", "taken", "There is an account with this e-mail address already.").into()
}

impl Vault {
    /// A new one-time set-up link's token, valid for 24 hours; earlier ones stop working.
    ///
    /// # Errors
    /// `Forbidden` when there is an admin already, or the caller is not the operator.
    pub async fn setup_link(&self, cx: &Context) -> Result<String, Failure> {
        access::operator(cx)?;
        let token = tokens::generate()?;
        let hash = tokens::hash(&token);
        let (me, cx) = (self.clone(), cx.clone());
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    if tx.count_admins().await? > 0 {
                        return Err(Problem::Forbidden.into());
                    }
                    tx.set_setup_link(&hash, cx.now, cx.now + SETUP_LINK_LIFE).await?;
                    me.record(tx, &cx, Event::success("setup_link.create")).await
                })
            })
            .await?;
        Ok(token)
    }

    /// Whether the token of a set-up link still works, without using it up.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn setup_link_works(&self, cx: &Context, token: &str) -> Result<bool, Failure> {
        Ok(tokens::well_formed(token) && self.store().setup_link_works(&tokens::hash(token), cx.now).await?)
    }

    /// Makes the first admin and signs them in. The link works once; of any number of callers at once, one gets in.
    ///
    /// # Errors
    /// `SetupLinkInvalid`, `Invalid` (fields `email`, `password`), `TooMany`, `Unavailable`.
    pub async fn complete_setup(&self, cx: &Context, token: &str, email: &str, password: &SecretInput) -> Result<NewSession, Failure> {
        let network = limits::network(cx.client);
        let unit_cx = cx.clone();
        self.store()
            .write(move |tx| Box::pin(async move { limits::admit(tx, limits::SIGN_INS_BY_NETWORK, &network, &unit_cx).await }))
            .await?;
        // Asked before the costly hash; what decides is that the link is taken in the unit below.
        if !self.setup_link_works(cx, token).await? {
            return Err(Problem::SetupLinkInvalid.into());
        }
        let email = parse_email(email)?;
        let password_hash = passwords::hash(password, email.as_str()).await?;
        let session_token = tokens::generate()?;
        let link = tokens::hash(token);
        let (me, cx) = (self.clone(), cx.clone());
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    if !tx.take_setup_link(&link, cx.now).await? || tx.count_admins().await? > 0 {
                        return Err(Problem::SetupLinkInvalid.into());
                    }
                    let account = me.new_account(tx, &cx, email, Role::Admin, password_hash).await?;
                    tx.mark_first_admin(account.id).await.map_err(|error| match error {
                        StoreError::Conflict => Problem::SetupLinkInvalid.into(),
                        other => Failure::from(other),
                    })?;
                    me.record(tx, &cx, Event::success("setup.complete").on(Object::Account(account.id)).by(account.id)).await?;
                    me.begin_session(tx, &cx, account, session_token, None).await
                })
            })
            .await
    }

    async fn new_account(
        &self,
        tx: &mut dyn Tx,
        cx: &Context,
        email: Email,
        role: Role,
        password_hash: String,
    ) -> Result<AccountRow, Failure> {
        let account = AccountRow {
            id: UserId::from_uuid(cx.new_id()),
            email,
            password_hash: Some(password_hash),
            role,
            tier: self.0.default_tier,
            disabled_at: None,
            created_at: cx.now,
            updated_at: cx.now,
        };
        tx.insert_account(&account).await.map_err(|error| match error {
            StoreError::Conflict => taken(),
            other => other.into(),
        })?;
        Ok(account)
    }

    /// The caller's account, with what its tier allows.
    ///
    /// # Errors
    /// `NotAuthenticated`, `Forbidden`, `Unavailable`.
    pub async fn account(&self, cx: &Context) -> Result<AccountView, Failure> {
        let (owner, _) = access::owner(cx, Scope::KeysRead)?;
        let held = self.store().keys(owner).await?.len();
        self.account_view(cx, held)
    }

    pub(crate) fn account_view(&self, cx: &Context, held: usize) -> Result<AccountView, Failure> {
        let identity = cx.identity().ok_or(Problem::NotAuthenticated)?;
        Ok(AccountView {
            id: identity.user,
            email: identity.email.clone(),
            role: identity.role,
            tier: identity.tier,
            keys: u32::try_from(held).unwrap_or(u32::MAX),
            key_limit: self.0.tiers.limit(identity.tier),
            may_add: self.0.tiers.allows(identity.tier),
            provider: self.provider_name().filter(|_| !identity.has_password),
        })
    }

    /// Adds an account (command line).
    ///
    /// # Errors
    /// `Forbidden` unless the actor is the operator; `Invalid` (fields `email`, `password`).
    pub async fn add_user(&self, cx: &Context, email: &str, role: Role, password: &SecretInput) -> Result<UserId, Failure> {
        access::operator(cx)?;
        let email = parse_email(email)?;
        if self.store().account_by_email(&email).await?.is_some() {
            return Err(taken());
        }
        let password_hash = passwords::hash(password, email.as_str()).await?;
        let (me, cx) = (self.clone(), cx.clone());
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    let account = me.new_account(tx, &cx, email, role, password_hash).await?;
                    let event = Event::success("account.add").on(Object::Account(account.id)).word("role", role.as_str());
                    me.record(tx, &cx, event).await?;
                    Ok(account.id)
                })
            })
            .await
    }

    /// All accounts, by e-mail (command line).
    ///
    /// # Errors
    /// `Forbidden`, `Unavailable`.
    pub async fn users(&self, cx: &Context) -> Result<Vec<PersonView>, Failure> {
        access::operator(cx)?;
        let accounts = self.store().accounts().await?;
        Ok(accounts.into_iter().map(people::view).collect())
    }

    /// Changes a role; all sessions of the account end. The last admin keeps theirs.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `Invalid` (field `role`).
    pub async fn set_role(&self, cx: &Context, email: &Email, role: Role) -> Result<(), Failure> {
        self.change_account(cx, email, Event::success("account.set_role").word("role", role.as_str()), move |account, _| {
            account.role = role;
        })
        .await
    }

    /// Changes a tier. Keys beyond what the new one holds are switched off, and none is deleted.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`.
    pub async fn set_tier(&self, cx: &Context, email: &Email, tier: Tier) -> Result<(), Failure> {
        self.change_account(cx, email, Event::success("account.set_tier").word("tier", tier.as_str()), move |account, _| {
            account.tier = tier;
        })
        .await
    }

    /// Disables or enables an account; disabling ends its sessions and API tokens at once and keeps its keys.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `Invalid` (the last admin).
    pub async fn set_disabled(&self, cx: &Context, email: &Email, disabled: bool) -> Result<(), Failure> {
        let action = if disabled { "account.disable" } else { "account.enable" };
        self.change_account(cx, email, Event::success(action), move |account, cx| account.disabled_at = disabled.then_some(cx.now)).await
    }

    async fn change_account(
        &self,
        cx: &Context,
        email: &Email,
        event: Event,
        change: impl FnOnce(&mut AccountRow, &Context) + Send + 'static,
    ) -> Result<(), Failure> {
        access::manager(cx)?;
        let (me, cx, email) = (self.clone(), cx.clone(), email.clone());
        self.unit(cx.clone(), move |tx| {
            Box::pin(async move {
                let before = tx.account_by_email(&email).await?.ok_or(Problem::NotFound)?;
                let mut account = before.clone();
                change(&mut account, &cx);
                me.write_account(tx, &cx, &before, account, vec![event]).await
            })
        })
        .await
    }

    /// Writes a changed account with everything that follows from the change, and an event for each thing that was changed.
    pub(super) async fn write_account(
        &self,
        tx: &mut dyn Tx,
        cx: &Context,
        before: &AccountRow,
        mut account: AccountRow,
        events: Vec<Event>,
    ) -> Result<(), Failure> {
        account.updated_at = cx.now;
        tx.update_account(&account).await?;
        if tx.count_admins().await? == 0 && before.role == Role::Admin && before.disabled_at.is_none() {
            return Err(FieldProblem::new("role", "last_admin", "This is the last admin. Make somebody else an admin first.").into());
        }
        if account.role != before.role || account.disabled_at.is_some() {
            tx.delete_sessions_of(account.id).await?;
            tx.delete_password_resets_of(account.id).await?;
        }
        if account.disabled_at.is_some() {
            tx.delete_api_tokens_of(account.id).await?;
        }
        let switched_off = if account.tier == before.tier { None } else { Some(self.keep_within_tier(tx, cx, &account).await?) };
        for event in events {
            let event = event.on(Object::Account(account.id));
            let event = if let Some(keys) = switched_off { event.number("keys_switched_off", keys) } else { event };
            self.record(tx, cx, event).await?;
        }
        Ok(())
    }
}
