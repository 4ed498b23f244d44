//! What other software relies on: the examples of the description with a bearer token, each verdict, and what never changes a secret.

use crate::{
    api::{SECRET, add},
    callers::{Cast, Who},
    database,
    harness::{Answer, EMAIL},
    provider::{Provider, REVOKED},
};
use serde_json::{Value, json};

const KEYS: &str = "/api/v1/byok/keys";

/// Calls with a bearer token and nothing else, as the description writes them.
struct Program<'a> {
    cast: &'a Cast,
    bearer: String,
}

impl Program<'_> {
    fn call(&self, method: &str, path: &str, body: Option<&str>) -> Answer {
        let request = self.cast.server.request(method, path).header("Authorization", &self.bearer);
        match body {
            Some(body) => request.body("application/json", body).send(),
            None => request.send(),
        }
    }
}

/// Whether `answer` has everything of `example`; more is allowed in objects.
fn holds(example: &Value, answer: &Value) -> bool {
    match (example, answer) {
        (Value::Object(example), Value::Object(answer)) => {
            example.iter().all(|(name, value)| answer.get(name).is_some_and(|given| holds(value, given)))
        }
        _ => example == answer,
    }
}

#[test]
fn every_exchange_of_the_description_goes_as_it_is_written() {
    let provider = Provider::start();
    let cast = Cast::with(&provider.settings());
    let [read, write, test] =
        ["keys:read", "keys:write", "keys:test"].map(|scope| Program { cast: &cast, bearer: cast.token(EMAIL, scope) });

    // Add API Key (BYOK), with the secret written out.
    let example = format!(
        r#"{{
  "provider": "openai",
  "key": "{SECRET}",
  "label": "Production OpenAI Key",
  "endpoint": null
}}"#
    );
    let added = write.call("POST", "/api/v1/byok/keys/add", Some(&example));
    assert_eq!(added.status, 200, "{}", added.text());
    let expected = json!({"message": "API key added successfully", "provider": "openai", "provider_name": "OpenAI"});
    assert!(holds(&expected, &added.json()), "{}", added.text());

    // List Providers (BYOK)
    let listed = read.call("GET", "/api/v1/byok/providers", None);
    assert_eq!((listed.status, listed.header("content-type")), (200, Some("application/json")));
    for expected in [
        json!({"id": "openai", "name": "OpenAI", "key_format": "sk-", "configured": true}),
        json!({"id": "anthropic", "name": "Anthropic", "key_format": "sk-ant-", "configured": false}),
    ] {
        assert!(listed.json().as_array().unwrap().iter().any(|entry| holds(&expected, entry)), "{expected}");
    }

    // Test API Key (BYOK), "Response - Success"
    let tested = test.call("POST", "/api/v1/byok/keys/test/openai", None);
    let expected =
        json!({"provider": "openai", "status": "valid", "message": "API key is valid and working", "details": {"status_code": 200}});
    assert!(tested.status == 200 && holds(&expected, &tested.json()), "{}", tested.text());

    // Test API Key (BYOK), "Response - Failed"
    assert_eq!(write.call("POST", &format!("{KEYS}/openai/replace"), Some(&json!({"key": REVOKED}).to_string())).status, 200);
    let tested = test.call("POST", "/api/v1/byok/keys/test/openai", None);
    let expected = json!({"provider": "openai", "status": "invalid", "message": "API key validation failed (HTTP 401)", "details": {"status_code": 401}});
    assert!(tested.status == 200 && holds(&expected, &tested.json()), "{}", tested.text());
    let kept = &read.call("GET", KEYS, None).json()[0];
    assert_eq!((&kept["test_status"], &kept["verdict"]), (&json!("invalid"), &json!("rejected")));
}

