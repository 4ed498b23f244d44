//! A rotation that is killed, and one whose database fails, while four writers go on. The faults that tests of this
//! kind are for have small tests of their own in the vault's contract.

use crate::{
    random::Random,
    world::{World, rounds},
};
use std::{
    process::Stdio,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};
use vault::{Context, audit::Chain};

/// Writers replace keys while `hit` is called again and again; then everything has to open.
fn under_writers(world: &World, random: &Random, mut hit: impl FnMut(u64)) -> u64 {
    let (over, writes) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        for writer in 0..4 {
            let (over, writes, quarter) = (&over, &writes, world.keys.len() / 4);
            scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    let key = &world.keys[writer * quarter + usize::try_from(random.below(quarter as u64)).unwrap()];
                    let n = writes.fetch_add(1, Ordering::Relaxed);
                    world.runtime.block_on(world.replace(key, format!("sk-soak-written-{n:012}")));
                    thread::sleep(Duration::from_millis(10));
                }
            });
        }
        for round in 0..rounds() {
            hit(round);
            for _ in 0..5 {
                // A key that nobody writes just now: the writer of its quarter may be at another.
                let key = &world.keys[usize::try_from(random.below(world.keys.len() as u64)).unwrap()];
                if key.known.lock().unwrap().1.is_none() {
                    let status = world.runtime.block_on(world.vault.test_key(&world.later(&key.cx), key.id));
                    status.expect("a key opens between two hits");
                }
            }
            let states = world.runtime.block_on(world.vault.vault_status(&Context::system())).unwrap();
            let active = states.data_keys.iter().filter(|key| key.state == domain::views::DataKeyState::Active).count();
            assert_eq!((active, states.quarantined), (1, 0));
        }
        over.store(true, Ordering::Relaxed);
    });
    writes.into_inner()
}

fn ends_well(world: &World) -> u64 {
    let view = world.runtime.block_on(world.vault.rotate(&Context::system(), |_| {})).unwrap();
    assert_eq!((view.left, view.state), (0, domain::views::RotationState::Finished));
    for key in &world.keys {
        world.check(key);
    }
    assert!(matches!(world.runtime.block_on(world.vault.verify_audit(&Context::system())).unwrap(), Chain::Intact(_)));
    view.rows_per_second
}

fn killed(postgres: bool) {
    let random = Random::new("rotation, killed");
    let world = World::new(postgres, if rounds() < 100 { 20 } else { 100 });
    // What a rotation of all takes, to know when to kill.
    let begun = Instant::now();
    assert!(world.at.run(&["keyring", "rotate"]).status.success());
    let whole = u64::try_from(begun.elapsed().as_millis()).unwrap();
    let (mut kills, mut ended) = (0, 0);
    let writes = under_writers(&world, &random, |_| {
        let mut child = world.at.command(&["keyring", "rotate"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(random.below(whole + whole / 4)));
        if child.try_wait().unwrap().is_none() {
            kills += 1;
        } else {
            ended += 1;
        }
        child.kill().unwrap();
        child.wait().unwrap();
    });
    let rate = ends_well(&world);
    println!(
        "rotation of {} keys ({}): killed {kills} times, {ended} ended before that, {writes} writes meanwhile, 0 lost, 0 unopened; {rate} rows/s",
        world.keys.len(),
        if postgres { "PostgreSQL" } else { "SQLite" }
    );
}

#[test]
fn killed_rotations_lose_nothing_on_sqlite() {
    killed(false);
}

#[test]
fn killed_rotations_lose_nothing_on_postgresql() {
    killed(true);
}

fn failing(postgres: bool) {
    let random = Random::new("rotation, failing database");
    let world = World::new(postgres, if rounds() < 100 { 20 } else { 100 });
    let (mut failed, mut ended) = (0, 0);
    let writes = under_writers(&world, &random, |_| {
        world.sql(if postgres {
            "create or replace function fails() returns trigger language plpgsql as $$ begin if random() < 0.15 then raise exception 'injected'; \
             end if; return new; end; $$; \
             create trigger fails before update on provider_keys for each statement execute function fails(); \
             create trigger fails_too before insert on audit_events for each row execute function fails(); \
             create trigger fails_three before update on keyring for each row execute function fails()"
        } else {
            // SQLite's triggers are for rows: of a batch of 200, one in seven fails, as on PostgreSQL.
            "create trigger fails before update on provider_keys when abs(random()) % 1300 = 0 begin select raise(abort, 'injected'); end; \
             create trigger fails_too before insert on audit_events when abs(random()) % 7 = 0 begin select raise(abort, 'injected'); end; \
             create trigger fails_three before update on keyring when abs(random()) % 5 = 0 begin select raise(abort, 'injected'); end"
        });
        match world.runtime.block_on(world.vault.rotate(&Context::system(), |_| {})) {
            Ok(_) => ended += 1,
            Err(_) => failed += 1,
        }
        world.sql(if postgres {
            "drop trigger fails on provider_keys; drop trigger fails_too on audit_events; drop trigger fails_three on keyring"
        } else {
            "drop trigger fails; drop trigger fails_too; drop trigger fails_three"
        });
    });
    ends_well(&world);
    let trail = world.at.run(&["audit", "export", "--format", "jsonl"]);
    assert!(trail.status.success());
    let errors = failed + String::from_utf8(trail.stdout).unwrap().matches("keyring.rotate.resume").count();
    println!(
        "rotation of {} keys ({}): at least {errors} errors; {ended} went through a failing database to their end, {failed} gave up and were \
         gone on with, {writes} writes meanwhile, 0 lost, 0 unopened",
        world.keys.len(),
        if postgres { "PostgreSQL" } else { "SQLite" }
    );
}

#[test]
fn rotations_through_a_failing_database_lose_nothing_on_sqlite() {
    failing(false);
}

#[test]
fn rotations_through_a_failing_database_lose_nothing_on_postgresql() {
    failing(true);
}
