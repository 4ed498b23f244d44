//! What the pages of Cloudflare say, from views made here.

use super::{
    shown as zones_page,
    zone::{Asked, ZoneTask, shown as zone_page},
};
use crate::{done::Done, returned::Returned};
use domain::{
    FieldProblem, Problem, Timestamp,
    cloudflare::{MailPart, ZoneId},
    person::{Email, Role, Tier},
    views::{
        AccountView,
        cloudflare::{Listing, Paging, RecordView, ZoneInFull, ZonePage, ZoneStatus, ZoneView, ZonesPage},
    },
};
use hydration_context::SsrSharedContext;
use leptos::{prelude::*, reactive::owner::Owner};
use leptos_meta::provide_meta_context;
use std::sync::Arc;
use vault::cloudflare::ListQuery;

const ID: &str = "c029d2ce45c12046e50bac63b249179a";

fn id() -> ZoneId {
    ID.parse().expect("a test id")
}

fn account() -> AccountView {
    AccountView {
        id: "0190a000-0000-7000-8000-000000000001".parse().expect("a test id"),
        email: Email::parse("ann@example.com").expect("a test address"),
        role: Role::Admin,
        tier: Tier::Starter,
        keys: 0,
        key_limit: Some(10),
        may_add: true,
        provider: None,
    }
}

fn zone(status: ZoneStatus) -> ZoneView {
    ZoneView {
        id: id(),
        name: "example<b>.com".to_owned(),
        status,
        paused: false,
        kind: "full".to_owned(),
        plan: Some("Free".to_owned()),
        account: Some("Example Account".to_owned()),
        name_servers: vec!["ada.ns.cloudflare.com".to_owned(), "bob.ns.cloudflare.com".to_owned()],
        original_name_servers: vec!["ns1.registrar.example".to_owned()],
        created: Timestamp::parse("2014-01-02T00:01:13.123456Z"),
        activated: None,
    }
}

fn record(kind: &str, mail: Option<MailPart>) -> RecordView {
    RecordView {
        id: ID.parse().expect("a test id"),
        kind: kind.to_owned(),
        name: "www.example.com".to_owned(),
        content: "192.0.2.1".to_owned(),
        priority: (kind == "MX").then_some(10),
        ttl: 1,
        proxied: kind == "A",
        proxiable: kind == "A",
        comment: None,
        mail,
        editable: kind != "TLSA",
    }
}

fn listing<T>(entries: Vec<T>, pages: u32) -> Listing<T> {
    let total = u32::try_from(entries.len()).expect("a few");
    Listing { entries, paging: Paging { page: 1, per_page: 20, pages, total } }
}

fn html(view: impl FnOnce() -> AnyView) -> String {
    // As leptos_axum does it: an island that has children asks for it.
    Owner::new_root(Some(Arc::new(SsrSharedContext::new_islands()))).with(|| {
        provide_meta_context();
        view().to_html()
    })
}

fn zones(zones: Result<Listing<ZoneView>, Problem>, search: &str) -> String {
    let page = ZonesPage { account: account(), zones, has_account: false };
    let query = ListQuery { search: search.to_owned(), ..ListQuery::default() };
    html(|| zones_page(page, false, query, None, Returned::default()))
}

fn full(records: Vec<RecordView>, task: Option<ZoneTask>, returned: Returned) -> String {
    let chosen = records.first().cloned();
    let in_full = ZoneInFull { zone: zone(ZoneStatus::Pending), records: listing(records, 1), record: chosen };
    let page = ZonePage { account: account(), zone: Ok(in_full), step_up: true };
    let asked = Asked { task, query: ListQuery::default(), done: Some(Done::RecordAdded), returned };
    html(|| zone_page(page, &id(), asked))
}

#[test]
fn every_state_of_the_list_looks_different() {
    let empty = zones(Ok(listing(Vec::new(), 0)), "");
    assert!(empty.contains("No zones yet") && !empty.contains("<table"));
    let none = zones(Ok(listing(Vec::new(), 0)), "nothing");
    assert!(none.contains("No zone fits") && !none.contains("No zones yet") && none.contains("value=\"nothing\""));
    let filled = zones(Ok(listing(vec![zone(ZoneStatus::Pending)], 3)), "");
    assert!(
        filled.contains("One zone waits for its registrar.") && filled.contains("Page 1 of 3") && filled.contains("ada.ns.cloudflare.com")
    );
    assert!(filled.contains("example&lt;b&gt;.com") && !filled.contains("example<b>"));
    let active = zones(Ok(listing(vec![zone(ZoneStatus::Active)], 1)), "");
    assert!(!active.contains("waits for") && !active.contains("Page 1"));
}

