//! A database of an older version: whatever happens while it is brought up to date, it has one schema or the next.

use crate::{cluster::Cluster, harness::Installation, provider::Provider};
use sqlx::{Connection, SqliteConnection, migrate::Migrator};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};
use tempfile::TempDir;

fn migrations(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations").join(kind)
}

/// The migrations up to and including one.
fn up_to(kind: &str, last: &str) -> (TempDir, usize) {
    let folder = tempfile::tempdir().unwrap();
    let mut count = 0;
    for entry in fs::read_dir(migrations(kind)).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        count += 1;
        if &name[..4] <= last {
            fs::copy(&path, folder.path().join(name)).unwrap();
        }
    }
    (folder, count)
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// An installation whose database has the schema of the first version, with the keyring of a real one.
fn old(at: &Installation) -> PathBuf {
    let (folder, _) = up_to("sqlite", "0001");
    let file = at.data().join("keyward.db");
    let kept = at.data().join("kept.db");
    for suffix in ["", "-wal", "-shm"] {
        let from = PathBuf::from(format!("{}{suffix}", file.display()));
        if from.exists() {
            fs::rename(from, format!("{}{suffix}", kept.display())).unwrap();
        }
    }
    block_on(async {
        let mut connection = SqliteConnection::connect(&format!("sqlite://{}?mode=rwc", file.display())).await.unwrap();
        Migrator::new(folder.path()).await.unwrap().run(&mut connection).await.unwrap();
        // Whatever its tables have in common with those of today.
        let attach = format!("attach '{}' as kept; pragma foreign_keys = off", kept.display());
        sqlx::raw_sql(sqlx::AssertSqlSafe(attach)).execute(&mut connection).await.unwrap();
        let copies: Vec<String> = sqlx::query_scalar(
            "select 'insert into main.' || m.name || ' (' || group_concat(i.name) || ') select ' || group_concat(i.name) || ' from kept.' || m.name \
             from main.sqlite_schema m join pragma_table_info(m.name, 'main') i \
             where m.type = 'table' and m.name not like 'sqlite_%' and m.name <> '_sqlx_migrations' \
             and exists (select 1 from pragma_table_info(m.name, 'kept') k where k.name = i.name) group by m.name",
        )
        .fetch_all(&mut connection)
        .await
        .unwrap();
        for copy in copies {
            sqlx::raw_sql(sqlx::AssertSqlSafe(copy)).execute(&mut connection).await.unwrap();
        }
        connection.close().await.unwrap();
    });
    file
}