#[test]
fn each_verdict_has_its_status_and_its_sentence() {
    let provider = Provider::start();
    let cast = Cast::with(&provider.settings());
    let cookie = cast.cookie(Who::Owner);
    let not_understood = "The provider's answer was not understood, so nothing is known about the key";
    let no_credit = "The provider accepted the key, but the account has no credit";
    let cases = [
        ("openai", "sk-fine-0123456789", "valid", "valid", Some(200), "API key is valid and working"),
        ("openai", REVOKED, "rejected", "invalid", Some(401), "API key validation failed (HTTP 401)"),
        ("openai", "sk-answer-forbidden", "rejected", "invalid", Some(403), "API key validation failed (HTTP 403)"),
        ("openai", "sk-answer-payment", "no_credit", "error", Some(402), no_credit),
        ("openai", "sk-answer-quota", "no_credit", "error", Some(429), no_credit),
        (
            "openai",
            "sk-answer-limited",
            "rate_limited",
            "error",
            Some(429),
            "The provider accepted the key, but is limiting requests; try again later",
        ),
        ("openai", "sk-answer-broken", "unreachable", "error", None, "The provider could not be reached, so the key was not checked"),
        ("openai", "sk-answer-missing", "unexpected", "error", Some(404), not_understood),
        ("openai", "sk-answer-portal", "unexpected", "error", Some(200), not_understood),
        ("openai", "sk-answer-shapeless", "unexpected", "error", Some(200), not_understood),
        ("perplexity", "pplx-0123456789", "unchecked", "unknown", None, "No check exists for this provider"),
    ];
    for (provider, key, verdict, status, code, message) in cases {
        database::forget_limits(&cast.server);
        let answer = cast.server.api("POST", &format!("{KEYS}/test"), cookie).json(&json!({"provider": provider, "key": key})).send();
        let mut report = answer.json();
        assert_eq!(report["latency_ms"].is_u64(), code.is_some(), "{key} {report}");
        report["latency_ms"] = Value::Null;
        let details = code.map_or(Value::Null, |code| json!({"status_code": code}));
        let expected =
            json!({"provider": provider, "status": status, "verdict": verdict, "message": message, "details": details, "latency_ms": null});
        assert_eq!((answer.status, report), (200, expected), "{key}");
    }
}

/// What comes back from a page or a list is never a secret, so it never becomes one.
#[test]
fn no_change_without_a_secret_touches_the_secret() {
    let provider = Provider::start();
    let cast = Cast::with(&provider.settings());
    let cookie = cast.cookie(Who::Owner).unwrap();
    let id = add(&cast.server, cookie, &json!({"provider": "openai", "key": SECRET}))["id"].as_str().unwrap().to_owned();
    let path = format!("{KEYS}/{id}");
    let call = |method: &str, path: &str, body: Value| cast.server.api(method, path, Some(cookie)).json(&body).send();
    let hint = cast.server.api("GET", &path, Some(cookie)).send().json()["key_preview"].as_str().unwrap().to_owned();
    for body in [json!({}), json!({"description": "x"}), json!({"description": "y", "key": null}), json!({"description": "z", "key": ""})] {
        assert_eq!(call("PATCH", &path, body.clone()).status, 200, "{body}");
    }
    for mask in [hint.as_str(), "****", "**************", "sk-...J3hL", "sk-…J3hL", "••••••••••••"] {
        assert_eq!(call("PATCH", &path, json!({"key": mask})).status, 422, "{mask}");
        assert_eq!(call("POST", &format!("{path}/replace"), json!({"key": mask})).status, 422, "{mask}");
    }
    for nothing in [json!(""), Value::Null] {
        assert_eq!(call("POST", &format!("{path}/replace"), json!({"key": nothing})).status, 422);
    }
    assert_eq!(cast.server.api("POST", &format!("{KEYS}/test/{id}"), Some(cookie)).send().json()["verdict"], "valid");
    let [request] = provider.requests().try_into().unwrap();
    assert!(request.contains(&format!("Bearer {SECRET}\r\n")), "the secret that was added is the one that is used");
}
