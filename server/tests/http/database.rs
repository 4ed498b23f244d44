//! The SQLite database of a server under test, seen from beside it.

use crate::harness::Server;
use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};

/// What a refused request may change: that it was tried, and that somebody was here.
const NOTES: [&str; 2] = ["audit_events", "limit_hits"];
const STAMPS: [&str; 2] = ["seen_at", "last_used_at"];

fn with<T>(server: &Server, act: impl AsyncFnOnce(&mut SqliteConnection) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let file = server.at.data().join("keyward.db");
        let mut connection = SqliteConnection::connect(file.to_str().unwrap()).await.unwrap();
        let outcome = act(&mut connection).await;
        connection.close().await.unwrap();
        outcome
    })
}

/// Runs statements.
pub fn execute(server: &Server, sql: &'static str) {
    with(server, async |connection| sqlx::raw_sql(sql).execute(connection).await.unwrap());
}

/// Runs a statement that a test put together.
pub fn execute_text(server: &Server, sql: &str) {
    with(server, async |connection| sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.unwrap());
}

/// Forgets what the limits counted.
pub fn forget_limits(server: &Server) {
    execute(server, "delete from limit_hits");
}

/// From now on no audit event can be written.
pub fn stop_audit(server: &Server) {
    execute(server, "create trigger stopped before insert on audit_events begin select raise(abort, 'stopped'); end");
}

/// It can again.
pub fn resume_audit(server: &Server) {
    execute(server, "drop trigger stopped");
}

async fn column(connection: &mut SqliteConnection, sql: String) -> Vec<String> {
    let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(connection).await.unwrap();
    rows.iter().map(|row| row.get::<String, _>(0)).collect()
}

/// Every row of every table, but for notes and stamps.
pub fn snapshot(server: &Server) -> Vec<String> {
    with(server, async |connection| {
        let mut all = Vec::new();
        let tables = "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name";
        for table in column(connection, tables.to_owned()).await {
            if NOTES.contains(&table.as_str()) {
                continue;
            }
            let columns = column(connection, format!("select name from pragma_table_info('{table}')")).await;
            let columns: Vec<_> =
                columns.iter().filter(|name| !STAMPS.contains(&name.as_str())).map(|name| format!("quote(\"{name}\")")).collect();
            all.extend(
                column(connection, format!("select '{table}: ' || {} from \"{table}\" order by 1", columns.join(" || ', ' || "))).await,
            );
        }
        assert!(all.iter().any(|row| row.starts_with("accounts: ")), "there is always an account");
        all
    })
}
