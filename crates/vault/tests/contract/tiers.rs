use crate::world::{World, again, problem};
use domain::{
    Problem,
    person::{Email, Tier},
};
use std::time::Duration;
use vault::{Context, keys::EditKey};

fn secret(n: usize) -> String {
    format!("sk-proj-{n:04}56789abcdefXYZ9")
}

fn later(cx: &Context, minutes: u64) -> Context {
    Context { now: cx.now + Duration::from_secs(minutes * 61), ..again(cx) }
}

/// Seen red with a downgrade that left the keys on.
#[tokio::test]
async fn a_downgrade_switches_off_the_surplus_and_deletes_nothing() {
    let world = World::on(super::BACKEND).await;
    world.person("ann@example.com").await;
    let email = Email::parse("ann@example.com").unwrap();
    let system = Context::system();
    world.vault.set_tier(&system, &email, Tier::Enterprise).await.unwrap();
    let ann = world.sign_in("ann@example.com").await;
    for n in 0..13 {
        world.add(&later(&ann, 0), "openai", &secret(n), &format!("Key {n}")).await.unwrap();
    }
    let newest = world.vault.list_keys(&ann, &Default::default()).await.unwrap().keys[12].id;
    world.vault.edit_key(&ann, newest, EditKey { is_default: Some(true), ..EditKey::default() }).await.unwrap();

    world.vault.set_tier(&system, &email, Tier::Starter).await.unwrap();
    let ann = world.sign_in("ann@example.com").await;
    let keys = world.vault.list_keys(&ann, &Default::default()).await.unwrap().keys;
    assert_eq!((keys.len(), keys.iter().filter(|key| key.enabled).count()), (13, 10));
    assert!(keys[12].enabled, "the default stays on");
    let off: Vec<_> = keys.iter().filter(|key| !key.enabled).map(|key| key.id).collect();
    assert_eq!(off, [keys[9].id, keys[10].id, keys[11].id], "the newest go off");
    assert_eq!(world.count("select count(*) from audit_events where action = 'key.disable' and reason = 'tier'").await, 3);

    let full = Problem::TierLimit { limit: 10 };
    let on = EditKey { enabled: Some(true), ..EditKey::default() };
    assert_eq!(problem(world.vault.edit_key(&ann, off[0], on.clone()).await), full, "not switched on");
    assert_eq!(problem(world.vault.test_key(&ann, off[0]).await), full, "not used");
    assert_eq!(problem(world.add(&ann, "openai", &secret(99), "Key 9").await), full, "not switched on by a new secret");
    assert_eq!(problem(world.add(&ann, "openai", &secret(98), "More").await), full, "not added");
    assert_eq!(world.double.requests(), 0);

    world.vault.edit_key(&ann, keys[0].id, EditKey { enabled: Some(false), ..EditKey::default() }).await.unwrap();
    assert!(world.vault.edit_key(&ann, off[0], on).await.unwrap().enabled, "one for another");
    world.vault.set_tier(&system, &email, Tier::Free).await.unwrap();
    let ann = world.sign_in("ann@example.com").await;
    let keys = world.vault.list_keys(&ann, &Default::default()).await.unwrap().keys;
    assert_eq!((keys.len(), keys.iter().filter(|key| key.enabled).count()), (13, 0), "a tier that holds none");
    assert!(matches!(problem(world.vault.test_key(&ann, keys[0].id).await), Problem::TierRequired { .. }));
    world.vault.delete_key(&ann, keys[0].id, None).await.unwrap();
}

/// Seen red with the keys counted before the unit of work that adds.
#[tokio::test]
async fn of_fifty_adds_at_once_with_one_place_left_one_gets_in() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    for n in 0..9 {
        world.add(&ann, "openai", &secret(n), &format!("Key {n}")).await.unwrap();
    }
    // Two minutes' worth, so that the limit by minute does not come first.
    let tries = (0..50).map(|n| {
        let (world, cx) = (&world, later(&ann, 2 + n / 25 * 2));
        async move { world.add(&cx, "openai", &secret(100 + n as usize), &format!("Race {n}")).await }
    });
    let outcomes = futures::future::join_all(tries).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for lost in outcomes.into_iter().filter(Result::is_err) {
        assert_eq!(problem(lost), Problem::TierLimit { limit: 10 });
    }
    assert_eq!(world.count("select count(*) from provider_keys").await, 10);
}
