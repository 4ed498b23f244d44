//! Another data key, while everybody works on.

use crate::world::{World, again, problem, secret};
use domain::{
    Problem, Verdict,
    views::{DataKeyState, KeyView, RotationState},
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use vault::{
    Context, Vault,
    audit::Chain,
    credentials::{NewCredential, Put, Whose},
    start,
};

pub(super) const NOBODY: &str = "select count(*) from provider_keys where data_key_id <> (select max(data_key_id) from provider_keys)";

pub(super) fn key(n: usize) -> String {
    format!("sk-proj-0123456789abcdef{n:04}")
}

/// Ten keys of one person.
pub(super) async fn with_keys(world: &World, cx: &Context) -> Vec<KeyView> {
    let mut keys = Vec::new();
    for n in 0..10 {
        keys.push(world.add(&again(cx), "openai", &key(n), &format!("k{n}")).await.unwrap());
    }
    keys
}

pub(super) async fn rotate(vault: &Vault) -> domain::views::RotationView {
    vault.rotate(&Context::system(), |_| {}).await.unwrap()
}

/// Another process on the same database, which nothing has told of a change.
pub(super) async fn beside(world: &World) -> Vault {
    let root = std::slice::from_ref(&world.root);
    start::open(&world.settings, root).await.unwrap()
}

/// The key that the provider saw last.
fn seen(world: &World) -> String {
    let request = world.double.seen.lock().unwrap().last().cloned().unwrap();
    request.lines().find_map(|line| line.split_once("Bearer ").map(|(_, key)| key.trim().to_owned())).unwrap()
}

pub(super) async fn opens_to(world: &World, vault: &Vault, cx: &Context, key: &KeyView, value: &str) {
    world.execute("delete from limit_hits").await;
    assert_eq!(vault.test_key(&again(cx), key.id).await.unwrap().verdict, Verdict::Valid, "{}", key.title());
    assert_eq!(seen(world), value);
}

#[tokio::test]
async fn every_value_is_sealed_anew_and_nothing_else_of_its_row_changes() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let root = world.admin("root@example.com").await;
    let keys = with_keys(&world, &ann).await;
    let token = "canary-cloudflare-token-0123456789abcdefWXYZ";
    for whose in [Whose::Installation, Whose::Own] {
        let new = NewCredential { service: "cloudflare".into(), credential_type: "api_token".into(), value: secret(token), ..NewCredential::default() };
        world.vault.put_credential(&again(&root), whose, new, Put::Either).await.unwrap();
    }
    let listed = world.vault.keys_page(&ann).await.unwrap().keys;
    let view = rotate(&world.vault).await;
    assert_eq!((view.state, view.total, view.resealed, view.left), (RotationState::Finished, 12, 12, 0));
    assert_eq!(world.vault.keys_page(&ann).await.unwrap().keys, listed);
    assert_eq!(world.count("select count(*) from provider_keys where data_key_id = 4").await, 10);
    assert_eq!(world.count("select count(*) from service_credentials where data_key_id = 4").await, 2);
    for (n, row) in keys.iter().enumerate().step_by(3) {
        opens_to(&world, &world.vault, &ann, row, &key(n)).await;
    }
    let status = world.vault.vault_status(&root).await.unwrap();
    assert_eq!((status.active_key, status.min_decrypt, status.quarantined), (4, 4, 0));
    let states: Vec<_> = status.data_keys.iter().map(|key| (key.id, key.state, key.rows)).collect();
    assert_eq!(states, [(1, DataKeyState::Retired, 0), (4, DataKeyState::Active, 12)]);
    assert_eq!(world.vault.verify_audit(&Context::system()).await.unwrap(), Chain::Intact(status.audit.newest));
    let told = world.pairs("select action, details from audit_events where action like 'keyring.%' order by seq").await;
    let actions: Vec<_> = told.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(actions, ["keyring.rotate", "keyring.activate", "keyring.reseal", "keyring.reseal", "keyring.rotate"]);

    let retired = world.vault.retire_data_keys(&Context::system(), Duration::from_secs(3_600), false).await.unwrap();
    assert_eq!((retired.destroyed, retired.too_young), (vec![], vec![1]));
    let dry = world.vault.retire_data_keys(&Context::system(), Duration::ZERO, true).await.unwrap();
    assert_eq!(dry.destroyed, [1]);
    assert_eq!(world.vault.retire_data_keys(&Context::system(), Duration::ZERO, false).await.unwrap(), dry);
    let status = world.vault.vault_status(&root).await.unwrap();
    assert_eq!(status.data_keys[0].state, DataKeyState::Destroyed);
    // A ring with a destroyed key is read by the next process, and rotated again.
    let next = beside(&world).await;
    assert_eq!(rotate(&next).await.key, 5);
    opens_to(&world, &next, &ann, &keys[1], &key(1)).await;
}

