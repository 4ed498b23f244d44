//! What the pages of Cloudflare read: the token is used once for a page, whatever is asked with it.

use super::{Cloudflare, ListQuery, Stopped, answer::Upstream, session::Session, shown};
use crate::{Context, Failure, access, audit::Event};
use domain::{
    Problem,
    cloudflare::{RecordId, ZoneId},
    scope::Scope,
    views::cloudflare::{Listing, Paging, ZoneInFull, ZonePage, ZoneView, ZonesPage},
};
use serde_json::Value;

fn listing<T>((entries, paging): (Vec<Value>, Paging), view: fn(&Value) -> Result<T, Upstream>) -> Result<Listing<T>, Stopped> {
    let entries = entries.iter().map(view).collect::<Result<_, _>>()?;
    Ok(Listing { entries, paging })
}

/// On a page, what Cloudflare says belongs to the page; what ails us does not.
fn told<T>(outcome: Result<T, Failure>) -> Result<Result<T, Problem>, Failure> {
    match outcome {
        Ok(value) => Ok(Ok(value)),
        Err(failure) => match failure.problem() {
            Problem::NotAuthenticated | Problem::Forbidden | Problem::NotFound | Problem::Unavailable { .. } | Problem::Internal => {
                Err(failure)
            }
            _ => Ok(Err(failure.into_problem())),
        },
    }
}

/// What is not there is not there on a page, either.
fn missing(upstream: Upstream) -> Stopped {
    let reason = upstream.reason();
    let code = upstream.code();
    match upstream {
        Upstream::Refused { status: 404, .. } => Stopped { failure: Problem::NotFound.into(), reason, code },
        other => other.into(),
    }
}

impl Session {
    async fn in_full(&self, id: &ZoneId, query: &ListQuery, record: Option<&RecordId>) -> Result<ZoneInFull, Stopped> {
        let zone = async { self.zone(id).await.and_then(|zone| shown::zone(&zone)).map_err(missing) };
        let records = async { listing(self.records(id, query).await?, shown::record) };
        // A zone that is not there has no records, either: what is said of the zone counts.
        let (zone, records) = futures::join!(zone, records);
        let (zone, records) = (zone?, records?);
        let record = match record {
            None => None,
            Some(wanted) => match records.entries.iter().find(|record| record.id == *wanted) {
                Some(record) => Some(record.clone()),
                None => Some(self.record(id, wanted).await.and_then(|record| shown::record(&record)).map_err(missing)?),
            },
        };
        Ok(ZoneInFull { zone, records, record })
    }
}

impl Cloudflare<'_> {
    /// The page of zones.
    ///
    /// # Errors
    /// `NotAuthenticated`, `Forbidden`, `Unavailable`. What Cloudflare says stands in the page.
    pub async fn zones_page(&self, cx: &Context, query: &ListQuery) -> Result<ZonesPage, Failure> {
        let (admin, _) = access::admin(cx, Scope::CloudflareRead)?;
        let account = self.0.account(cx).await?;
        let mut has_account = false;
        let mut used = None;
        let outcome: Result<Listing<ZoneView>, Stopped> = async {
            let session = used.insert(self.open(cx, admin).await?);
            has_account = session.account().is_some();
            listing(session.zones(query).await?, shown::zone)
        }
        .await;
        let zones = told(self.end_read(cx, used.as_ref(), Event::success("cloudflare.zone.list"), outcome).await)?;
        Ok(ZonesPage { account, zones, has_account })
    }

    /// The page of a zone with some of its records, and the record that a dialog is about.
    ///
    /// # Errors
    /// `NotFound` when Cloudflare knows no such zone or record; otherwise as for [`Cloudflare::zones_page`].
    pub async fn zone_page(&self, cx: &Context, id: &ZoneId, query: &ListQuery, record: Option<&RecordId>) -> Result<ZonePage, Failure> {
        let (admin, _) = access::admin(cx, Scope::CloudflareRead)?;
        let account = self.0.account(cx).await?;
        let mut used = None;
        let outcome: Result<_, Stopped> = async { used.insert(self.open(cx, admin).await?).in_full(id, query, record).await }.await;
        let event = Event::success("cloudflare.zone.read").word("zone", id.as_str());
        let zone = told(self.end_read(cx, used.as_ref(), event, outcome).await)?;
        Ok(ZonePage { account, zone, step_up: access::recent_admin(cx, Scope::CloudflareWrite).is_err() })
    }
}
