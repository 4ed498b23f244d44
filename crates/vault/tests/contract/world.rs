use crate::cluster::Cluster;
use domain::{
    Problem,
    ids::KeyId,
    key_input::SecretInput,
    person::{Role, Tier},
    views::KeyView,
};
use sqlx::{ConnectOptions, Connection, PgConnection, SqliteConnection, postgres::PgConnectOptions, sqlite::SqliteConnectOptions};
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use vault::{
    Actor, AuditSettings, Context, Database, Failure, Fallbacks, Settings, Vault,
    keys::AddKey,
    root_key::RootKey,
    start,
    store::{PostgresAddress, Store},
};

pub(crate) const PASSWORD: &str = "correct horse battery staple";
pub(crate) const MODELS: &str = r#"{"object":"list","data":[{"id":"m","object":"model","created":1,"owned_by":"x"}]}"#;

/// A provider or service on loopback. It answers what it is told to and remembers what it saw.
pub(crate) struct Double {
    pub(crate) url: String,
    pub(crate) seen: Arc<Mutex<Vec<String>>>,
    answers: Arc<Mutex<Answers>>,
}

/// What is answered below a path, and else; or the same bytes whatever was asked.
struct Answers {
    below: Vec<(&'static str, u16, String)>,
    else_: (u16, String),
    bytes: Option<String>,
    wait: Duration,
}

impl Double {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let answers =
            Arc::new(Mutex::new(Answers { below: Vec::new(), else_: (200, MODELS.to_owned()), bytes: None, wait: Duration::ZERO }));
        let (log, reply) = (Arc::clone(&seen), Arc::clone(&answers));
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut request = Vec::new();
                let mut buffer = [0; 4096];
                while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                    match socket.read(&mut buffer).await {
                        Ok(0) | Err(_) => break,
                        Ok(n) => request.extend_from_slice(&buffer[..n]),
                    }
                }
                let length =
                    |head: &str| head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok());
                let head = request.windows(4).position(|end| end == b"\r\n\r\n").map_or(request.len(), |end| end + 4);
                let whole = head + length(&String::from_utf8_lossy(&request)).unwrap_or_default();
                while request.len() < whole {
                    match socket.read(&mut buffer).await {
                        Ok(0) | Err(_) => break,
                        Ok(n) => request.extend_from_slice(&buffer[..n]),
                    }
                }
                let request = String::from_utf8_lossy(&request).into_owned();
                let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
                log.lock().unwrap().push(request);
                let (wait, bytes) = {
                    let answers = reply.lock().unwrap();
                    (answers.wait, answers.bytes.clone())
                };
                tokio::time::sleep(wait).await;
                if let Some(bytes) = bytes {
                    let _ = socket.write_all(bytes.as_bytes()).await;
                    continue;
                }
                let (status, body) = {
                    let answers = reply.lock().unwrap();
                    let below = answers.below.iter().find(|(start, ..)| path.starts_with(start));
                    below.map_or_else(|| answers.else_.clone(), |(_, status, body)| (*status, body.clone()))
                };
                let head = format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
                let _ = socket.write_all((head + &body).as_bytes()).await;
            }
        });
        Self { url, seen, answers }
    }
    pub(crate) fn answers(&self, status: u16, body: &str) {
        self.answers.lock().unwrap().else_ = (status, body.to_owned());
    }
    /// From now on it takes its time.
    pub(crate) fn waits(&self, wait: Duration) {
        self.answers.lock().unwrap().wait = wait;
    }
    /// From now on it answers with these bytes, which may be no answer.
    pub(crate) fn answers_with_bytes(&self, bytes: &str) {
        self.answers.lock().unwrap().bytes = Some(bytes.to_owned());
    }
    /// What is answered at paths that begin so, before those that were named earlier.
    pub(crate) fn answers_below(&self, path: &'static str, status: u16, body: &str) {
        self.answers.lock().unwrap().below.insert(0, (path, status, body.to_owned()));
    }
    pub(crate) fn requests(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

/// The databases that everything here must hold on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Backend {
    Sqlite,
    Postgres,
}

