use crate::world::{PASSWORD, World, again, problem, secret};
use domain::{
    Problem,
    person::{Role, Theme},
};
use std::time::Duration;
use vault::{Actor, Context, accounts::SessionToken, identity::IdentitySettings, store::rows::PendingSignInRow};

fn later(cx: &Context, seconds: u64) -> Context {
    Context { now: cx.now + Duration::from_secs(seconds), ..again(cx) }
}

#[tokio::test]
async fn without_a_provider_nobody_comes_from_one() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    assert_eq!(world.vault.provider_name(), None);
    assert!(world.vault.provider_origins().is_empty());
    assert!(world.vault.authenticate_jwt(&ann, "a.b.c").await.unwrap().is_none());
    assert_eq!(problem(world.vault.begin_provider_sign_in(&ann, "/keys", false).await), Problem::NotFound);
    assert!(world.vault.provider_sign_out(&ann).await.is_none());
    assert!(world.vault.account(&ann).await.unwrap().provider.is_none());
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_is_told_and_asked_for_nothing_else() {
    let world = World::on(super::BACKEND).await;
    let identity = Some(IdentitySettings::new("http://127.0.0.1:1/realms/x".into(), "keyward".into(), "http://127.0.0.1:3000"));
    let settings = vault::Settings { identity, ..world.settings.clone() };
    let vault = vault::start::open(&settings, std::slice::from_ref(&world.root)).await.unwrap();
    let nobody = Context::new(Actor::Nobody, None);
    assert!(matches!(problem(vault.begin_provider_sign_in(&nobody, "/keys", false).await), Problem::ProviderUnavailable { .. }));
    assert_eq!(problem(vault.begin_provider_sign_in(&nobody, "/keys", true).await), Problem::NotAuthenticated, "to confirm");
    assert_eq!(vault.provider_name().as_deref(), Some("127.0.0.1"));
    assert_eq!(vault.provider_origins(), ["http://127.0.0.1:1"]);
    vault.close().await;
}

/// The table holds no state, no nonce and no verifier, and one use is all there is of a row.
#[tokio::test]
async fn a_sign_in_that_was_begun_is_kept_as_a_hash_and_used_once() {
    let world = World::on(super::BACKEND).await;
    let cx = Context::new(Actor::Nobody, None);
    let row = PendingSignInRow {
        cookie_hash: [7; 32],
        session: None,
        next: "/tokens".into(),
        created_at: cx.now,
        ends_at: cx.now + Duration::from_secs(600),
    };
    let store = world.store().await;
    let kept = row.clone();
    let now = cx.now;
    store.write(move |tx| Box::pin(async move { Ok(tx.insert_pending_sign_in(&kept, now).await?) })).await.unwrap();
    let take = |hash: [u8; 32], seconds: u64| {
        let (store, at) = (&store, now + Duration::from_secs(seconds));
        async move { store.write(move |tx| Box::pin(async move { Ok(tx.take_pending_sign_in(&hash, at).await?) })).await.unwrap() }
    };
    assert!(take([8; 32], 1).await.is_none(), "of another browser");
    assert!(take([7; 32], 600).await.is_none(), "ten minutes later");
    let taken = take([7; 32], 599).await.expect("in time");
    assert_eq!((taken.next.as_str(), taken.session), ("/tokens", None));
    assert!(take([7; 32], 599).await.is_none(), "again");
    store.close().await;
}

#[tokio::test]
async fn an_identity_belongs_to_one_account_and_an_account_to_one_identity() {
    let world = World::on(super::BACKEND).await;
    let (ann, bob) = (world.person("ann@example.com").await, world.person("bob@example.com").await);
    let (ann, bob) = (ann.identity().unwrap().user, bob.identity().unwrap().user);
    let store = world.store().await;
    let link = |issuer: &'static str, subject: &'static str, account| {
        let store = &store;
        async move {
            let now = Context::system().now;
            store.write(move |tx| Box::pin(async move { Ok(tx.insert_identity(issuer, subject, account, now).await?) })).await.is_ok()
        }
    };
    assert!(link("https://one", "1", ann).await);
    assert!(!link("https://one", "1", bob).await, "the same subject");
    assert!(!link("https://two", "1", ann).await, "the same account");
    assert!(link("https://two", "1", bob).await, "the same subject of another issuer");
    let found = |issuer: &'static str, subject: &'static str| {
        let store = &store;
        async move { store.account_by_identity(issuer, subject).await.unwrap().map(|account| account.id) }
    };
    assert_eq!((found("https://one", "1").await, found("https://two", "1").await), (Some(ann), Some(bob)));
    assert_eq!((found("https://one", "2").await, found("https://ONE", "1").await), (None, None));
    store.close().await;
}

