//! Another root key: at every point one of the two opens the keyring.

use crate::world::{World, again, problem};
use domain::{Problem, Verdict, views::RotationState};
use std::time::{Duration, Instant};
use vault::{
    Context, RootChange, Vault,
    root_key::RootKey,
    start::{self, StartError},
};

const KEY: &str = "sk-proj-0123456789abcdefXYZ9";

fn copy(root: &RootKey) -> RootKey {
    RootKey::parse(&*root.to_text()).unwrap()
}

async fn opened(world: &World, roots: &[&RootKey]) -> Vault {
    let roots: Vec<_> = roots.iter().map(|root| copy(root)).collect();
    start::open(&world.settings, &roots).await.unwrap()
}

/// Serves until it has been noted.
async fn serve(vault: &Vault, world: &World, noted: i64) {
    let kept = vault.clone();
    let upkeep = tokio::spawn(async move { kept.keep_up().await });
    let begun = Instant::now();
    while world.count("select count(*) from keyring where served_at is not null").await < noted {
        assert!(begun.elapsed() < Duration::from_secs(5), "it is not noted");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    upkeep.abort();
}

/// Fault this was seen to catch: writing the new keyring over the old one.
#[tokio::test]
async fn the_keyring_opens_under_both_root_keys_until_the_old_one_is_let_go() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let key = world.add(&ann, "openai", KEY, "One").await.unwrap();
    let new = RootKey::generate().unwrap();
    let cx = Context::system();
    assert_eq!(world.vault.finalise_root_change(&cx).await.unwrap(), RootChange::NothingToDo);
    assert_eq!(world.vault.begin_root_change(&cx, &new).await.unwrap(), RootChange::Begun);
    assert_eq!(world.vault.begin_root_change(&cx, &new).await.unwrap(), RootChange::AlreadyBegun);
    assert_eq!(problem(world.vault.begin_root_change(&cx, &RootKey::generate().unwrap()).await), Problem::RootKeyChanging);
    for roots in [vec![&world.root], vec![&new], vec![&new, &world.root]] {
        let vault = opened(&world, &roots).await;
        world.execute("delete from limit_hits").await;
        assert_eq!(vault.test_key(&again(&ann), key.id).await.unwrap().verdict, Verdict::Valid);
        vault.close().await;
    }
    // Neither with the old one in place, even where a server has started with it, nor before one has with the new one.
    let forgot = opened(&world, &[&world.root]).await;
    serve(&forgot, &world, 1).await;
    assert_eq!(forgot.finalise_root_change(&cx).await.unwrap(), RootChange::NotServed, "it would delete the new one");
    let changed = opened(&world, &[&new]).await;
    assert_eq!(changed.finalise_root_change(&cx).await.unwrap(), RootChange::NotServed);
    serve(&changed, &world, 2).await;
    assert_eq!(world.vault.finalise_root_change(&cx).await.unwrap(), RootChange::NotServed, "with the old one in place");
    assert_eq!(changed.finalise_root_change(&cx).await.unwrap(), RootChange::Finalised);
    assert!(matches!(start::open(&world.settings, &[copy(&world.root)]).await, Err(StartError::WrongRootKey)));
    assert_eq!(changed.finalise_root_change(&cx).await.unwrap(), RootChange::NothingToDo);
    let told = world.pairs("select action, outcome from audit_events where action like 'keyring.%' order by seq").await;
    let told: Vec<_> = told.iter().map(|(action, outcome)| format!("{action} {outcome}")).collect();
    assert_eq!(told, ["keyring.rekey_root started", "keyring.root_key.served success", "keyring.root_key.served success", "keyring.rekey_root success"]);
    world.execute("delete from limit_hits").await;
    assert_eq!(changed.test_key(&again(&ann), key.id).await.unwrap().verdict, Verdict::Valid);
}

/// Seen red with a change that is given up by whichever key is at hand.
#[tokio::test]
async fn a_change_is_given_up_only_under_the_old_root_key_and_before_a_server_has_started_with_the_new_one() {
    let world = World::on(super::BACKEND).await;
    let (cx, new) = (Context::system(), RootKey::generate().unwrap());
    assert_eq!(world.vault.cancel_root_change(&cx).await.unwrap(), RootChange::NothingToDo);
    world.vault.begin_root_change(&cx, &new).await.unwrap();
    let with_new = opened(&world, &[&new]).await;
    assert_eq!(with_new.cancel_root_change(&cx).await.unwrap(), RootChange::Served, "it would delete the old one");
    with_new.close().await;
    assert_eq!(world.vault.cancel_root_change(&cx).await.unwrap(), RootChange::Cancelled);
    assert!(matches!(start::open(&world.settings, &[copy(&new)]).await, Err(StartError::WrongRootKey)));
    world.vault.begin_root_change(&cx, &new).await.unwrap();
    let with_new = opened(&world, &[&new]).await;
    serve(&with_new, &world, 1).await;
    assert_eq!(world.vault.cancel_root_change(&cx).await.unwrap(), RootChange::Served);
    assert_eq!(with_new.finalise_root_change(&cx).await.unwrap(), RootChange::Finalised);
}

/// Fault this was seen to catch: a ring that is changed under one of two root keys alone.
#[tokio::test]
async fn while_there_are_two_root_keys_the_ring_is_changed_under_both_or_not_at_all() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let key = world.add(&ann, "openai", KEY, "One").await.unwrap();
    let new = RootKey::generate().unwrap();
    world.vault.begin_root_change(&Context::system(), &new).await.unwrap();
    assert_eq!(problem(world.vault.start_rotation(&Context::system()).await), Problem::RootKeyChanging);
    let both = opened(&world, &[&new, &world.root]).await;
    let view = both.rotate(&Context::system(), |_| {}).await.unwrap();
    assert_eq!(view.state, RotationState::Finished);
    assert_eq!(world.count("select count(distinct ring_version) from keyring").await, 1);
    for root in [&world.root, &new] {
        let vault = opened(&world, &[root]).await;
        world.execute("delete from limit_hits").await;
        assert_eq!(vault.test_key(&again(&ann), key.id).await.unwrap().verdict, Verdict::Valid);
        let status = vault.vault_status(&Context::system()).await.unwrap();
        assert_eq!(status.root_key.other.map(|other| other.known), Some(false));
    }
}
