//! Who may do what. The types here are made only here, so a function that takes one cannot be called without asking.

use crate::{
    Actor, Context, Failure, Identity, Proof,
    store::{Tx, rows::AccountRow},
};
use domain::{
    FieldProblem, Problem,
    ids::{SessionId, UserId},
    person::{Role, Tier},
    scope::Scope,
};
use std::{collections::BTreeMap, time::Duration};

/// The account whose things are read or changed. Every statement on a user's rows has it in its `where`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Owner(UserId);

impl Owner {
    /// The account.
    #[must_use]
    pub const fn id(self) -> UserId {
        self.0
    }
    /// The owner of an account's things, for what a change of the account does to them.
    pub(crate) const fn of(account: &AccountRow) -> Self {
        Self(account.id)
    }
}

impl Owner {
    /// Their own service credentials.
    #[must_use]
    pub const fn own(self) -> Holder {
        Holder(self.0)
    }
}

/// Whose service credentials are read or changed: the installation's or a person's own. Every statement on them has it in its `where`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Holder(UserId);

impl Holder {
    const INSTALLATION: Self = Self(UserId::from_uuid(uuid::Uuid::nil()));

    /// The account; the nil UUID for the installation.
    #[must_use]
    pub const fn id(self) -> UserId {
        self.0
    }
    /// Whether it is the installation.
    #[must_use]
    pub fn is_installation(self) -> bool {
        self == Self::INSTALLATION
    }
}

/// Proof that the operator is calling.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Operator(());

impl Operator {
    /// The installation's service credentials.
    #[must_use]
    pub const fn installation(self) -> Holder {
        Holder::INSTALLATION
    }
    /// An account's service credentials.
    #[must_use]
    pub const fn of(self, account: UserId) -> Holder {
        Holder(account)
    }
    /// An account's keys, to which an import can add.
    #[must_use]
    pub const fn owner(self, account: UserId) -> Owner {
        Owner(account)
    }
}

/// The caller, as owner of their things, when what proves them is good for `scope`.
///
/// # Errors
/// `NotAuthenticated` when nobody is signed in, `Forbidden` when the role or the token's scopes do not reach so far.
pub fn owner(cx: &Context, scope: Scope) -> Result<(Owner, &Identity), Problem> {
    let identity = cx.identity().ok_or(Problem::NotAuthenticated)?;
    if identity.may(scope) { Ok((Owner(identity.user), identity)) } else { Err(Problem::Forbidden) }
}

/// The person in front of a browser. Some acts (their account, their tokens) are not for tokens at all.
///
/// # Errors
/// `NotAuthenticated` when nobody is signed in, `Forbidden` for a token.
pub fn person(cx: &Context) -> Result<(Owner, &Identity, SessionId), Problem> {
    let identity = cx.identity().ok_or(Problem::NotAuthenticated)?;
    let session = identity.session().ok_or(Problem::Forbidden)?;
    Ok((Owner(identity.user), identity, session))
}

/// The caller, about to do something sensitive with their things: in front of a browser, the password was given at most [`RECENT`] ago;
/// for a token, its scope stands in.
///
/// # Errors
/// Those of [`owner`]; `Invalid` on field `password` with the code `step_up` when the password has to be given again.
pub fn recent_owner(cx: &Context, scope: Scope) -> Result<(Owner, &Identity), Problem> {
    let found = owner(cx, scope)?;
    if found.1.session().is_some() {
        recent(cx)?;
    }
    Ok(found)
}

/// How long having proved who one is counts for a sensitive act.
pub const RECENT: Duration = Duration::from_secs(10 * 60);

/// The person in front of a browser, who proved who they are at most [`RECENT`] ago.
///
/// # Errors
/// Those of [`person`]; `Invalid` on field `password` with the code `step_up` when it has to be proved again: with the password, or at
/// the OpenID provider where the account has none.
pub fn recent(cx: &Context) -> Result<(Owner, &Identity, SessionId), Problem> {
    let found = person(cx)?;
    let message = match found.1 {
        Identity { proof: Proof::Session { authenticated_at, .. }, .. } if cx.now.since(*authenticated_at) <= RECENT => return Ok(found),
        Identity { has_password: true, .. } => "Enter your password to go on: it was last given more than 10 minutes ago.",
        Identity { has_password: false, .. } => "Sign in at your provider again to go on: you last did more than 10 minutes ago.",
    };
    Err(Problem::field(FieldProblem::new("password", "step_up", message)))
}

/// Proof that an administrator is calling.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Admin(UserId);

impl Admin {
    /// The administrator's account.
    #[must_use]
    pub const fn id(self) -> UserId {
        self.0
    }
    /// The installation's service credentials.
    #[must_use]
    pub const fn installation(self) -> Holder {
        Holder::INSTALLATION
    }
    /// Somebody else's service credentials, to which one can be added.
    pub(crate) const fn on_behalf_of(self, account: UserId) -> Holder {
        Holder(account)
    }
}

