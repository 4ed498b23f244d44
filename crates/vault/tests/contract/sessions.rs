use crate::world::{PASSWORD, World, again, problem, secret};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::Problem;
use sha2::{Digest, Sha256};
use std::time::Duration;
use vault::{
    Actor, Context, Vault,
    accounts::{NewSession, SessionToken},
    start,
};

const NEW: &str = "seven purple ladders under the bridge";

fn nobody() -> Context {
    Context::new(Actor::Nobody, "192.0.2.9".parse().ok())
}

#[tokio::test]
async fn a_person_sees_their_own_sessions_and_ends_any_of_them() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let bob = world.person("bob@example.com").await;
    let other = world.vault.sign_in(&nobody(), "ann@example.com", &secret(PASSWORD), None).await.unwrap();
    let sessions = world.vault.sessions(&ann).await.unwrap();
    assert_eq!(sessions.len(), 2);
    assert!(sessions[0].current && !sessions[1].current);
    assert_eq!(sessions[1].client.as_deref(), Some("192.0.2.9"));
    assert_eq!(problem(world.vault.end_session(&bob, sessions[1].id).await), Problem::NotFound, "of somebody else");
    assert!(world.vault.authenticate(&nobody(), &other.token).await.unwrap().is_some());
    world.vault.end_session(&ann, sessions[1].id).await.unwrap();
    assert!(world.vault.authenticate(&nobody(), &other.token).await.unwrap().is_none());
    assert_eq!(problem(world.vault.end_session(&ann, sessions[1].id).await), Problem::NotFound, "again");
}

#[tokio::test]
async fn all_other_sessions_end_and_the_one_that_asks_goes_on() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let bob = world.person("bob@example.com").await;
    for _ in 0..3 {
        world.sign_in("ann@example.com").await;
    }
    assert_eq!(world.vault.end_other_sessions(&ann).await.unwrap(), 3);
    assert_eq!(world.vault.sessions(&ann).await.unwrap().len(), 1);
    assert_eq!(world.vault.sessions(&bob).await.unwrap().len(), 1);
    let ended = world.count("select count(*) from audit_events where action = 'session.end_others'").await;
    assert_eq!(ended, 1);
}

#[tokio::test]
async fn a_new_password_ends_every_session_and_begins_one() {
    let world = World::on(super::BACKEND).await;
    world.person("ann@example.com").await;
    let here = world.vault.sign_in(&nobody(), "ann@example.com", &secret(PASSWORD), None).await.unwrap();
    let there = world.vault.sign_in(&nobody(), "ann@example.com", &secret(PASSWORD), None).await.unwrap();
    let cx = nobody().with_actor(Actor::Person(here.identity.clone()));
    let changed = world.vault.change_password(&cx, &secret(PASSWORD), &secret(NEW)).await.unwrap();
    for ended in [&here.token, &there.token] {
        assert!(world.vault.authenticate(&nobody(), ended).await.unwrap().is_none());
    }
    assert!(world.vault.authenticate(&nobody(), &changed.token).await.unwrap().is_some());
    assert_eq!(problem(world.vault.sign_in(&nobody(), "ann@example.com", &secret(PASSWORD), None).await), Problem::SignInFailed);
    assert!(world.vault.sign_in(&nobody(), "ann@example.com", &secret(NEW), None).await.is_ok());
    assert_eq!(world.count("select count(*) from audit_events where action = 'account.change_password'").await, 1);
}

#[tokio::test]
async fn a_password_is_changed_only_by_who_knows_it_and_only_to_a_good_one() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    for (old, new, field, code) in [
        ("not the password", NEW, "password", "wrong"),
        ("", NEW, "password", "required"),
        (PASSWORD, "short", "new_password", "too_short"),
        (PASSWORD, "password1234", "new_password", "too_weak"),
        (PASSWORD, PASSWORD, "new_password", "unchanged"),
    ] {
        let refused = problem(world.vault.change_password(&again(&ann), &secret(old), &secret(new)).await);
        assert_eq!(refused.of_field(field).unwrap().code, code, "{refused:?}");
    }
    assert!(world.vault.sign_in(&nobody(), "ann@example.com", &secret(PASSWORD), None).await.is_ok());
}

#[tokio::test]
async fn guesses_of_a_password_are_limited_inside_a_session_too() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let wrong = secret("not the password");
    for _ in 0..9 {
        // Signing in a moment ago forgave what was counted before.
        assert!(problem(world.vault.confirm_password(&ann, &wrong).await).of_field("password").is_some());
    }
    let mut last = problem(world.vault.confirm_password(&ann, &wrong).await);
    if last.of_field("password").is_some() {
        last = problem(world.vault.confirm_password(&ann, &wrong).await);
    }
    assert_eq!(last, Problem::TooMany { retry_after: 60 });
}

