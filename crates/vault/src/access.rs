//! Who may do what. The types here are made only here, so a function that takes one cannot be called without asking.

use crate::{Actor, Context, Identity};
use domain::{Problem, ids::UserId, person::Tier};
use std::collections::BTreeMap;

/// The account whose things are read or changed. Every statement on a user's rows has it in its `where`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Owner(UserId);

impl Owner {
    /// The account.
    #[must_use]
    pub const fn id(self) -> UserId {
        self.0
    }
}

/// Proof that the operator is calling.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Operator(());

/// The signed-in person, as owner of their things.
///
/// # Errors
/// `NotAuthenticated` when nobody is signed in.
pub fn person(cx: &Context) -> Result<(Owner, &Identity), Problem> {
    let identity = cx.identity().ok_or(Problem::NotAuthenticated)?;
    Ok((Owner(identity.user), identity))
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

    #[test]
    fn nobody_owns_anything_and_a_person_is_no_operator() {
        let cx = Context::new(Actor::Nobody, None);
        assert_eq!(person(&cx), Err(Problem::NotAuthenticated));
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
    }
}
