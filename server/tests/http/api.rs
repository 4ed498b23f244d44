//! REST answers what its contract says, word for word.

use crate::{
    harness::{Installation, Server},
    provider::{Provider, REVOKED},
};
use serde_json::{Value, json};

pub const SECRET: &str = "sk-proj-canary-Zq4mW8xT2vB7nR5kJ3hL";
const KEYS: &str = "/api/v1/byok/keys";

pub fn add(server: &Server, cookie: &str, body: &Value) -> Value {
    let answer = server.api("POST", "/api/v1/byok/keys/add", Some(cookie)).json(body).send();
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn names(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn the_examples_of_the_description_are_answered_as_it_shows() {
    let provider = Provider::start();
    let server = Installation::with(&provider.settings()).serve();
    let cookie = server.admin();
    let call = |method: &str, path: &str| server.api(method, path, Some(&cookie));

    let example = json!({"provider": "openai", "key": SECRET, "label": "Production OpenAI Key", "endpoint": null});
    let added = add(&server, &cookie, &example);
    assert_eq!(added["message"], "API key added successfully");
    assert_eq!((&added["provider"], &added["provider_name"]), (&json!("openai"), &json!("OpenAI")));
    assert_eq!(names(&added), ["id", "message", "provider", "provider_name"]);

    let providers = call("GET", "/api/v1/byok/providers").send();
    assert_eq!((providers.status, providers.header("cache-control")), (200, Some("no-store")));
    let list = providers.json();
    let of = |id: &str| list.as_array().unwrap().iter().find(|entry| entry["id"] == id).cloned().unwrap();
    let (openai, anthropic, custom) = (of("openai"), of("anthropic"), of("custom"));
    assert_eq!(names(&openai), ["checkable", "configured", "custom_endpoint", "docs_url", "id", "key_format", "key_url", "name"]);
    assert_eq!((&openai["name"], &openai["key_format"], &openai["configured"]), (&json!("OpenAI"), &json!("sk-"), &json!(true)));
    assert_eq!(
        (&anthropic["name"], &anthropic["key_format"], &anthropic["configured"]),
        (&json!("Anthropic"), &json!("sk-ant-"), &json!(false))
    );
    assert_eq!((&custom["key_format"], &custom["custom_endpoint"]), (&Value::Null, &json!(true)));

    let tested = call("POST", "/api/v1/byok/keys/test/openai").send();
    assert_eq!(tested.status, 200, "{}", tested.text());
    let report = tested.json();
    assert_eq!(names(&report), ["details", "latency_ms", "message", "provider", "status", "verdict"]);
    assert_eq!((&report["provider"], &report["status"], &report["verdict"]), (&json!("openai"), &json!("valid"), &json!("valid")));
    assert_eq!((&report["message"], &report["details"]), (&json!("API key is valid and working"), &json!({"status_code": 200})));
    assert!(report["latency_ms"].is_u64());

    let rejected = call("POST", "/api/v1/byok/keys/test").json(&json!({"provider": "openai", "key": REVOKED})).send();
    let report = rejected.json();
    assert_eq!((rejected.status, &report["status"], &report["verdict"]), (200, &json!("invalid"), &json!("rejected")));
    assert_eq!(report["message"], "API key validation failed (HTTP 401)");
    assert_eq!(report["details"], json!({"status_code": 401}));

    let stats = call("GET", "/api/v1/byok/stats").send().json();
    assert_eq!(stats["total_providers"], list.as_array().unwrap().len());
    for name in ["configured_providers", "tested_providers", "valid_providers"] {
        assert_eq!(stats[name], 1, "{name}");
    }
    assert_eq!((&stats["user_tier"], names(&stats).len()), (&json!("starter"), 5));

    let removed = call("DELETE", "/api/v1/byok/keys/openai").send();
    assert_eq!((removed.status, removed.json()), (200, json!({"message": "API key removed successfully", "provider": "openai"})));
    assert_eq!(call("DELETE", "/api/v1/byok/keys/openai").send().status, 404);
    assert_eq!(call("GET", KEYS).send().json(), json!([]));
}

#[test]
fn a_key_is_shown_with_every_field_and_without_its_secret() {
    let server = Server::new();
    let cookie = server.admin();
    let call = |method: &str, path: &str| server.api(method, path, Some(&cookie));
    let body =
        json!({"provider": "openai", "key": SECRET, "label": "Build", "description": "nightly", "expires_at": "2999-01-31T12:00:00+01:00"});
    let id = add(&server, &cookie, &body)["id"].as_str().unwrap().to_owned();
    let one = call("GET", &format!("{KEYS}/{id}")).send();
    let key = one.json();
    let fields = "added_date description enabled endpoint expires_at id is_default key_preview label last_tested last_used provider \
                  provider_name test_status updated_date verdict";
    assert_eq!(names(&key), fields.split_whitespace().collect::<Vec<_>>());
    assert_eq!((&key["label"], &key["description"], &key["endpoint"]), (&json!("Build"), &json!("nightly"), &Value::Null));
    assert_eq!((&key["enabled"], &key["is_default"], &key["last_tested"]), (&json!(true), &json!(true), &Value::Null));
    assert_eq!(key["expires_at"], "2999-01-31T11:00:00Z");
    assert!(key["key_preview"].as_str().unwrap().ends_with("J3hL"[0..].trim()), "{key}");
    assert_eq!(call("GET", KEYS).send().json(), json!([key]));
    assert_eq!(call("GET", &format!("{KEYS}/openai")).send().json(), key, "the provider means its default key");
    assert!(!one.text().contains("canary"));
}

/// Method, path, cookie, body; status, code and detail.
type Case<'a> = (&'a str, String, Option<&'a str>, Option<Value>, u16, &'a str, &'a str);

/// Each text of the contract, with its status and its word for programs.
#[test]
fn every_error_has_the_text_of_the_contract() {
    let server = Server::new();
    let cookie = server.admin();
    add(&server, &cookie, &json!({"provider": "openai", "key": SECRET, "label": "First"}));
    let known = server.api("GET", "/api/v1/byok/providers", Some(&cookie)).send().json();
    let ids: Vec<_> = known.as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap()).collect();
    let unsupported = format!("Unsupported provider. Must be one of: {}", ids.join(", "));
    let missing = "00000000-0000-0000-0000-000000000000";
    let long = "k".repeat(8 * 1024 + 1);
    let not_found = "API key not found for this provider";
    let add_body = |provider: &str, key: &str| json!({"provider": provider, "key": key});
    let cases: Vec<Case<'_>> = vec![
        ("GET", KEYS.into(), None, None, 401, "not_authenticated", "Not authenticated"),
        ("POST", format!("{KEYS}/add"), None, Some(add_body("openai", SECRET)), 401, "not_authenticated", "Not authenticated"),
        ("POST", format!("{KEYS}/add"), Some(&cookie), Some(add_body("nosuch", SECRET)), 422, "provider_not_supported", &unsupported),
        (
            "POST",
            format!("{KEYS}/add"),
            Some(&cookie),
            Some(add_body("groq", "short")),
            422,
            "key_too_short",
            "This is shorter than 10 characters, so it cannot be an API key.",
        ),
        (
            "POST",
            format!("{KEYS}/add"),
            Some(&cookie),
            Some(add_body("groq", &long)),
            422,
            "key_too_long",
            "This is longer than 8 KiB, so it cannot be an API key.",
        ),
        (
            "POST",
            format!("{KEYS}/add"),
            Some(&cookie),
            Some(add_body("groq", "gsk_a\u{7}b-0123456789")),
            422,
            "control_characters",
            "The key contains line breaks or other control characters. Copy it again from the provider.",
        ),
        ("POST", format!("{KEYS}/add"), Some(&cookie), Some(json!({"provider": "groq"})), 422, "required", "Paste the key here."),
        (
            "POST",
            format!("{KEYS}/add"),
            Some(&cookie),
            Some(json!({"provider": "openai", "key": SECRET, "label": "Second"})),
            409,
            "duplicate_key",
            "You already keep this key as \u{201c}First\u{201d}.",
        ),
        (
            "POST",
            format!("{KEYS}/add"),
            Some(&cookie),
            Some(json!({"provider": "groq", "key": SECRET, "expires_at": "2001-01-01T00:00:00Z"})),
            422,
            "past",
            "The expiry has to be in the future.",
        ),
        ("GET", format!("{KEYS}/groq"), Some(&cookie), None, 404, "key_not_found", not_found),
        ("GET", format!("{KEYS}/{missing}"), Some(&cookie), None, 404, "key_not_found", not_found),
        ("PATCH", format!("{KEYS}/groq"), Some(&cookie), Some(json!({})), 404, "key_not_found", not_found),
        ("DELETE", format!("{KEYS}/groq"), Some(&cookie), None, 404, "key_not_found", not_found),
        ("POST", format!("{KEYS}/test/groq"), Some(&cookie), None, 404, "key_not_found", not_found),
        ("POST", format!("{KEYS}/test/{missing}"), Some(&cookie), None, 404, "key_not_found", not_found),
        ("POST", format!("{KEYS}/{missing}/replace"), Some(&cookie), Some(json!({"key": SECRET})), 404, "key_not_found", not_found),
        ("GET", format!("{KEYS}/nosuch"), Some(&cookie), None, 400, "invalid_provider", "Invalid provider"),
        ("GET", format!("{KEYS}?provider=nosuch"), Some(&cookie), None, 400, "invalid_provider", "Invalid provider"),
        ("DELETE", format!("{KEYS}/%FF"), Some(&cookie), None, 400, "invalid_provider", "Invalid provider"),
        ("POST", format!("{KEYS}/test/No+Such"), Some(&cookie), None, 400, "invalid_provider", "Invalid provider"),
        ("PUT", KEYS.into(), Some(&cookie), Some(json!({})), 405, "method_not_allowed", "This address does not take this method."),
        ("GET", "/api/v1/byok/nothing".into(), Some(&cookie), None, 404, "not_found", "There is nothing here."),
    ];
    for (method, path, cookie, body, status, code, detail) in cases {
        let mut request = server.api(method, &path, cookie);
        if let Some(body) = &body {
            request = request.json(body);
        }
        let answer = request.send();
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{method} {path} {}", answer.text());
        assert_eq!(answer.json()["detail"], detail, "{method} {path}");
        assert_eq!(answer.json()["request_id"].as_str(), answer.header("x-request-id"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert!(!answer.text().contains("canary"), "{}", answer.text());
    }
}

#[test]
fn a_tier_that_may_not_keep_keys_is_told_which_may() {
    let server = Server::new();
    server.admin();
    let cookie = server.user("ben@example.com", "user");
    assert!(server.at.run(&["user", "set-tier", "ben@example.com", "trial"]).status.success());
    let answer = server.api("POST", "/api/v1/byok/keys/add", Some(&cookie)).json(&json!({"provider": "openai", "key": SECRET})).send();
    assert_eq!((answer.status, answer.code().as_str()), (403, "tier_required"));
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(["starter", "professional", "enterprise"].iter().all(|tier| detail.contains(tier)), "{detail}");
    assert_eq!(server.api("GET", "/api/v1/byok/stats", Some(&cookie)).send().json()["user_tier"], "trial");
}

#[test]
fn the_sixth_test_in_a_minute_waits_and_is_told_how_long() {
    let provider = Provider::start();
    let server = Installation::with(&provider.settings()).serve();
    let cookie = server.admin();
    let test = || server.api("POST", "/api/v1/byok/keys/test", Some(&cookie)).json(&json!({"provider": "openai", "key": SECRET})).send();
    for left in (0..5).rev() {
        let answer = test();
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("ratelimit-policy"), Some("\"key.test\";q=5;w=60"));
        let told = answer.header("ratelimit").unwrap().to_owned();
        assert!(told.starts_with(&format!("\"key.test\";r={left};t=")), "{told}");
    }
    let refused = test();
    assert_eq!((refused.status, refused.code().as_str()), (429, "too_many"));
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((50..=60).contains(&wait), "{wait}");
    assert!(refused.header("ratelimit").unwrap().starts_with("\"key.test\";r=0;t="));
    assert_eq!(provider.requests().len(), 5);
}
