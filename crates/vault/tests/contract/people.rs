use crate::world::{PASSWORD, World, again, problem, secret};
use domain::{
    Problem,
    ids::UserId,
    person::{Email, Role, Tier},
    scope::Scope,
    views::PeopleAsked,
};
use std::time::Duration;
use vault::{
    Actor, Context, Proof,
    accounts::{PersonChange, ResetToken},
    api_tokens::NewToken,
};

const NEW: &str = "seven purple ladders under the bridge";
const KEY: &str = "sk-proj-0123456789abcdefXYZ9";

fn nobody() -> Context {
    Context::new(Actor::Nobody, "192.0.2.7".parse().ok())
}

fn id_of(cx: &Context) -> UserId {
    cx.identity().unwrap().user
}

fn disable() -> PersonChange {
    PersonChange { disabled: Some(true), ..PersonChange::default() }
}

/// The same person, whose password was given `seconds` ago.
fn given(cx: &Context, seconds: u64) -> Context {
    let now = again(cx);
    let mut identity = cx.identity().unwrap().clone();
    if let Proof::Session { authenticated_at, .. } = &mut identity.proof {
        *authenticated_at = now.now - Duration::from_secs(seconds);
    }
    now.with_actor(Actor::Person(identity))
}

async fn emails(world: &World, cx: &Context, asked: PeopleAsked) -> Vec<String> {
    world.vault.people(cx, &asked, 200).await.unwrap().people.into_iter().map(|line| line.person.email.into()).collect()
}