/// Whether a session stands so long after it began. Everything that asks has to agree: a request, an open stream, its owner's list and
/// the page of an administrator.
async fn stands(vault: &Vault, admin: &Context, session: &NewSession, since: Context, seconds: u64) -> bool {
    let at = |cx: &Context| Context { now: since.now + Duration::from_secs(seconds), ..again(cx) };
    let owner = nobody().with_actor(Actor::Person(session.identity.clone()));
    let listed = vault.sessions(&at(&owner)).await.unwrap().iter().any(|listed| listed.current);
    let shown = !vault.person_page(&at(admin), session.identity.user).await.unwrap().sessions.is_empty();
    let streams = vault.session_stands(&at(&nobody()), &session.token).await.unwrap();
    let asks = vault.authenticate(&at(&nobody()), &session.token).await.unwrap().is_some();
    assert_eq!([listed, shown, streams], [asks; 3], "{seconds} s");
    asks
}

/// Each end on its own, where the other is far away. The later moments are asked first, because a request that is answered is noted.
/// Seen red with an absolute end that a request does not ask for, with one that a stream does not ask for, and with an idle end that
/// comes a second late.
#[tokio::test]
async fn either_end_of_a_session_alone_ends_it_to_the_second() {
    let mut world = World::on(super::BACKEND).await;
    let admin = world.admin("root@example.com").await;
    world.person("ann@example.com").await;
    let (idle, longest) = (world.settings.session_idle, world.settings.session_max);
    let far = Duration::from_secs(1_000_000);
    for (idle, longest, end) in [(far, longest, 43_200), (idle, far, 1_800)] {
        (world.settings.session_idle, world.settings.session_max) = (idle, longest);
        let vault = start::open(&world.settings, std::slice::from_ref(&world.root)).await.unwrap();
        world.execute("delete from sessions").await;
        let cx = nobody();
        let session = vault.sign_in(&cx, "ann@example.com", &secret(PASSWORD), None).await.unwrap();
        assert_eq!(session.ends, cx.now + longest);
        assert!(!stands(&vault, &admin, &session, cx.clone(), end + 1).await, "{end} s and one more");
        assert!(!stands(&vault, &admin, &session, cx.clone(), end).await, "{end} s");
        assert!(stands(&vault, &admin, &session, cx.clone(), end - 1).await, "{end} s less one");
        vault.close().await;
    }
}

/// Faults this was seen to catch: a cookie's value in the column of its hash, and one in another column beside the hash.
#[tokio::test]
async fn the_database_knows_a_session_by_the_hash_of_its_cookie_alone() {
    let world = World::on(super::BACKEND).await;
    let link = world.vault.setup_link(&Context::system()).await.unwrap();
    let first = world.vault.complete_setup(&nobody(), &link, "root@example.com", &secret(PASSWORD)).await.unwrap();
    let second = world.vault.sign_in(&nobody(), "root@example.com", &secret(PASSWORD), Some(&first.token)).await.unwrap();
    let owner = nobody().with_actor(Actor::Person(second.identity.clone()));
    let third = world.vault.change_password(&owner, &secret(PASSWORD), &secret(NEW)).await.unwrap();
    let fourth = world.vault.sign_in(&nobody(), "root@example.com", &secret(NEW), None).await.unwrap();
    let in_force = [&third.token, &fourth.token];
    for token in in_force {
        assert!(world.vault.authenticate(&nobody(), token).await.unwrap().is_some());
        assert!(world.holds(&Sha256::digest(token.for_cookie())).await, "what is there is found");
    }
    for value in [&first, &second, &third, &fourth].map(|session| session.token.for_cookie()).into_iter().chain([link.as_str()]) {
        assert!(!world.holds(value.as_bytes()).await, "the value as it is in the cookie");
        assert!(!world.holds(&URL_SAFE_NO_PAD.decode(value).unwrap()).await, "the bits of it");
    }
    let of_hash = URL_SAFE_NO_PAD.encode(Sha256::digest(fourth.token.for_cookie()));
    let forged = SessionToken::parse(&of_hash).unwrap();
    assert!(world.vault.authenticate(&nobody(), &forged).await.unwrap().is_none(), "what is stored lets nobody in");
}

/// Seen red with a clean-up that takes its lease from whoever has it.
#[tokio::test]
async fn what_has_ended_is_cleaned_away_by_one_process_for_all() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    world.sign_in("ann@example.com").await;
    let before = world.count("select count(*) from sessions").await;
    let past = if super::BACKEND == crate::world::Backend::Sqlite { "update sessions set ends_at = 1" } else { "update sessions set ends_at = 'epoch'" };
    world.execute(past).await;
    world.execute(if super::BACKEND == crate::world::Backend::Sqlite { "update limit_hits set at = 1" } else { "update limit_hits set at = 'epoch'" }).await;
    let other = vault::start::open(&world.settings, std::slice::from_ref(&world.root)).await.unwrap();
    let (one, two) = tokio::join!(world.vault.clean_up(), other.clean_up());
    let turns: Vec<_> = [one.unwrap(), two.unwrap()].into_iter().flatten().collect();
    assert_eq!(turns.len(), 1, "{turns:?}");
    assert!(turns[0] >= u64::try_from(before).unwrap());
    assert_eq!(world.count("select count(*) from sessions").await + world.count("select count(*) from limit_hits").await, 0);
    assert!(world.vault.keys_page(&ann).await.is_ok(), "and nothing else went");
    other.close().await;
}