/// Fault this was seen to catch: a process that seals under the ring it started with, without asking the database for its version.
#[tokio::test]
async fn a_process_with_an_old_ring_reads_the_new_one_once_and_writes_nothing_under_a_retired_key() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let keys = with_keys(&world, &ann).await;
    let late = beside(&world).await;
    rotate(&world.vault).await;
    let begun = Instant::now();
    opens_to(&world, &late, &ann, &keys[2], &key(2)).await;
    assert!(begun.elapsed() < Duration::from_secs(1));
    rotate(&world.vault).await;
    world.execute("delete from limit_hits").await;
    world.vault.retire_data_keys(&Context::system(), Duration::ZERO, false).await.unwrap();
    late.replace_key(&again(&ann), keys[3].id, secret("sk-proj-newnewnewnewnewnew00"), false, None).await.unwrap();
    world.execute("delete from provider_keys where label = 'k9'").await;
    late.add_key(&again(&ann), crate::world::add("openai", "sk-proj-newnewnewnewnewnew11", "late")).await.unwrap();
    assert_eq!(world.count(NOBODY).await, 0, "something was written under a key that is not the active one");
    opens_to(&world, &world.vault, &ann, &keys[3], "sk-proj-newnewnewnewnewnew00").await;
    opens_to(&world, &late, &ann, &keys[3], "sk-proj-newnewnewnewnewnew00").await;
}

#[tokio::test]
async fn a_key_that_nobody_knows_or_that_is_retired_or_destroyed_opens_nothing() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let keys = with_keys(&world, &ann).await;
    world.execute("create table kept as select id, secret from provider_keys").await;
    rotate(&world.vault).await;
    // Somebody puts the old ciphertext back, as it was under key 1.
    let back = "update provider_keys set data_key_id = 1, secret = (select kept.secret from kept where kept.id = provider_keys.id) where label = 'k1'";
    world.execute(back).await;
    assert_eq!(problem(world.vault.test_key(&again(&ann), keys[1].id).await), Problem::CannotOpen, "retired");
    world.vault.retire_data_keys(&Context::system(), Duration::ZERO, false).await.unwrap();
    assert_eq!(world.vault.vault_status(&Context::system()).await.unwrap().data_keys[0].state, DataKeyState::Retired, "a value names it");
    let unknown = world.either(
        "update provider_keys set secret = cast(x'010100000063' || substr(secret, 7) as blob) where label = 'k2'",
        "update provider_keys set secret = '\\x010100000063'::bytea || substr(secret, 7) where label = 'k2'",
    );
    world.execute(unknown).await;
    assert_eq!(problem(world.vault.test_key(&again(&ann), keys[2].id).await), Problem::CannotOpen, "unknown");
    let status = world.vault.vault_status(&Context::system()).await.unwrap();
    let reasons: Vec<_> = status.quarantine.iter().map(|entry| entry.reason.as_str()).collect();
    assert_eq!((status.quarantined, reasons), (2, vec!["unknown_key", "unknown_key"]));
    world.vault.delete_key(&again(&ann), keys[1].id, None).await.unwrap();
    let gone = world.vault.retire_data_keys(&Context::system(), Duration::ZERO, false).await.unwrap();
    assert_eq!(gone.destroyed, [1]);
    world.execute("drop table kept").await;
}