#[tokio::test]
async fn a_kept_form_opens_on_its_page_for_its_person_and_for_a_while() {
    let world = World::on(super::BACKEND).await;
    let system = Context::system();
    world.vault.add_user(&system, "ann@example.com", Role::User, &secret(PASSWORD)).await.unwrap();
    let nobody = Context::new(Actor::Nobody, None);
    let session = world.vault.sign_in(&nobody, "ann@example.com", &secret(PASSWORD), None).await.unwrap();
    let ann = nobody.clone().with_actor(Actor::Person(session.identity.clone()));
    let typed = vec![("label".to_owned(), "Ü & company".to_owned()), ("empty".to_owned(), String::new())];
    let keep = |token: Option<SessionToken>, typed: Vec<(String, String)>| {
        let (vault, cx) = (world.vault.clone(), nobody.clone());
        async move { vault.keep_form(&cx, token.as_ref(), "/keys/new", typed).await.unwrap() }
    };
    let kept = keep(Some(session.token.clone()), typed.clone()).await.unwrap();
    assert!(kept.len() < 3_900 && !kept.contains("company"));
    let open = |cx: &Context, path: &str, kept: &str| world.vault.kept_form(cx, path, kept);
    assert_eq!(open(&ann, "/keys/new", &kept), Some(vec![("label".to_owned(), "Ü & company".to_owned())]));
    assert_eq!(open(&ann, "/tokens/new", &kept), None, "another page");
    assert_eq!(open(&later(&ann, 901), "/keys/new", &kept), None, "too late");
    assert_eq!(open(&nobody, "/keys/new", &kept), None, "nobody");
    let bob = world.person("bob@example.com").await;
    assert_eq!(open(&bob, "/keys/new", &kept), None, "somebody else");
    let (until, text) = kept.split_once('.').unwrap();
    let longer = format!("{}.{text}", until.parse::<i64>().unwrap() + 1);
    for tampered in [longer.as_str(), "", ".", "9.x", text] {
        assert_eq!(open(&ann, "/keys/new", tampered), None, "{tampered}");
    }
    assert_eq!(keep(None, typed.clone()).await, None, "nobody's");
    assert_eq!(keep(SessionToken::parse(&"A".repeat(43)), typed).await, None, "no session's");
    let long = vec![("label".to_owned(), "short".to_owned()), ("description".to_owned(), "x".repeat(4_000))];
    let kept = keep(Some(session.token.clone()), long).await.unwrap();
    assert!(kept.len() < 3_900);
    assert_eq!(open(&ann, "/keys/new", &kept), Some(vec![("label".to_owned(), "short".to_owned())]), "the longest is left out");
}

#[tokio::test]
async fn a_theme_is_kept_for_its_person() {
    let world = World::on(super::BACKEND).await;
    let (ann, bob) = (world.person("ann@example.com").await, world.person("bob@example.com").await);
    assert_eq!(world.vault.theme(&ann).await.unwrap(), None);
    for theme in [Some(Theme::Dark), Some(Theme::Light), None, Some(Theme::Dark)] {
        world.vault.set_theme(&ann, theme).await.unwrap();
        assert_eq!(world.vault.theme(&ann).await.unwrap(), theme);
    }
    assert_eq!(world.vault.theme(&bob).await.unwrap(), None);
    assert_eq!(world.count("select count(*) from audit_events where action = 'account.set_theme'").await, 4);
}
