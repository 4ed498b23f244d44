//! People as administrators see them: what they are and how much they keep, never what is in it.

use super::{AccountView, PersonView, SessionView};
use crate::{
    Timestamp,
    person::{Role, Tier},
};
use serde::{Deserialize, Serialize};

/// An account in the administrators' list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PersonLine {
    /// Who it is.
    pub person: PersonView,
    /// Provider keys the account holds. Nothing else about them is told.
    pub keys: u32,
    /// API tokens it has, ended ones included.
    pub tokens: u32,
    /// When one of its sessions was last seen, to the minute.
    pub seen: Option<Timestamp>,
}

/// Which accounts are wanted.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct PeopleAsked {
    /// A part of the e-mail address; everything when it is empty.
    pub search: String,
    /// Only this role.
    pub role: Option<Role>,
    /// Only this tier.
    pub tier: Option<Tier>,
    /// Only accounts that may not sign in, or only those that may.
    pub disabled: Option<bool>,
    /// Only what comes after this e-mail address.
    pub after: Option<String>,
}

impl PeopleAsked {
    /// Whether anything is left out.
    #[must_use]
    pub fn is_filtered(&self) -> bool {
        !self.search.is_empty() || self.role.is_some() || self.tier.is_some() || self.disabled.is_some()
    }
}

/// The page of people in one read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PeoplePage {
    /// Who is looking.
    pub account: AccountView,
    /// What was asked for.
    pub asked: PeopleAsked,
    /// Some accounts, by e-mail address.
    pub people: Vec<PersonLine>,
    /// The e-mail address after which the list goes on; `None` at the end.
    pub next: Option<String>,
}

/// One account in one read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PersonPage {
    /// Who is looking.
    pub account: AccountView,
    /// Whom they look at.
    pub line: PersonLine,
    /// The most provider keys the tier may hold; `None` is unlimited.
    pub key_limit: Option<u32>,
    /// Whether the tier may hold provider keys at all.
    pub may_add: bool,
    /// Sessions that still stand, last seen first.
    pub sessions: Vec<SessionView>,
    /// Whether this is the only administrator who may sign in.
    pub last_admin: bool,
    /// Whether the next sensitive act asks for the password.
    pub step_up: bool,
}

impl PersonPage {
    /// Whether the one who looks is the one they look at.
    #[must_use]
    pub fn is_self(&self) -> bool {
        self.account.id == self.line.person.id
    }
}