/// The version of the schema, and every table and index, as text.
fn schema(file: &Path) -> (i64, Vec<String>) {
    block_on(async {
        let mut connection = SqliteConnection::connect(file.to_str().unwrap()).await.unwrap();
        let version =
            sqlx::query_scalar("select max(version) from _sqlx_migrations where success").fetch_one(&mut connection).await.unwrap();
        let parts = sqlx::query_scalar("select name || ': ' || coalesce(sql, '') from sqlite_schema order by 1")
            .fetch_all(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
        (version, parts)
    })
}

/// Fault this was seen to catch: a migration outside of a transaction (`-- no-transaction`) is half done after some kill.
#[test]
fn a_migration_that_is_killed_at_any_sync_or_write_leaves_one_schema_or_the_next() {
    let at = Installation::new();
    // What each version's schema looks like when nothing goes wrong.
    let (_, count) = up_to("sqlite", "0001");
    let mut whole = std::collections::BTreeMap::new();
    for entry in fs::read_dir(migrations("sqlite")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let (folder, _) = up_to("sqlite", &name[..4]);
        let file = folder.path().join("new.db");
        block_on(async {
            let mut connection = SqliteConnection::connect(&format!("sqlite://{}?mode=rwc", file.display())).await.unwrap();
            Migrator::new(folder.path()).await.unwrap().run(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        });
        let (version, parts) = schema(&file);
        whole.insert(version, parts);
    }
    assert_eq!(whole.len(), count);
    let fresh = old(&at);
    let image = fs::read(&fresh).unwrap();
    let newest = *whole.keys().max().unwrap();
    let (mut kills, mut seen) = (0, std::collections::BTreeSet::new());
    for (call, step) in [("pwrite64", 7), ("fsync,fdatasync", 1)] {
        for nth in (1..400).step_by(step) {
            for suffix in ["-wal", "-shm"] {
                let _ = fs::remove_file(format!("{}{suffix}", fresh.display()));
            }
            fs::write(&fresh, &image).unwrap();
            let ended = under_strace(&at.command(&["user", "list"]), &[], call, nth);
            let (version, parts) = schema(&fresh);
            assert_eq!(Some(&parts), whole.get(&version), "{call} {nth}: the schema is none that there is");
            seen.insert(version);
            assert!(at.run(&["user", "list"]).status.success(), "{call} {nth}: it cannot be brought up to date any more");
            assert_eq!(schema(&fresh).0, newest);
            if ended {
                break;
            }
            kills += 1;
        }
    }
    println!("{kills} kills; versions in between: {seen:?}");
    assert!(kills > 10 && seen.len() > 2, "{kills} kills met only {seen:?}");
}

/// The same on PostgreSQL, at what the program sends.
#[test]
fn a_migration_of_postgresql_that_is_killed_leaves_one_schema_or_the_next() {
    let cluster = Cluster::get();
    let first = cluster.database();
    let at = Installation::with(&[("KEYWARD_DATABASE_URL", first.as_str())]);
    let ring = cluster.ask(&first, "select encode(root_id, 'hex') || '.' || encode(sealed, 'hex') from keyring");
    let tables = "select string_agg(table_name || '.' || column_name, ' ' order by table_name, column_name) from information_schema.columns \
                  where table_schema = 'public'";
    let version = "select max(version) from _sqlx_migrations where success";
    let mut whole = std::collections::BTreeMap::new();
    for entry in fs::read_dir(migrations("postgres")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let url = cluster.database();
        migrate_postgres(&url, &name[..4]);
        whole.insert(cluster.ask(&url, version), cluster.ask(&url, tables));
    }
    let newest = whole.keys().max().unwrap().clone();
    let (mut kills, mut seen) = (0, std::collections::BTreeSet::new());
    for nth in (5..400).step_by(4) {
        let url = old_postgres(&ring);
        let ended =
            under_strace(&at.command(&["user", "list"]), &[("KEYWARD_DATABASE_URL", url.as_str())], "write,writev,sendto,sendmsg", nth);
        let now = cluster.ask(&url, version);
        assert_eq!(Some(&cluster.ask(&url, tables)), whole.get(&now), "{nth}: the schema is none that there is");
        seen.insert(now);
        let again = at.command(&["user", "list"]).env("KEYWARD_DATABASE_URL", &url).output().unwrap();
        assert!(again.status.success(), "{nth}: {}", String::from_utf8_lossy(&again.stderr));
        assert_eq!(cluster.ask(&url, version), newest);
        if ended {
            break;
        }
        kills += 1;
    }
    println!("{kills} kills; versions in between: {seen:?}");
    assert!(kills > 5 && seen.len() > 2, "{kills} kills met only {seen:?}");
}

fn migrate_postgres(url: &str, last: &str) {
    let (folder, _) = up_to("postgres", last);
    block_on(async {
        let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
        Migrator::new(folder.path()).await.unwrap().run(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
}

/// A database of the first version with this keyring: id of the root key and sealed ring, with a dot between them.
fn old_postgres(ring: &str) -> String {
    let url = Cluster::get().database();
    migrate_postgres(&url, "0001");
    let (root, sealed) = ring.split_once('.').unwrap();
    Cluster::get().ask(&url, &format!("insert into keyring (root_id, ring_version, sealed) values ('\\x{root}', 1, '\\x{sealed}')"));
    url
}

/// Puts what a database of today has into one of the first version, in its place.
fn age_postgres(url: &str) {
    let ask = |sql: &str| Cluster::get().ask(url, sql);
    ask("alter schema public rename to kept; create schema public");
    migrate_postgres(url, "0001");
    let copies =
        ask("select string_agg(format('insert into public.%I (%s) select %s from kept.%I', name, columns, columns, name), '; ') from \
         (select p.table_name as name, string_agg(quote_ident(p.column_name), ', ') as columns from information_schema.columns p \
          join information_schema.columns k on k.table_schema = 'kept' and (k.table_name, k.column_name) = (p.table_name, p.column_name) \
          where p.table_schema = 'public' and p.table_name <> '_sqlx_migrations' group by p.table_name) of_both");
    ask(&format!("set session_replication_role = replica; {copies}; drop schema kept cascade"));
}

/// Fault this was seen to catch: a migration that counts `secret_version` on, after which no key opens.
#[test]
fn people_keys_and_the_audit_trail_are_there_after_an_update_from_the_first_version() {
    const SECRET: &str = "sk-of-the-first-version-0123456789";
    let provider = Provider::start();
    let url = Cluster::get().database();
    for postgres in [None, Some(&url)] {
        let mut settings = provider.settings().to_vec();
        settings.extend(postgres.map(|url| ("KEYWARD_DATABASE_URL", url.as_str())));
        let server = Installation::with(&settings).serve();
        let cookie = server.admin();
        let key = serde_json::json!({"provider": "openai", "key": SECRET, "label": "Old"});
        let id = crate::api::add(&server, &cookie, &key)["id"].as_str().unwrap().to_owned();
        let before = server.api("GET", "/api/v1/byok/keys", Some(&cookie)).send().json();
        let at = server.stop();
        match postgres {
            None => drop(old(&at)),
            Some(url) => age_postgres(url),
        }
        let server = at.serve();
        assert_eq!(server.api("GET", "/api/v1/byok/keys", Some(&cookie)).send().json(), before, "whoever was signed in still is");
        let tested = server.api("POST", &format!("/api/v1/byok/keys/test/{id}"), Some(&server.admin_again())).send();
        assert_eq!(tested.json()["verdict"], "valid", "{}", tested.text());
        assert!(provider.last().contains(SECRET));
        let verified = server.at.run(&["audit", "verify"]);
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    }
}

/// Runs a command that is killed at the nth of these system calls; whether it ended by itself.
fn under_strace(command: &Command, settings: &[(&str, &str)], calls: &str, nth: usize) -> bool {
    let mut strace = Command::new("strace");
    strace.args([
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        &format!("trace={calls}"),
        "-e",
        &format!("inject={calls}:signal=SIGKILL:when={nth}"),
    ]);
    strace.arg(command.get_program()).args(command.get_args()).env_clear();
    strace.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?)))).envs(settings.iter().copied());
    let ended = strace.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    ended.expect("strace is installed by the set-up of the tests").success()
}

/// Fault this was seen to catch: without a second look, whoever comes second finds tables that are there already and gives up.
#[test]
fn programs_that_bring_a_database_up_to_date_at_once_all_start() {
    let at = Installation::new();
    let file = old(&at);
    let image = fs::read(&file).unwrap();
    for _ in 0..5 {
        for suffix in ["-wal", "-shm"] {
            let _ = fs::remove_file(format!("{}{suffix}", file.display()));
        }
        fs::write(&file, &image).unwrap();
        all_start(&at);
    }
    let url = Cluster::get().database();
    let at = Installation::with(&[("KEYWARD_DATABASE_URL", url.as_str())]);
    let ring = Cluster::get().ask(&url, "select encode(root_id, 'hex') || '.' || encode(sealed, 'hex') from keyring");
    for _ in 0..5 {
        let beside = Installation::beside_on(&at, &old_postgres(&ring));
        all_start(&beside);
    }
}

fn all_start(at: &Installation) {
    thread::scope(|scope| {
        let programs: Vec<_> = (0..6).map(|_| scope.spawn(|| at.run(&["user", "list"]))).collect();
        for program in programs {
            let done = program.join().unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        }
    });
}
