//! An installation with many keys, and what its owners know of them.

use crate::{
    cluster::Cluster,
    database::{open, sqlite},
    harness::{Installation, PASSWORD},
    provider::Provider,
};
use domain::{Verdict, ids::KeyId, key_input::SecretInput, person::Tier};
use std::{
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use vault::{Actor, Context, Vault, keys::AddKey};

/// How often each test hits.
#[allow(clippy::disallowed_methods, reason = "a test's own setting")]
pub fn rounds() -> u64 {
    std::env::var("SOAK_ROUNDS").ok().map_or(200, |text| text.parse().expect("SOAK_ROUNDS is a number"))
}

/// A key of a person, as its owner knows it.
pub struct Owned {
    pub cx: Context,
    pub id: KeyId,
    /// The value that was acknowledged last, and one whose answer never came.
    pub known: Mutex<(String, Option<String>)>,
}

pub struct World {
    pub at: Installation,
    pub provider: Provider,
    pub vault: Vault,
    pub keys: Vec<Owned>,
    pub url: Option<String>,
    pub runtime: tokio::runtime::Runtime,
    minutes: AtomicU64,
}

impl World {
    /// `people` times a hundred keys, on SQLite or PostgreSQL.
    pub fn new(postgres: bool, people: usize) -> Self {
        let provider = Provider::start();
        let url = postgres.then(|| Cluster::get().database());
        let mut all = provider.settings().to_vec();
        if let Some(url) = &url {
            all.push(("KEYWARD_DATABASE_URL", url));
        }
        let at = Installation::with(&all);
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let vault = runtime.block_on(open(&at, Some(provider.settings()), url.as_deref(), &at.data().join("root.key")));
        let mut world = Self { at, provider, vault, keys: Vec::new(), url, runtime, minutes: AtomicU64::new(0) };
        let mut keys = Vec::new();
        for person in 0..people {
            keys.extend(world.runtime.block_on(world.person(person)));
        }
        world.keys = keys;
        world
    }

    async fn person(&self, person: usize) -> Vec<Owned> {
        let email = format!("p{person}@example.com");
        let system = Context::system();
        let password = || SecretInput::new(PASSWORD.into());
        self.vault.add_user(&system, &email, domain::person::Role::User, &password()).await.unwrap();
        let name = domain::person::Email::parse(&email).unwrap();
        self.vault.set_tier(&system, &name, Tier::Enterprise).await.unwrap();
        let cx = Context::new(Actor::Nobody, None);
        let session = self.vault.sign_in(&cx, &email, &password(), None).await.unwrap();
        let cx = cx.with_actor(Actor::Person(session.identity));
        let mut keys = Vec::new();
        for n in 0..100 {
            let value = format!("sk-soak-p{person:03}-k{n:03}-v{:06}", 0);
            let new =
                AddKey { provider: "openai".into(), key: SecretInput::new(value.clone()), label: format!("k{n}"), ..AddKey::default() };
            let id = self.vault.add_key(&self.later(&cx), new).await.unwrap().id;
            keys.push(Owned { cx: cx.clone(), id, known: Mutex::new((value, None)) });
        }
        keys
    }

    /// The same caller at a moment when no limit applies: they go by the time of the request.
    pub fn later(&self, cx: &Context) -> Context {
        let mut cx = Context::new(cx.actor.clone(), cx.client);
        cx.now = cx.now + Duration::from_secs(61 * self.minutes.fetch_add(1, Ordering::Relaxed));
        cx
    }

    /// Puts a new value into a key and notes what came of it.
    pub async fn replace(&self, key: &Owned, value: String) {
        key.known.lock().unwrap().1 = Some(value.clone());
        if self.vault.replace_key(&self.later(&key.cx), key.id, SecretInput::new(value.clone()), true, None).await.is_ok() {
            *key.known.lock().unwrap() = (value, None);
        }
    }

    /// Opens a key by testing it: what its provider gets has to be what its owner knows.
    pub fn check(&self, key: &Owned) {
        let verdict = self.runtime.block_on(self.vault.test_key(&self.later(&key.cx), key.id)).expect("a key opens").verdict;
        assert_eq!(verdict, Verdict::Valid);
        let request = self.provider.last();
        let (known, uncertain) = key.known.lock().unwrap().clone();
        let good = request.contains(&known) || uncertain.is_some_and(|value| request.contains(&value));
        assert!(good, "a key opened to something else than {known}");
    }

    /// Runs a statement beside everybody.
    pub fn sql(&self, sql: &'static str) {
        match &self.url {
            Some(url) => drop(Cluster::get().ask(url, sql)),
            None => sqlite(&self.at, sql),
        }
    }
}
