//! Reading the trail: by filter and page, as an export, and whether it holds.

use super::{Chain, Event, Outcome, canonical, verify::verify, view};
use crate::{
    Context, Failure, Vault, access, limits,
    store::{
        audit_query::{ActorFilter, AuditFilter, AuditWindow},
        rows::AuditRow,
    },
};
use domain::{
    FieldProblem, Problem, Timestamp,
    ids::UserId,
    person::Email,
    scope::Scope,
    views::{AuditAsked, AuditLine, AuditPage, AuditView, VerifiedView},
};
use std::{collections::BTreeMap, time::Duration};
use uuid::Uuid;

/// The most events of one answer.
const LONGEST_SLICE: u32 = 200;
/// Events on one page.
const PAGE: u32 = 50;
/// Events that an export reads at a time.
const EXPORT_PAGE: u32 = 1_000;
/// Events at the end of the trail that the overview looks at.
const TAIL: u32 = 1_000;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const OUTCOMES: [&str; 4] = ["started", "success", "refused", "failed"];

/// Some events, newest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditSlice {
    /// The events.
    pub events: Vec<AuditLine>,
    /// The number before which the list goes on; `None` at the end.
    pub next: Option<u64>,
}

/// An export that was begun: its events, oldest first, up to the one that says that it was begun.
pub struct AuditExport {
    vault: Vault,
    filter: AuditFilter,
    after: u64,
    last: u64,
}

impl AuditExport {
    /// The next events; none at the end.
    ///
    /// # Errors
    /// `Unavailable` when they cannot be read.
    pub async fn next(&mut self) -> Result<Vec<AuditView>, Failure> {
        let window = AuditWindow { after: self.after, before: self.last + 1, limit: EXPORT_PAGE, newest_first: false };
        let rows = self.vault.store().find_events(&self.filter, window).await?;
        self.after = rows.last().map_or(self.last, |row| row.seq);
        Ok(rows.into_iter().map(view).collect())
    }
}

/// A moment, or the beginning of a day in UTC; `end` makes a day mean its end.
fn moment(field: &'static str, text: &str, end: bool) -> Result<Option<Timestamp>, FieldProblem> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let day = Timestamp::parse(&format!("{text}T00:00:00Z")).map(|begin| if end { begin + DAY } else { begin });
    let fault = || FieldProblem::new(field, "malformed", "Enter a day like 2026-03-04, or a moment like 2026-03-04T15:16:00Z.");
    day.or_else(|| Timestamp::parse(text)).map(Some).ok_or_else(fault)
}

/// What can be read without asking the database; the actor apart.
fn parse(asked: &AuditAsked, faults: &mut Vec<FieldProblem>) -> (AuditFilter, Option<u64>) {
    let mut filter = AuditFilter::default();
    let (action, object, outcome, before) = (asked.action.trim(), asked.object.trim(), asked.outcome.trim(), asked.before.trim());
    if !action.is_empty() {
        let is_word = action.len() <= 64 && action.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'.' | b'_'));
        if is_word {
            filter.action = Some(action.to_owned());
        } else {
            faults.push(FieldProblem::new("action", "malformed", "Name an action like key.add."));
        }
    }
    if !object.is_empty() {
        match Uuid::try_parse(object) {
            Ok(id) => filter.object = Some(id),
            Err(_) => faults.push(FieldProblem::new("object", "malformed", "Enter the id of a key, an account or another thing.")),
        }
    }
    if !outcome.is_empty() {
        match OUTCOMES.into_iter().find(|known| *known == outcome) {
            Some(known) => filter.outcome = Some(known),
            None => faults.push(FieldProblem::new("outcome", "unknown", "It is one of: started, success, refused, failed.")),
        }
    }
    filter.since = moment("since", &asked.since, false).unwrap_or_else(|fault| {
        faults.push(fault);
        None
    });
    filter.until = moment("until", &asked.until, true).unwrap_or_else(|fault| {
        faults.push(fault);
        None
    });
    let number = before.parse::<u64>().ok().filter(|number| (1..=i64::MAX.unsigned_abs()).contains(number));
    if !before.is_empty() && number.is_none() {
        faults.push(FieldProblem::new("before", "malformed", "Take this from the link to the older events."));
    }
    (filter, number)
}

impl Vault {
    async fn actor(&self, text: &str) -> Result<Option<ActorFilter>, Failure> {
        let fault = |code, message: &'static str| Failure::from(FieldProblem::new("actor", code, message));
        match text.trim() {
            "" => Ok(None),
            "system" => Ok(Some(ActorFilter::System)),
            "nobody" => Ok(Some(ActorFilter::Nobody)),
            text => {
                if let Ok(id) = text.parse::<UserId>() {
                    return Ok(Some(ActorFilter::Account(id)));
                }
                let email = Email::parse(text)
                    .map_err(|_| fault("malformed", "Enter an e-mail address, the id of an account, system or nobody."))?;
                let account = self.store().account_by_email(&email).await?;
                let account = account.ok_or_else(|| fault("unknown", "There is no account with this e-mail address."))?;
                Ok(Some(ActorFilter::Account(account.id)))
            }
        }
    }

