//! A key that is off, where the tier has no place for one more.

use crate::world::{World, again, problem, secret};
use domain::{
    Problem,
    person::{Email, Tier},
};
use std::time::Duration;
use vault::{Actor, Context, Proof, api_tokens::NewToken, keys::EditKey};

/// Seen red with a test that does not ask whether the key is on, and with a new secret that switches it on.
#[tokio::test]
async fn a_key_that_is_off_in_a_full_tier_is_used_by_no_caller_and_nothing_comes_of_asking() {
    let world = World::on(super::BACKEND).await;
    world.person("ann@example.com").await;
    let email = Email::parse("ann@example.com").unwrap();
    world.vault.set_tier(&Context::system(), &email, Tier::Enterprise).await.unwrap();
    let ann = world.sign_in("ann@example.com").await;
    let mut last = None;
    for n in 0..11 {
        let later = Context { now: ann.now + Duration::from_secs(n), ..again(&ann) };
        last = Some(world.add(&later, "openai", &format!("sk-proj-{n:04}56789abcdefXYZ9"), &format!("Key {n}")).await.unwrap().id);
    }
    let off = last.unwrap();
    world.vault.set_tier(&Context::system(), &email, Tier::Starter).await.unwrap();
    // The newest went off. What else is done to it does not switch it on: not being the default, and no new secret.
    let ann = world.sign_in("ann@example.com").await;
    world.vault.edit_key(&again(&ann), off, EditKey { is_default: Some(true), ..EditKey::default() }).await.unwrap();
    world.vault.replace_key(&again(&ann), off, secret("sk-proj-anothercanary0123456789"), false, None).await.unwrap();

    let scopes = vec!["keys:test".to_owned()];
    let (_, token) = world.vault.create_token(&again(&ann), NewToken { name: "Nightly".into(), scopes, expires_at: None }).await.unwrap();
    let token = world.vault.authenticate_token(&again(&ann), token.for_owner()).await.unwrap().unwrap();
    let mut bearer = ann.identity().unwrap().clone();
    bearer.proof = Proof::Jwt { id: uuid::Uuid::from_u128(7) };
    for cx in [again(&ann), Context::new(Actor::Person(token), ann.client), Context::new(Actor::Person(bearer), ann.client)] {
        assert_eq!(problem(world.vault.test_key(&cx, off).await), Problem::TierLimit { limit: 10 }, "{:?}", cx.actor);
    }
    let key = world.vault.key(&ann, off).await.unwrap();
    assert_eq!((key.enabled, key.is_default, &key.tested, key.used), (false, true, &None, None));
    assert_eq!((world.double.requests(), world.vault.opened()), (0, 0));
    let traces = "select (select count(*) from audit_events where action like 'key.test%') \
                  + (select count(*) from limit_hits where rule = 'key.test')";
    assert_eq!(world.count(traces).await, 0);
    // One for another: the same key, the same caller.
    let on = world.vault.keys_page(&ann).await.unwrap().keys.into_iter().find(|key| key.enabled).unwrap();
    world.vault.edit_key(&again(&ann), on.id, EditKey { enabled: Some(false), ..EditKey::default() }).await.unwrap();
    world.vault.edit_key(&again(&ann), off, EditKey { enabled: Some(true), ..EditKey::default() }).await.unwrap();
    world.vault.test_key(&again(&ann), off).await.unwrap();
    assert_eq!((world.double.requests(), world.count(traces).await), (1, 3));
    assert_eq!(problem(world.vault.test_key(&again(&ann), on.id).await), Problem::TierLimit { limit: 10 }, "and the other is off now");
}
