use crate::world::{Backend, World, again, database, secret};
use domain::Verdict;
use sqlx::Connection;
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;
use vault::{
    Context, Settings,
    backup::{self, BackupError},
    root_key::RootKey,
    start::{self, StartError},
};

const KEY: &str = "sk-proj-0123456789abcdefXYZ9";
const BOTH: [Backend; 2] = [Backend::Sqlite, Backend::Postgres];

/// Of accounts, what must be the same in both databases: the audit chain covers events, opening covers secrets, and neither covers these.
async fn content(world: &World) -> Vec<(String, String)> {
    let sql = world.either(
        "select email, role || tier || created_at || coalesce(disabled_at, '') from accounts order by email",
        "select email, role || tier || (extract(epoch from created_at) * 1000000)::bigint || \
         coalesce(((extract(epoch from disabled_at) * 1000000)::bigint)::text, '') from accounts order by email",
    );
    world.pairs(sql).await
}

/// Fault this was seen to catch: times that travel as floating-point seconds; the audit chain does not hold then.
#[tokio::test]
async fn a_backup_is_restored_into_either_database_with_the_same_ids_and_every_secret_opens() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    world.person("bob@example.com").await;
    let disabled = domain::person::Email::parse("bob@example.com").unwrap();
    world.vault.set_disabled(&Context::system(), &disabled, true).await.unwrap();
    let one = world.add(&ann, "openai", KEY, "One ✓").await.unwrap();
    world.vault.test_key(&again(&ann), one.id).await.unwrap();
    world.add(&again(&ann), "ollama", "", "").await.unwrap();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("keyward.backup");
    let report = backup::write(&world.settings, std::slice::from_ref(&world.root), &file).await.unwrap();
    assert_eq!((report.secrets, report.unopened.len()), (1, 0));
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    assert!(world.vault.last_backup(&Context::system()).await.unwrap().is_some());

    for backend in BOTH {
        let place = TempDir::new().unwrap();
        let (database, url) = database(backend, &place);
        let settings = Settings { database, ..world.settings.clone() };
        let restored = backup::restore(&settings, std::slice::from_ref(&world.root), &file).await.unwrap();
        assert_eq!((restored.secrets, restored.events), (1, report.events + 1), "{backend:?}");
        let vault = start::open(&settings, std::slice::from_ref(&world.root)).await.unwrap();
        let there = world.elsewhere(backend, url, vault, settings.clone());
        assert_eq!(content(&there).await, content(&world).await);
        assert_eq!(there.count("select count(*) from sessions").await, 0, "what was signed in then is not signed in now");
        let signed_in = there.sign_in("ann@example.com").await;
        let keys = there.vault.keys_page(&signed_in).await.unwrap().keys;
        let key = keys.iter().find(|key| key.id == one.id).unwrap();
        assert_eq!((keys.len(), key.label.as_deref(), key.added), (2, Some("One ✓"), one.added));
        assert_eq!(key.tested.as_ref().unwrap().verdict, Verdict::Valid);
        assert_eq!(there.vault.test_key(&again(&signed_in), one.id).await.unwrap().verdict, Verdict::Valid);
        there.vault.replace_key(&again(&signed_in), one.id, secret("sk-proj-newnewnewnewnewnew00"), false, None).await.unwrap();
        let again = backup::restore(&settings, std::slice::from_ref(&world.root), &file).await;
        assert!(matches!(again, Err(BackupError::Occupied(_))), "{again:?}");
        // Back again: from the other database into a file, which holds as well.
        let second = place.path().join("second.backup");
        let report = backup::write(&settings, std::slice::from_ref(&world.root), &second).await.unwrap();
        assert_eq!((report.secrets, report.unopened.len()), (1, 0));
        there.vault.close().await;
    }
}