/// An administrator, when what proves them is good for `scope`.
///
/// # Errors
/// `NotAuthenticated` when nobody is signed in, `Forbidden` for another role or a token without the scope.
pub fn admin(cx: &Context, scope: Scope) -> Result<(Admin, &Identity), Problem> {
    let (_, identity) = owner(cx, scope)?;
    if identity.role == Role::Admin { Ok((Admin(identity.user), identity)) } else { Err(Problem::Forbidden) }
}

/// An administrator about to do something sensitive: in front of a browser, the password was given at most [`RECENT`] ago;
/// for a token, its scope stands in.
///
/// # Errors
/// Those of [`admin`]; `Invalid` on field `password` with the code `step_up` when the password has to be given again.
pub fn recent_admin(cx: &Context, scope: Scope) -> Result<(Admin, &Identity), Problem> {
    let found = admin(cx, scope)?;
    if found.1.session().is_some() {
        recent(cx)?;
    }
    Ok(found)
}

/// The installation about to use a credential of its own, for an administrator who may do what it is used for.
///
/// # Errors
/// `NotAuthenticated` when nobody is signed in, `Forbidden` for another role.
pub fn installation(cx: &Context) -> Result<(Holder, &Identity), Problem> {
    let identity = cx.identity().ok_or(Problem::NotAuthenticated)?;
    if identity.role == Role::Admin { Ok((Holder::INSTALLATION, identity)) } else { Err(Problem::Forbidden) }
}

/// What proved a caller when the request came still does: a body can take long, and a session, a token, an account or a role can end
/// meanwhile. Asked in the unit of work itself, so nothing comes between.
///
/// # Errors
/// `NotAuthenticated` when the session or token is gone or the account may not sign in, `Forbidden` when its role reaches less far now.
pub(crate) async fn still(tx: &mut dyn Tx, cx: &Context) -> Result<(), Failure> {
    let Some(identity) = cx.identity() else { return Ok(()) };
    let account = match identity.proof {
        Proof::Session { id, .. } => tx.account_of_session(id).await?,
        Proof::Token { id, .. } => tx.account_of_api_token(id).await?,
        Proof::Jwt { .. } => tx.account(identity.user).await?,
    };
    let account =
        account.filter(|account| account.id == identity.user && account.disabled_at.is_none()).ok_or(Problem::NotAuthenticated)?;
    if identity.role == Role::Admin && account.role != Role::Admin { Err(Problem::Forbidden.into()) } else { Ok(()) }
}

/// The operator at the command line.
///
/// # Errors
/// `NotAuthenticated` when nobody is signed in, `Forbidden` for everybody else.
pub const fn operator(cx: &Context) -> Result<Operator, Problem> {
    match cx.actor {
        Actor::System => Ok(Operator(())),
        Actor::Person(_) => Err(Problem::Forbidden),
        Actor::Nobody => Err(Problem::NotAuthenticated),
    }
}

/// Whoever manages people: the operator, or an administrator, who in front of a browser gave the password a moment ago.
///
/// # Errors
/// Those of [`recent_admin`].
pub fn manager(cx: &Context) -> Result<(), Problem> {
    match cx.actor {
        Actor::System => Ok(()),
        Actor::Person(_) | Actor::Nobody => recent_admin(cx, Scope::Admin).map(drop),
    }
}

/// What the tiers allow.
#[derive(Clone, Debug)]
pub struct TierRules {
    /// Tiers that may keep provider keys.
    pub may_hold: Vec<Tier>,
    /// Provider keys by tier; `None` is unlimited, and so is a tier that is absent.
    pub limits: BTreeMap<Tier, Option<u32>>,
}

