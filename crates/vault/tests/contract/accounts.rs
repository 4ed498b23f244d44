use crate::world::{PASSWORD, World, again, problem, secret};
use domain::{
    Problem,
    person::{Email, Role, Tier},
};
use std::process::Command;
use tokio::runtime::Runtime;
use vault::{Actor, Context};

fn nobody() -> Context {
    Context::new(Actor::Nobody, "192.0.2.7".parse().ok())
}

/// In a process of its own: whoever signs in beside it would stand behind thirty hashes, and nobody waits for one that long.
#[test]
fn of_thirty_who_race_with_the_set_up_link_one_becomes_admin() {
    const WORD: &str = "KEYWARD_RACE_TEST_CHILD";
    #[allow(clippy::disallowed_methods, reason = "the test starts itself again and must know which of the two it is")]
    if std::env::var_os(WORD).is_some() {
        return Runtime::new().unwrap().block_on(thirty_race());
    }
    let (_, module) = module_path!().split_once("::").unwrap();
    let name = format!("{module}::of_thirty_who_race_with_the_set_up_link_one_becomes_admin");
    let output = Command::new(std::env::current_exe().unwrap()).args(["--exact", &name]).env(WORD, "1").output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
}

async fn thirty_race() {
    let world = World::on(super::BACKEND).await;
    let link = world.vault.setup_link(&Context::system()).await.unwrap();
    // Fewer than may wait for a hash.
    let tries = (0..30).map(|n| {
        let (vault, link) = (world.vault.clone(), link.clone());
        let cx = Context::new(Actor::Nobody, format!("192.0.2.{n}").parse().ok());
        async move { vault.complete_setup(&cx, &link, &format!("admin{n}@example.com"), &secret(PASSWORD)).await }
    });
    let results = futures::future::join_all(tries).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    for lost in results.into_iter().filter(Result::is_err) {
        assert!(matches!(problem(lost), Problem::SetupLinkInvalid | Problem::Unavailable { .. }));
    }
    assert_eq!(world.count("select count(*) from accounts").await, 1);
    assert!(matches!(problem(world.vault.setup_link(&Context::system()).await), Problem::Forbidden));
}

#[tokio::test]
async fn a_new_set_up_link_ends_the_one_before_and_a_made_up_one_never_works() {
    let world = World::on(super::BACKEND).await;
    let first = world.vault.setup_link(&Context::system()).await.unwrap();
    let second = world.vault.setup_link(&Context::system()).await.unwrap();
    assert!(!world.vault.setup_link_works(&nobody(), &first).await.unwrap());
    assert!(world.vault.setup_link_works(&nobody(), &second).await.unwrap());
    for made_up in ["", "x", &"A".repeat(43)] {
        assert!(!world.vault.setup_link_works(&nobody(), made_up).await.unwrap());
    }
}

#[tokio::test]
async fn a_weak_password_does_not_use_up_the_link() {
    let world = World::on(super::BACKEND).await;
    let link = world.vault.setup_link(&Context::system()).await.unwrap();
    let refused = world.vault.complete_setup(&nobody(), &link, "a@example.com", &secret("password1234")).await;
    assert!(problem(refused).of_field("password").is_some());
    assert!(world.vault.complete_setup(&nobody(), &link, "a@example.com", &secret(PASSWORD)).await.is_ok());
}

#[tokio::test]
async fn unknown_wrong_and_disabled_get_the_same_answer() {
    let world = World::on(super::BACKEND).await;
    world.person("ann@example.com").await;
    world.person("bob@example.com").await;
    let bob = Email::parse("bob@example.com").unwrap();
    world.vault.set_disabled(&Context::system(), &bob, true).await.unwrap();
    for (email, password) in [
        ("ann@example.com", "wrong horse battery staple"),
        ("nobody@example.com", PASSWORD),
        ("bob@example.com", PASSWORD),
        ("no mail", PASSWORD),
    ] {
        assert_eq!(problem(world.vault.sign_in(&nobody(), email, &secret(password), None).await), Problem::SignInFailed, "{email}");
    }
}

