//! What needs an administrator's attention: one function a check, each of which says what it looked at.

use crate::{Context, Failure, Vault, access};
use domain::{
    Timestamp,
    scope::Scope,
    views::{CheckView, OverviewPage, Weight},
};
use std::time::Duration;

/// Keys whose end is nearer than this are told.
const SOON: Duration = Duration::from_secs(14 * 24 * 60 * 60);

fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// What a check came to. One that could not be made is not fine, and its cause is in the log.
fn made(title: &str, outcome: Result<CheckView, Failure>) -> CheckView {
    outcome.unwrap_or_else(|failure| {
        let cause = std::error::Error::source(&failure).map(ToString::to_string).unwrap_or_default();
        tracing::warn!(code = failure.problem().code(), cause, title, "a check of the overview was not made");
        CheckView::unknown(title)
    })
}

impl Vault {
    /// Every check. One that cannot be made does not keep the others from being told.
    ///
    /// # Errors
    /// `NotAuthenticated`, `Forbidden` unless an administrator asks, `Unavailable` when not even the account can be read.
    pub async fn overview(&self, cx: &Context) -> Result<OverviewPage, Failure> {
        access::admin(cx, Scope::Admin)?;
        let account = self.account(cx).await?;
        let checks = vec![
            made("People", self.check_people().await),
            made("Provider keys", self.check_endings(cx.now).await),
            made("Audit trail", self.check_trail().await),
        ];
        Ok(OverviewPage { account, checks })
    }

    /// Whether the installation depends on a single person.
    async fn check_people(&self) -> Result<CheckView, Failure> {
        let admins = self.store().admins().await?;
        let check = CheckView::new("People", format!("{} may sign in.", count(u64::from(admins), "administrator", "administrators")));
        if admins > 1 {
            return Ok(check);
        }
        let text = "There is a single administrator. If they lose their password, only a command on the machine helps.";
        Ok(check.note(Weight::Hint, text, Some(("/settings/users", "People"))))
    }

    /// Keys of people that end soon, by number alone.
    async fn check_endings(&self, now: Timestamp) -> Result<CheckView, Failure> {
        let ending = self.store().ending_keys(now, now + SOON).await?;
        let mut check = CheckView::new("Provider keys", "No enabled key ends within 14 days, as far as its owner noted an end.");
        let keys = |number: u32| count(u64::from(number), "enabled key", "enabled keys");
        let of = count(u64::from(ending.people), "person", "people");
        if ending.over > 0 {
            let (what, verb) = (keys(ending.over), if ending.over == 1 { "is" } else { "are" });
            check = check.note(Weight::Warning, format!("{what} of {of} {verb} past the noted end. Each owner sees which."), None);
        }
        if ending.soon > 0 {
            let (what, verb) = (keys(ending.soon), if ending.soon == 1 { "ends" } else { "end" });
            check = check.note(Weight::Warning, format!("{what} of {of} {verb} within 14 days. Each owner sees which."), None);
        }
        Ok(check)
    }

    /// The end of the trail, and what the last walk along all of it found.
    async fn check_trail(&self) -> Result<CheckView, Failure> {
        let link = Some(("/settings/audit", "Audit trail"));
        let (bad, looked_at) = self.tail_of_audit().await?;
        let newest = count(looked_at, "newest event is", "newest events are");
        let check = CheckView::new("Audit trail", format!("The {newest} unbroken."));
        if let Some(first) = bad {
            let text = format!("Event {first} is missing, was changed, or is not the one that was written.");
            return Ok(check.note(Weight::Fault, text, link));
        }
        Ok(match self.last_verified().await? {
            Some(verified) => match verified.first_bad {
                Some(first) => {
                    let text = format!(
                        "When the whole trail was last walked, event {first} was missing, changed, or not the one that was written."
                    );
                    check.note(Weight::Fault, text, link)
                }
                None => {
                    CheckView { fine: format!("{} The whole trail was last walked on {}.", check.fine, verified.at.readable()), ..check }
                }
            },
            None => check.note(Weight::Hint, "Nobody has verified the whole trail here yet.", link),
        })
    }
}
