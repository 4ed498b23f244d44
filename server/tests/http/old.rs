//! The old system as the commands see it: its database, its keys in files, and an import that is killed in the middle.

use crate::{cluster::Cluster, harness::Installation, legacy};
use sqlx::{ConnectOptions, Connection, postgres::PgConnectOptions};
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Output, Stdio},
};
use tempfile::TempDir;

/// The old system, with some data, and what the command needs to read it.
pub struct Old {
    pub folder: TempDir,
    pub url: String,
}

impl Old {
    pub fn new() -> Self {
        let old = Self { folder: tempfile::tempdir().unwrap(), url: Cluster::get().database() };
        old.sql(&[legacy::TABLES.to_owned()]);
        for seed in [1, 2] {
            old.file(&format!("{seed}.key"), &format!("{}\n", legacy::key(seed)));
        }
        old
    }
    pub fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::File::create(&path).unwrap().write_all(content.as_bytes()).unwrap();
        path
    }
    pub fn sql(&self, statements: &[String]) {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let mut connection = self.url.parse::<PgConnectOptions>().unwrap().connect().await.unwrap();
            for statement in statements {
                sqlx::raw_sql(sqlx::AssertSqlSafe(statement.clone())).execute(&mut connection).await.unwrap();
            }
            connection.close().await.unwrap();
        });
    }
    /// Everything in its tables, as one number.
    pub fn digest(&self) -> String {
        let tables = ["user_provider_keys", "service_credentials", "encrypted_credentials", "platform_settings"];
        let each = tables.map(|table| format!("(select coalesce(string_agg(t::text, '' order by t::text), '') from {table} t)"));
        Cluster::get().ask(&self.url, &format!("select md5({})", each.join(" || ")))
    }
    pub fn arguments(&self) -> Vec<String> {
        let key = |name: &str| self.folder.path().join(name).display().to_string();
        let words =
            ["import", "ops-center", "--database", &self.url, "--fernet-key-file", &key("1.key"), "--fernet-key-file", &key("2.key")];
        words.map(str::to_owned).into()
    }
    pub fn import(&self, at: &Installation, more: &[&str]) -> Output {
        let arguments = self.arguments();
        let all: Vec<_> = arguments.iter().map(String::as_str).chain(more.iter().copied()).collect();
        at.run(&all)
    }
}

pub fn key_row(n: usize, user: &str, provider: &str, token: &str) -> String {
    format!(
        "insert into user_provider_keys (user_id, provider, api_key_encrypted, metadata, created_at) values ('{user}', '{provider}', '{token}', \
         '{{\"name\": \"key {n}\"}}', timestamptz '2025-01-01' + {n} * interval '1 second')"
    )
}

pub fn secret(n: usize) -> String {
    format!("sk-old-{n:04}-0123456789abcdef")
}

pub fn last_line(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).lines().last().unwrap_or_default().to_owned()
}

/// Kills an import this many times, each time somewhere in the middle, and lets one go to its end; gives back how many of the kills met
/// one at work.
pub fn interrupted(rounds: usize) -> usize {
    let at = Installation::new();
    let old = Old::new();
    let row = |n: usize| key_row(n, &format!("person{}@example.com", n % 30), "openai", &legacy::encrypt(&legacy::key(1), &secret(n)));
    old.sql(&(0..1_200).map(row).collect::<Vec<_>>());
    let arguments = old.arguments();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let mut effective = 0;
    for round in 0..rounds {
        let mut child = at.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Somewhere among the new rows: more are under way behind the one that was told last.
        let new = lines.filter(|line| line.as_ref().is_ok_and(|line| line.starts_with("imported")));
        effective += usize::from(new.take(1 + round % 5).count() > 0);
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(effective * 4 >= rounds.min(100) * 3, "only {effective} of {rounds} kills met an import at work");
    let done = old.import(&at, &[]);
    let told = last_line(&done);
    assert!(told.starts_with("1200 rows: ") && told.ends_with(" 0 undecryptable, 0 invalid."), "{told}");
    let file = at.data().join("keyward.db");
    let counts = tokio::runtime::Runtime::new().unwrap().block_on(async {
        let mut connection = sqlx::SqliteConnection::connect(file.to_str().unwrap()).await.unwrap();
        let sql = "select (select count(*) from provider_keys), (select count(distinct fingerprint) from provider_keys), \
                   (select count(*) from imports), (select count(*) from audit_events where action = 'key.import'), (select count(*) from accounts)";
        sqlx::query_as::<_, (i64, i64, i64, i64, i64)>(sql).fetch_one(&mut connection).await.unwrap()
    });
    assert_eq!(counts, (1_200, 1_200, 1_200, 1_200, 30));
    assert!(at.run(&["audit", "verify"]).status.success());
    effective
}