/// A connection beside the vault's own.
pub(crate) enum Sql {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Sql {
    pub(crate) async fn execute(&mut self, sql: &'static str) -> Result<u64, sqlx::Error> {
        match self {
            Self::Sqlite(connection) => Ok(sqlx::raw_sql(sql).execute(connection).await?.rows_affected()),
            Self::Postgres(connection) => Ok(sqlx::raw_sql(sql).execute(connection).await?.rows_affected()),
        }
    }
}

impl Sql {
    /// A statement that a test puts together.
    pub(crate) async fn run(&mut self, sql: String) -> Result<u64, sqlx::Error> {
        match self {
            Self::Sqlite(connection) => Ok(sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(connection).await?.rows_affected()),
            Self::Postgres(connection) => Ok(sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(connection).await?.rows_affected()),
        }
    }
}

pub(crate) struct World {
    pub(crate) backend: Backend,
    /// Of the PostgreSQL database; empty on SQLite.
    url: String,
    pub(crate) vault: Vault,
    pub(crate) double: Double,
    pub(crate) settings: Settings,
    pub(crate) root: RootKey,
    _folder: TempDir,
}

/// Where a new database of the kind may be made.
pub(crate) fn database(backend: Backend, folder: &TempDir) -> (Database, String) {
    match backend {
        Backend::Sqlite => (Database::Sqlite(folder.path().join("keyward.db")), String::new()),
        Backend::Postgres => {
            let url = Cluster::get().database();
            (Database::Postgres(PostgresAddress::parse(&url).unwrap()), url)
        }
    }
}

pub(crate) fn settings(database: Database) -> Settings {
    Settings {
        database,
        catalogue: None,
        allow_endpoints: Vec::new(),
        own_addresses: Vec::new(),
        default_tier: Tier::Starter,
        byok_tiers: vec![Tier::Starter, Tier::Professional, Tier::Enterprise],
        tier_limits: BTreeMap::from([(Tier::Starter, Some(10)), (Tier::Enterprise, None)]),
        identity: None,
        session_idle: Duration::from_secs(1_800),
        session_max: Duration::from_secs(43_200),
        audit: AuditSettings::default(),
        root_key_source: "file",
        fallbacks: vault::Fallbacks::default(),
    }
}

impl World {
    pub(crate) async fn on(backend: Backend) -> Self {
        Self::with(backend, &[]).await
    }

    /// With environment variables that stand in for service credentials.
    pub(crate) async fn with(backend: Backend, variables: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        let double = Double::start().await;
        let catalogue: PathBuf = folder.path().join("catalogue.toml");
        std::fs::write(
            &catalogue,
            format!(
                "[providers.openai]\nbase_url = \"{0}/v1\"\n[providers.anthropic]\nbase_url = \"{0}/v1\"\n\
                 [services.cloudflare]\nbase_url = \"{0}/cf\"\n[services.github]\nbase_url = \"{0}/gh\"\n\
                 [services.namecheap]\nbase_url = \"{0}/nc\"\n[services.stripe]\nbase_url = \"{0}/st\"\n",
                double.url
            ),
        )
        .unwrap();
        let (database, url) = database(backend, &folder);
        let settings = Settings {
            catalogue: Some(catalogue),
            allow_endpoints: vec![double.url.clone()],
            fallbacks: Fallbacks(variables.iter().map(|(name, value)| ((*name).to_owned(), secret(value))).collect()),
            ..settings(database)
        };
        let root = RootKey::generate().unwrap();
        let vault = start::create(&settings, &root).await.unwrap();
        Self { backend, url, vault, double, settings, root, _folder: folder }
    }

    /// The store alone, beside the vault.
    pub(crate) async fn store(&self) -> Box<dyn Store> {
        match &self.settings.database {
            Database::Sqlite(file) => Box::new(vault::store::Sqlite::open(file, false).await.unwrap()),
            Database::Postgres(address) => Box::new(vault::store::Postgres::open(address).await.unwrap()),
        }
    }
    /// The same world on another database. Its folder is whose made it.
    pub(crate) fn elsewhere(&self, backend: Backend, url: String, vault: Vault, settings: Settings) -> Self {
        let double =
            Double { url: self.double.url.clone(), seen: Arc::clone(&self.double.seen), answers: Arc::clone(&self.double.answers) };
        let root = RootKey::parse(self.root.to_text().as_bytes()).unwrap();
        Self { backend, url, vault, double, settings, root, _folder: TempDir::new().unwrap() }
    }

    /// A signed-in account of its own.
    pub(crate) async fn person(&self, email: &str) -> Context {
        self.vault.add_user(&Context::system(), email, Role::User, &secret(PASSWORD)).await.unwrap();
        self.sign_in(email).await
    }

