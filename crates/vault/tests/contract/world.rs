use domain::{
    Problem,
    ids::KeyId,
    key_input::SecretInput,
    person::{Role, Tier},
    views::KeyView,
};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
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
use vault::{Actor, Context, Failure, Settings, Vault, keys::AddKey, root_key::RootKey, start};

pub(crate) const PASSWORD: &str = "correct horse battery staple";
pub(crate) const MODELS: &str = r#"{"object":"list","data":[{"id":"m","object":"model","created":1,"owned_by":"x"}]}"#;

/// A provider on loopback. It answers what it is told to and remembers what it saw.
pub(crate) struct Double {
    pub(crate) url: String,
    pub(crate) seen: Arc<Mutex<Vec<String>>>,
    answer: Arc<Mutex<(u16, String)>>,
}

impl Double {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let answer = Arc::new(Mutex::new((200, MODELS.to_owned())));
        let (log, reply) = (Arc::clone(&seen), Arc::clone(&answer));
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
                log.lock().unwrap().push(String::from_utf8_lossy(&request).into_owned());
                let (status, body) = reply.lock().unwrap().clone();
                let head = format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
                let _ = socket.write_all((head + &body).as_bytes()).await;
            }
        });
        Self { url, seen, answer }
    }
    pub(crate) fn answers(&self, status: u16, body: &str) {
        *self.answer.lock().unwrap() = (status, body.to_owned());
    }
    pub(crate) fn requests(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

pub(crate) struct World {
    pub(crate) vault: Vault,
    pub(crate) double: Double,
    pub(crate) settings: Settings,
    pub(crate) root: RootKey,
    _folder: TempDir,
}

pub(crate) fn settings(folder: &TempDir) -> Settings {
    Settings {
        database: folder.path().join("keyward.db"),
        catalogue: None,
        allow_endpoints: Vec::new(),
        own_addresses: Vec::new(),
        default_tier: Tier::Starter,
        byok_tiers: vec![Tier::Starter, Tier::Professional, Tier::Enterprise],
        tier_limits: BTreeMap::from([(Tier::Starter, Some(10)), (Tier::Enterprise, None)]),
        session_idle: Duration::from_secs(1_800),
        session_max: Duration::from_secs(43_200),
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let double = Double::start().await;
        let catalogue: PathBuf = folder.path().join("catalogue.toml");
        std::fs::write(
            &catalogue,
            format!("[providers.openai]\nbase_url = \"{0}/v1\"\n[providers.anthropic]\nbase_url = \"{0}/v1\"\n", double.url),
        )
        .unwrap();
        let settings = Settings { catalogue: Some(catalogue), allow_endpoints: vec![double.url.clone()], ..settings(&folder) };
        let root = RootKey::generate().unwrap();
        let vault = start::create(&settings, &root).await.unwrap();
        Self { vault, double, settings, root, _folder: folder }
    }

    /// A signed-in account of its own.
    pub(crate) async fn person(&self, email: &str) -> Context {
        self.vault.add_user(&Context::system(), email, Role::User, &secret(PASSWORD)).await.unwrap();
        self.sign_in(email).await
    }

    pub(crate) async fn sign_in(&self, email: &str) -> Context {
        let cx = Context::new(Actor::Nobody, "192.0.2.1".parse().ok());
        let session = self.vault.sign_in(&cx, email, &secret(PASSWORD), None).await.unwrap();
        cx.with_actor(Actor::Person(session.identity))
    }

    pub(crate) async fn sql(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(&self.settings.database).busy_timeout(Duration::from_secs(5));
        SqliteConnection::connect_with(&options).await.unwrap()
    }

    pub(crate) async fn execute(&self, sql: &'static str) -> u64 {
        sqlx::query(sql).execute(&mut self.sql().await).await.unwrap().rows_affected()
    }

    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&mut self.sql().await).await.unwrap()
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
