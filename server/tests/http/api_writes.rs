//! Calls that change something: what they take, what they refuse, and what happens when they come twice or at the same time.

use crate::{
    api::{SECRET, add},
    harness::{Answer, Server},
};
use serde_json::{Value, json};
use std::thread;

const KEYS: &str = "/api/v1/byok/keys";

#[test]
fn a_body_is_read_strictly_and_never_repeated() {
    let server = Server::new();
    let cookie = server.admin();
    let id = add(&server, &cookie, &json!({"provider": "openai", "key": SECRET}))["id"].as_str().unwrap().to_owned();
    let send = |method: &str, path: &str, kind: &str, body: Vec<u8>| server.api(method, path, Some(&cookie)).body(kind, body).send();
    let paths = [
        ("POST", format!("{KEYS}/add")),
        ("PATCH", format!("{KEYS}/{id}")),
        ("POST", format!("{KEYS}/{id}/replace")),
        ("POST", format!("{KEYS}/test")),
    ];
    for (method, path) in &paths {
        let deep = [b"{\"label\":".to_vec(), vec![b'['; 100_000]].concat();
        for (kind, body, status, code) in [
            ("text/plain", b"{}".to_vec(), 415, "unsupported_media_type"),
            ("application/x-www-form-urlencoded", b"canary=1".to_vec(), 415, "unsupported_media_type"),
            ("application/json", b"".to_vec(), 400, "unsupported_body"),
            ("application/json", b"{\"canary".to_vec(), 400, "unsupported_body"),
            ("application/json", b"{\"canary\":\"\xff\"}".to_vec(), 422, "unknown_field"),
            ("application/json", b"[\"canary\"]".to_vec(), 422, "wrong_type"),
            ("application/json; charset=utf-8", b"{\"canary\":1}".to_vec(), 422, "unknown_field"),
            ("application/json", vec![b' '; 256 * 1024 + 1], 413, "too_large"),
            ("application/json", vec![b'x'; 1024 * 1024], 413, "too_large"),
        ] {
            let answer = send(method, path, kind, body.clone());
            assert_eq!((answer.status, answer.code().as_str()), (status, code), "{method} {path} {kind} {:?}", &body[..body.len().min(20)]);
            assert!(!answer.text().contains("canary"), "{}", answer.text());
        }
        let answer = send(method, path, "application/json", deep);
        assert!([400, 422].contains(&answer.status), "{}", answer.status);
    }
    let long = |name: &str, length: usize| json!({"provider": "groq", "key": "gsk_canary-0123456789", name: "x".repeat(length)});
    for (name, length) in [("label", 101), ("description", 1_001), ("endpoint", 2_049), ("expires_at", 41)] {
        let answer = server.api("POST", &format!("{KEYS}/add"), Some(&cookie)).json(&long(name, length)).send();
        assert_eq!((answer.status, answer.json()["errors"][0]["field"].as_str()), (422, Some(name)), "{}", answer.text());
    }
}

#[test]
fn a_key_is_changed_only_as_it_was_seen() {
    let server = Server::new();
    let cookie = server.admin();
    let id =
        add(&server, &cookie, &json!({"provider": "openai", "key": SECRET, "label": "One", "expires_at": "2999-01-01T00:00:00Z"}))["id"]
            .as_str()
            .unwrap()
            .to_owned();
    let path = format!("{KEYS}/{id}");
    let tag = server.api("GET", &path, Some(&cookie)).send().header("etag").unwrap().to_owned();
    let patch = |tag: Option<&str>, body: Value| {
        let request = server.api("PATCH", &path, Some(&cookie)).json(&body);
        match tag {
            Some(tag) => request.header("If-Match", tag).send(),
            None => request.send(),
        }
    };
    let changed = patch(Some(&tag), json!({"label": null, "description": "d", "enabled": false}));
    assert_eq!(changed.status, 200, "{}", changed.text());
    let key = changed.json();
    assert_eq!((&key["label"], &key["description"], &key["enabled"]), (&Value::Null, &json!("d"), &json!(false)));
    assert_eq!(key["expires_at"], "2999-01-01T00:00:00Z", "what is absent stays");
    let new_tag = changed.header("etag").unwrap().to_owned();
    assert_ne!(new_tag, tag);
    for stale in [tag.as_str(), &format!("W/{new_tag}"), "nonsense", "\"999\", \"998\""] {
        let refused = patch(Some(stale), json!({"label": "Two"}));
        assert_eq!((refused.status, refused.code().as_str()), (412, "changed"), "{stale}");
    }
    assert_eq!(patch(Some(&format!("{tag}, {new_tag}")), json!({"expires_at": null})).json()["expires_at"], Value::Null);
    assert_eq!(patch(Some("*"), json!({"label": "Two"})).json()["label"], "Two");
    let stale = |method: &str, path: &str, body: Value| {
        let request = server.api(method, path, Some(&cookie)).header("If-Match", &tag);
        let refused = if body.is_null() { request.send() } else { request.json(&body).send() };
        assert_eq!((refused.status, refused.code().as_str()), (412, "changed"), "{method} {path}");
    };
    stale("POST", &format!("{path}/replace"), json!({"key": "sk-canary-of-somebody-who-saw-another"}));
    stale("DELETE", &path, Value::Null);
    assert_eq!(patch(None, json!({"expires_at": "2001-01-01T00:00:00Z"})).code(), "past");
    assert_eq!(patch(None, json!({"expires_at": "tomorrow"})).code(), "not_a_time");
}

