//! A rotation of the data key, against the reading and updating in it.

use crate::{
    arms::Arm,
    database::{open, sqlite},
    harness::Installation,
};
use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection, sqlite::SqliteRow};
use std::{fs, time::Instant};
use vault::Context;

/// As many rows as a rotation writes in one unit of work.
const BATCH: usize = 200;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}

/// One whole rotation a round, from the new data key to the retired old one.
pub fn ours(at: &Installation) -> impl Arm + use<> {
    let runtime = runtime();
    let vault = runtime.block_on(open(at, None, None, &at.data().join("root.key")));
    move |_| {
        let begun = Instant::now();
        let view = runtime.block_on(vault.rotate(&Context::system(), |_| {})).unwrap();
        assert_eq!(view.left, 0);
        view.resealed as f64 / begun.elapsed().as_secs_f64()
    }
}

/// A copy of an installation's database.
pub struct Copy(tempfile::NamedTempFile);

impl Copy {
    pub fn of(at: &Installation) -> Self {
        sqlite(at, "pragma wal_checkpoint(truncate)");
        let file = tempfile::NamedTempFile::new_in(at.data()).unwrap();
        fs::copy(at.data().join("keyward.db"), file.path()).unwrap();
        Self(file)
    }
}

/// The same rows in the same batches, read and written back by one connection, each batch synced.
pub fn raw(copy: &Copy) -> impl Arm + use<> {
    let (runtime, url) = (runtime(), copy.0.path().to_str().unwrap().to_owned());
    let mut connection = runtime.block_on(async {
        let mut connection = SqliteConnection::connect(&url).await.unwrap();
        sqlx::raw_sql("pragma journal_mode = wal; pragma synchronous = full").execute(&mut connection).await.unwrap();
        connection
    });
    let mut data_key = 1_i64;
    move |_| {
        let begun = Instant::now();
        data_key += 1;
        let mut count = 0;
        loop {
            let written = runtime.block_on(batch(&mut connection, data_key));
            if written == 0 {
                return count as f64 / begun.elapsed().as_secs_f64();
            }
            count += written;
        }
    }
}

async fn batch(connection: &mut SqliteConnection, data_key: i64) -> u64 {
    let read = "select id, secret from provider_keys where data_key_id < $1 order by data_key_id, id limit $2";
    let rows: Vec<SqliteRow> = sqlx::query(read).bind(data_key).bind(BATCH as i64).fetch_all(&mut *connection).await.unwrap();
    if rows.is_empty() {
        return 0;
    }
    let places = vec!["(?, ?)"; rows.len()].join(", ");
    let write = format!(
        "with v (id, new) as (values {places}) update provider_keys set secret = v.new, data_key_id = ? from v where provider_keys.id = v.id"
    );
    let mut query = sqlx::query(AssertSqlSafe(write)).persistent(false);
    for row in &rows {
        query = query.bind(row.get::<Vec<u8>, _>("id")).bind(row.get::<Vec<u8>, _>("secret"));
    }
    query.bind(data_key).execute(connection).await.unwrap().rows_affected()
}
