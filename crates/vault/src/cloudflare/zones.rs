//! Zones.

use super::{
    Cloudflare, ListQuery, Part, Stopped,
    answer::Upstream,
    session::{Call, Session},
    shown,
};
use crate::{
    Context, Failure, access,
    audit::{Event, Outcome},
    egress::Verb,
    limits,
};
use domain::{
    FieldProblem, Problem,
    cloudflare::{AccountId, DomainName, Priority, ZoneId},
    scope::Scope,
    views::cloudflare::{Paging, ZoneStatus, ZoneView},
};
use serde_json::{Value, json};

/// Bounds of Cloudflare's for a page of zones, and what is usual here.
const PAGE: (u32, u32, u32) = (5, 50, 20);

/// A zone to create, as submitted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewZone {
    /// The domain; a subdomain is one like any other.
    pub domain: String,
    /// An account at Cloudflare; empty for the one that is set, or the token's own.
    pub account_id: String,
    /// Whether Cloudflare looks up the records that there are and takes them over.
    pub jump_start: bool,
    /// `critical`, `high`, `normal` or `low`; empty for `normal`. Noted in the audit trail: Cloudflare knows no such thing.
    pub priority: String,
}

impl Default for NewZone {
    fn default() -> Self {
        Self { domain: String::new(), account_id: String::new(), jump_start: true, priority: String::new() }
    }
}

struct Wanted {
    domain: DomainName,
    account: Option<AccountId>,
    priority: Priority,
}

impl NewZone {
    fn parse(&self) -> Result<Wanted, Failure> {
        let mut faults = Vec::new();
        let domain = DomainName::parse(&self.domain).map_err(|fault| faults.push(fault)).ok();
        let account = match self.account_id.trim() {
            "" => None,
            text => text.parse().map_err(|_| faults.push(no_account())).ok(),
        };
        let priority = match self.priority.trim() {
            "" => Some(Priority::Normal),
            word => word.parse().map_err(|_| faults.push(no_priority())).ok(),
        };
        match (domain, priority) {
            (Some(domain), Some(priority)) if faults.is_empty() => Ok(Wanted { domain, account, priority }),
            _ => Err(Problem::Invalid { fields: faults }.into()),
        }
    }
}

fn no_account() -> FieldProblem {
    FieldProblem::new(
        "account_id",
        "not_an_id",
        "An account id is the 32 letters and digits that Cloudflare shows on the account's overview.",
    )
}
fn no_priority() -> FieldProblem {
    FieldProblem::new("priority", "unknown_priority", "The priority is one of critical, high, normal, low.")
}

/// A zone's path below the base URL.
pub(super) fn path(zone: &ZoneId) -> String {
    format!("/zones/{zone}")
}

/// A name that Cloudflare sent, for the audit trail: only what is a domain name.
pub(super) fn told(name: &Value) -> String {
    name.as_str().and_then(|name| DomainName::parse(name).ok()).map(|name| name.as_str().to_owned()).unwrap_or_default()
}

impl Session {
    pub(super) async fn zones(&self, query: &ListQuery) -> Result<(Vec<Value>, Paging), Stopped> {
        let asked = query.paging(PAGE.0, PAGE.1, PAGE.2)?;
        let status = match query.only.trim() {
            "" => None,
            word => Some(ZoneStatus::FILTERS.into_iter().find(|status| status.as_str() == word).ok_or_else(|| {
                FieldProblem::new("status", "unknown_status", "The status is one of active, pending, initializing, moved.")
            })?),
        };
        let call = Call::get("/zones".to_owned())
            .with("page", asked.page.to_string())
            .with("per_page", asked.per_page.to_string())
            .with("order", "name")
            .with("direction", "asc")
            .with_some("status", status.map(ZoneStatus::as_str))
            .with_some("name", query.search()?.map(|search| format!("contains:{}", search.to_lowercase())));
        Ok(self.send(call).await?.list(asked)?)
    }
    pub(super) async fn zone(&self, id: &ZoneId) -> Result<Value, Upstream> {
        self.send(Call::get(path(id))).await?.object()
    }
}

