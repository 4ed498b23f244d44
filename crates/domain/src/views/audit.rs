//! The audit trail as administrators read it.

use super::{AccountView, AuditView};
use crate::{FieldProblem, Timestamp, person::Email};
use serde::{Deserialize, Serialize};

/// An event with the names that belong to its ids today.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AuditLine {
    /// The event.
    pub event: AuditView,
    /// Who did it, while the account exists.
    pub actor_email: Option<Email>,
    /// The account it was done to, while it exists.
    pub object_email: Option<Email>,
}

/// Which events are wanted, as typed. An empty field asks for everything.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct AuditAsked {
    /// Who did it: an e-mail address, an account's id, `system` or `nobody`.
    pub actor: String,
    /// What was done, like `key.add`.
    pub action: String,
    /// The id of the thing it was done to.
    pub object: String,
    /// `started`, `success`, `refused` or `failed`.
    pub outcome: String,
    /// From this moment (RFC 3339), or the beginning of this day (`2026-03-04`, UTC).
    pub since: String,
    /// Until this moment, or the end of this day.
    pub until: String,
    /// Only events with a lower number.
    pub before: String,
}

impl AuditAsked {
    /// Names and values of the fields that leave something out, `before` apart.
    #[must_use]
    pub fn given(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("actor", &self.actor),
            ("action", &self.action),
            ("object", &self.object),
            ("outcome", &self.outcome),
            ("since", &self.since),
            ("until", &self.until),
        ];
        all.into_iter().map(|(name, value)| (name, value.trim())).filter(|(_, value)| !value.is_empty()).collect()
    }
}

/// What the last walk along the whole chain found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct VerifiedView {
    /// When it was.
    pub at: Timestamp,
    /// Events that were found to be what and where they were.
    pub events: u64,
    /// The first event that is not.
    pub first_bad: Option<u64>,
}

/// The page of the audit trail in one read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AuditPage {
    /// Who is looking.
    pub account: AccountView,
    /// What was asked for.
    pub asked: AuditAsked,
    /// What of it cannot be read; then there are no events.
    pub faults: Vec<FieldProblem>,
    /// Some events, newest first.
    pub events: Vec<AuditLine>,
    /// The number before which the list goes on; `None` at the end.
    pub next: Option<u64>,
    /// Every action that the trail holds, in order.
    pub actions: Vec<String>,
    /// The last walk along the chain that somebody asked for here.
    pub verified: Option<VerifiedView>,
    /// Whether the next sensitive act asks for the password.
    pub step_up: bool,
}