/// Fault this was seen to catch: a rotation that retires older keys while values are left under them.
#[tokio::test]
async fn what_does_not_open_stays_byte_for_byte_and_keeps_its_data_key() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let keys = with_keys(&world, &ann).await;
    let flip = world.either(
        "update provider_keys set secret = cast(substr(secret, 1, length(secret) - 16) || zeroblob(16) as blob) where label in ('k3', 'k4')",
        "update provider_keys set secret = substr(secret, 1, length(secret) - 16) || decode(repeat('00', 16), 'hex') where label in ('k3', 'k4')",
    );
    world.execute(flip).await;
    world.execute("create table kept as select id, secret from provider_keys where label in ('k3', 'k4')").await;
    let view = rotate(&world.vault).await;
    assert_eq!((view.state, view.resealed, view.left), (RotationState::FinishedWithQuarantine, 8, 2));
    let same = "select count(*) from provider_keys p join kept k on k.id = p.id and k.secret = p.secret and p.data_key_id = 1";
    assert_eq!(world.count(same).await, 2);
    let status = world.vault.vault_status(&Context::system()).await.unwrap();
    assert_eq!((status.quarantined, status.quarantine[0].reason.as_str(), status.min_decrypt), (2, "tag", 1));
    assert_eq!(status.data_keys[0].state, DataKeyState::DecryptOnly);
    let kept = world.vault.retire_data_keys(&Context::system(), Duration::ZERO, false).await.unwrap();
    assert_eq!((kept.destroyed, kept.in_use), (vec![], vec![(1, 2)]));
    // Everything else of it works: it is listed, replaced, deleted; and then it is no longer in the way.
    assert_eq!(world.vault.keys_page(&ann).await.unwrap().keys.len(), 10);
    world.execute("delete from limit_hits").await;
    world.vault.replace_key(&again(&ann), keys[3].id, secret("sk-proj-newnewnewnewnewnew00"), false, None).await.unwrap();
    assert_eq!(world.vault.vault_status(&Context::system()).await.unwrap().quarantined, 1);
    world.vault.delete_key(&again(&ann), keys[4].id, None).await.unwrap();
    assert_eq!(world.vault.vault_status(&Context::system()).await.unwrap().quarantined, 0);
    let gone = world.vault.retire_data_keys(&Context::system(), Duration::ZERO, false).await.unwrap();
    assert_eq!(gone.destroyed, [1]);
    opens_to(&world, &world.vault, &ann, &keys[5], &key(5)).await;
    world.execute("drop table kept").await;
}

#[tokio::test]
async fn a_value_that_opens_again_leaves_the_quarantine_with_the_next_rotation() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let keys = with_keys(&world, &ann).await;
    world.execute("create table kept as select id, secret from provider_keys").await;
    let flip = world.either(
        "update provider_keys set secret = cast(substr(secret, 1, length(secret) - 16) || zeroblob(16) as blob)",
        "update provider_keys set secret = substr(secret, 1, length(secret) - 16) || decode(repeat('00', 16), 'hex')",
    );
    world.execute(flip).await;
    assert_eq!(rotate(&world.vault).await.left, 10);
    world.execute("update provider_keys set secret = (select kept.secret from kept where kept.id = provider_keys.id)").await;
    let view = rotate(&world.vault).await;
    assert_eq!((view.state, view.resealed, view.left), (RotationState::Finished, 10, 0));
    let status = world.vault.vault_status(&Context::system()).await.unwrap();
    assert_eq!((status.quarantined, world.count("select count(*) from quarantine").await), (0, 0));
    opens_to(&world, &world.vault, &ann, &keys[0], &key(0)).await;
    world.execute("drop table kept").await;
}

/// Fault this was seen to catch: a sweep that writes without comparing what is there.
#[tokio::test]
async fn a_value_that_its_owner_wrote_between_the_reading_and_the_writing_of_a_batch_stays() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let keys = with_keys(&world, &ann).await;
    let fresh = "sk-proj-newnewnewnewnewnew00";
    world.execute("create table old as select id, secret, secret_version from provider_keys").await;
    world.vault.replace_key(&again(&ann), keys[0].id, secret(fresh), false, None).await.unwrap();
    world.execute("create table fresh as select id, secret, secret_version from provider_keys where label = 'k0'").await;
    world
        .execute("update provider_keys set (secret, secret_version) = (select o.secret, o.secret_version from old o where o.id = provider_keys.id)")
        .await;
    // The owner's write comes right after the batch has begun: its first statement is about the lease.
    let race = "update provider_keys set (secret, secret_version) = (select f.secret, f.secret_version from fresh f) \
                where label = 'k0' and secret_version = 1 and (select max(ring_version) from keyring) >= 3;";
    let race = world.either(
        format!("create trigger race after update on leases begin {race} end"),
        format!(
            "create function race() returns trigger language plpgsql as $$ begin {race} return null; end; $$; \
             create trigger race after update on leases for each row execute function race()"
        ),
    );
    world.sql().await.run(race).await.unwrap();
    let view = rotate(&world.vault).await;
    world.execute(world.either("drop trigger race", "drop trigger race on leases")).await;
    assert_eq!((view.state, view.left), (RotationState::Finished, 0));
    assert_eq!(world.count("select secret_version from provider_keys where label = 'k0'").await, 2, "the race was run");
    opens_to(&world, &world.vault, &ann, &keys[0], fresh).await;
    opens_to(&world, &world.vault, &ann, &keys[1], &key(1)).await;
    world.execute("drop table old; drop table fresh").await;
}