impl Cloudflare<'_> {
    /// Reads a zone's id out of a path.
    ///
    /// # Errors
    /// `NotFound` when the text is no id of Cloudflare's.
    pub fn zone_id(text: &str) -> Result<ZoneId, Failure> {
        text.parse().map_err(|_| Problem::NotFound.into())
    }

    /// Some zones, by name. `only` of the query is a status.
    ///
    /// # Errors
    /// `Invalid`, `NotConfigured`, those of Cloudflare (`Upstream...`), `NotAuthenticated`, `Forbidden`, `Unavailable`.
    pub async fn zones(&self, cx: &Context, query: &ListQuery) -> Result<Part, Failure> {
        let (admin, _) = access::admin(cx, Scope::CloudflareRead)?;
        let mut used = None;
        let outcome: Result<_, Stopped> = async { used.insert(self.open(cx, admin).await?).zones(query).await }.await;
        let (entries, paging) = self.end_read(cx, used.as_ref(), Event::success("cloudflare.zone.list"), outcome).await?;
        Ok(Part { entries, paging })
    }

    /// One zone, as Cloudflare sends it.
    ///
    /// # Errors
    /// As for [`Cloudflare::zones`].
    pub async fn zone(&self, cx: &Context, id: &ZoneId) -> Result<Value, Failure> {
        let (admin, _) = access::admin(cx, Scope::CloudflareRead)?;
        let mut used = None;
        let outcome: Result<_, Stopped> = async { Ok(used.insert(self.open(cx, admin).await?).zone(id).await?) }.await;
        self.end_read(cx, used.as_ref(), Event::success("cloudflare.zone.read").word("zone", id.as_str()), outcome).await
    }

    /// Creates a zone; at most 10 in an hour and administrator, refused ones included.
    ///
    /// # Errors
    /// `TooMany`, and those of [`Cloudflare::zones`].
    pub async fn create_zone(&self, cx: &Context, new: &NewZone) -> Result<Value, Failure> {
        let (admin, _) = access::admin(cx, Scope::CloudflareWrite)?;
        let wanted = new.parse()?;
        let event =
            |action, outcome| Event::new(action, outcome).word("domain", wanted.domain.as_str()).word("priority", wanted.priority.as_str());
        self.begin(cx, admin, event("cloudflare.zone.create.use", Outcome::Started), Some(limits::ZONES)).await?;
        let mut used = None;
        let outcome: Result<_, Stopped> =
            async { Ok(used.insert(self.open(cx, admin).await?).create_zone(&wanted, new.jump_start).await?) }.await;
        let mut done = event("cloudflare.zone.create", Outcome::Success);
        if let Ok((_, view)) = &outcome {
            done = done.word("zone", view.id.as_str());
        }
        self.end(cx, used.as_ref(), done, outcome).await.map(|(zone, _)| zone)
    }

    /// Asks Cloudflare to look again whether the registrar names its name servers. Cloudflare limits how often.
    ///
    /// # Errors
    /// As for [`Cloudflare::zones`].
    pub async fn check_zone(&self, cx: &Context, id: &ZoneId) -> Result<Value, Failure> {
        let (admin, _) = access::admin(cx, Scope::CloudflareWrite)?;
        let event = |action, outcome| Event::new(action, outcome).word("zone", id.as_str());
        self.begin(cx, admin, event("cloudflare.zone.check.use", Outcome::Started), None).await?;
        let mut used = None;
        let outcome: Result<_, Stopped> = async {
            let session = used.insert(self.open(cx, admin).await?);
            Ok(session.send(Call::new(Verb::Put, format!("{}/activation_check", path(id)))).await?.object()?)
        }
        .await;
        self.end(cx, used.as_ref(), event("cloudflare.zone.check", Outcome::Success), outcome).await
    }

    /// Deletes a zone with all its records. In front of a browser the password was given at most ten minutes ago; `confirmed` is the
    /// domain as somebody typed it, which has to be the zone's.
    ///
    /// # Errors
    /// `Invalid` on `domain` when it is another one, or on `password` with the code `step_up`; those of [`Cloudflare::zones`].
    pub async fn delete_zone(&self, cx: &Context, id: &ZoneId, confirmed: Option<&str>) -> Result<Value, Failure> {
        access::admin(cx, Scope::CloudflareWrite)?;
        let (admin, _) = access::recent_admin(cx, Scope::CloudflareWrite)?;
        let event = |action, outcome| Event::new(action, outcome).word("zone", id.as_str());
        self.begin(cx, admin, event("cloudflare.zone.delete.use", Outcome::Started), None).await?;
        let mut done = event("cloudflare.zone.delete", Outcome::Success);
        let mut used = None;
        let outcome: Result<_, Stopped> = async {
            let session = used.insert(self.open(cx, admin).await?);
            let zone = session.zone(id).await?;
            done = done.clone().word("domain", &told(&zone["name"]));
            session.delete_zone(id, &zone, confirmed).await
        }
        .await;
        self.end(cx, used.as_ref(), done, outcome).await
    }
}

impl Session {
    async fn create_zone(&self, wanted: &Wanted, jump_start: bool) -> Result<(Value, ZoneView), Upstream> {
        let mut body = json!({"name": wanted.domain.as_str(), "type": "full", "jump_start": jump_start});
        if let Some(account) = wanted.account.clone().or_else(|| self.account()) {
            body["account"] = json!({"id": account.as_str()});
        }
        let zone = self.send(Call::new(Verb::Post, "/zones".to_owned()).sending(body)).await?.object()?;
        let view = shown::zone(&zone)?;
        Ok((zone, view))
    }

    async fn delete_zone(&self, id: &ZoneId, zone: &Value, confirmed: Option<&str>) -> Result<Value, Stopped> {
        let name = zone["name"].as_str().unwrap_or_default();
        let same = |typed: &str| typed.trim() == name || DomainName::parse(typed).is_ok_and(|typed| typed.as_str() == name);
        if !confirmed.is_none_or(same) {
            return Err(
                FieldProblem::new("domain", "not_the_domain", "This is not the domain of this zone. Type it to delete the zone.").into()
            );
        }
        Ok(self.send(Call::new(Verb::Delete, path(id))).await?.object()?)
    }
}
