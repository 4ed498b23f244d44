use crate::world::{PASSWORD, World, again, problem, secret};
use domain::{
    Problem,
    person::{Email, Role},
    scope::Scope,
    views::TokenState,
};
use std::time::Duration;
use vault::{
    Actor, Context,
    api_tokens::{MOST, NewToken, PlainToken},
};

fn nobody() -> Context {
    Context::new(Actor::Nobody, "192.0.2.7".parse().ok())
}

fn new(name: &str, scopes: &[&str]) -> NewToken {
    NewToken { name: name.into(), scopes: scopes.iter().map(|word| (*word).to_owned()).collect(), expires_at: None }
}

fn later(cx: &Context, seconds: u64) -> Context {
    Context { now: cx.now + Duration::from_secs(seconds), ..again(cx) }
}

async fn as_token(world: &World, token: &PlainToken) -> Option<Context> {
    let identity = world.vault.authenticate_token(&nobody(), token.for_owner()).await.unwrap()?;
    Some(nobody().with_actor(Actor::Person(identity)))
}

#[tokio::test]
async fn a_token_acts_for_its_account_within_its_scopes() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let (view, token) = world.vault.create_token(&ann, new(" Deploy script ", &["keys:read", "keys:read"])).await.unwrap();
    assert_eq!(
        (view.name.as_str(), view.scopes.as_slice(), view.state),
        ("Deploy script", [Scope::KeysRead].as_slice(), TokenState::Active)
    );
    assert!(token.for_owner().starts_with(&format!("{}_", view.prefix)));
    let program = as_token(&world, &token).await.unwrap();
    assert!(world.vault.keys_page(&program).await.unwrap().keys.is_empty());
    assert_eq!(problem(world.add(&program, "openai", "sk-proj-0123456789abcdefXYZ9", "One").await), Problem::Forbidden);
    assert_eq!(problem(world.vault.create_token(&program, new("More", &["keys:read"])).await), Problem::Forbidden);
    assert_eq!(problem(world.vault.tokens(&program).await), Problem::Forbidden);
    assert_eq!(problem(world.vault.sessions(&program).await), Problem::Forbidden);
    let writer = world.vault.create_token(&ann, new("Writer", &["keys:write"])).await.unwrap();
    let program = as_token(&world, &writer.1).await.unwrap();
    world.add(&program, "openai", "sk-proj-0123456789abcdefXYZ9", "One").await.unwrap();
    let by_token =
        "select count(*) from audit_events e join api_tokens t on t.id = e.session_id and t.name = 'Writer' where e.action = 'key.add'";
    assert_eq!(world.count(by_token).await, 1);
}

#[tokio::test]
async fn a_token_is_kept_as_a_hash_and_revoked_at_once() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let (view, token) = world.vault.create_token(&ann, new("One", &["keys:read"])).await.unwrap();
    let secret = token.for_owner().split('_').nth(3).unwrap().to_owned();
    let stored = world.content().await;
    assert!(!stored.windows(secret.len()).any(|window| window == secret.as_bytes()));
    let bob = world.person("bob@example.com").await;
    assert_eq!(problem(world.vault.revoke_token(&bob, view.id).await), Problem::NotFound, "of somebody else");
    world.vault.revoke_token(&ann, view.id).await.unwrap();
    assert!(as_token(&world, &token).await.is_none());
    assert_eq!(problem(world.vault.revoke_token(&ann, view.id).await), Problem::NotFound, "again");
    let events = "select count(*) from audit_events where action in ('token.create', 'token.revoke') and object_kind = 'api_token'";
    assert_eq!(world.count(events).await, 2);
}

#[tokio::test]
async fn what_is_no_token_is_nobody() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let other = World::on(super::BACKEND).await;
    let eve = other.person("eve@example.com").await;
    let (_, token) = world.vault.create_token(&ann, new("One", &["keys:read"])).await.unwrap();
    let (_, elsewhere) = other.vault.create_token(&eve, new("One", &["keys:read"])).await.unwrap();
    let text = token.for_owner();
    for made_up in ["", "kw_u_", &text[..text.len() - 1], &text.to_lowercase(), elsewhere.for_owner()] {
        assert!(world.vault.authenticate_token(&nobody(), made_up).await.unwrap().is_none(), "{made_up}");
    }
    assert!(as_token(&world, &token).await.is_some());
}

