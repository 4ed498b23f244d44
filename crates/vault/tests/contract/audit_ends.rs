//! The ends of the trail: what was pruned, what was cut off, and whatever else somebody may do to it.

use crate::world::{Sql, World, again};
use domain::{Problem, ids::KeyId};
use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use vault::{AuditSettings, Context, Settings, Vault, audit::Chain, keys::EditKey, start};

const KEY: &str = "sk-proj-0123456789abcdefXYZ9";

/// A trail of some forty events.
async fn with_history() -> World {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let key = world.add(&ann, "openai", KEY, "One").await.unwrap();
    for n in 0..36 {
        let edit = EditKey { enabled: Some(n % 2 == 1), ..EditKey::default() };
        world.vault.edit_key(&again(&ann), key.id, edit).await.unwrap();
    }
    world
}

async fn disarm(world: &World, sql: &mut Sql) {
    for (sqlite, postgres) in [
        ("drop trigger audit_events_no_update", "drop trigger audit_events_no_update on audit_events"),
        ("drop trigger audit_events_no_delete", "drop trigger audit_events_no_delete on audit_events"),
    ] {
        sql.execute(world.either(sqlite, postgres)).await.unwrap();
    }
}

/// A generator that a seed repeats (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % most
    }
}

/// One act of somebody who can write to the database, and the first event that it spoils.
fn tampering(world: &World, random: &mut Random, events: u64) -> (String, u64) {
    let seq = 1 + random.below(events - 1);
    let other = seq + 1 + random.below(events - seq);
    let either = |sqlite: String, postgres: String| world.either(sqlite, postgres);
    let fields = [
        "actor_kind = 'nobody', actor_id = null",
        "client = '203.0.113.9'",
        "action = 'key.read'",
        "object_kind = 'x'",
        "reason = 'x'",
    ];
    match random.below(15) {
        n @ 0..5 => (format!("update audit_events set {} where seq = {seq}", fields[usize::try_from(n).unwrap()]), seq),
        5 => (format!("update audit_events set outcome = 'refused' where seq = {seq}"), seq),
        6 => (format!("update audit_events set details = '{{\"n\":{}}}' where seq = {seq}", random.below(1_000_000)), seq),
        7 => (format!("update audit_events set secret_version = {} where seq = {seq}", 100 + random.below(100)), seq),
        8 => {
            let set = either("request_id = randomblob(16)".into(), "request_id = gen_random_uuid()".into());
            (format!("update audit_events set {set} where seq = {seq}"), seq)
        }
        9 => {
            let set = either("at = at - 1".into(), "at = at - interval '1 microsecond'".into());
            (format!("update audit_events set {set} where seq = {seq}"), seq)
        }
        10 => {
            let set = either("hash = randomblob(32)".into(), format!("hash = sha256('{}')", random.below(1_000_000)));
            (format!("update audit_events set {set} where seq = {seq}"), seq)
        }
        11 => (format!("delete from audit_events where seq = {seq}"), seq),
        // Two events change places, with all that belongs to them.
        12 => (
            format!(
                "update audit_events set seq = -seq where seq in ({seq}, {other}); \
                 update audit_events set seq = case seq when -{seq} then {other} else {seq} end where seq < 0"
            ),
            seq,
        ),
        // One is taken out and the rest moved up, so that no number is missing.
        13 => (
            format!(
                "delete from audit_events where seq = {seq}; update audit_events set seq = -seq where seq > {seq}; \
                 update audit_events set seq = -seq - 1 where seq < 0"
            ),
            seq,
        ),
        // One is put in: a copy of another, and the rest moved down.
        _ => (
            format!(
                "update audit_events set seq = -seq where seq > {seq}; update audit_events set seq = -seq + 1 where seq < 0; \
                 insert into audit_events select {seq} + 1, at, actor_kind, actor_id, session_id, client, request_id, action, object_kind, \
                 object_id, outcome, reason, details, secret_version, secret_hash, hash from audit_events where seq = {seq}"
            ),
            seq + 1,
        ),
    }
}

