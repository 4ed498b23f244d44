//! What the keys page says, from views made here.

use super::{Asked, failed, shown};
use crate::{done::Done, fragment::keys_list_html, islands::Task, returned::Returned};
use domain::{
    FieldProblem, Problem, Timestamp, Verdict,
    catalogue::ProviderId,
    ids::{KeyId, UserId},
    person::{Email, Role, Tier},
    views::{AccountView, KeyView, KeysPage, ProviderView, TestReport, TestView},
};
use leptos::{prelude::*, reactive::owner::Owner};
use leptos_meta::provide_meta_context;

const ID: &str = "0190a000-0000-7000-8000-000000000001";
const OTHER: &str = "0190a000-0000-7000-8000-000000000002";

fn key(id: &str, label: &str) -> KeyView {
    let moment = Timestamp::parse("2026-03-04T15:16:00Z").expect("a test moment");
    KeyView {
        id: id.parse::<KeyId>().expect("a test id"),
        provider: ProviderId::parse("openai").expect("a test id"),
        provider_name: "OpenAI".to_owned(),
        hint: Some("sk-\u{2026}1a2b".to_owned()),
        has_secret: true,
        label: Some(label.to_owned()),
        description: None,
        endpoint: None,
        enabled: true,
        is_default: false,
        added: moment,
        updated: moment,
        tested: None,
        used: None,
        expires: None,
        revision: 3,
    }
}

fn tested(verdict: Verdict, status_code: Option<u16>) -> Option<TestView> {
    Some(TestView { at: key(ID, "").added, verdict, status_code, latency_ms: None })
}

fn page(keys: Vec<KeyView>) -> KeysPage {
    let account = AccountView {
        id: ID.parse::<UserId>().expect("a test id"),
        email: Email::parse("ann@example.com").expect("a test address"),
        role: Role::User,
        tier: Tier::Starter,
        keys: u32::try_from(keys.len()).expect("a handful"),
        key_limit: Some(10),
        may_add: true,
        provider: None,
    };
    let provider = ProviderView::new(ProviderId::parse("openai").expect("a test id"), "OpenAI".to_owned(), Some("sk-".to_owned()));
    KeysPage { account, now: key(ID, "").added, providers: vec![provider], keys }
}

fn html(page: KeysPage, task: Option<Task>, id: Option<&str>, done: Option<Done>, returned: Returned) -> String {
    Owner::new().with(|| {
        provide_meta_context();
        shown(page, Asked { task, id: id.map(str::to_owned), provider: None, done, of: None, returned }).to_html()
    })
}

fn list(keys: Vec<KeyView>) -> String {
    keys_list_html(page(keys))
}

#[test]
fn a_hostile_label_is_text() {
    let html = list(vec![key(ID, "\"><img src=x onerror=alert(1)>")]);
    assert!(!html.contains("<img"), "{html}");
    assert!(html.contains("&lt;img"), "{html}");
    assert!(!html.contains("More for \"&gt;"), "an attribute ended early: {html}");
}

#[test]
fn each_verdict_has_its_word_and_its_class() {
    let classes = ["works", "rejected", "no-credit", "limited", "unreachable", "unexpected", "unchecked"];
    for (verdict, class) in Verdict::ALL.into_iter().zip(classes) {
        let html = list(vec![KeyView { tested: tested(verdict, None), ..key(ID, "Production") }]);
        assert!(html.contains(&format!("state state--{class}\">{}<", verdict.word())), "{html}");
    }
    assert!(list(vec![key(ID, "Production")]).contains("state state--untested\">Not tested<"));
}

#[test]
fn a_rejected_key_says_why_and_offers_a_new_one() {
    let html = list(vec![KeyView { tested: tested(Verdict::Rejected, Some(401)), ..key(ID, "Production") }]);
    assert!(html.contains("HTTP 401"), "{html}");
    assert!(html.contains(&format!("href=\"/keys/{ID}/replace\"")), "{html}");
}

