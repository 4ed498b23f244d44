//! A rotation over several processes: one is gone, one was too slow, two are at it at once.

use super::rotation::{NOBODY, beside, key, opens_to, rotate, with_keys};
use crate::world::{World, again, problem};
use domain::{Problem, views::RotationState};
use std::time::{Duration, Instant};
use vault::{Context, audit::Chain, root_key::RootKey};

#[tokio::test]
async fn a_rotation_whose_process_is_gone_is_finished_by_another() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let keys = with_keys(&world, &ann).await;
    let root = world.admin("root@example.com").await;
    // It gets somewhere and never to the end.
    world.execute(world.either(
        "create trigger stop before update on provider_keys when old.id = (select max(id) from provider_keys) \
         begin select raise(abort, 'stopped'); end",
        "create function stop() returns trigger language plpgsql as $$ begin \
         if old.id = (select id from provider_keys order by id desc limit 1) then raise exception 'stopped'; end if; return new; end; $$; \
         create trigger stop before update on provider_keys for each row execute function stop()",
    )).await;
    let gone = beside(&world).await;
    gone.start_rotation(&root).await.unwrap();
    gone.close().await;
    world.execute(world.either("drop trigger stop", "drop trigger stop on provider_keys")).await;
    let view = rotate(&world.vault).await;
    assert_eq!((view.state, view.key, view.left), (RotationState::Finished, 4, 0));
    opens_to(&world, &world.vault, &ann, &keys[7], &key(7)).await;
    assert_eq!(world.count("select count(*) from rotations").await, 1);
}

#[tokio::test]
async fn a_serving_process_goes_on_with_a_rotation_and_follows_the_ring_within_two_seconds() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    with_keys(&world, &ann).await;
    let serving = beside(&world).await;
    let kept = serving.clone();
    let upkeep = tokio::spawn(async move { kept.keep_up().await });
    // A rotation that a process began and left at once: its lease was never taken.
    world.execute(world.either(
        "create trigger stop before update on provider_keys begin select raise(abort, 'stopped'); end",
        "create function stop() returns trigger language plpgsql as $$ begin raise exception 'stopped'; end; $$; \
         create trigger stop before update on provider_keys for each row execute function stop()",
    )).await;
    let gone = beside(&world).await;
    gone.start_rotation(&Context::system()).await.unwrap();
    gone.close().await;
    world.execute(world.either("drop trigger stop", "drop trigger stop on provider_keys")).await;
    world.execute("update leases set ends_at = (select created_at from accounts limit 1)").await;
    let begun = Instant::now();
    while world.count(NOBODY).await > 0 || world.count("select count(*) from rotations where finished_at is null").await > 0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "nobody goes on with it");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    rotate(&world.vault).await;
    let opened = serving.opened();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(serving.opened(), opened, "following the ring opens nothing");
    upkeep.abort();
}

/// Fault this was seen to catch: a unit of work that does not ask whether the lease is still its own.
#[tokio::test]
async fn a_process_that_lost_its_lease_writes_nothing_any_more() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    with_keys(&world, &ann).await;
    // The task goes to somebody else as soon as the new key is active.
    let theft = world.either(
        "create trigger theft after insert on audit_events when new.action = 'keyring.activate' begin update leases set fence = fence + 1; end",
        "create function theft() returns trigger language plpgsql as $$ begin if new.action = 'keyring.activate' then \
         update leases set fence = fence + 1; end if; return null; end; $$; \
         create trigger theft after insert on audit_events for each row execute function theft()",
    );
    world.execute(theft).await;
    world.vault.start_rotation(&Context::system()).await.unwrap();
    let begun = Instant::now();
    while world.count("select count(*) from audit_events where action = 'keyring.activate'").await == 0 {
        assert!(begun.elapsed() < Duration::from_secs(5), "it does not begin");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(world.count("select count(*) from provider_keys where data_key_id <> 1").await, 0, "it went on");
    world.execute(world.either("drop trigger theft", "drop trigger theft on audit_events")).await;
    assert_eq!(rotate(&world.vault).await.left, 0);
}

#[tokio::test]
async fn rotating_is_for_administrators_and_destroying_for_the_operator() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let root = world.admin("root@example.com").await;
    assert_eq!(problem(world.vault.start_rotation(&ann).await), Problem::Forbidden);
    assert_eq!(problem(world.vault.vault_status(&ann).await), Problem::Forbidden);
    assert_eq!(problem(world.vault.rotate(&root, |_| {}).await), Problem::Forbidden);
    assert_eq!(problem(world.vault.retire_data_keys(&root, Duration::ZERO, false).await), Problem::Forbidden);
    assert_eq!(problem(world.vault.begin_root_change(&root, &RootKey::generate().unwrap()).await), Problem::Forbidden);
    assert_eq!(problem(world.vault.finalise_root_change(&root).await), Problem::Forbidden);
    let mut old = again(&root);
    old.now = old.now + Duration::from_secs(700);
    assert!(matches!(problem(world.vault.start_rotation(&old).await), Problem::Invalid { .. }), "the password is asked for again");
    assert_eq!(world.count("select count(*) from audit_events where action like 'keyring.%'").await, 0);
    for _ in 0..6 {
        world.vault.start_rotation(&again(&root)).await.unwrap();
        rotate(&world.vault).await;
    }
    assert!(matches!(problem(world.vault.start_rotation(&again(&root)).await), Problem::TooMany { .. }), "the ring does not grow without end");
}

#[tokio::test]
async fn two_that_rotate_at_once_do_not_get_in_each_others_way() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let keys = with_keys(&world, &ann).await;
    let other = beside(&world).await;
    let (one, two) = tokio::join!(rotate(&world.vault), rotate(&other));
    assert!(one.state.is_over() && two.state.is_over());
    assert_eq!(world.count(NOBODY).await, 0);
    opens_to(&world, &other, &ann, &keys[0], &key(0)).await;
    assert!(matches!(other.verify_audit(&Context::system()).await.unwrap(), Chain::Intact(_)));
}