#[tokio::test]
async fn the_right_handle_with_another_secret_is_nobody() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let (_, token) = world.vault.create_token(&ann, new("One", &["keys:read"])).await.unwrap();
    assert!(as_token(&world, &token).await.is_some());
    let change = world.either("update api_tokens set secret_hash = randomblob(32)", "update api_tokens set secret_hash = sha256('x')");
    world.execute(change).await;
    assert!(as_token(&world, &token).await.is_none());
}

#[tokio::test]
async fn a_token_ends_with_its_time_and_with_its_account() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let hour = NewToken { expires_at: Some(ann.now + Duration::from_secs(3_600)), ..new("Hour", &["keys:read"]) };
    let (view, token) = world.vault.create_token(&ann, hour).await.unwrap();
    let at = |seconds| later(&Context { now: view.created, ..nobody() }, seconds);
    let stands = |seconds| {
        let (vault, cx, text) = (world.vault.clone(), Context { now: view.expires, ..at(0) }, token.for_owner().to_owned());
        let cx = Context { now: cx.now + Duration::from_secs(seconds) - Duration::from_secs(1), ..cx };
        async move { vault.authenticate_token(&cx, &text).await.unwrap().is_some() }
    };
    assert!(stands(0).await);
    assert!(!stands(1).await);
    let old = world.vault.tokens(&Context { now: view.expires, ..ann.clone() }).await.unwrap();
    assert_eq!(old[0].state, TokenState::Expired);
    let email = Email::parse("ann@example.com").unwrap();
    world.vault.set_disabled(&Context::system(), &email, true).await.unwrap();
    assert!(as_token(&world, &token).await.is_none(), "disabled");
    world.vault.set_disabled(&Context::system(), &email, false).await.unwrap();
    assert!(as_token(&world, &token).await.is_none(), "it was ended and not put aside");
    assert_eq!(world.count("select count(*) from api_tokens").await, 0);
}

#[tokio::test]
async fn a_token_never_exceeds_the_role_its_account_has_at_that_moment() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let beyond = world.vault.create_token(&ann, new("Admin", &["keys:read", "admin"])).await;
    assert_eq!(problem(beyond).of_field("scopes").unwrap().code, "beyond_role");
    let system = Context::system();
    world.vault.add_user(&system, "root@example.com", Role::Admin, &secret(PASSWORD)).await.unwrap();
    world.vault.add_user(&system, "two@example.com", Role::Admin, &secret(PASSWORD)).await.unwrap();
    let two = Email::parse("two@example.com").unwrap();
    let (_, token) = world.vault.create_token_for(&system, &two, new("Admin", &["admin"])).await.unwrap();
    let may = |cx: Context| cx.identity().unwrap().may(Scope::Admin);
    assert!(may(as_token(&world, &token).await.unwrap()));
    world.vault.set_role(&system, &two, Role::User).await.unwrap();
    assert!(!may(as_token(&world, &token).await.unwrap()));
    assert_eq!(problem(world.vault.create_token_for(&ann, &two, new("x", &["keys:read"])).await), Problem::Forbidden);
    let nobody = Email::parse("nobody@example.com").unwrap();
    assert_eq!(problem(world.vault.create_token_for(&system, &nobody, new("x", &["keys:read"])).await), Problem::NotFound);
}

#[tokio::test]
async fn every_faulty_field_is_named_at_once() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let faulty = NewToken { name: " ".into(), scopes: Vec::new(), expires_at: Some(ann.now) };
    let Problem::Invalid { fields } = problem(world.vault.create_token(&ann, faulty).await) else { panic!("fields") };
    let named: Vec<_> = fields.iter().map(|fault| format!("{} {}", fault.field, fault.code)).collect();
    assert_eq!(named, ["name required", "scopes required", "expires_at past"]);
    let century = NewToken { expires_at: Some(ann.now + Duration::from_secs(3_200_000_000)), ..new("x", &["keys:read"]) };
    assert_eq!(problem(world.vault.create_token(&ann, century).await).of_field("expires_at").unwrap().code, "too_late");
    assert!(problem(world.vault.create_token(&ann, new("x", &["keys:*"])).await).of_field("scopes").is_some());
    assert!(problem(world.vault.create_token(&ann, new(&"x".repeat(101), &["keys:read"])).await).of_field("name").is_some());
}

