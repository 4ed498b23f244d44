//! Accounts of people whom the provider knows.

use super::claims;
use crate::{
    Context, Failure, Vault,
    audit::{Event, Object},
    identity::IdentitySettings,
    store::{Tx, rows::AccountRow},
};
use domain::{
    Problem,
    ids::UserId,
    person::{Email, Role, Tier},
};
use serde_json::{Map, Value};

/// A person as the provider's claims tell.
pub(super) struct Told {
    pub(super) subject: String,
    /// A name for an account, where there is none yet.
    pub(super) name: Option<Email>,
    /// What the claims say of the role; nothing where they are not asked.
    pub(super) role: Option<Role>,
    /// What the claims say of the tier, if anything.
    pub(super) tier: Option<Tier>,
}

impl Told {
    /// A person who signs in: role and tier are as the claims say now.
    pub(super) fn at_sign_in(subject: String, all: &Map<String, Value>, settings: &IdentitySettings) -> Self {
        let name = claims::name(all, &settings.issuer, &subject);
        Self { name, role: Some(claims::role(all, settings)), tier: claims::tier(all, settings), subject }
    }
    /// A program's token, which changes nobody's role and tier.
    pub(super) fn by_token(subject: String, all: &Map<String, Value>, settings: &IdentitySettings) -> Self {
        Self { name: claims::name(all, &settings.issuer, &subject), role: None, tier: None, subject }
    }
}

/// Why there is no account for a person.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NoAccount {
    /// Another account has the name.
    Taken,
    /// It was disabled.
    Disabled(UserId),
}

impl Vault {
    /// The account of a person, made when they are seen for the first time, and brought up to what the claims say. Within the unit of
    /// work that lets them in.
    pub(super) async fn account_of(
        &self,
        tx: &mut dyn Tx,
        cx: &Context,
        issuer: &str,
        told: &Told,
    ) -> Result<Result<AccountRow, NoAccount>, Failure> {
        // Whoever the provider calls an admin is one only where somebody came through the set-up link before.
        let role = match told.role {
            Some(Role::Admin) if tx.count_admins().await? == 0 => Some(Role::User),
            other => other,
        };
        match tx.account_by_identity(issuer, &told.subject).await? {
            Some(account) if account.disabled_at.is_some() => Ok(Err(NoAccount::Disabled(account.id))),
            Some(account) => self.bring_up_to_date(tx, cx, account, role, told.tier).await.map(Ok),
            None => {
                if let Some(id) = tx.take_imported_account(&told.subject).await? {
                    let Some(role) = role else {
                        // A program's token enables nobody, and does not take the subject from who will sign in.
                        tx.insert_imported_account(&told.subject, id).await?;
                        return Ok(Err(NoAccount::Disabled(id)));
                    };
                    return self.imported(tx, cx, issuer, told, (id, role)).await;
                }
                self.first_seen(tx, cx, issuer, told, role.unwrap_or(Role::User)).await
            }
        }
    }

    async fn bring_up_to_date(
        &self,
        tx: &mut dyn Tx,
        cx: &Context,
        before: AccountRow,
        role: Option<Role>,
        tier: Option<Tier>,
    ) -> Result<AccountRow, Failure> {
        // The account is not disabled here, so it is among those that are counted.
        let role = match role {
            Some(Role::User) if before.role == Role::Admin && tx.count_admins().await? <= 1 => {
                tracing::warn!("the claims of the OpenID provider would take the last administrator's role; it stays");
                None
            }
            other => other,
        };
        let after = AccountRow { role: role.unwrap_or(before.role), tier: tier.unwrap_or(before.tier), ..before.clone() };
        if after == before {
            return Ok(after);
        }
        let after = AccountRow { updated_at: cx.now, ..after };
        tx.update_account(&after).await?;
        let event = |action| Event::success(action).on(Object::Account(after.id)).by(after.id).because(Some("claim"));
        if after.role != before.role {
            tx.delete_sessions_of(after.id).await?;
            self.record(tx, cx, event("account.set_role").word("role", after.role.as_str())).await?;
        }
        if after.tier != before.tier {
            let off = self.keep_within_tier(tx, cx, &after).await?;
            let event = event("account.set_tier").word("tier", after.tier.as_str()).number("keys_switched_off", off);
            self.record(tx, cx, event).await?;
        }
        Ok(after)
    }

    /// The account that an import made for this subject of the same provider: disabled until now, when they sign in.
    async fn imported(
        &self,
        tx: &mut dyn Tx,
        cx: &Context,
        issuer: &str,
        told: &Told,
        (id, role): (UserId, Role),
    ) -> Result<Result<AccountRow, NoAccount>, Failure> {
        let before = tx.account(id).await?.ok_or(Problem::Internal)?;
        // The import disabled it at the moment it was made; at any other time somebody else did, and it stays theirs to enable.
        if before.disabled_at.is_some_and(|at| at != before.created_at) {
            tx.insert_imported_account(&told.subject, id).await?;
            return Ok(Err(NoAccount::Disabled(id)));
        }
        let account = AccountRow { disabled_at: None, updated_at: cx.now, ..before };
        tx.update_account(&account).await?;
        tx.insert_identity(issuer, &told.subject, id, cx.now).await?;
        let event = Event::success("account.enable").on(Object::Account(id)).by(id).because(Some("provider"));
        self.record(tx, cx, event).await?;
        self.bring_up_to_date(tx, cx, account, Some(role), told.tier).await.map(Ok)
    }

    async fn first_seen(
        &self,
        tx: &mut dyn Tx,
        cx: &Context,
        issuer: &str,
        told: &Told,
        role: Role,
    ) -> Result<Result<AccountRow, NoAccount>, Failure> {
        let Some(name) = told.name.clone() else { return Ok(Err(NoAccount::Taken)) };
        // Never linked: whoever controls an address at the provider need not be whose account it names here.
        if tx.account_by_email(&name).await?.is_some() {
            return Ok(Err(NoAccount::Taken));
        }
        let account = AccountRow {
            id: UserId::from_uuid(cx.new_id()),
            email: name,
            password_hash: None,
            role,
            tier: told.tier.unwrap_or(self.0.default_tier),
            disabled_at: None,
            created_at: cx.now,
            updated_at: cx.now,
        };
        tx.insert_account(&account).await?;
        tx.insert_identity(issuer, &told.subject, account.id, cx.now).await?;
        let event = Event::success("account.add").on(Object::Account(account.id)).by(account.id).because(Some("provider"));
        self.record(tx, cx, event.word("role", role.as_str()).word("tier", account.tier.as_str())).await?;
        Ok(Ok(account))
    }
}
