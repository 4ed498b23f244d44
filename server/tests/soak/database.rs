//! The databases of the long tests and of the measurements, from behind the program's back.

use crate::harness::Installation;
use domain::person::Tier;
use std::{collections::BTreeMap, path::Path, time::Duration};
use vault::{Vault, root_key::RootKey};

/// Runs statements on an installation's SQLite, beside whoever else is at it.
pub fn sqlite(at: &Installation, sql: &str) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        use sqlx::Connection;
        let file = at.data().join("keyward.db");
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file).busy_timeout(Duration::from_secs(20));
        let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
}

/// The number that a statement answers with.
pub fn number(at: &Installation, sql: &'static str) -> i64 {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        use sqlx::Connection;
        let mut connection = sqlx::SqliteConnection::connect(at.data().join("keyward.db").to_str().unwrap()).await.unwrap();
        let number = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        number
    })
}

/// Forgets what the limits counted.
pub fn forget_limits(at: &Installation) {
    sqlite(at, "delete from limit_hits");
}

/// Rows as the program writes them, but for secrets that nobody can open and hashes that do not hold.
pub fn many(people: u32, keys_each: u32, events: u32) -> String {
    format!(
        "pragma synchronous = off;
         with recursive n(i) as (select 1 union all select i + 1 from n where i < {people})
         insert into accounts select randomblob(16), 'p' || i || '@example.com', null, 'user', 'enterprise', null, i, i from n;
         with recursive n(i) as (select 1 union all select i + 1 from n where i <= {keys_each})
         insert into provider_keys (id, tenant_id, owner_id, provider, label, endpoint_origin, enabled, is_default, secret, data_key_id,
             secret_version, hint, fingerprint, tested_at, verdict, revision, created_at, updated_at)
         select randomblob(16), zeroblob(16), a.id, 'openai', 'k' || i, 'https://api.openai.com:443', 1,
             i = 1 and not exists (select 1 from provider_keys k where k.owner_id = a.id), randomblob(150), 1, 1,
             'sk-\u{2026}1a2b', randomblob(8), 1, 'valid', 1, i, i from accounts a, n;
         create temp table people (n integer primary key, id);
         insert into people (id) select id from accounts;
         create temp table keys (n integer primary key, id);
         insert into keys (id) select id from provider_keys;
         with recursive n(i) as (select 1 union all select i + 1 from n where i < {events})
         insert into audit_events (seq, at, actor_kind, actor_id, request_id, action, object_kind, object_id, outcome, details, hash)
         select (select max(seq) from audit_events) + i, i * 60000000, 'person', (select id from people where n = 1 + i % {people}), randomblob(16),
             case i % 3 when 0 then 'key.add' when 1 then 'key.test' else 'key.replace' end, 'key',
             (select id from keys where n = 1 + i % ({people} * {keys_each})), case i % 50 when 0 then 'failed' else 'success' end, '{{}}', randomblob(32) from n;
         analyze"
    )
}

/// Opens the vault in this process, with the settings of a provider's double.
pub async fn open(at: &Installation, provider: Option<[(&str, &str); 2]>, url: Option<&str>, root: &Path) -> Vault {
    let database = match url {
        Some(url) => vault::Database::Postgres(vault::store::PostgresAddress::parse(url).unwrap()),
        None => vault::Database::Sqlite(at.data().join("keyward.db")),
    };
    let settings = vault::Settings {
        database,
        catalogue: provider.map(|[(_, catalogue), _]| catalogue.into()),
        allow_endpoints: provider.map(|[_, (_, allowed)]| allowed.to_owned()).into_iter().collect(),
        own_addresses: Vec::new(),
        default_tier: Tier::Starter,
        byok_tiers: vec![Tier::Enterprise],
        tier_limits: BTreeMap::new(),
        identity: None,
        session_idle: Duration::from_secs(10 * 365 * 86_400),
        session_max: Duration::from_secs(10 * 365 * 86_400),
        audit: vault::AuditSettings::default(),
        root_key_source: "file",
        fallbacks: vault::Fallbacks::default(),
    };
    vault::start::open(&settings, &[RootKey::read_file(root).unwrap()]).await.unwrap()
}
