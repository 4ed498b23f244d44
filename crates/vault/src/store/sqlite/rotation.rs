//! Rotation of the data key and change of the root key, in SQL.

use super::{
    Sqlite, decode,
    reads::{self, each},
    tx::SqliteTx,
    tx::{micros, signed},
};
use crate::store::{RotationStore, RotationTx, SealedColumn, StoreError, rows::*};
use async_trait::async_trait;
use domain::Timestamp;
use sqlx::{AssertSqlSafe, SqliteConnection};

const ROOT_KEYS: &str = "select root_id, created_at, served_at from keyring order by created_at, root_id";
const LAST_ROTATION: &str = "select id, data_key_id, started_at, finished_at, total, resealed, busy, left_behind from rotations \
     order by data_key_id desc limit 1";

async fn ring_version(connection: &mut SqliteConnection) -> Result<Option<u64>, StoreError> {
    let row = sqlx::query("select max(ring_version) as ring_version from keyring").fetch_one(connection).await?;
    decode::optional_number(&row, "ring_version")
}
async fn root_keys(connection: &mut SqliteConnection) -> Result<Vec<RootKeyRow>, StoreError> {
    each(&sqlx::query(ROOT_KEYS).fetch_all(connection).await?, decode::root_key)
}
async fn last_rotation(connection: &mut SqliteConnection) -> Result<Option<RotationRow>, StoreError> {
    sqlx::query(LAST_ROTATION).fetch_optional(connection).await?.as_ref().map(decode::rotation).transpose()
}
async fn sealed_counts(connection: &mut SqliteConnection, at: &SealedColumn) -> Result<Vec<(u32, u64)>, StoreError> {
    let rows = sqlx::query(AssertSqlSafe(at.counts())).fetch_all(connection).await?;
    rows.iter().map(|row| Ok((decode::number(row, "data_key_id")?, decode::number(row, "n")?))).collect()
}

#[async_trait]
impl RotationStore for Sqlite {
    async fn ring_version(&self) -> Result<Option<u64>, StoreError> {
        ring_version(&mut *self.readers.acquire().await?).await
    }
    async fn root_keys(&self) -> Result<Vec<RootKeyRow>, StoreError> {
        root_keys(&mut *self.readers.acquire().await?).await
    }
    async fn sealed_values(
        &self,
        at: &'static SealedColumn,
        active: u32,
        after: Option<SealedPlace>,
        limit: u32,
    ) -> Result<Vec<SealedValue>, StoreError> {
        // Below every id, even one that somebody else wrote.
        let (key, record) = after.map_or((i64::MIN, Vec::new()), |place| (place.data_key_id.into(), place.record.into_bytes().to_vec()));
        let query = sqlx::query(AssertSqlSafe(at.older_values())).bind(active).bind(key).bind(record).bind(limit);
        each(&query.fetch_all(&mut *self.readers.acquire().await?).await?, decode::sealed_value)
    }
    async fn sealed_counts(&self, at: &'static SealedColumn) -> Result<Vec<(u32, u64)>, StoreError> {
        sealed_counts(&mut *self.readers.acquire().await?, at).await
    }
    async fn last_rotation(&self) -> Result<Option<RotationRow>, StoreError> {
        last_rotation(&mut *self.readers.acquire().await?).await
    }
    async fn quarantine(&self, at: &'static SealedColumn, limit: u32) -> Result<(Vec<QuarantineRow>, u64), StoreError> {
        let list = at.quarantined("q.*", "order by q.found_at desc, q.record_id limit $3");
        let rows = sqlx::query(AssertSqlSafe(list))
            .bind(at.table)
            .bind(at.column)
            .bind(limit)
            .fetch_all(&mut *self.readers.acquire().await?)
            .await?;
        let count = sqlx::query(AssertSqlSafe(at.quarantined("count(*) as n", ""))).bind(at.table).bind(at.column);
        Ok((each(&rows, decode::quarantine)?, decode::number(&count.fetch_one(&mut *self.readers.acquire().await?).await?, "n")?))
    }
}