impl TierRules {
    /// The most provider keys of a tier; `None` is unlimited.
    #[must_use]
    pub fn limit(&self, tier: Tier) -> Option<u32> {
        self.limits.get(&tier).copied().flatten()
    }
    /// Whether a tier may keep and use provider keys.
    #[must_use]
    pub fn allows(&self, tier: Tier) -> bool {
        self.may_hold.contains(&tier)
    }
    /// The most provider keys of a tier that may be switched on: none where it may not hold any, `None` where there is no limit.
    #[must_use]
    pub fn holds(&self, tier: Tier) -> Option<u32> {
        if self.allows(tier) { self.limit(tier) } else { Some(0) }
    }
    /// Asked whenever a key of `enabled` others is switched on or, while it is off, used.
    ///
    /// # Errors
    /// `TierLimit`.
    pub fn admit_one_more(&self, tier: Tier, enabled: usize) -> Result<(), Problem> {
        match self.holds(tier) {
            Some(limit) if enabled >= limit as usize => Err(Problem::TierLimit { limit }),
            _ => Ok(()),
        }
    }
    /// Asked whenever a key is added or used.
    ///
    /// # Errors
    /// `TierRequired`, naming the tiers that may.
    pub fn require(&self, tier: Tier) -> Result<(), Problem> {
        if self.allows(tier) { Ok(()) } else { Err(Problem::TierRequired { tiers: self.may_hold.clone() }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Proof;
    use domain::{ids::TokenId, person::Email};

    #[test]
    fn nobody_owns_anything_and_a_person_is_no_operator() {
        let cx = Context::new(Actor::Nobody, None);
        assert_eq!(person(&cx), Err(Problem::NotAuthenticated));
        assert_eq!(owner(&cx, Scope::KeysRead), Err(Problem::NotAuthenticated));
        assert_eq!(operator(&cx), Err(Problem::NotAuthenticated));
        assert!(operator(&Context::system()).is_ok());
        assert_eq!(person(&Context::system()), Err(Problem::NotAuthenticated));
    }

    #[test]
    fn a_tier_without_a_limit_is_unlimited() {
        let rules = TierRules { may_hold: vec![Tier::Starter], limits: BTreeMap::from([(Tier::Starter, Some(10))]) };
        assert_eq!(rules.limit(Tier::Starter), Some(10));
        assert_eq!(rules.limit(Tier::Enterprise), None);
        assert_eq!(rules.require(Tier::Free), Err(Problem::TierRequired { tiers: vec![Tier::Starter] }));
        assert_eq!((rules.holds(Tier::Starter), rules.holds(Tier::Free)), (Some(10), Some(0)));
        assert_eq!(rules.admit_one_more(Tier::Starter, 9), Ok(()));
        assert_eq!(rules.admit_one_more(Tier::Starter, 10), Err(Problem::TierLimit { limit: 10 }));
    }

    fn caller(role: Role, proof: Proof) -> Context {
        let email = Email::parse("ann@example.com").expect("a test address");
        let user = UserId::from_uuid(uuid::Uuid::from_u128(1));
        Context::new(Actor::Person(Identity { user, email, role, tier: Tier::Starter, has_password: true, proof }), None)
    }

    #[test]
    fn a_token_reaches_as_far_as_its_scopes_and_its_accounts_role() {
        let id = TokenId::from_uuid(uuid::Uuid::from_u128(2));
        let token = |role, scopes: &[Scope]| caller(role, Proof::Token { id, scopes: scopes.to_vec() });
        let reader = token(Role::User, &[Scope::KeysRead]);
        assert!(owner(&reader, Scope::KeysRead).is_ok());
        assert_eq!(owner(&reader, Scope::KeysWrite), Err(Problem::Forbidden));
        assert_eq!(owner(&token(Role::User, &Scope::ALL), Scope::Admin), Err(Problem::Forbidden));
        assert!(owner(&token(Role::Admin, &[Scope::Admin]), Scope::Admin).is_ok());
        assert_eq!(person(&token(Role::Admin, &Scope::ALL)), Err(Problem::Forbidden));
    }

    #[test]
    fn a_sensitive_act_of_an_admin_needs_the_password_in_a_session_and_the_scope_in_a_token() {
        let id = TokenId::from_uuid(uuid::Uuid::from_u128(2));
        let token = |role, scopes: &[Scope]| caller(role, Proof::Token { id, scopes: scopes.to_vec() });
        assert!(recent_admin(&token(Role::Admin, &[Scope::Admin]), Scope::Admin).is_ok());
        assert!(manager(&token(Role::Admin, &[Scope::Admin])).is_ok() && manager(&Context::system()).is_ok());
        assert_eq!(manager(&token(Role::User, &Scope::ALL)), Err(Problem::Forbidden));
        assert_eq!(recent_admin(&token(Role::Admin, &[Scope::KeysRead]), Scope::Admin), Err(Problem::Forbidden));
        assert_eq!(admin(&token(Role::User, &Scope::ALL), Scope::CredentialsRead), Err(Problem::Forbidden));
        let session = |at| Proof::Session { id: SessionId::from_uuid(uuid::Uuid::from_u128(3)), authenticated_at: at };
        let old = caller(Role::Admin, session(domain::Timestamp::from_micros(0)));
        assert!(admin(&old, Scope::Admin).is_ok());
        assert!(matches!(recent_admin(&old, Scope::Admin), Err(Problem::Invalid { .. })));
        let now = Context::system().now;
        assert!(recent_admin(&caller(Role::Admin, session(now)), Scope::Admin).is_ok());
    }

    #[test]
    fn a_session_reaches_as_far_as_its_accounts_role() {
        let session =
            Proof::Session { id: SessionId::from_uuid(uuid::Uuid::from_u128(3)), authenticated_at: domain::Timestamp::from_micros(0) };
        assert!(owner(&caller(Role::User, session.clone()), Scope::KeysTest).is_ok());
        assert_eq!(owner(&caller(Role::User, session.clone()), Scope::Admin), Err(Problem::Forbidden));
        assert!(person(&caller(Role::Admin, session)).is_ok());
    }
}