    /// What was asked for, as the store takes it.
    async fn audit_filter(&self, asked: &AuditAsked) -> Result<(AuditFilter, Option<u64>), Failure> {
        let mut faults = Vec::new();
        let (mut filter, before) = parse(asked, &mut faults);
        match self.actor(&asked.actor).await {
            Ok(actor) => filter.actor = actor,
            Err(failure) => match failure.problem() {
                Problem::Invalid { fields } => faults.extend(fields.iter().cloned()),
                _ => return Err(failure),
            },
        }
        if faults.is_empty() { Ok((filter, before)) } else { Err(Problem::Invalid { fields: faults }.into()) }
    }

    /// Some events that fit, newest first, at most `limit` (1 to 200).
    ///
    /// # Errors
    /// `Invalid` (fields of [`AuditAsked`], `limit`), `NotAuthenticated`, `Forbidden` unless an administrator asks, `Unavailable`.
    pub async fn find_audit(&self, cx: &Context, asked: &AuditAsked, limit: u32) -> Result<AuditSlice, Failure> {
        access::admin(cx, Scope::Admin)?;
        if !(1..=LONGEST_SLICE).contains(&limit) {
            return Err(FieldProblem::new("limit", "out_of_range", "The limit has to be a number from 1 to 200.").into());
        }
        let (filter, before) = self.audit_filter(asked).await?;
        let mut rows = self.store().find_events(&filter, AuditWindow::newest(before, limit + 1)).await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| more).map(|row| row.seq);
        Ok(AuditSlice { events: self.named(rows).await?, next })
    }

    /// Adds the names that belong to ids of accounts today.
    async fn named(&self, rows: Vec<AuditRow>) -> Result<Vec<AuditLine>, Failure> {
        let account = |row: &AuditRow| row.object_id.filter(|_| row.object_kind.as_deref() == Some("account"));
        let mut ids: Vec<_> = rows.iter().flat_map(|row| [row.actor_id, account(row)]).flatten().map(UserId::from_uuid).collect();
        ids.sort_unstable();
        ids.dedup();
        let names: BTreeMap<_, _> = if ids.is_empty() { BTreeMap::new() } else { self.store().names(&ids).await?.into_iter().collect() };
        let name = |id: Option<Uuid>| id.and_then(|id| names.get(&UserId::from_uuid(id)).cloned());
        let line = |row: AuditRow| AuditLine { actor_email: name(row.actor_id), object_email: name(account(&row)), event: view(row) };
        Ok(rows.into_iter().map(line).collect())
    }

    /// The page of the audit trail. What cannot be read of `asked` is told on it.
    ///
    /// # Errors
    /// `NotAuthenticated`, `Forbidden` unless an administrator asks, `Unavailable`.
    pub async fn audit_page(&self, cx: &Context, asked: AuditAsked) -> Result<AuditPage, Failure> {
        let (slice, faults) = match self.find_audit(cx, &asked, PAGE).await {
            Ok(slice) => (slice, Vec::new()),
            Err(failure) => match failure.problem() {
                Problem::Invalid { fields } => (AuditSlice { events: Vec::new(), next: None }, fields.clone()),
                _ => return Err(failure),
            },
        };
        let mut actions = self.store().actions().await?;
        actions.sort_unstable();
        Ok(AuditPage {
            account: self.account(cx).await?,
            asked,
            faults,
            events: slice.events,
            next: slice.next,
            actions,
            verified: self.last_verified().await?,
            step_up: access::recent_admin(cx, Scope::Admin).is_err(),
        })
    }

    /// Begins an export; the trail says so, with the form it takes.
    ///
    /// # Errors
    /// `Invalid` (fields of [`AuditAsked`]; field `password`, code `step_up`), `TooMany`, `NotAuthenticated`, `Forbidden` unless an
    /// administrator asks, `Unavailable`.
    pub async fn export_audit(&self, cx: &Context, asked: &AuditAsked, form: &'static str) -> Result<AuditExport, Failure> {
        let (admin, _) = access::recent_admin(cx, Scope::Admin)?;
        let (filter, _) = self.audit_filter(asked).await?;
        let filtered = filter != AuditFilter::default();
        let (me, cx) = (self.clone(), cx.clone());
        let last = self
            .unit(cx.clone(), move |tx| {
                Box::pin(async move {
                    limits::admit(tx, limits::AUDIT_EXPORTS, &admin.id().to_string(), &cx).await?;
                    let event = Event::success("audit.export").word("form", form).word("events", if filtered { "some" } else { "all" });
                    me.record(tx, &cx, event).await?;
                    Ok(tx.audit_head().await?.seq)
                })
            })
            .await?;
        Ok(AuditExport { vault: self.clone(), filter, after: 0, last })
    }

    /// Walks the whole trail and writes into it what was found.
    ///
    /// # Errors
    /// `TooMany`, `NotAuthenticated`, `Forbidden` unless an administrator asks, `Unavailable`.
    pub async fn check_audit(&self, cx: &Context) -> Result<VerifiedView, Failure> {
        let (admin, _) = access::admin(cx, Scope::Admin)?;
        let unit_cx = cx.clone();
        self.unit(unit_cx.clone(), move |tx| {
            Box::pin(async move { limits::admit(tx, limits::AUDIT_WALKS, &admin.id().to_string(), &unit_cx).await })
        })
        .await?;
        let (events, first_bad) = match verify(self.store(), &self.0.audit_key, &[]).await? {
            Chain::Intact(events) => (events, None),
            Chain::Broken(first) | Chain::Checkpoints(first) => (first.saturating_sub(1), Some(first)),
        };
        let outcome = if first_bad.is_none() { Outcome::Success } else { Outcome::Failed };
        let event = Event::new("audit.verify", outcome).number("events", events);
        let event = first_bad.into_iter().fold(event, |event, first| event.number("first_bad", first));
        let (me, unit_cx) = (self.clone(), cx.clone());
        self.store().write(move |tx| Box::pin(async move { me.record(tx, &unit_cx, event).await })).await?;
        Ok(VerifiedView { at: cx.now, events, first_bad })
    }

    /// What the last walk that an administrator asked for found.
    pub(crate) async fn last_verified(&self) -> Result<Option<VerifiedView>, Failure> {
        let row = self.newest_of("audit.verify").await?;
        Ok(row.and_then(|row| {
            let details: serde_json::Value = serde_json::from_str(&row.details).ok()?;
            Some(VerifiedView { at: row.at, events: details["events"].as_u64()?, first_bad: details["first_bad"].as_u64() })
        }))
    }

    /// The newest event of an action.
    pub(crate) async fn newest_of(&self, action: &str) -> Result<Option<AuditRow>, Failure> {
        let filter = AuditFilter { action: Some(action.to_owned()), ..AuditFilter::default() };
        Ok(self.store().find_events(&filter, AuditWindow::newest(None, 1)).await?.pop())
    }

    /// Looks at the end of the trail alone: the first event of it that is not what it was, and how many were looked at.
    pub(crate) async fn tail_of_audit(&self) -> Result<(Option<u64>, u64), Failure> {
        let rows = self.store().find_events(&AuditFilter::default(), AuditWindow::newest(None, TAIL + 1)).await?;
        let mut first_bad = None;
        for (at, row) in rows.iter().enumerate() {
            let holds = match rows.get(at + 1) {
                Some(earlier) => earlier.seq + 1 == row.seq && row.hash == self.0.audit_key.link(row.seq, &earlier.hash, &canonical(row)),
                // The oldest one that was read: only the very first event has nothing before it.
                None => row.seq > 1 || row.hash == self.0.audit_key.link(1, &[0; 32], &canonical(row)),
            };
            if !holds {
                first_bad = Some(row.seq);
            }
        }
        Ok((first_bad, rows.len() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_lasts_from_its_beginning_to_its_end() {
        let begin = Timestamp::parse("2026-03-04T00:00:00Z");
        assert_eq!(moment("since", " 2026-03-04 ", false), Ok(begin));
        assert_eq!(moment("until", "2026-03-04", true), Ok(begin.map(|begin| begin + DAY)));
        assert_eq!(moment("until", "2026-03-04T00:00:00Z", true), Ok(begin));
        assert_eq!(moment("since", "", false), Ok(None));
        for wrong in ["yesterday", "2026-02-30", "2026-13-01", "0", "T00:00:00Z"] {
            assert!(moment("since", wrong, false).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_field_by_field_and_not_repeated() {
        let asked = AuditAsked {
            action: "canary'--".into(),
            object: "canary".into(),
            outcome: "canary".into(),
            since: "canary".into(),
            until: "canary".into(),
            before: "0".into(),
            ..AuditAsked::default()
        };
        let mut faults = Vec::new();
        assert_eq!(parse(&asked, &mut faults).0, AuditFilter::default());
        let fields: Vec<_> = faults.iter().map(|fault| &*fault.field).collect();
        assert_eq!(fields, ["action", "object", "outcome", "since", "until", "before"]);
        assert!(!format!("{faults:?}").contains("canary"));
    }
}
