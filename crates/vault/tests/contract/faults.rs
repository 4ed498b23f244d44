use crate::world::{World, again, database, problem, secret, settings};
use domain::Problem;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use vault::{
    Context,
    root_key::RootKey,
    start::{self, StartError},
};

const KEY: &str = "sk-proj-0123456789abcdefXYZ9";

#[tokio::test]
async fn a_wrong_root_key_stops_the_start_and_changes_nothing() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    world.add(&ann, "openai", KEY, "One").await.unwrap();
    world.vault.close().await;
    let before = world.content().await;
    let wrong = RootKey::generate().unwrap();
    assert!(matches!(start::open(&world.settings, &[wrong]).await, Err(StartError::WrongRootKey)));
    assert!(matches!(start::open(&world.settings, &[]).await, Err(StartError::WrongRootKey)));
    assert_eq!(world.content().await, before);
}

#[tokio::test]
async fn a_database_is_made_once_and_never_by_opening_it() {
    let folder = TempDir::new().unwrap();
    let (database, _) = database(super::BACKEND, &folder);
    let settings = settings(database);
    let root = RootKey::generate().unwrap();
    assert!(matches!(start::open(&settings, std::slice::from_ref(&root)).await, Err(StartError::Missing(_))));
    assert!(settings.database.file().is_none_or(|file| !file.exists()));
    start::create(&settings, &root).await.unwrap().close().await;
    assert!(matches!(start::create(&settings, &root).await, Err(StartError::Exists(_))));
}

#[tokio::test]
async fn a_schema_of_a_newer_version_is_refused() {
    let world = World::on(super::BACKEND).await;
    let newer = world.either(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (9999, 'later', 1, x'00', 0)",
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (9999, 'later', true, '\\x00', 0)",
    );
    world.execute(newer).await;
    world.vault.close().await;
    assert!(matches!(start::open(&world.settings, &[world.root]).await, Err(StartError::Store(vault::store::StoreError::Schema(_)))));
}

#[tokio::test]
async fn a_locked_database_is_an_answer_and_not_a_hang_and_it_heals() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let mut other = world.sql().await;
    other.execute(world.either("begin immediate", "begin; lock table audit_events")).await.unwrap();
    let started = Instant::now();
    assert!(matches!(problem(world.add(&ann, "openai", KEY, "One").await), Problem::Unavailable { .. }));
    assert!(started.elapsed() < Duration::from_secs(5));
    assert!(world.vault.keys_page(&ann).await.unwrap().keys.is_empty());
    other.execute("rollback").await.unwrap();
    world.add(&again(&ann), "openai", KEY, "One").await.unwrap();
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_nothing_half_done() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    for n in 0..40 {
        let (vault, cx) = (world.vault.clone(), again(&ann));
        let key = crate::world::add("openai", &format!("sk-proj-0123456789abcdef{n:04}"), "");
        let task = tokio::spawn(async move { vault.add_key(&cx, key).await.map(drop) });
        tokio::time::sleep(Duration::from_micros(50 * n)).await;
        task.abort();
        let _ = task.await;
        world.execute("delete from limit_hits").await;
    }
    world.vault.replace_key(&again(&ann), world.vault.keys_page(&ann).await.unwrap().keys[0].id, secret(KEY), false, None).await.unwrap();
    let writes = "select count(*) from audit_events where action in ('key.add', 'key.replace')";
    assert_eq!(world.count(writes).await, world.count("select max(secret_version) from provider_keys").await);
    assert!(matches!(world.vault.verify_audit(&Context::system()).await.unwrap(), vault::audit::Chain::Intact(_)));
}

/// Seen red without the question to a connection that rested, and with reads that put a broken one back.
#[tokio::test]
async fn connections_that_the_server_ended_cost_no_more_than_one_read_each() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let read = async || {
        let pages = futures::future::join_all((0..16).map(|_| world.vault.keys_page(&ann))).await;
        pages.iter().filter(|page| page.is_err()).count()
    };
    // SQLite has no server that could.
    let end = world.either(
        "select 1",
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    );
    assert_eq!(read().await, 0);
    world.execute(end).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(read().await, 0, "whoever rested is asked first");
    world.execute(end).await;
    assert!(read().await <= 8, "whoever failed is not used again");
    assert_eq!(read().await, 0);
}

/// Units that wait at the same time share a commit. Seen red with a refused unit that is kept, in the middle and at the end, and with
/// one at the end that takes the others with it.
#[tokio::test]
async fn what_is_refused_leaves_nothing_and_takes_nothing_with_it() {
    for refused_first in [true, false] {
        let world = World::on(super::BACKEND).await;
        let ann = world.person("ann@example.com").await;
        world.add(&ann, "openai", KEY, "First").await.unwrap();
        let adds = (0..16).map(|n| {
            // The same secret is refused after the act was counted.
            let key = if (n % 2 == 0) == refused_first { KEY.to_owned() } else { format!("{KEY}{n:02}") };
            let (world, ann) = (&world, again(&ann));
            async move { world.add(&ann, "openai", &key, &format!("Key {n}")).await.is_ok() }
        });
        let done = futures::future::join_all(adds).await.into_iter().filter(|done| *done).count();
        assert_eq!(done, 8);
        assert_eq!(world.vault.keys_page(&ann).await.unwrap().keys.len(), 9);
        assert_eq!(world.count("select count(*) from limit_hits where rule = 'key.add'").await, 9);
        assert_eq!(world.count("select count(*) from audit_events where action = 'key.add'").await, 9);
    }
}