#[test]
fn a_row_says_when_its_key_was_added() {
    let html = list(vec![key(ID, "Production")]);
    // Its day, which is as long as the words that the browser puts there; the minute is its title.
    let time = "added\u{a0}<time datetime=\"2026-03-04T15:16:00Z\" title=\"2026-03-04 15:16 UTC\">2026-03-04</time>";
    assert!(html.contains("never used") && html.contains(time), "{html}");
}

#[test]
fn a_key_that_is_off_can_be_switched_on_and_not_tested() {
    let html = list(vec![KeyView { enabled: false, ..key(ID, "Production") }]);
    assert!(html.contains(&format!("action=\"/keys/{ID}/enable\"")) && html.contains(">off<"), "{html}");
    assert!(!html.contains(&format!("action=\"/keys/{ID}/test\"")), "{html}");
}

#[test]
fn empty_and_failed_look_different() {
    let empty = list(Vec::new());
    let failed = Owner::new().with(|| {
        provide_meta_context();
        failed(Problem::Unavailable { retry_after: 2 }, None).to_html()
    });
    assert!(empty.contains("Bring your first key") && empty.contains("class=\"empty\""), "{empty}");
    assert!(failed.contains("could not be read") && failed.contains("Try again"), "{failed}");
    assert!(!failed.contains("class=\"empty\"") && !failed.contains("Bring your first key"), "{failed}");
}

#[test]
fn an_account_that_may_not_add_is_told_why() {
    let mut page = page(vec![key(ID, "Production")]);
    page.account.may_add = false;
    page.account.tier = Tier::Free;
    let html = keys_list_html(page);
    assert!(html.contains("Your tier, free, cannot hold provider keys."), "{html}");
    assert!(!html.contains("href=\"/keys/new\""), "{html}");
}

#[test]
fn a_full_account_is_told_its_limit() {
    let mut page = page(vec![key(ID, "Production")]);
    page.account.key_limit = Some(1);
    assert!(keys_list_html(page).contains("Your tier holds at most 1 provider keys."));
}

#[test]
fn a_returned_form_keeps_what_was_typed_and_never_the_secret() {
    let returned = Returned {
        problem: Some(Problem::field(FieldProblem::new("key", "key_too_short", "Too short for a key."))),
        values: vec![("provider".into(), "openai".into()), ("label".into(), "Evals".into()), ("key".into(), "sk-typed".into())],
        ..Returned::default()
    };
    let html = html(page(Vec::new()), Some(Task::Add), None, None, returned);
    assert!(html.contains("Too short for a key.") && html.contains("id=\"key-error\""), "{html}");
    assert!(html.contains("value=\"Evals\"") && html.contains("aria-invalid=\"true\""), "{html}");
    assert!(!html.contains("sk-typed"), "{html}");
}

#[test]
fn a_form_that_comes_back_says_that_the_key_has_to_be_pasted_again() {
    let report = TestReport {
        provider: ProviderId::parse("openai").expect("a test id"),
        provider_name: "OpenAI".to_owned(),
        verdict: Verdict::Valid,
        status_code: Some(200),
        latency_ms: None,
    };
    let tested = Returned { test: Some(report), ..Returned::default() };
    let refused = Returned { problem: Some(Problem::TierLimit { limit: 1 }), ..Returned::default() };
    for (task, id) in [(Task::Add, None), (Task::Replace, Some(ID))] {
        let shown = |returned: &Returned| html(page(vec![key(ID, "Production")]), Some(task), id, None, returned.clone());
        assert!(shown(&tested).contains("To save it, paste the key again."), "{task:?}");
        assert!(shown(&refused).contains("does not carry the key: paste it again"), "{task:?}");
        assert!(!shown(&Returned::default()).contains("class=\"help again\""), "{task:?}");
    }
}