#[tokio::test]
async fn people_are_listed_in_slices_and_found_by_a_part_of_their_address() {
    let world = World::on(super::BACKEND).await;
    let root = world.admin("root@example.com").await;
    for n in 0..5 {
        world.vault.add_user(&Context::system(), &format!("user_{n}@example.com"), Role::User, &secret(PASSWORD)).await.unwrap();
    }
    world.vault.set_tier(&Context::system(), &Email::parse("user_3@example.com").unwrap(), Tier::Free).await.unwrap();
    world.vault.set_disabled(&Context::system(), &Email::parse("user_4@example.com").unwrap(), true).await.unwrap();

    let mut after = None;
    let mut all = Vec::new();
    loop {
        let asked = PeopleAsked { after: after.take(), ..PeopleAsked::default() };
        let slice = world.vault.people(&root, &asked, 4).await.unwrap();
        assert!(slice.people.len() <= 4);
        all.extend(slice.people.into_iter().map(|line| String::from(line.person.email)));
        match slice.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    let mut sorted = all.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!((all.len(), all), (6, sorted), "each once and in order");

    let search = |text: &str| PeopleAsked { search: text.into(), ..PeopleAsked::default() };
    assert_eq!(emails(&world, &root, search(" USER_1 ")).await, ["user_1@example.com"]);
    // Nothing that a pattern would mean means anything here. Seen to fail with `like`, and where PostgreSQL was asked for a NUL.
    for text in ["%", "user%1", "use__1", "\\", "'", "\0"] {
        assert_eq!(emails(&world, &root, search(text)).await, [""; 0], "{text}");
    }
    assert_eq!(emails(&world, &root, PeopleAsked { role: Some(Role::Admin), ..search("") }).await, ["root@example.com"]);
    assert_eq!(emails(&world, &root, PeopleAsked { tier: Some(Tier::Free), ..search("") }).await, ["user_3@example.com"]);
    assert_eq!(emails(&world, &root, PeopleAsked { disabled: Some(true), ..search("") }).await, ["user_4@example.com"]);
    assert_eq!(emails(&world, &root, PeopleAsked { disabled: Some(false), ..search("user") }).await.len(), 4);
    for limit in [0, 201] {
        assert!(problem(world.vault.people(&root, &search(""), limit).await).of_field("limit").is_some());
    }
}

#[tokio::test]
async fn people_and_their_keys_are_a_number_to_an_administrator_and_nothing_to_anybody_else() {
    let world = World::on(super::BACKEND).await;
    let root = world.admin("root@example.com").await;
    let ann = world.person("ann@example.com").await;
    let key = world.add(&ann, "openai", KEY, "Very own").await.unwrap();
    let line = world.vault.person(&root, id_of(&ann)).await.unwrap();
    assert_eq!((line.keys, line.tokens, line.seen.is_some()), (1, 0, true));
    let page = format!("{:?}", world.vault.person_page(&root, id_of(&ann)).await.unwrap());
    for told in ["Very own", "XYZ9", "openai", &key.id.to_string()] {
        assert!(!page.contains(told), "{told}: {page}");
    }
    assert_eq!(problem(world.vault.key(&root, key.id).await), Problem::KeyNotFound);
    assert_eq!(problem(world.vault.test_key(&root, key.id).await), Problem::KeyNotFound);
    assert_eq!((world.vault.opened(), world.double.requests()), (0, 0));

    let asked = PeopleAsked::default();
    assert_eq!(problem(world.vault.people(&ann, &asked, 10).await), Problem::Forbidden);
    assert_eq!(problem(world.vault.person(&ann, id_of(&ann)).await), Problem::Forbidden);
    assert_eq!(problem(world.vault.change_person(&ann, id_of(&ann), disable()).await), Problem::Forbidden);
    assert_eq!(problem(world.vault.end_sessions_of(&ann, id_of(&root)).await), Problem::Forbidden);
    assert_eq!(problem(world.vault.reset_link(&ann, id_of(&root)).await.map(drop)), Problem::Forbidden);
    assert_eq!(problem(world.vault.overview(&ann).await), Problem::Forbidden);
    assert_eq!(problem(world.vault.people(&nobody(), &asked, 10).await), Problem::NotAuthenticated);
}

#[tokio::test]
async fn role_tier_and_state_change_together_or_not_at_all() {
    let world = World::on(super::BACKEND).await;
    let root = world.admin("root@example.com").await;
    let ann = world.person("ann@example.com").await;
    let change = PersonChange { role: Some(Role::Admin), tier: Some(Tier::Enterprise), disabled: None };
    let line = world.vault.change_person(&root, id_of(&ann), change).await.unwrap();
    assert_eq!((line.person.role, line.person.tier), (Role::Admin, Tier::Enterprise));
    let events = "select count(*) from audit_events where action in ('account.set_role', 'account.set_tier')";
    assert_eq!(world.count(events).await, 2);
    world.vault.change_person(&root, id_of(&ann), change).await.unwrap();
    assert_eq!(world.count(events).await, 2, "what is so already is no change");

    // The last administrator keeps role and access, and the tier that came with it stays as well.
    world.vault.change_person(&root, id_of(&ann), disable()).await.unwrap();
    for change in [PersonChange { role: Some(Role::User), tier: Some(Tier::Free), disabled: None }, disable()] {
        assert_eq!(problem(world.vault.change_person(&root, id_of(&root), change).await).of_field("role").unwrap().code, "last_admin");
    }
    assert_eq!(world.vault.person(&root, id_of(&root)).await.unwrap().person.tier, Tier::Starter);
    assert!(world.vault.person_page(&root, id_of(&root)).await.unwrap().last_admin);
    let nowhere = UserId::from_uuid(uuid::Uuid::from_u128(7));
    assert_eq!(problem(world.vault.change_person(&root, nowhere, disable()).await), Problem::NotFound);
}

#[tokio::test]
async fn an_old_password_is_not_enough_to_change_people_and_a_token_needs_its_scope() {
    let world = World::on(super::BACKEND).await;
    let root = world.admin("root@example.com").await;
    let ann = world.person("ann@example.com").await;
    let old = given(&root, 601);
    for refused in [
        problem(world.vault.change_person(&old, id_of(&ann), disable()).await),
        problem(world.vault.reset_link(&old, id_of(&ann)).await.map(drop)),
    ] {
        assert_eq!(refused.of_field("password").unwrap().code, "step_up");
    }
    assert!(world.vault.person_page(&old, id_of(&ann)).await.unwrap().step_up);
    // To end sessions protects somebody, and does not wait for a password.
    assert_eq!(world.vault.end_sessions_of(&old, id_of(&ann)).await.unwrap(), 1);
    world.vault.change_person(&given(&root, 599), id_of(&ann), disable()).await.unwrap();

    for (scope, may) in [("admin", true), ("keys:read", false)] {
        let new = NewToken { name: scope.into(), scopes: vec![scope.into()], expires_at: None };
        let (_, token) = world.vault.create_token(&root, new).await.unwrap();
        let identity = world.vault.authenticate_token(&nobody(), token.for_owner()).await.unwrap().unwrap();
        let cx = nobody().with_actor(Actor::Person(identity));
        let enable = PersonChange { disabled: Some(false), ..PersonChange::default() };
        assert_eq!(world.vault.change_person(&cx, id_of(&ann), enable).await.is_ok(), may, "{scope}");
    }
}

#[tokio::test]
async fn disabling_ends_sessions_tokens_and_links_at_once_and_keeps_the_keys() {
    let world = World::on(super::BACKEND).await;
    let root = world.admin("root@example.com").await;
    world.person("ann@example.com").await;
    let session = world.vault.sign_in(&nobody(), "ann@example.com", &secret(PASSWORD), None).await.unwrap();
    let ann = nobody().with_actor(Actor::Person(session.identity.clone()));
    world.add(&ann, "openai", KEY, "Stays").await.unwrap();
    let new = NewToken { name: "CI".into(), scopes: vec![Scope::KeysRead.as_str().into()], expires_at: None };
    let (_, token) = world.vault.create_token(&ann, new).await.unwrap();
    let link = world.vault.reset_link(&root, id_of(&ann)).await.unwrap();

    world.vault.change_person(&root, id_of(&ann), disable()).await.unwrap();
    assert!(world.vault.authenticate(&nobody(), &session.token).await.unwrap().is_none());
    assert!(world.vault.authenticate_token(&nobody(), token.for_owner()).await.unwrap().is_none());
    assert!(!world.vault.reset_link_works(&nobody(), link.for_link()).await.unwrap());
    assert_eq!(world.count("select count(*) from sessions s join accounts a on a.id = s.account_id where a.role = 'user'").await, 0);
    assert_eq!(world.vault.person(&root, id_of(&ann)).await.unwrap().keys, 1);
    assert!(problem(world.vault.reset_link(&root, id_of(&ann)).await.map(drop)).of_field("account").is_some());

    let enable = PersonChange { disabled: Some(false), ..PersonChange::default() };
    world.vault.change_person(&root, id_of(&ann), enable).await.unwrap();
    let ann = world.sign_in("ann@example.com").await;
    assert_eq!(world.vault.keys_page(&ann).await.unwrap().keys.len(), 1);
    assert!(world.vault.authenticate(&nobody(), &session.token).await.unwrap().is_none(), "what has ended does not come back");
}

#[tokio::test]
async fn an_administrator_ends_one_session_of_somebody_or_all() {
    let world = World::on(super::BACKEND).await;
    let root = world.admin("root@example.com").await;
    let ann = world.person("ann@example.com").await;
    world.sign_in("ann@example.com").await;
    let page = world.vault.person_page(&root, id_of(&ann)).await.unwrap();
    assert_eq!(page.sessions.len(), 2);
    assert!(page.sessions.iter().all(|session| !session.current));
    let one = page.sessions[0].id;
    assert_eq!(problem(world.vault.end_session_of(&root, id_of(&root), one).await), Problem::NotFound, "not of this account");
    world.vault.end_session_of(&root, id_of(&ann), one).await.unwrap();
    assert_eq!(problem(world.vault.end_session_of(&root, id_of(&ann), one).await), Problem::NotFound, "again");
    assert_eq!(world.vault.end_sessions_of(&root, id_of(&ann)).await.unwrap(), 1);
    assert_eq!(world.vault.person_page(&root, id_of(&ann)).await.unwrap().sessions, []);
    assert!(world.vault.person_page(&root, id_of(&root)).await.unwrap().sessions[0].current);
}

#[tokio::test]
async fn a_link_sets_one_new_password_and_ends_every_session() {
    let world = World::on(super::BACKEND).await;
    let root = world.admin("root@example.com").await;
    let ann = world.person("ann@example.com").await;
    let before = world.vault.sign_in(&nobody(), "ann@example.com", &secret(PASSWORD), None).await.unwrap();
    let first = world.vault.reset_link(&root, id_of(&ann)).await.unwrap();
    let link = world.vault.reset_link(&root, id_of(&ann)).await.unwrap();
    assert!(!world.vault.reset_link_works(&nobody(), first.for_link()).await.unwrap(), "a new link ends the one before");
    assert!(!format!("{link:?}").contains(link.for_link()));
    let stored = world.content().await;
    assert!(!stored.windows(20).any(|window| window == &link.for_link().as_bytes()[..20]), "the database has only its hash");

    // A password here would let somebody in past the provider.
    let (store, guest, now) = (world.store().await, world.person("guest@example.com").await, root.now);
    let id = id_of(&guest);
    store.write(move |tx| Box::pin(async move { Ok(tx.insert_identity("https://id.example.com", "7", id, now).await?) })).await.unwrap();
    assert_eq!(problem(world.vault.reset_link(&root, id).await.map(drop)).of_field("account").unwrap().code, "provider");

    // A refused password uses nothing up.
    let weak = problem(world.vault.reset_password(&nobody(), link.for_link(), &secret("password1234")).await);
    assert!(weak.of_field("password").is_some());
    assert!(world.vault.sign_in(&nobody(), "ann@example.com", &secret(PASSWORD), None).await.is_ok(), "the old one works until then");
    world.vault.reset_password(&nobody(), link.for_link(), &secret(NEW)).await.unwrap();
    assert_eq!(problem(world.vault.reset_password(&nobody(), link.for_link(), &secret(NEW)).await), Problem::ResetLinkInvalid, "once");
    assert!(world.vault.authenticate(&nobody(), &before.token).await.unwrap().is_none());
    assert_eq!(problem(world.vault.sign_in(&nobody(), "ann@example.com", &secret(PASSWORD), None).await), Problem::SignInFailed);
    assert!(world.vault.sign_in(&nobody(), "ann@example.com", &secret(NEW), None).await.is_ok());
    for made_up in ["", "x", &"A".repeat(43)] {
        assert_eq!(problem(world.vault.reset_password(&nobody(), made_up, &secret(NEW)).await), Problem::ResetLinkInvalid);
    }
    let told = world.pairs("select action, outcome from audit_events where action like 'account.reset%' order by seq").await;
    let told: Vec<_> = told.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(told, ["account.reset_link", "account.reset_link", "account.reset_password"]);
}

/// Seen red with links that end only with the account they are for.
#[tokio::test]
async fn a_link_ends_with_the_password_it_would_replace_and_with_what_its_maker_may_do() {
    let world = World::on(super::BACKEND).await;
    let root = world.admin("root@example.com").await;
    let ann = world.person("ann@example.com").await;
    let mal = Email::parse("mal@example.com").unwrap();
    let works = async |link: &ResetToken| world.vault.reset_link_works(&nobody(), link.for_link()).await.unwrap();
    world.vault.add_user(&Context::system(), mal.as_str(), Role::Admin, &secret(PASSWORD)).await.unwrap();
    for disabled in [None, Some(true)] {
        let by_mal = world.vault.reset_link(&world.sign_in(mal.as_str()).await, id_of(&root)).await.unwrap();
        let by_root = world.vault.reset_link(&root, id_of(&ann)).await.unwrap();
        let role = disabled.is_none().then_some(Role::User);
        let change = PersonChange { role, disabled, ..PersonChange::default() };
        let id = id_of(&world.sign_in(mal.as_str()).await);
        world.vault.change_person(&root, id, change).await.unwrap();
        assert!(!works(&by_mal).await, "{disabled:?}");
        assert!(works(&by_root).await, "of somebody else");
        world.vault.set_role(&Context::system(), &mal, Role::Admin).await.unwrap();
    }
    let link = world.vault.reset_link(&root, id_of(&ann)).await.unwrap();
    world.vault.change_password(&ann, &secret(PASSWORD), &secret(NEW)).await.unwrap();
    assert!(!works(&link).await, "whoever fears that a link was read can end it");
}

/// Seen to fail without `expires_at` in the statements that look for a link and take it.
#[tokio::test]
async fn a_link_works_for_fifteen_minutes_and_for_one_of_those_who_race() {
    let world = World::on(super::BACKEND).await;
    let email = Email::parse("ann@example.com").unwrap();
    let ann = world.person("ann@example.com").await;
    let system = Context::system();
    let link = world.vault.reset_link_for(&system, &email).await.unwrap();
    let at = |seconds| Context { now: system.now + Duration::from_secs(seconds), ..nobody() };
    assert!(world.vault.reset_link_works(&at(15 * 60 - 1), link.for_link()).await.unwrap());
    assert_eq!(problem(world.vault.reset_password(&at(15 * 60), link.for_link(), &secret(NEW)).await), Problem::ResetLinkInvalid);
    let tries = (0..8).map(|n| {
        let (vault, link) = (world.vault.clone(), link.clone());
        async move { vault.reset_password(&nobody(), link.for_link(), &secret(&format!("{NEW} {n}"))).await }
    });
    let results = futures::future::join_all(tries).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    let nowhere = Email::parse("nobody@example.com").unwrap();
    assert_eq!(problem(world.vault.reset_link_for(&system, &nowhere).await.map(drop)), Problem::NotFound);
    assert_eq!(problem(world.vault.reset_link_for(&ann, &email).await.map(drop)), Problem::Forbidden);
}

#[tokio::test]
async fn two_administrators_who_disable_each_other_at_once_leave_one() {
    let world = World::on(super::BACKEND).await;
    let (one, two) = (world.admin("one@example.com").await, world.admin("two@example.com").await);
    let (first, second) =
        tokio::join!(world.vault.change_person(&one, id_of(&two), disable()), world.vault.change_person(&two, id_of(&one), disable()));
    assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
    assert_eq!(world.count("select count(*) from accounts where role = 'admin' and disabled_at is null").await, 1);
}

#[tokio::test]
async fn the_overview_says_what_it_looked_at_and_what_is_wrong() {
    let world = World::on(super::BACKEND).await;
    let root = world.admin("root@example.com").await;
    let check = |page: &domain::views::OverviewPage, title: &str| page.checks.iter().find(|check| check.title == title).unwrap().clone();
    let page = world.vault.overview(&root).await.unwrap();
    assert!(check(&page, "Provider keys").is_fine());
    assert!(check(&page, "People").notes[0].text.contains("single administrator"));
    assert!(check(&page, "Audit trail").notes[0].text.contains("Nobody has verified"));

    world.admin("two@example.com").await;
    world.vault.check_audit(&root).await.unwrap();
    let ann = world.person("ann@example.com").await;
    let key = world.add(&ann, "openai", KEY, "").await.unwrap();
    let soon = (ann.now + Duration::from_secs(24 * 60 * 60)).to_string();
    let edit = vault::keys::EditKey { expires_at: Some(soon), ..vault::keys::EditKey::default() };
    world.vault.edit_key(&ann, key.id, edit).await.unwrap();
    let page = world.vault.overview(&again(&root)).await.unwrap();
    assert!(check(&page, "People").is_fine() && check(&page, "Audit trail").is_fine(), "{page:?}");
    assert_eq!(check(&page, "Provider keys").notes[0].text, "1 enabled key of 1 person ends within 14 days. Each owner sees which.");
    let later = Context { now: root.now + Duration::from_secs(2 * 24 * 60 * 60), ..root.clone() };
    let page = world.vault.overview(&later).await.unwrap();
    assert_eq!(check(&page, "Provider keys").notes[0].text, "1 enabled key of 1 person is past the noted end. Each owner sees which.");

    for (sqlite, postgres) in [
        ("drop trigger audit_events_no_update", "drop trigger audit_events_no_update on audit_events"),
        ("update audit_events set action = 'x' where seq = 3", "update audit_events set action = 'x' where seq = 3"),
    ] {
        world.execute(world.either(sqlite, postgres)).await;
    }
    let page = world.vault.overview(&again(&root)).await.unwrap();
    assert!(check(&page, "Audit trail").notes[0].text.starts_with("Event 3 is missing, was changed"), "{page:?}");
    let found = world.vault.check_audit(&again(&root)).await.unwrap();
    assert_eq!((found.events, found.first_bad), (2, Some(3)));
    assert_eq!(world.vault.opened(), 0);
}