/// Seen red with a look for the database alone, and with a copy that brings the backup's modes.
#[tokio::test]
async fn a_restore_takes_no_left_over_for_its_own_and_no_modes_from_the_backup() {
    let world = World::on(super::BACKEND).await;
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("keyward.backup");
    backup::write(&world.settings, std::slice::from_ref(&world.root), &file).await.unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o444)).unwrap();
    let place = TempDir::new().unwrap();
    let (database, _) = database(Backend::Sqlite, &place);
    let settings = Settings { database, ..world.settings.clone() };
    let restored = settings.database.file().unwrap().to_owned();
    for end in ["-wal", "-shm", "-journal"] {
        let left = std::path::PathBuf::from(format!("{}{end}", restored.display()));
        std::fs::write(&left, "of another database").unwrap();
        let refused = backup::restore(&settings, std::slice::from_ref(&world.root), &file).await;
        assert!(matches!(refused, Err(BackupError::Occupied(_))), "{end} {refused:?}");
        std::fs::remove_file(left).unwrap();
    }
    backup::restore(&settings, std::slice::from_ref(&world.root), &file).await.unwrap();
    assert_eq!(restored.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

/// Seen red without the look at the schema.
#[tokio::test]
async fn a_backup_in_which_something_of_somebody_else_would_act_is_refused() {
    let world = World::on(super::BACKEND).await;
    let folder = TempDir::new().unwrap();
    for sql in [
        "create trigger theirs before insert on audit_events when new.action = 'key.delete' begin select raise(ignore); end",
        "drop trigger audit_events_no_update",
        "create view theirs as select 1",
        "create table theirs (id integer)",
        "drop index provider_keys_data_key",
    ] {
        let file = folder.path().join("keyward.backup");
        backup::write(&world.settings, std::slice::from_ref(&world.root), &file).await.unwrap();
        let mut connection = sqlx::SqliteConnection::connect(file.to_str().unwrap()).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        let place = TempDir::new().unwrap();
        let settings = Settings { database: database(Backend::Sqlite, &place).0, ..world.settings.clone() };
        let refused = backup::restore(&settings, std::slice::from_ref(&world.root), &file).await;
        assert!(refused.as_ref().is_err_and(|error| error.to_string().contains("than Keyward's own")), "{sql}: {refused:?}");
        assert!(!settings.database.file().unwrap().exists(), "{sql}");
    }
}

#[tokio::test]
async fn a_backup_taken_under_load_holds_and_has_no_half_of_anything() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let (vault, cx) = (world.vault.clone(), ann.clone());
    let writing = tokio::spawn(async move {
        for n in 0..10 {
            let key = crate::world::add("openai", &format!("sk-proj-0123456789abcdef{n:04}"), &format!("k{n}"));
            vault.add_key(&again(&cx), key).await.unwrap();
        }
    });
    let folder = TempDir::new().unwrap();
    for round in 0..3 {
        let file = folder.path().join(format!("{round}.backup"));
        let report = backup::write(&world.settings, std::slice::from_ref(&world.root), &file).await.unwrap();
        assert!(report.unopened.is_empty());
    }
    writing.await.unwrap();
    let file = folder.path().join("0.backup");
    backup::write(&world.settings, std::slice::from_ref(&world.root), &file).await.unwrap();
    let place = TempDir::new().unwrap();
    let settings = Settings { database: database(Backend::Sqlite, &place).0, ..world.settings.clone() };
    assert_eq!(backup::restore(&settings, std::slice::from_ref(&world.root), &file).await.unwrap().secrets, 10, "an older backup was replaced");
}

#[tokio::test]
async fn without_its_root_key_a_backup_is_of_no_use_and_nothing_is_made() {
    let world = World::on(super::BACKEND).await;
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("keyward.backup");
    backup::write(&world.settings, std::slice::from_ref(&world.root), &file).await.unwrap();
    let place = TempDir::new().unwrap();
    let (database, _) = database(super::BACKEND, &place);
    let settings = Settings { database, ..world.settings.clone() };
    let wrong = RootKey::generate().unwrap();
    let refused = backup::restore(&settings, std::slice::from_ref(&wrong), &file).await;
    assert!(matches!(refused, Err(BackupError::Image(StartError::WrongRootKey))), "{refused:?}");
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
    assert!(matches!(start::open(&settings, &[wrong]).await, Err(StartError::Missing(_))));
}

#[tokio::test]
async fn what_is_no_backup_is_neither_restored_nor_overwritten() {
    let world = World::on(super::BACKEND).await;
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("letter.txt");
    std::fs::write(&file, "dear ann").unwrap();
    let roots = std::slice::from_ref(&world.root);
    assert!(matches!(backup::write(&world.settings, roots, &file).await, Err(BackupError::InTheWay(_))));
    assert_eq!(std::fs::read(&file).unwrap(), b"dear ann");
    let place = TempDir::new().unwrap();
    let settings = Settings { database: database(super::BACKEND, &place).0, ..world.settings.clone() };
    assert!(matches!(backup::restore(&settings, roots, &file).await, Err(BackupError::NotABackup(_))));
    if let Some(database) = world.settings.database.file() {
        assert!(matches!(backup::write(&world.settings, roots, database).await, Err(BackupError::InTheWay(_))), "its own database");
    }
}

/// Fault this was seen to catch: a copy whose trail is not looked at before it gets its name.
#[tokio::test]
async fn a_row_that_does_not_open_is_named_and_kept_and_a_broken_trail_is_no_backup() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let key = world.add(&ann, "openai", KEY, "One").await.unwrap();
    let flip = world.either(
        "update provider_keys set secret = cast(substr(secret, 1, length(secret) - 16) || zeroblob(16) as blob)",
        "update provider_keys set secret = substr(secret, 1, length(secret) - 16) || decode(repeat('00', 16), 'hex')",
    );
    world.execute(flip).await;
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("keyward.backup");
    let roots = std::slice::from_ref(&world.root);
    let report = backup::write(&world.settings, roots, &file).await.unwrap();
    assert_eq!((report.secrets, report.unopened), (0, vec![key.id.uuid()]));
    world.execute(world.either("drop trigger audit_events_no_update", "drop trigger audit_events_no_update on audit_events")).await;
    world.execute("update audit_events set action = 'x' where seq = 2").await;
    let second = folder.path().join("second.backup");
    assert!(matches!(backup::write(&world.settings, roots, &second).await, Err(BackupError::Chain(2))));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left of it");
    assert_eq!(world.count("select count(*) from audit_events where action = 'backup.result' and outcome = 'failed'").await, 1);
}
