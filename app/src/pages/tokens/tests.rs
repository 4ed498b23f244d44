//! What the page of API tokens says, from views made here.

use super::{Asked, TokenTask, shown};
use crate::{components::frame::Place, done::Done, pages::failed::failed, returned::Returned};
use domain::{
    FieldProblem, Problem, Timestamp,
    ids::{TokenId, UserId},
    person::{Email, Role, Tier},
    scope::Scope,
    views::{AccountView, TokenState, TokenView, TokensPage},
};
use leptos::{prelude::*, reactive::owner::Owner};
use leptos_meta::provide_meta_context;

const ID: &str = "0190a000-0000-7000-8000-000000000001";

fn token(state: TokenState) -> TokenView {
    let moment = Timestamp::parse("2026-03-04T15:16:00Z").expect("a test moment");
    TokenView {
        id: ID.parse::<TokenId>().expect("a test id"),
        name: "Deploy <script>".to_owned(),
        prefix: "kw_u_0123456789ab".to_owned(),
        scopes: vec![Scope::KeysRead],
        created: moment,
        expires: moment,
        used: None,
        state,
    }
}

fn page(tokens: Vec<TokenView>, step_up: bool) -> TokensPage {
    let account = AccountView {
        id: ID.parse::<UserId>().expect("a test id"),
        email: Email::parse("ann@example.com").expect("a test address"),
        role: Role::User,
        tier: Tier::Starter,
        keys: 0,
        key_limit: Some(10),
        may_add: true,
    };
    TokensPage { account, tokens, scopes: vec![Scope::KeysRead, Scope::KeysWrite], limit: 1, step_up }
}

fn html(page: TokensPage, task: Option<TokenTask>, done: Option<Done>, returned: Returned) -> String {
    let asked = Asked { task, id: Some(ID.to_owned()), done, returned };
    Owner::new().with(|| {
        provide_meta_context();
        shown(page, asked).to_html()
    })
}

#[test]
fn empty_filled_and_failed_look_different() {
    let empty = html(page(Vec::new(), false), None, None, Returned::default());
    assert!(empty.contains("No tokens yet") && !empty.contains("<table"));
    let filled = html(page(vec![token(TokenState::Active)], false), None, Some(Done::TokenRevoked), Returned::default());
    assert!(filled.contains("Active") && filled.contains("keys:read") && filled.contains("Never") && filled.contains("Token revoked"));
    assert!(filled.contains("Deploy &lt;script&gt;") && !filled.contains("/tokens/new"), "the limit is reached");
    let expired = html(page(vec![token(TokenState::Expired)], false), None, None, Returned::default());
    assert!(expired.contains("Expired") && !expired.contains(">Active<"));
    let problem = Problem::Unavailable { retry_after: 2 };
    let failed = Owner::new().with(|| {
        provide_meta_context();
        failed("API tokens", "/tokens", Place::Tokens, problem, None).to_html()
    });
    assert!(failed.contains("This could not be read just now") && !failed.contains("No tokens yet"));
}

#[test]
fn the_password_is_asked_for_only_when_it_is_needed_and_nothing_typed_is_lost() {
    let dialog = |step_up, returned| html(page(Vec::new(), step_up), Some(TokenTask::New), None, returned);
    assert!(!dialog(false, Returned::default()).contains("name=\"password\""));
    assert!(dialog(true, Returned::default()).contains("name=\"password\""));
    let problem = Some(Problem::field(FieldProblem::new("password", "step_up", "Enter your password to go on.")));
    let values = vec![("name".to_owned(), "Nightly".to_owned()), ("keys:write".to_owned(), "true".to_owned())];
    let asked = dialog(false, Returned { problem, values, ..Returned::default() });
    assert!(asked.contains("name=\"password\"") && asked.contains("Enter your password to go on."));
    assert!(asked.contains("value=\"Nightly\"") && asked.contains("name=\"keys:write\" value=\"true\" checked"), "{asked}");
}

#[test]
fn a_token_that_is_not_there_cannot_be_revoked() {
    let dialog = |tokens| html(page(tokens, false), Some(TokenTask::Revoke), None, Returned::default());
    assert!(dialog(vec![token(TokenState::Active)]).contains("stops working at once"));
    assert!(dialog(Vec::new()).contains("There is nothing here"));
}