#[tokio::test]
async fn a_session_dies_with_sign_out_role_change_and_disabling() {
    let world = World::on(super::BACKEND).await;
    world.person("ann@example.com").await;
    let ann = Email::parse("ann@example.com").unwrap();
    let system = Context::system();
    world.vault.add_user(&system, "root@example.com", Role::Admin, &secret(PASSWORD)).await.unwrap();
    for step in 0..3 {
        let session = world.vault.sign_in(&nobody(), "ann@example.com", &secret(PASSWORD), None).await.unwrap();
        let cx = nobody().with_actor(Actor::Person(session.identity.clone()));
        assert!(world.vault.authenticate(&cx, &session.token).await.unwrap().is_some());
        match step {
            0 => world.vault.sign_out(&cx).await.unwrap(),
            1 => world.vault.set_role(&system, &ann, Role::Admin).await.unwrap(),
            _ => {
                world.vault.set_role(&system, &ann, Role::User).await.unwrap();
                world.vault.set_disabled(&system, &ann, true).await.unwrap();
            }
        }
        assert!(world.vault.authenticate(&again(&cx), &session.token).await.unwrap().is_none(), "step {step}");
    }
}

#[tokio::test]
async fn signing_in_again_ends_the_session_the_browser_had() {
    let world = World::on(super::BACKEND).await;
    world.person("ann@example.com").await;
    let first = world.vault.sign_in(&nobody(), "ann@example.com", &secret(PASSWORD), None).await.unwrap();
    let second = world.vault.sign_in(&nobody(), "ann@example.com", &secret(PASSWORD), Some(&first.token)).await.unwrap();
    assert_ne!(first.token.for_cookie(), second.token.for_cookie());
    assert!(world.vault.authenticate(&nobody(), &first.token).await.unwrap().is_none());
    assert!(world.vault.authenticate(&nobody(), &second.token).await.unwrap().is_some());
}

#[tokio::test]
async fn a_session_ends_when_idle_and_at_its_absolute_limit() {
    let world = World::on(super::BACKEND).await;
    world.person("ann@example.com").await;
    let cx = nobody();
    let session = world.vault.sign_in(&cx, "ann@example.com", &secret(PASSWORD), None).await.unwrap();
    let at = |seconds| Context { now: cx.now + std::time::Duration::from_secs(seconds), ..nobody() };
    assert!(world.vault.authenticate(&at(1_799), &session.token).await.unwrap().is_some());
    // Being seen at 1,799 s was noted, so idleness counts from there.
    let mut seen = 0;
    for _ in 0..100 {
        let newest = world.either(
            "select max(seen_at) from sessions",
            "select (extract(epoch from max(seen_at)) * 1000000)::bigint from sessions",
        );
        seen = world.count(newest).await;
        if seen > cx.now.micros() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(seen > cx.now.micros());
    assert!(world.vault.authenticate(&at(1_799 + 1_799), &session.token).await.unwrap().is_some());
    assert!(world.vault.authenticate(&at(1_799 + 1_799 + 1_801), &session.token).await.unwrap().is_none());
    assert!(world.vault.authenticate(&at(43_200), &session.token).await.unwrap().is_none());
}

#[tokio::test]
async fn strangers_cannot_keep_out_who_is_signed_in_already_and_cannot_guess_much() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    // The moment of her own sign-in, which is the first in the window.
    let cx = Context { now: ann.now, ..nobody() };
    let from = |address: String| Context { now: cx.now, client: address.parse().ok(), ..nobody() };
    let mut hashed = 0;
    for n in 0..50 {
        let refused =
            problem(world.vault.sign_in(&from(format!("198.51.100.{n}")), "ann@example.com", &secret("no such password"), None).await);
        hashed += usize::from(refused == Problem::SignInFailed);
    }
    // Twenty in all: one was Ann's own sign-in above.
    assert_eq!(hashed, 19, "guesses that cost a hash");
    // Where Ann has a session she gets in at once; anywhere else she waits no longer than the window.
    assert!(world.vault.sign_in(&from("192.0.2.1".into()), "ann@example.com", &secret(PASSWORD), None).await.is_ok());
    let elsewhere = world.vault.sign_in(&from("203.0.113.9".into()), "ann@example.com", &secret(PASSWORD), None).await;
    assert_eq!(problem(elsewhere), Problem::TooMany { retry_after: 60 });
}

