//! Callers who were let in and lost what let them in before their act was done, as while their body was still on its way.

use crate::world::{PASSWORD, World, add, problem, secret};
use domain::{
    Problem,
    person::{Email, Role},
    scope::Scope,
};
use vault::{Actor, Context, accounts::PersonChange, api_tokens::NewToken};

const KEY: &str = "sk-proj-0123456789abcdefXYZ9";

fn nobody() -> Context {
    Context::new(Actor::Nobody, "192.0.2.7".parse().ok())
}

async fn by_token(world: &World, owner: &Context, scope: Scope) -> (Context, domain::ids::TokenId) {
    let new = NewToken { name: scope.as_str().into(), scopes: vec![scope.as_str().into()], expires_at: None };
    let (view, token) = world.vault.create_token(owner, new).await.unwrap();
    let identity = world.vault.authenticate_token(&nobody(), token.for_owner()).await.unwrap().unwrap();
    (nobody().with_actor(Actor::Person(identity)), view.id)
}

/// Seen red without `access::still` in the unit of work.
#[tokio::test]
async fn whoever_lost_their_session_or_token_meanwhile_does_nothing() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let key = world.add(&ann, "openai", KEY, "One").await.unwrap();
    let other = world.sign_in("ann@example.com").await;
    let (program, token) = by_token(&world, &other, Scope::KeysWrite).await;
    let (tester, testing) = by_token(&world, &other, Scope::KeysTest).await;
    world.vault.end_session(&other, ann.identity().unwrap().session().unwrap()).await.unwrap();
    world.vault.revoke_token(&other, token).await.unwrap();
    world.vault.revoke_token(&other, testing).await.unwrap();
    let before = world.count("select count(*) from audit_events").await;
    for gone in [&ann, &program] {
        let new = add("openai", "sk-proj-abcdefabcdefabcdef99", "Two");
        assert_eq!(problem(world.vault.add_key(gone, new).await), Problem::NotAuthenticated);
        let value = secret("sk-proj-zzzzzzzzzzzzzzzz41ab");
        assert_eq!(problem(world.vault.replace_key(gone, key.id, value, false, None).await), Problem::NotAuthenticated);
        assert_eq!(problem(world.vault.delete_key(gone, key.id, None).await), Problem::NotAuthenticated);
    }
    let asked = world.double.requests();
    for gone in [&ann, &tester] {
        assert_eq!(problem(world.vault.test_key(gone, key.id).await), Problem::NotAuthenticated);
    }
    assert_eq!(world.double.requests(), asked, "nothing was sent");
    let new = NewToken { name: "Late".into(), scopes: vec!["keys:read".into()], expires_at: None };
    assert_eq!(problem(world.vault.create_token(&ann, new).await.map(drop)), Problem::NotAuthenticated);
    assert_eq!(world.count("select count(*) from audit_events").await, before, "no event says that anything was done");
    assert_eq!(world.vault.keys_page(&other).await.unwrap().keys.len(), 1);
}

/// Seen red without `access::still` in the unit of work: each of the three gave themselves back what was taken.
#[tokio::test]
async fn whoever_lost_their_role_or_account_meanwhile_gives_it_to_nobody() {
    let world = World::on(super::BACKEND).await;
    world.admin("root@example.com").await;
    let email = Email::parse("mal@example.com").unwrap();
    let system = Context::system();
    world.vault.add_user(&system, email.as_str(), Role::Admin, &secret(PASSWORD)).await.unwrap();
    let mal = world.sign_in(email.as_str()).await;
    let id = mal.identity().unwrap().user;
    let (program, _) = by_token(&world, &mal, Scope::Admin).await;
    let admin = PersonChange { role: Some(Role::Admin), disabled: Some(false), ..PersonChange::default() };

    world.vault.set_role(&system, &email, Role::User).await.unwrap();
    assert_eq!(problem(world.vault.change_person(&mal, id, admin).await.map(drop)), Problem::NotAuthenticated, "the session ended");
    assert_eq!(problem(world.vault.change_person(&program, id, admin).await.map(drop)), Problem::Forbidden, "the token reaches less far");
    world.vault.set_disabled(&system, &email, true).await.unwrap();
    assert_eq!(problem(world.vault.change_person(&program, id, admin).await.map(drop)), Problem::NotAuthenticated);
    let roles = world.pairs("select role, email from accounts where email = 'mal@example.com' and disabled_at is not null").await;
    assert_eq!(roles, [("user".to_owned(), email.as_str().to_owned())]);
}