#[async_trait]
impl RotationTx for SqliteTx<'_> {
    async fn ring_version(&mut self) -> Result<Option<u64>, StoreError> {
        ring_version(self.connection).await
    }
    async fn keyring(&mut self) -> Result<Vec<KeyringRow>, StoreError> {
        reads::keyring(self.connection).await
    }
    async fn replace_keyring(&mut self, row: &KeyringRow, old: u64) -> Result<bool, StoreError> {
        let query = sqlx::query("update keyring set ring_version = $2, sealed = $3 where root_id = $1 and ring_version = $4")
            .bind(row.root_id.to_vec())
            .bind(signed(row.ring_version))
            .bind(row.sealed.as_slice())
            .bind(signed(old));
        Ok(self.execute(query).await? == 1)
    }
    async fn root_keys(&mut self) -> Result<Vec<RootKeyRow>, StoreError> {
        root_keys(self.connection).await
    }
    async fn stamp_root_key(&mut self, root_id: &[u8; 8], served: Timestamp) -> Result<(), StoreError> {
        let stamp = sqlx::query("update keyring set served_at = $2 where root_id = $1").bind(root_id.to_vec()).bind(served.micros());
        self.execute(stamp).await?;
        Ok(())
    }
    async fn delete_keyring(&mut self, root_id: &[u8; 8]) -> Result<bool, StoreError> {
        Ok(self.execute(sqlx::query("delete from keyring where root_id = $1").bind(root_id.to_vec())).await? == 1)
    }
    async fn count_older(&mut self, at: &'static SealedColumn, active: u32) -> Result<u64, StoreError> {
        let row = sqlx::query(AssertSqlSafe(at.older_count())).bind(active).fetch_one(&mut *self.connection).await?;
        decode::number(&row, "n")
    }
    async fn sealed_counts(&mut self, at: &'static SealedColumn) -> Result<Vec<(u32, u64)>, StoreError> {
        sealed_counts(self.connection, at).await
    }
    async fn reseal(&mut self, at: &'static SealedColumn, data_key: u32, values: &[Resealed]) -> Result<u64, StoreError> {
        if values.is_empty() {
            return Ok(0);
        }
        let SealedColumn { table, column, data_key: key_column, .. } = at;
        let places: Vec<_> = (0..values.len()).map(|n| format!("(${}, ${}, ${})", 3 * n + 2, 3 * n + 3, 3 * n + 4)).collect();
        let mut query = sqlx::query(AssertSqlSafe(format!(
            "with v (id, old, new) as (values {}) update {table} set {column} = v.new, {key_column} = $1 from v \
             where {table}.id = v.id and {table}.{column} = v.old",
            places.join(", ")
        )))
        .persistent(false)
        .bind(data_key);
        for value in values {
            query = query.bind(value.record.into_bytes().to_vec()).bind(value.old.as_slice()).bind(value.new.as_slice());
        }
        self.execute(query).await
    }
    async fn last_rotation(&mut self) -> Result<Option<RotationRow>, StoreError> {
        last_rotation(self.connection).await
    }
    async fn insert_rotation(&mut self, row: &RotationRow) -> Result<(), StoreError> {
        self.execute(
            sqlx::query(
                "insert into rotations (id, data_key_id, started_at, finished_at, total, resealed, busy, left_behind) \
                 values ($1, $2, $3, $4, $5, $6, $7, $8)",
            )
            .bind(row.id.into_bytes().to_vec())
            .bind(row.data_key_id)
            .bind(row.started_at.micros())
            .bind(micros(row.finished_at))
            .bind(signed(row.total))
            .bind(signed(row.resealed))
            .bind(signed(row.busy))
            .bind(signed(row.left_behind)),
        )
        .await?;
        Ok(())
    }
    async fn update_rotation(&mut self, row: &RotationRow) -> Result<(), StoreError> {
        self.execute(
            sqlx::query("update rotations set finished_at = $2, total = $3, resealed = $4, busy = $5, left_behind = $6 where id = $1")
                .bind(row.id.into_bytes().to_vec())
                .bind(micros(row.finished_at))
                .bind(signed(row.total))
                .bind(signed(row.resealed))
                .bind(signed(row.busy))
                .bind(signed(row.left_behind)),
        )
        .await?;
        Ok(())
    }
    async fn insert_quarantine(&mut self, row: &QuarantineRow) -> Result<(), StoreError> {
        self.execute(
            sqlx::query(
                "insert into quarantine (table_name, column_name, record_id, owner_id, data_key_id, secret_version, reason, found_at, \
                 checked_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (table_name, column_name, record_id) do update \
                 set found_at = case when quarantine.secret_version = excluded.secret_version then quarantine.found_at else excluded.found_at end, \
                 data_key_id = excluded.data_key_id, secret_version = excluded.secret_version, reason = excluded.reason, \
                 owner_id = excluded.owner_id, checked_at = excluded.checked_at",
            )
            .bind(row.table.as_str())
            .bind(row.column.as_str())
            .bind(row.record.into_bytes().to_vec())
            .bind(row.owner.map(|owner| owner.bytes().to_vec()))
            .bind(row.data_key_id)
            .bind(signed(row.secret_version))
            .bind(row.reason.as_str())
            .bind(row.found_at.micros())
            .bind(row.checked_at.micros()),
        )
        .await?;
        Ok(())
    }
    async fn forget_quarantine(&mut self, at: &'static SealedColumn, active: u32, since: Timestamp) -> Result<(), StoreError> {
        let forget = sqlx::query(AssertSqlSafe(at.forget_quarantine())).bind(at.table).bind(at.column).bind(active).bind(since.micros());
        self.execute(forget).await?;
        Ok(())
    }
}