#[tokio::test]
async fn a_sign_in_over_another_accounts_session_is_told_as_it_was() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    world.person("bob@example.com").await;
    let first = world.vault.sign_in(&nobody(), "ann@example.com", &secret(PASSWORD), None).await.unwrap();
    let over = again(&ann);
    world.vault.sign_in(&over, "bob@example.com", &secret(PASSWORD), Some(&first.token)).await.unwrap();
    let of_bob = "select count(*) from audit_events e join accounts a on a.id = e.actor_id where a.email = 'bob@example.com' \
                  and e.session_id is null and e.action in ('session.begin', 'session.end')";
    // Bob's sign-in at the beginning, the one over Ann's session, and the end of that session.
    assert_eq!(world.count(of_bob).await, 3);
}

#[tokio::test]
async fn the_eleventh_guess_in_a_minute_waits_whoever_the_account_is() {
    let world = World::on(super::BACKEND).await;
    world.person("ann@example.com").await;
    let cx = nobody();
    for email in ["ann@example.com", "nobody@example.com"] {
        for _ in 0..10 {
            let cx = Context { now: cx.now, ..again(&cx) };
            assert_eq!(problem(world.vault.sign_in(&cx, email, &secret("wrong horse battery staple"), None).await), Problem::SignInFailed);
        }
        let refused = world.vault.sign_in(&cx, email, &secret(PASSWORD), None).await;
        assert_eq!(problem(refused), Problem::TooMany { retry_after: 60 }, "{email}");
    }
    let later = Context { now: cx.now + std::time::Duration::from_secs(60), ..nobody() };
    assert!(world.vault.sign_in(&later, "ann@example.com", &secret(PASSWORD), None).await.is_ok());
}

#[tokio::test]
async fn the_last_admin_keeps_the_role() {
    let world = World::on(super::BACKEND).await;
    let system = Context::system();
    world.vault.add_user(&system, "root@example.com", Role::Admin, &secret(PASSWORD)).await.unwrap();
    let root = Email::parse("root@example.com").unwrap();
    assert!(problem(world.vault.set_role(&system, &root, Role::User).await).of_field("role").is_some());
    assert!(problem(world.vault.set_disabled(&system, &root, true).await).of_field("role").is_some());
    world.vault.add_user(&system, "two@example.com", Role::Admin, &secret(PASSWORD)).await.unwrap();
    world.vault.set_role(&system, &root, Role::User).await.unwrap();
}

#[tokio::test]
async fn accounts_are_the_operators_business() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let email = Email::parse("ann@example.com").unwrap();
    assert_eq!(problem(world.vault.users(&ann).await), Problem::Forbidden);
    assert_eq!(problem(world.vault.set_tier(&ann, &email, Tier::Enterprise).await), Problem::Forbidden);
    assert_eq!(problem(world.vault.add_user(&ann, "x@example.com", Role::Admin, &secret(PASSWORD)).await), Problem::Forbidden);
    assert_eq!(problem(world.vault.setup_link(&nobody()).await), Problem::NotAuthenticated);
    let twice = world.vault.add_user(&Context::system(), "Ann@Example.com ", Role::User, &secret(PASSWORD)).await;
    assert!(problem(twice).of_field("email").is_some());
}