/// Fault this was seen to catch: a canonical form without `client`.
#[tokio::test]
async fn of_a_thousand_random_tamperings_each_is_found_and_its_first_bad_event_named() {
    let world = with_history().await;
    let mut sql = world.sql().await;
    if let Sql::Sqlite(_) = sql {
        sql.execute("pragma synchronous = off").await.unwrap();
    }
    disarm(&world, &mut sql).await;
    sql.execute("create table whole as select * from audit_events").await.unwrap();
    let Chain::Intact(events) = world.vault.verify_audit(&Context::system()).await.unwrap() else { panic!("it is broken already") };
    let seed = 0x006b_6579_7761_7264;
    let mut random = Random(seed);
    for round in 0..1_000 {
        let (act, first_bad) = tampering(&world, &mut random, events);
        sql.run(act.clone()).await.unwrap();
        let found = world.vault.verify_audit(&Context::system()).await.unwrap();
        // An edit may say what was said before, and equal neighbours may be the same but for the number.
        assert_eq!(found, Chain::Broken(first_bad), "round {round} of seed {seed:#x}: {act}");
        sql.execute("delete from audit_events; insert into audit_events select * from whole").await.unwrap();
    }
    assert_eq!(world.vault.verify_audit(&Context::system()).await.unwrap(), Chain::Intact(events));
    sql.execute("drop table whole").await.unwrap();
}

/// A process on the world's database with a second place for its trail.
async fn with_sink(world: &World, sink: &Path, strict: bool) -> Vault {
    let settings = Settings { audit: AuditSettings { sink: Some(sink.to_owned()), strict }, ..world.settings.clone() };
    start::open(&settings, std::slice::from_ref(&world.root)).await.unwrap()
}

async fn checkpointed(world: &World, sink: &Path) -> Vec<u8> {
    let vault = with_sink(world, sink, false).await;
    vault.close().await;
    fs::read(sink).unwrap()
}

/// Fault this was seen to catch: a verification that stops at the end of the trail without asking what the checkpoints have left.
#[tokio::test]
async fn a_cut_off_end_is_found_with_checkpoints() {
    let world = with_history().await;
    let folder = TempDir::new().unwrap();
    let sink = folder.path().join("checkpoints");
    let checkpoints = checkpointed(&world, &sink).await;
    let cx = Context::system();
    let Chain::Intact(events) = world.vault.verify_audit_against(&cx, &checkpoints).await.unwrap() else { panic!("it is whole") };
    let mut sql = world.sql().await;
    disarm(&world, &mut sql).await;
    sql.run(format!("delete from audit_events where seq > {}", events - 3)).await.unwrap();
    assert_eq!(world.vault.verify_audit(&cx).await.unwrap(), Chain::Intact(events - 3), "in itself it is whole");
    assert_eq!(world.vault.verify_audit_against(&cx, &checkpoints).await.unwrap(), Chain::Broken(events - 2));
    // A process that goes on with the trail covers nothing up.
    let ann = world.sign_in("ann@example.com").await;
    assert_eq!(world.vault.verify_audit_against(&cx, &checkpointed(&world, &sink).await).await.unwrap(), Chain::Broken(events - 1));
    for _ in 0..5 {
        world.vault.delete_key(&again(&ann), KeyId::from_uuid(uuid::Uuid::nil()), None).await.unwrap_err();
        world.sign_in("ann@example.com").await;
    }
    let later = checkpointed(&world, &sink).await;
    assert!(later.len() > checkpoints.len(), "there are new checkpoints");
    assert!(matches!(world.vault.verify_audit_against(&cx, &later).await.unwrap(), Chain::Broken(at) if at <= events));
    let line = checkpoints.split(|byte| *byte == b'\n').next().unwrap();
    let forged = String::from_utf8_lossy(line).replace("\"at\":\"20", "\"at\":\"21");
    assert_eq!(world.vault.verify_audit_against(&cx, forged.as_bytes()).await.unwrap(), Chain::Checkpoints(1));
}

