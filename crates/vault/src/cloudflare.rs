//! Zones and DNS records at Cloudflare, through the installation's stored token.
//!
//! An act that changes something is in the audit trail before the token is opened (`cloudflare.*.use`), and again with its outcome.
//! Cloudflare cannot take part in a transaction of ours: where its answer is lost, only the trail says that the act was begun.

mod answer;
mod pages;
mod records;
mod session;
mod shown;
mod zones;

pub use records::{NewRecord, RecordChange};
pub use zones::NewZone;

use crate::{
    Context, Failure, Vault,
    access::{self, Admin},
    audit::{Event, Outcome},
    limits::{self, Allowance, Rule},
};
use answer::Upstream;
use domain::{FieldProblem, Problem, scope::Scope, views::cloudflare::Paging};
use serde_json::Value;
use session::Session;

/// The most characters of a search.
const LONGEST_SEARCH: usize = 253;

/// What can be done with zones and records. Every method needs an administrator.
#[derive(Clone, Copy, Debug)]
pub struct Cloudflare<'v>(&'v Vault);

impl Vault {
    /// Zones and records at Cloudflare.
    #[must_use]
    pub const fn cloudflare(&self) -> Cloudflare<'_> {
        Cloudflare(self)
    }
}

/// Which part of a list, as submitted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ListQuery {
    /// What the entries have to contain, at most 253 characters; empty for all.
    pub search: String,
    /// A status of zones or a type of records; empty for all.
    pub only: String,
    /// The page, from 1, which it is when absent.
    pub page: Option<i64>,
    /// Entries of a page.
    pub per_page: Option<i64>,
}

/// A part of a list, each entry as Cloudflare sent it.
#[derive(Clone, PartialEq, Debug)]
pub struct Part {
    /// The entries.
    pub entries: Vec<Value>,
    /// Which part it is.
    pub paging: Paging,
}

impl ListQuery {
    /// Page and page size for Cloudflare.
    fn paging(&self, fewest: u32, most: u32, usual: u32) -> Result<Paging, FieldProblem> {
        let number = |field, given: Option<i64>, range: std::ops::RangeInclusive<u32>, usual| match given {
            None => Ok(usual),
            Some(number) => u32::try_from(number).ok().filter(|number| range.contains(number)).ok_or_else(|| {
                FieldProblem::new(field, "out_of_range", format!("Give a number from {} to {}.", range.start(), range.end()))
            }),
        };
        let page = number("page", self.page, 1..=100_000, 1)?;
        let per_page = number("per_page", self.per_page, fewest..=most, usual)?;
        Ok(Paging { page, per_page, pages: 0, total: 0 })
    }
    fn search(&self) -> Result<Option<&str>, FieldProblem> {
        let search = self.search.trim();
        if search.chars().count() > LONGEST_SEARCH || search.chars().any(char::is_control) {
            return Err(FieldProblem::new("search", "too_long", "Search for at most 253 characters."));
        }
        Ok(Some(search).filter(|search| !search.is_empty()))
    }
}

/// Why an act did not happen, for the caller and for the trail.
#[derive(Debug)]
struct Stopped {
    failure: Failure,
    reason: &'static str,
    code: Option<u32>,
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        let reason = failure.problem().code();
        Self { failure, reason, code: None }
    }
}
impl From<Problem> for Stopped {
    fn from(problem: Problem) -> Self {
        Failure::from(problem).into()
    }
}
impl From<FieldProblem> for Stopped {
    fn from(fault: FieldProblem) -> Self {
        Failure::from(fault).into()
    }
}
impl From<Upstream> for Stopped {
    fn from(upstream: Upstream) -> Self {
        Self { reason: upstream.reason(), code: upstream.code(), failure: Problem::from(upstream).into() }
    }
}

impl Cloudflare<'_> {
    /// What is left of the zones that the caller may create in an hour.
    ///
    /// # Errors
    /// `NotAuthenticated`, `Forbidden`, `Unavailable`.
    pub async fn zones_left(&self, cx: &Context) -> Result<Allowance, Failure> {
        let (admin, _) = access::admin(cx, Scope::CloudflareWrite)?;
        limits::left(self.0.store(), limits::ZONES, &admin.id().to_string(), cx).await
    }

    /// Puts an act that changes something into the trail, and counts it where it is limited.
    async fn begin(&self, cx: &Context, admin: Admin, event: Event, limit: Option<Rule>) -> Result<(), Failure> {
        let (me, cx) = (self.0.clone(), cx.clone());
        self.0
            .unit(cx.clone(), move |tx| {
                Box::pin(async move {
                    if let Some(rule) = limit {
                        limits::admit(tx, rule, &admin.id().to_string(), &cx).await?;
                    }
                    me.record(tx, &cx, event).await
                })
            })
            .await
    }

    /// The same for an act that only reads: where no token was used, nothing happened.
    async fn end_read<T>(&self, cx: &Context, used: Option<&Session>, event: Event, outcome: Result<T, Stopped>) -> Result<T, Failure> {
        match used {
            None => outcome.map_err(|stopped| stopped.failure),
            Some(_) => self.end(cx, used, event, outcome).await,
        }
    }

    /// Puts the outcome of an act into the trail, with that of the token's use, and tells it.
    async fn end<T>(&self, cx: &Context, used: Option<&Session>, event: Event, outcome: Result<T, Stopped>) -> Result<T, Failure> {
        let used = used.map(|session| match &outcome {
            Ok(_) => session.result(Outcome::Success, None),
            Err(stopped) => session.result(Outcome::Failed, Some(stopped.reason)),
        });
        let event = match &outcome {
            Ok(_) => event,
            Err(stopped) => {
                let event = event.ending(Outcome::Failed).because(Some(stopped.reason));
                match stopped.code {
                    Some(code) => event.number("code", code.into()),
                    None => event,
                }
            }
        };
        let (me, cx) = (self.0.clone(), cx.clone());
        let noted = self.0.store().write(move |tx| {
            Box::pin(async move {
                if let Some(used) = used {
                    me.record(tx, &cx, used).await?;
                }
                me.record(tx, &cx, event).await
            })
        });
        let noted = noted.await;
        match (outcome, noted) {
            (Err(stopped), _) => Err(stopped.failure),
            (Ok(value), Ok(())) => Ok(value),
            (Ok(_), Err(failure)) => Err(failure),
        }
    }

    async fn open(&self, cx: &Context, admin: Admin) -> Result<Session, Stopped> {
        Ok(Session::open(self.0, cx, admin).await?)
    }
}