#[tokio::test]
async fn writers_win_over_a_rotation_that_fails_again_and_again() {
    let world = World::on(super::BACKEND).await;
    let mut people = Vec::new();
    for n in 0..4 {
        let person = world.person(&format!("p{n}@example.com")).await;
        let keys = with_keys(&world, &person).await;
        people.push((person, keys));
    }
    // One write in three fails, at whatever statement of the unit it is.
    let fails = world.either(
        "create trigger fails before update on provider_keys when abs(random()) % 3 = 0 begin select raise(abort, 'injected'); end; \
         create trigger fails_too before insert on audit_events when abs(random()) % 7 = 0 begin select raise(abort, 'injected'); end",
        "create function fails() returns trigger language plpgsql as $$ begin if random() < 0.2 then raise exception 'injected'; end if; \
         return new; end; $$; create trigger fails before update on provider_keys for each statement execute function fails(); \
         create trigger fails_too before insert on audit_events for each row execute function fails()",
    );
    let mut sql = world.sql().await;
    sql.execute(fails).await.unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = people
        .iter()
        .enumerate()
        .map(|(person, (cx, keys))| {
            let (vault, cx, keys, over) = (world.vault.clone(), cx.clone(), keys.clone(), Arc::clone(&over));
            tokio::spawn(async move {
                let mut journal = BTreeMap::new();
                let mut now = again(&cx);
                for n in 0.. {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    // Limits go by the time of the request.
                    now.now = now.now + Duration::from_secs(3);
                    let (value, at) = (format!("sk-proj-p{person}-write-{n:06}"), n % keys.len());
                    // What was refused was not written, and the caller was told to try again.
                    if vault.replace_key(&now, keys[at].id, secret(&value), false, None).await.is_ok() {
                        journal.insert(at, vec![value]);
                    }
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                journal
            })
        })
        .collect();
    let mut rotations = 0;
    let begun = Instant::now();
    while rotations < 3 && begun.elapsed() < Duration::from_secs(60) {
        rotations += usize::from(world.vault.rotate(&Context::system(), |_| {}).await.is_ok());
    }
    over.store(true, Ordering::Relaxed);
    let drop_them = world.either(
        "drop trigger fails; drop trigger fails_too",
        "drop trigger fails on provider_keys; drop trigger fails_too on audit_events",
    );
    sql.execute(drop_them).await.unwrap();
    assert_eq!(rotations, 3);
    rotate(&world.vault).await;
    let mut written = 0;
    for ((cx, keys), writer) in people.iter().zip(writers) {
        let journal = writer.await.unwrap();
        written += journal.len();
        for (n, row) in keys.iter().enumerate() {
            world.execute("delete from limit_hits").await;
            assert_eq!(world.vault.test_key(&again(cx), row.id).await.unwrap().verdict, Verdict::Valid);
            if let Some(values) = journal.get(&n) {
                assert!(values.contains(&seen(&world)), "an acknowledged value is lost");
            }
        }
    }
    assert!(written > 20, "only {written} keys were written");
    assert_eq!(world.count(NOBODY).await, 0);
    assert!(matches!(world.vault.verify_audit(&Context::system()).await.unwrap(), Chain::Intact(_)));
    assert_eq!(world.count("select count(*) from rotations where finished_at is null").await, 0);
}

/// Seen red with the last rotation looked for by the clock.
#[tokio::test]
async fn a_clock_that_went_back_hides_no_rotation() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let keys = with_keys(&world, &ann).await;
    let first = rotate(&world.vault).await;
    let later = world.either("update rotations set started_at = started_at + 3600000000", "update rotations set started_at = started_at + interval '1 hour'");
    world.execute(later).await;
    let second = rotate(&world.vault).await;
    assert_eq!((second.state, second.resealed), (RotationState::Finished, 10));
    assert!(second.key > first.key, "{} after {}", second.key, first.key);
    assert_eq!(world.count(NOBODY).await, 0);
    opens_to(&world, &world.vault, &ann, &keys[3], &key(3)).await;
}