#[tokio::test]
async fn an_account_has_so_many_tokens_and_no_more_even_in_a_race() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    // Two minutes' worth, so that the limit by minute does not come first.
    let mut made = 0;
    for minute in 0..2 {
        let tries = (0..30).map(|_| {
            let (vault, cx) = (world.vault.clone(), later(&ann, minute * 61));
            async move { vault.create_token(&cx, new("x", &["keys:read"])).await.is_ok() }
        });
        made += futures::future::join_all(tries).await.into_iter().filter(|made| *made).count();
    }
    assert_eq!(made, MOST as usize);
    let more = world.vault.create_token(&later(&ann, 400), new("x", &["keys:read"])).await;
    assert_eq!(problem(more).of_field("name").unwrap().code, "too_many_tokens");
}

#[tokio::test]
async fn the_last_use_is_noted_to_the_minute() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let (view, token) = world.vault.create_token(&ann, new("One", &["keys:read"])).await.unwrap();
    assert!(view.used.is_none());
    as_token(&world, &token).await.unwrap();
    for _ in 0..100 {
        if let Some(used) = world.vault.tokens(&ann).await.unwrap()[0].used {
            assert_eq!(used.micros() % 60_000_000, 0);
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("never noted");
}

#[tokio::test]
async fn a_new_token_is_shown_to_the_session_that_made_it_for_a_minute() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let (view, token) = world.vault.create_token(&ann, new("One", &["keys:read"])).await.unwrap();
    let (other, _) = world.vault.create_token(&ann, new("Two", &["keys:read"])).await.unwrap();
    let sealed = world.vault.seal_for_showing(&ann, view.id, &token).unwrap();
    assert!(!sealed.contains(token.for_owner().split('_').nth(3).unwrap()));
    let shown =
        |cx: &Context, id, sealed: &str| world.vault.open_for_showing(cx, id, sealed).unwrap().map(|token| token.for_owner().to_owned());
    assert_eq!(shown(&ann, view.id, &sealed).as_deref(), Some(token.for_owner()));
    assert_eq!(shown(&later(&ann, 59), view.id, &sealed).as_deref(), Some(token.for_owner()), "a reload");
    assert_eq!(shown(&later(&ann, 60), view.id, &sealed), None, "after a minute");
    assert_eq!(shown(&ann, other.id, &sealed), None, "another token's page");
    let elsewhere = world.sign_in("ann@example.com").await;
    assert_eq!(shown(&elsewhere, view.id, &sealed), None, "another session");
    let (until, text) = sealed.split_once('.').unwrap();
    let longer = format!("{}.{text}", until.parse::<i64>().unwrap() + 1);
    for tampered in [longer.as_str(), "", ".", "x", "9.x", text] {
        assert_eq!(shown(&later(&ann, 1), view.id, tampered), None, "{tampered}");
    }
}

#[tokio::test]
async fn ten_minutes_after_the_password_a_token_asks_for_it_again() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    assert!(!world.vault.tokens_page(&ann).await.unwrap().step_up);
    let old = later(&ann, 601);
    assert!(world.vault.tokens_page(&old).await.unwrap().step_up);
    let asked = problem(world.vault.create_token(&old, new("One", &["keys:read"])).await);
    assert_eq!(asked.of_field("password").unwrap().code, "step_up");
    let wrong = problem(world.vault.confirm_password(&old, &secret("not the password")).await);
    assert_eq!(wrong.of_field("password").unwrap().code, "wrong");
    let confirmed = world.vault.confirm_password(&old, &secret(PASSWORD)).await.unwrap();
    let fresh = old.clone().with_actor(Actor::Person(confirmed.identity));
    world.vault.create_token(&fresh, new("One", &["keys:read"])).await.unwrap();
    let ended = world.vault.confirm_password(&old, &secret(PASSWORD)).await;
    assert_eq!(problem(ended), Problem::NotAuthenticated, "the id it had is gone");
}