    /// A signed-in administrator.
    pub(crate) async fn admin(&self, email: &str) -> Context {
        self.vault.add_user(&Context::system(), email, Role::Admin, &secret(PASSWORD)).await.unwrap();
        self.sign_in(email).await
    }

    pub(crate) async fn sign_in(&self, email: &str) -> Context {
        let cx = Context::new(Actor::Nobody, "192.0.2.1".parse().ok());
        let session = self.vault.sign_in(&cx, email, &secret(PASSWORD), None).await.unwrap();
        cx.with_actor(Actor::Person(session.identity))
    }

    pub(crate) async fn sql(&self) -> Sql {
        match &self.settings.database {
            Database::Sqlite(file) => {
                let options = SqliteConnectOptions::new().filename(file).busy_timeout(Duration::from_secs(5));
                Sql::Sqlite(SqliteConnection::connect_with(&options).await.unwrap())
            }
            Database::Postgres(_) => Sql::Postgres(self.url.parse::<PgConnectOptions>().unwrap().connect().await.unwrap()),
        }
    }

    /// The one or the other, as the database wants it.
    pub(crate) fn either<T>(&self, sqlite: T, postgres: T) -> T {
        match self.backend {
            Backend::Sqlite => sqlite,
            Backend::Postgres => postgres,
        }
    }

    pub(crate) async fn execute(&self, sql: &'static str) -> u64 {
        self.sql().await.execute(sql).await.unwrap()
    }

    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        match self.sql().await {
            Sql::Sqlite(mut connection) => sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap(),
            Sql::Postgres(mut connection) => sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap(),
        }
    }

    /// Rows of two columns of text.
    pub(crate) async fn pairs(&self, sql: &'static str) -> Vec<(String, String)> {
        match self.sql().await {
            Sql::Sqlite(mut connection) => sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap(),
            Sql::Postgres(mut connection) => sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap(),
        }
    }

    /// Everything that is stored: on SQLite the files, with what is in the log only; on PostgreSQL the tables, bytes in hexadecimal.
    pub(crate) async fn content(&self) -> Vec<u8> {
        match self.sql().await {
            Sql::Sqlite(connection) => {
                drop(connection);
                let file = self.settings.database.file().unwrap();
                // The log first: its pages move into the file, and never back.
                let log = std::fs::read(format!("{}-wal", file.display())).unwrap_or_default();
                [log, std::fs::read(file).unwrap()].concat()
            }
            Sql::Postgres(mut connection) => {
                sqlx::raw_sql("set xmlbinary to hex").execute(&mut connection).await.unwrap();
                let all = "select string_agg(query_to_xml('table ' || quote_ident(tablename), true, false, '')::text, '' order by tablename) \
                           from pg_tables where schemaname = 'public'";
                sqlx::query_scalar::<_, String>(all).fetch_one(&mut connection).await.unwrap().into_bytes()
            }
        }
    }

    /// Whether these bytes are stored anywhere, as they are or in hexadecimal.
    pub(crate) async fn holds(&self, bytes: &[u8]) -> bool {
        // One character for each byte: only texts are searched fast.
        let text = |bytes: &[u8]| bytes.iter().map(|byte| char::from(*byte)).collect::<String>();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let content = text(&self.content().await);
        content.contains(&text(bytes)) || content.to_ascii_lowercase().contains(&hex)
    }

    pub(crate) async fn add(&self, cx: &Context, provider: &str, key: &str, label: &str) -> Result<KeyView, Failure> {
        self.vault.add_key(cx, add(provider, key, label)).await
    }
}

/// The same request a little later: limits and order go by the time a request arrived.
pub(crate) fn again(cx: &Context) -> Context {
    Context::new(cx.actor.clone(), cx.client)
}

pub(crate) fn secret(text: &str) -> SecretInput {
    SecretInput::new(text.to_owned())
}

pub(crate) fn add(provider: &str, key: &str, label: &str) -> AddKey {
    AddKey { provider: provider.into(), key: secret(key), label: label.into(), overwrite: true, ..AddKey::default() }
}

pub(crate) fn problem<T>(result: Result<T, Failure>) -> Problem {
    result.err().map(Failure::into_problem).expect("this was to fail")
}

pub(crate) fn no_such_key() -> KeyId {
    KeyId::from_uuid(uuid::Uuid::from_u128(1))
}