#[tokio::test]
async fn with_a_second_place_that_takes_nothing_a_strict_vault_does_nothing_until_it_does() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let folder = TempDir::new().unwrap();
    let place: PathBuf = folder.path().join("missing");
    let vault = with_sink(&world, &place.join("checkpoints"), true).await;
    let kept = vault.clone();
    let upkeep = tokio::spawn(async move { kept.keep_up().await });
    // Nothing has raised the alarm while the file is only missing: the first checkpoint does.
    let begun = Instant::now();
    while vault.ready().await.is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(6), "nobody notices");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let refused = vault.add_key(&again(&ann), crate::world::add("openai", KEY, "One")).await;
    assert!(matches!(crate::world::problem(refused), Problem::Unavailable { .. }));
    assert!(vault.keys_page(&ann).await.unwrap().keys.is_empty());
    // Whoever is not strict goes on.
    world.add(&again(&ann), "openai", "sk-proj-zzzzzzzzzzzzzzzz41ab", "Two").await.unwrap();
    fs::create_dir(&place).unwrap();
    let begun = Instant::now();
    while vault.ready().await.is_err() {
        assert!(begun.elapsed() < Duration::from_secs(6), "it does not heal");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    vault.add_key(&again(&ann), crate::world::add("openai", KEY, "One")).await.unwrap();
    upkeep.abort();
}

/// Fault this was seen to catch: a mark without a MAC, or a verification that takes any.
#[tokio::test]
async fn old_events_go_behind_a_signed_mark_and_no_other_way() {
    let world = with_history().await;
    let cx = Context::system();
    let folder = TempDir::new().unwrap();
    let sink = folder.path().join("checkpoints");
    let checkpoints = checkpointed(&world, &sink).await;
    let Chain::Intact(events) = world.vault.verify_audit(&cx).await.unwrap() else { panic!("it is whole") };
    assert!(world.sql().await.execute("delete from audit_events where seq = 1").await.is_err());
    assert_eq!(world.vault.count_prunable(&cx, cx.now - Duration::from_secs(3_600)).await.unwrap(), 0);
    let ann = world.sign_in("ann@example.com").await;
    assert!(world.vault.prune_audit(&ann, cx.now).await.is_err(), "only the operator");
    // Everything but the newest event is old enough.
    let later = Context::system().now + Duration::from_secs(3_600);
    let prunable = world.vault.count_prunable(&cx, later).await.unwrap();
    assert_eq!(world.vault.prune_audit(&cx, later).await.unwrap(), prunable);
    assert_eq!(prunable, events);
    // The sign-in, and the event that says what was pruned.
    assert_eq!(world.vault.verify_audit(&cx).await.unwrap(), Chain::Intact(2));
    assert_eq!(world.vault.verify_audit_against(&cx, &checkpoints).await.unwrap(), Chain::Intact(2));
    let told = world.pairs("select action, details from audit_events order by seq").await;
    assert_eq!(told[1], ("audit.prune".to_owned(), format!("{{\"events\":{events},\"through\":{events}}}")));
    let status = world.vault.vault_status(&cx).await.unwrap();
    assert_eq!((status.audit.oldest, status.audit.newest), (events + 1, events + 2));
    // The rest is as fast as before, and so is the mark.
    for sql in ["delete from audit_events", "delete from audit_marks", "update audit_marks set seq = seq + 1"] {
        assert!(world.sql().await.execute(sql).await.is_err(), "{sql}");
    }
    // Somebody without the key can delete behind a mark of their own, and it is seen.
    let forged = world.either(
        format!("insert into audit_marks select {0}, at, hash, randomblob(32) from audit_events where seq = {0}", events + 1),
        format!("insert into audit_marks select {0}, at, hash, sha256('x') from audit_events where seq = {0}", events + 1),
    );
    let mut sql = world.sql().await;
    sql.run(forged).await.unwrap();
    sql.run(format!("delete from audit_events where seq = {}", events + 1)).await.unwrap();
    assert!(matches!(world.vault.verify_audit(&cx).await.unwrap(), Chain::Broken(_)));
}
