//! A secret goes through everything a person does with it, and is looked for everywhere but at its provider.

use crate::{
    harness::{Installation, Server},
    provider::Provider,
};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use std::{fs, path::Path};

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

pub fn canary() -> String {
    let mut random = [0; 32];
    getrandom::fill(&mut random).unwrap();
    let tail: String = random.iter().map(|byte| char::from(BASE62[usize::from(*byte) % 62])).collect();
    format!("sk-canary-{tail}")
}

/// What a leak could look like: 12 bytes in a row of the secret, of its hexadecimal form, or of its base64 at any alignment.
fn traces(secret: &str) -> Vec<Vec<u8>> {
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![secret["sk-canary-".len()..].to_owned(), hex.to_uppercase()[20..].to_owned(), hex[20..].to_owned()];
    for skip in 10..13 {
        let base64 = STANDARD_NO_PAD.encode(&secret.as_bytes()[skip..]);
        forms.push(base64.replace('+', "-").replace('/', "_"));
        forms.push(base64);
    }
    forms.iter().flat_map(|form| form.as_bytes().windows(12).map(<[u8]>::to_vec)).collect()
}

pub struct Search {
    traces: Vec<Vec<u8>>,
    bytes: usize,
}

impl Search {
    pub fn for_secrets(secrets: &[String]) -> Self {
        Self { traces: secrets.iter().flat_map(|secret| traces(secret)).collect(), bytes: 0 }
    }
    pub fn through(&mut self, place: &str, haystack: &[u8]) {
        self.bytes += haystack.len();
        for trace in &self.traces {
            let found = haystack.windows(trace.len()).any(|window| window == trace);
            assert!(!found, "a secret is in {place}");
        }
    }
    fn folder(&mut self, server: &Server) {
        self.directory(server.at.data());
    }
    pub fn directory(&mut self, folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            self.through(&path.display().to_string(), &fs::read(&path).unwrap());
        }
    }
}

#[test]
fn the_search_finds_what_it_looks_for() {
    let secret = canary();
    for (place, leak) in [
        ("raw", format!("Authorization: Bearer {secret}")),
        ("base64", STANDARD_NO_PAD.encode(format!("x{secret}"))),
        ("base64", STANDARD_NO_PAD.encode(format!("xy{secret}"))),
        ("hex", secret.bytes().map(|byte| format!("{byte:02x}")).collect()),
        ("a part", secret[15..30].to_owned()),
    ] {
        let mut search = Search { traces: traces(&secret), bytes: 0 };
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| search.through(place, leak.as_bytes())));
        assert!(caught.is_err(), "{place}");
    }
}

#[test]
fn a_secret_is_nowhere_but_at_its_provider() {
    let provider = Provider::start();
    let mut settings = provider.settings().to_vec();
    settings.push(("KEYWARD_LOG", "trace"));
    let server = Installation::with(&settings).serve();
    let cookie = server.admin();
    let (first, second) = (canary(), canary());
    let mut search = Search { traces: [traces(&first), traces(&second)].concat(), bytes: 0 };
    let mut post = |path: &str, fields: &[(&str, &str)], status: u16| {
        let answer = server.form(path, fields).cookie(&cookie).send();
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        search.through(path, format!("{:?}", answer.headers).as_bytes());
        search.through(path, &answer.body);
        answer.header("location").map(str::to_owned)
    };

    // What works, and what does not: a refused form, a duplicate, a test, a pasted line.
    post("/keys/new", &[("provider", "openai"), ("key", &first), ("label", &"x".repeat(101)), ("act", "save")], 422);
    post("/keys/new", &[("provider", "nosuch"), ("key", &first), ("act", "save")], 422);
    post("/keys/new", &[("provider", "openai"), ("key", &first), ("act", "test")], 200);
    let line = format!(" export OPENAI_API_KEY=\"{first}\" ");
    post("/keys/new", &[("provider", "openai"), ("key", &line), ("label", "Build"), ("act", "save")], 303);
    post("/keys/new", &[("provider", "openai"), ("key", &first), ("label", "Copy"), ("act", "save")], 409);
    let list = server.request("GET", "/keys?part=list").cookie(&cookie).send().text();
    let end = list.find("/replace").unwrap();
    let id = list[end - 36..end].to_owned();
    post(&format!("/keys/{id}/test"), &[], 303);
    post(&format!("/keys/{id}/replace"), &[("key", &second), ("act", "save")], 303);
    post(&format!("/keys/{id}/test"), &[], 303);
    // The same over REST: added, kept already, refused, malformed, tested and replaced.
    for (method, path, body, status) in [
        ("POST", "/api/v1/byok/keys/add".to_owned(), serde_json::json!({"provider": "openai", "key": first, "label": "Program"}), 200),
        ("POST", "/api/v1/byok/keys/add".to_owned(), serde_json::json!({"provider": "openai", "key": second, "label": "Again"}), 409),
        ("POST", "/api/v1/byok/keys/add".to_owned(), serde_json::json!({"provider": first, "key": second, "label": second}), 422),
        ("POST", "/api/v1/byok/keys/add".to_owned(), serde_json::json!({"provider": "openai", "key": [first], &second: 1}), 422),
        ("POST", "/api/v1/byok/keys/test".to_owned(), serde_json::json!({"provider": "openai", "key": first}), 200),
        ("POST", format!("/api/v1/byok/keys/{id}/replace"), serde_json::json!({"key": second}), 200),
        ("PATCH", format!("/api/v1/byok/keys/{id}"), serde_json::json!({"endpoint": first, "key": second}), 422),
    ] {
        let answer = server.api(method, &path, Some(&cookie)).header("Idempotency-Key", &format!("{status}")).json(&body).send();
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
        search.through(&path, format!("{:?}", answer.headers).as_bytes());
        search.through(&path, &answer.body);
    }
    search.folder(&server);
    for path in
        ["/keys", "/keys/new", &format!("/keys/{id}/replace"), &format!("/keys/{id}/edit"), &format!("/keys/{id}/delete"), "/healthz"]
    {
        search.through(path, &server.request("GET", path).cookie(&cookie).send().body);
    }
    let deleted = server.form(&format!("/keys/{id}/delete"), &[]).cookie(&cookie).send();
    assert_eq!(deleted.status, 303);
    search.folder(&server);

    // The provider did see both, in a header and in no address: otherwise the search above proves nothing.
    let requests = provider.requests();
    for secret in [&first, &second] {
        assert!(
            requests.iter().any(|request| request.to_lowercase().contains("authorization: bearer") && request.contains(secret.as_str()))
        );
    }
    for request in &requests {
        search.through("a request line", request.lines().next().unwrap().as_bytes());
    }
    let log = server.at.log();
    assert!(log.contains("answered"), "there is a log");
    search.through("the log", log.as_bytes());
    assert!(search.bytes > 200_000, "only {} bytes were searched", search.bytes);
}
