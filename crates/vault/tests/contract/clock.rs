//! A clock that is wrong, and is set right again.

use crate::world::{PASSWORD, World, again, problem, secret};
use domain::{Problem, Verdict, person::Email, scope::Scope, views::TokenState};
use std::time::Duration;
use vault::{Actor, Context, api_tokens::NewToken, audit::Chain};

const KEY: &str = "sk-proj-0123456789abcdefXYZ9";
const DAY: Duration = Duration::from_secs(86_400);
const AHEAD: [Duration; 3] = [Duration::from_secs(3_600), DAY, Duration::from_secs(365 * 86_400)];

fn nobody() -> Context {
    Context::new(Actor::Nobody, "192.0.2.9".parse().ok())
}

/// The same caller by a clock that is ahead.
fn ahead(cx: &Context, by: Duration) -> Context {
    let cx = again(cx);
    Context { now: cx.now + by, ..cx }
}

/// Seen red with sessions that are asked for their end alone.
#[tokio::test]
async fn a_session_of_a_future_that_was_left_again_does_not_outlive_its_time() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    for by in AHEAD {
        let session = world.vault.sign_in(&ahead(&nobody(), by), "ann@example.com", &secret(PASSWORD), None).await.unwrap();
        assert!(world.vault.authenticate(&ahead(&nobody(), by), &session.token).await.unwrap().is_some());
        assert!(world.vault.authenticate(&nobody(), &session.token).await.unwrap().is_none(), "{by:?} ahead");
        assert!(!world.vault.session_stands(&nobody(), &session.token).await.unwrap());
        let shown = world.vault.sessions(&ann).await.unwrap();
        assert!(shown.iter().all(|session| session.created <= ann.now), "{by:?} ahead");
    }
    // Two servers need not agree to the second.
    let session = world.vault.sign_in(&ahead(&nobody(), Duration::from_secs(30)), "ann@example.com", &secret(PASSWORD), None).await.unwrap();
    assert!(world.vault.authenticate(&nobody(), &session.token).await.unwrap().is_some());
}

/// Seen red with tokens that are asked for their end alone.
#[tokio::test]
async fn a_token_of_a_future_that_was_left_again_does_not_outlive_its_time() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let (system, email) = (Context::system(), Email::parse("ann@example.com").unwrap());
    let new = || NewToken { name: "Script".into(), scopes: vec![Scope::KeysRead.as_str().into()], expires_at: None };
    for by in AHEAD {
        let (_, token) = world.vault.create_token_for(&ahead(&system, by), &email, new()).await.unwrap();
        assert!(world.vault.authenticate_token(&ahead(&nobody(), by), token.for_owner()).await.unwrap().is_some());
        assert!(world.vault.authenticate_token(&nobody(), token.for_owner()).await.unwrap().is_none(), "{by:?} ahead");
    }
    let (_, token) = world.vault.create_token_for(&ahead(&system, Duration::from_secs(30)), &email, new()).await.unwrap();
    assert!(world.vault.authenticate_token(&nobody(), token.for_owner()).await.unwrap().is_some());
    let active = world.vault.tokens(&again(&ann)).await.unwrap().into_iter().filter(|token| token.state == TokenState::Active).count();
    assert_eq!(active, 1);
}

/// Seen red with limits that count what is still to come: a year of "try again later".
#[tokio::test]
async fn what_was_counted_by_a_clock_that_was_ahead_limits_nobody_after_it() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let key = world.add(&ann, "openai", KEY, "One").await.unwrap().id;
    for by in AHEAD {
        for _ in 0..5 {
            world.vault.test_key(&ahead(&ann, by), key).await.unwrap();
        }
        let refused = problem(world.vault.test_key(&ahead(&ann, by), key).await);
        assert!(matches!(refused, Problem::TooMany { retry_after: 1..=60 }), "{refused:?}");
    }
    for _ in 0..5 {
        assert_eq!(world.vault.test_key(&again(&ann), key).await.unwrap().verdict, Verdict::Valid);
    }
    let refused = problem(world.vault.test_key(&again(&ann), key).await);
    assert!(matches!(refused, Problem::TooMany { retry_after: 1..=60 }), "{refused:?}");
}

/// Seen red with a lease that is kept until the clock is there.
#[tokio::test]
async fn a_task_that_was_taken_by_a_clock_that_was_ahead_is_done_after_it() {
    let world = World::on(super::BACKEND).await;
    assert!(world.vault.clean_up().await.unwrap().is_some());
    assert!(world.vault.clean_up().await.unwrap().is_none(), "somebody did it just now");
    let later = world.either("update leases set ends_at = ends_at + 86400000000", "update leases set ends_at = ends_at + interval '1 day'");
    world.execute(later).await;
    assert!(world.vault.clean_up().await.unwrap().is_some());
}

#[tokio::test]
async fn keys_open_and_the_trail_holds_whatever_the_clock_says() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let mut keys = Vec::new();
    let clocks = [0, 86_400, 31_536_000, -86_400, -31_536_000, -1_700_000_000, 3_000_000_000];
    for (n, seconds) in clocks.into_iter().enumerate() {
        let shift = Duration::from_secs(i64::unsigned_abs(seconds));
        let mut cx = again(&ann);
        cx.now = if seconds < 0 { cx.now - shift } else { cx.now + shift };
        keys.push(world.add(&cx, "openai", &format!("{KEY}{n}"), &format!("k{n}")).await.unwrap().id);
        for key in &keys {
            world.execute("delete from limit_hits").await;
            assert_eq!(world.vault.test_key(&cx, *key).await.unwrap().verdict, Verdict::Valid, "{seconds}");
        }
    }
    let events = u64::try_from(world.count("select count(*) from audit_events").await).unwrap();
    assert!(matches!(world.vault.verify_audit(&Context::system()).await.unwrap(), Chain::Intact(seen) if seen == events));
    assert_eq!(world.count("select count(*) from audit_events where seq > (select count(*) from audit_events)").await, 0, "a gap");
}
