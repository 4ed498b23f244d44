//! Poolers that hand the server's processes around between transactions (PgBouncer's `pool_mode = transaction`, and the like).
//! Behind one of those neither prepared statements nor `set`, `listen` and the lock of a migration mean anything, and nothing says
//! so until something goes wrong. So it is found out before anything is done.

use super::connect;
use crate::store::StoreError;
use sqlx::{Connection, PgConnection, Row, postgres::PgConnectOptions};

/// Looks at the two connections, in turns. A pooler with any number of idle processes gives itself away within two.
const LOOKS: u32 = 3;

/// The process that serves a connection. A number alone could be another one's on another machine.
const PROCESS: &str =
    "select pg_backend_pid()::text || ' ' || coalesce((select backend_start::text from pg_stat_activity where pid = pg_backend_pid()), '')";

async fn process(connection: &mut PgConnection) -> Result<String, StoreError> {
    // The simple protocol: a prepared statement is one of the things that may not work.
    Ok(sqlx::raw_sql(PROCESS).fetch_one(connection).await?.try_get(0)?)
}

/// Two connections that are open at the same time have a process each, and keep it.
///
/// # Errors
/// [`StoreError::Unsafe`] when they share one or change it, [`StoreError::Database`] when the server does not answer.
pub(super) async fn require_sessions(options: &PgConnectOptions) -> Result<(), StoreError> {
    let (mut first, mut second) = (connect(options).await?, connect(options).await?);
    let mine = process(&mut first).await?;
    let mut shared = false;
    for _ in 0..LOOKS {
        // A transaction holds on to its process; meanwhile the first connection would be served by another.
        sqlx::raw_sql("begin").execute(&mut second).await?;
        let other = process(&mut second).await?;
        shared |= other == mine || process(&mut first).await? != mine;
        sqlx::raw_sql("rollback").execute(&mut second).await?;
        shared |= process(&mut first).await? != mine;
    }
    // What does not close properly is closed by the server.
    let _ = (first.close().await, second.close().await);
    if shared {
        return Err(StoreError::Unsafe(
            "a pooler in transaction mode in front of it, where a session does not keep its process (use pool_mode = session, or no pooler)".to_owned(),
        ));
    }
    Ok(())
}