#[test]
fn a_new_secret_clears_what_was_known_of_the_old_one() {
    let server = Server::new();
    let cookie = server.admin();
    let body = json!({"provider": "perplexity", "key": "pplx-canary-0123456789", "expires_at": "2999-01-01T00:00:00Z"});
    let id = add(&server, &cookie, &body)["id"].as_str().unwrap().to_owned();
    let tested = server.api("POST", &format!("{KEYS}/test/{id}"), Some(&cookie)).send().json();
    assert_eq!((&tested["status"], &tested["verdict"], &tested["details"]), (&json!("unknown"), &json!("unchecked"), &Value::Null));
    assert_eq!(server.api("GET", &format!("{KEYS}/{id}"), Some(&cookie)).send().json()["verdict"], "unchecked");
    let replaced =
        server.api("POST", &format!("{KEYS}/{id}/replace"), Some(&cookie)).json(&json!({"key": "pplx-canary-9876543210"})).send();
    assert_eq!(replaced.status, 200, "{}", replaced.text());
    let key = replaced.json();
    for name in ["last_tested", "test_status", "verdict", "expires_at"] {
        assert_eq!(key[name], Value::Null, "{name}");
    }
    assert!(key["key_preview"].as_str().unwrap().ends_with("3210"));
}

fn add_once(server: &Server, cookie: &str, name: &str, body: &Value) -> Answer {
    server.api("POST", &format!("{KEYS}/add"), Some(cookie)).header("Idempotency-Key", name).json(body).send()
}

#[test]
fn the_same_request_under_the_same_idempotency_key_is_done_once() {
    let server = Server::new();
    let cookie = server.admin();
    let other = server.user("ben@example.com", "user");
    let body = json!({"provider": "openai", "key": SECRET, "label": "Once"});
    let first = add_once(&server, &cookie, "4f9c", &body);
    assert_eq!(first.status, 200, "{}", first.text());
    assert_eq!(add_once(&server, &cookie, "4f9c", &body).json(), first.json());
    let id = first.json()["id"].as_str().unwrap().to_owned();
    for changed in [
        json!({"provider": "openai", "key": SECRET, "label": "Twice"}),
        json!({"provider": "openai", "key": "sk-canary-other-0123", "label": "Once"}),
    ] {
        let refused = add_once(&server, &cookie, "4f9c", &changed);
        assert_eq!((refused.status, refused.code().as_str()), (422, "idempotency_key_reused"), "{}", refused.text());
    }
    // Another account's requests are its own.
    assert_ne!(add_once(&server, &other, "4f9c", &body).json()["id"], id.as_str());
    // A repetition does not bring a deleted key back.
    assert_eq!(server.api("DELETE", &format!("{KEYS}/{id}"), Some(&cookie)).send().status, 200);
    assert_eq!(add_once(&server, &cookie, "4f9c", &body).json(), first.json());
    assert_eq!(server.api("GET", KEYS, Some(&cookie)).send().json(), json!([]));
    // A refused request is not remembered.
    assert_eq!(add_once(&server, &cookie, "5", &json!({"provider": "nosuch", "key": SECRET})).status, 422);
    assert_eq!(add_once(&server, &cookie, "5", &body).status, 200);
    for name in ["", "a b", &"x".repeat(256)] {
        let refused = add_once(&server, &cookie, name, &body);
        assert_eq!((refused.status, refused.code().as_str()), (422, "malformed"), "{name}");
    }
    // After a restart it is still known.
    let server = server.restart();
    assert_eq!(add_once(&server, &cookie, "4f9c", &body).json(), first.json());
}

#[test]
fn of_many_equal_requests_at_once_one_is_done() {
    let server = Server::new();
    let cookie = server.admin();
    let body = json!({"provider": "openai", "key": SECRET, "label": "Once"});
    let ids: Vec<_> = thread::scope(|scope| {
        let calls: Vec<_> = (0..12).map(|_| scope.spawn(|| add_once(&server, &cookie, "same", &body).json()["id"].clone())).collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    assert!(ids.iter().all(|id| id == &ids[0] && id.is_string()), "{ids:?}");
    assert_eq!(server.api("GET", KEYS, Some(&cookie)).send().json().as_array().unwrap().len(), 1);
}

#[test]
fn a_list_comes_in_slices_that_are_whole_together() {
    let server = Server::new();
    let cookie = server.admin();
    let mut added = Vec::new();
    for (n, provider) in ["openai", "groq", "openai", "mistral", "openai"].iter().enumerate() {
        let body = json!({"provider": provider, "key": format!("canary-{n}-0123456789"), "label": format!("{n}")});
        added.push(add(&server, &cookie, &body)["id"].clone());
    }
    let walk = |query: &str| {
        let mut next = Some(format!("{KEYS}?{query}"));
        let mut sizes = Vec::new();
        let mut ids = Vec::new();
        while let Some(path) = next {
            let answer = server.api("GET", &path, Some(&cookie)).send();
            assert_eq!(answer.status, 200, "{}", answer.text());
            let slice = answer.json();
            sizes.push(slice.as_array().unwrap().len());
            ids.extend(slice.as_array().unwrap().iter().map(|key| key["id"].clone()));
            next = answer.header("link").map(|link| link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap().to_owned());
        }
        (sizes, ids)
    };
    assert_eq!(walk(""), (vec![5], added.clone()));
    assert_eq!(walk("limit=2"), (vec![2, 2, 1], added.clone()));
    assert_eq!(walk("limit=5").0, [5]);
    assert_eq!(walk("provider=openai&limit=2"), (vec![2, 1], vec![added[0].clone(), added[2].clone(), added[4].clone()]));
    for query in ["limit=0", "limit=201", "limit=x", "limit=", "cursor=canary", "owner=canary", "limit=1&limit=1"] {
        let answer = server.api("GET", &format!("{KEYS}?{query}"), Some(&cookie)).send();
        assert_eq!(answer.status, 422, "{query}");
        assert!(!answer.text().contains("canary"));
    }
}