#[test]
fn what_cloudflare_says_never_looks_like_an_empty_list() {
    let service = || "Cloudflare".to_owned();
    for (problem, words) in [
        (Problem::NotConfigured { service: service() }, "Cloudflare is not set up"),
        (Problem::UpstreamAuthFailed { service: service() }, "Cloudflare authentication failed"),
        (Problem::UpstreamRateLimited { service: service(), retry_after: 42 }, "Try again in 42 seconds"),
        (Problem::UpstreamUnreachable { service: service() }, "Cloudflare could not be reached"),
        (
            Problem::UpstreamRefused { service: service(), number: 7, message: "no <i>such</i> thing".into() },
            "no &lt;i&gt;such&lt;/i&gt; thing",
        ),
        (Problem::field(FieldProblem::new("page", "out_of_range", "Give a number from 1 to 100000.")), "Give a number"),
    ] {
        let page = zones(Err(problem), "");
        assert!(page.contains(words) && !page.contains("No zones yet") && !page.contains("<table"), "{words}");
    }
    assert!(zones(Err(Problem::NotConfigured { service: service() }), "").contains("href=\"/settings/credentials/cloudflare\""));
}

#[test]
fn a_zone_shows_what_to_do_at_the_registrar_and_its_records() {
    let page = full(vec![record("A", None), record("TXT", Some(MailPart::Spf)), record("TLSA", None)], None, Returned::default());
    assert!(page.contains("Take the old ones away: ns1.registrar.example.") && page.contains("Have Cloudflare check"));
    assert!(page.contains("role=\"switch\" aria-checked=\"true\"") && page.contains(">SPF<") && page.contains("Record added"));
    assert!(!page.contains("Edit TLSA") && page.contains("Delete TLSA") && page.contains("Edit TXT"));
    assert!(full(Vec::new(), None, Returned::default()).contains("This zone has no records yet"));
}

#[test]
fn deleting_says_what_ends_with_it() {
    let mail = full(vec![record("MX", Some(MailPart::Mx))], Some(ZoneTask::DeleteRecord), Returned::default());
    assert!(mail.contains("Mail depends on this record (MX).") && mail.contains("find where to deliver mail"));
    let plain = full(vec![record("A", None)], Some(ZoneTask::DeleteRecord), Returned::default());
    assert!(!plain.contains("Mail depends"));
    let whole = full(vec![record("A", None)], Some(ZoneTask::Delete), Returned::default());
    assert!(
        whole.contains("Type the domain to delete it")
            && whole.contains("Its one record is deleted with it.")
            && whole.contains("Your password")
    );
}

#[test]
fn a_form_that_comes_back_keeps_what_was_typed() {
    let typed = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let problem = Some(Problem::field(FieldProblem::new("content", "not_of_this_type", "An MX record holds a host.")));
    let values =
        vec![typed("type", "MX"), typed("name", "mail"), typed("content", "\"><b>"), typed("ttl", "3600"), typed("priority", "20")];
    let page = full(Vec::new(), Some(ZoneTask::NewRecord), Returned { problem, values, ..Returned::default() });
    assert!(page.contains("An MX record holds a host.") && page.contains("value=\"20\"") && !page.contains("\"><b>"));
    assert!(page.contains("value=\"MX\" selected") && page.contains("value=\"3600\" selected"));
    let edit = full(vec![record("A", None)], Some(ZoneTask::EditRecord), Returned::default());
    assert!(edit.contains("proxied_present") && !edit.contains("name=\"priority\"") && !edit.contains("id=\"type\""));
    let fixed = full(vec![record("TLSA", None)], Some(ZoneTask::EditRecord), Returned::default());
    assert!(fixed.contains("There is nothing here"), "what cannot be changed here has no form");
}