#[test]
fn a_label_that_is_taken_is_refused_beside_its_field() {
    let sentence = "Another key of this provider has this label.";
    let returned = Returned { problem: Some(Problem::field(FieldProblem::new("label", "taken", sentence))), ..Returned::default() };
    let html = html(page(vec![key(ID, "Production")]), Some(Task::Add), None, None, returned);
    assert!(html.contains(&format!("id=\"label-error\" class=\"error\">{sentence}<")), "{html}");
    assert!(html.contains("aria-describedby=\"label-help label-error\"") && !html.contains("note--bad"), "{html}");
}

#[test]
fn a_duplicate_is_named_with_three_ways_on() {
    let problem = Problem::DuplicateKey { id: ID.parse().expect("a test id"), label: Some("Production".into()) };
    let returned = Returned { problem: Some(problem), ..Returned::default() };
    let html = html(page(vec![key(ID, "Production")]), Some(Task::Add), None, None, returned);
    for part in ["\u{201c}Production\u{201d}", "Go to that key", "Keep both", "Cancel"] {
        assert!(html.contains(part), "{part}: {html}");
    }
    assert!(!html.contains("aria-labelledby=\"duplicate-text\" hidden"), "{html}");
}

#[test]
fn a_dialog_makes_the_page_behind_it_inert() {
    let html = html(page(vec![key(ID, "Production")]), Some(Task::Edit), Some(ID), None, Returned::default());
    assert!(html.contains("<div inert") && html.contains("<dialog"), "{html}");
    assert!(html.contains(&format!("action=\"/keys/{ID}/edit\"")) && html.contains("name=\"revision\" value=\"3\""), "{html}");
}

#[test]
fn a_dialog_about_a_key_names_it_and_its_provider() {
    for task in [Task::Replace, Task::Edit, Task::Delete] {
        let html = html(page(vec![key(ID, "Production")]), Some(task), Some(ID), None, Returned::default());
        let dialog = html.split("<dialog").nth(1).expect("a dialog");
        assert!(dialog.contains("<b>Production</b>") && dialog.contains("at OpenAI (") && dialog.contains("1a2b"), "{task:?}: {dialog}");
    }
}

#[test]
fn editing_an_address_says_one_thing_about_the_key() {
    let own = KeyView { endpoint: Some("https://models.example.com/v1".to_owned()), ..key(ID, "Production") };
    let html = html(page(vec![own]), Some(Task::Edit), Some(ID), None, Returned::default());
    let dialog = html.split("<dialog").nth(1).expect("a dialog");
    assert!(dialog.contains("Only for a new base URL") && !dialog.contains("It is sealed"), "{dialog}");
}

#[test]
fn deleting_the_default_says_which_key_follows() {
    let keys = vec![KeyView { is_default: true, ..key(ID, "Production") }, key(OTHER, "Evals")];
    let html = html(page(keys), Some(Task::Delete), Some(ID), None, Returned::default());
    assert!(html.contains("\u{201c}Evals\u{201d} becomes the default"), "{html}");
}

#[test]
fn a_key_that_is_not_there_is_not_found() {
    let html = html(page(vec![key(ID, "Production")]), Some(Task::Delete), Some(OTHER), None, Returned::default());
    assert!(html.contains("There is nothing here") && !html.contains("Production"), "{html}");
}

#[test]
fn a_success_is_announced_once_the_page_is_back() {
    for done in Done::ALL {
        let html = html(page(Vec::new()), None, None, Some(done), Returned::default());
        assert!(html.contains("role=\"status\"") && html.contains(&format!(">{}</div>", done.message())), "{html}");
        assert_eq!(Done::parse(done.as_str()), Some(done));
    }
    assert_eq!(Done::parse("<b>"), None);
}

#[test]
fn no_page_needs_an_inline_style_or_script() {
    let pages = [None, Some(Task::Add), Some(Task::Replace), Some(Task::Edit), Some(Task::Delete)];
    for task in pages {
        let html = html(page(vec![key(ID, "Production")]), task, Some(ID), None, Returned::default());
        for forbidden in [" style=", "<style", "<script", " onclick", " onsubmit", "javascript:"] {
            assert!(!html.contains(forbidden), "{forbidden}: {html}");
        }
    }
}
