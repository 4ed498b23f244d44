//! Who may call what: every call of the OpenAPI document has its row here, and every row its call.

use crate::{
    api::{SECRET, add},
    callers::{AT_CLOUDFLARE, Cast, MISSING, Who},
    database,
    harness::{Answer, EMAIL, Server},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// For a session alone.
const NO_TOKEN: &str = "";

/// Method, path, the scope a token needs, and the status for nobody, the owner, another user and an admin. `{key}` in a path is
/// a key of the owner.
pub type Row = (&'static str, &'static str, &'static str, [u16; 4]);

pub const TABLE: &[Row] = &[
    ("GET", "/api/v1/byok/providers", "keys:read", [401, 200, 200, 200]),
    ("GET", "/api/v1/byok/stats", "keys:read", [401, 200, 200, 200]),
    ("GET", "/api/v1/byok/keys", "keys:read", [401, 200, 200, 200]),
    ("POST", "/api/v1/byok/keys/add", "keys:write", [401, 200, 200, 200]),
    ("GET", "/api/v1/byok/keys/{key}", "keys:read", [401, 200, 404, 404]),
    ("PATCH", "/api/v1/byok/keys/{key}", "keys:write", [401, 200, 404, 404]),
    ("POST", "/api/v1/byok/keys/{key}/replace", "keys:write", [401, 200, 404, 404]),
    ("POST", "/api/v1/byok/keys/test/{key}", "keys:test", [401, 200, 404, 404]),
    ("POST", "/api/v1/byok/keys/test", "keys:test", [401, 200, 200, 200]),
    ("DELETE", "/api/v1/byok/keys/{key}", "keys:write", [401, 200, 404, 404]),
    ("GET", "/api/v1/tokens", NO_TOKEN, [401, 200, 200, 200]),
    ("POST", "/api/v1/tokens", NO_TOKEN, [401, 201, 201, 201]),
    ("DELETE", "/api/v1/tokens/{id}", NO_TOKEN, [401, 404, 404, 404]),
    ("GET", "/api/v1/credentials", "credentials:read", [401, 403, 403, 200]),
    ("GET", "/api/v1/credentials/services", "credentials:read", [401, 403, 403, 200]),
    ("POST", "/api/v1/credentials", "credentials:write", [401, 403, 403, 201]),
    ("GET", "/api/v1/credentials/{service}/{credential_type}", "credentials:read", [401, 403, 403, 200]),
    ("PUT", "/api/v1/credentials/{service}/{credential_type}", "credentials:write", [401, 403, 403, 200]),
    ("POST", "/api/v1/credentials/{service}/test", "credentials:write", [401, 403, 403, 200]),
    ("DELETE", "/api/v1/credentials/{service}/{credential_type}", "credentials:write", [401, 403, 403, 204]),
    // There is no token for Cloudflare.
    ("GET", "/api/v1/cloudflare/zones", "cloudflare:read", [401, 403, 403, 503]),
    ("POST", "/api/v1/cloudflare/zones", "cloudflare:write", [401, 403, 403, 503]),
    ("GET", "/api/v1/cloudflare/zones/{id}", "cloudflare:read", [401, 403, 403, 503]),
    ("DELETE", "/api/v1/cloudflare/zones/{id}", "cloudflare:write", [401, 403, 403, 503]),
    ("POST", "/api/v1/cloudflare/zones/{id}/activation_check", "cloudflare:write", [401, 403, 403, 503]),
    ("GET", "/api/v1/cloudflare/zones/{id}/dns_records", "cloudflare:read", [401, 403, 403, 503]),
    ("POST", "/api/v1/cloudflare/zones/{id}/dns_records", "cloudflare:write", [401, 403, 403, 503]),
    ("PATCH", "/api/v1/cloudflare/zones/{id}/dns_records/{record_id}", "cloudflare:write", [401, 403, 403, 503]),
    ("DELETE", "/api/v1/cloudflare/zones/{id}/dns_records/{record_id}", "cloudflare:write", [401, 403, 403, 503]),
    ("GET", "/api/v1/account/credentials", "credentials:read", [401, 200, 200, 200]),
    ("GET", "/api/v1/account/credentials/services", "credentials:read", [401, 200, 200, 200]),
    ("POST", "/api/v1/account/credentials", "credentials:write", [401, 201, 201, 201]),
    ("GET", "/api/v1/account/credentials/{service}/{credential_type}", "credentials:read", [401, 200, 200, 200]),
    ("PUT", "/api/v1/account/credentials/{service}/{credential_type}", "credentials:write", [401, 200, 200, 200]),
    ("POST", "/api/v1/account/credentials/{service}/test", "credentials:write", [401, 200, 200, 200]),
    ("DELETE", "/api/v1/account/credentials/{service}/{credential_type}", "credentials:write", [401, 204, 204, 204]),
    ("GET", "/api/v1/vault/status", "admin", [401, 403, 403, 200]),
    ("POST", "/api/v1/vault/rotations", "admin", [401, 403, 403, 202]),
    ("GET", "/api/v1/users", "admin", [401, 403, 403, 200]),
    ("PATCH", "/api/v1/users/{id}", "admin", [401, 403, 403, 404]),
    ("GET", "/api/v1/audit", "admin", [401, 403, 403, 200]),
    ("GET", "/api/v1/audit/export", "admin", [401, 403, 403, 200]),
];

/// A body that the call takes. The keys' provider has no check, so no test leaves the machine.
fn body(path: &str, who: Who) -> Option<Value> {
    let key = format!("pplx-canary-{who:?}-0123456789");
    // The cast's GitHub is where nothing may be reached.
    if path.ends_with("/{service}/test") {
        return Some(json!({"value": key}));
    }
    match path.rsplit('/').next()? {
        "add" => Some(json!({"provider": "perplexity", "key": key})),
        "test" => Some(json!({"provider": "perplexity", "key": key})),
        "replace" => Some(json!({"key": format!("{key}-again")})),
        "tokens" => Some(json!({"name": format!("{who:?}"), "scopes": ["keys:read"]})),
        "{key}" => Some(json!({"description": "changed"})),
        "{id}" if path.contains("/users/") => Some(json!({"tier": "free"})),
        "credentials" => Some(json!({"service": "github", "credential_type": "api_token", "value": key})),
        "{credential_type}" => Some(json!({"value": key})),
        "zones" => Some(json!({"domain": "example.com"})),
        "dns_records" => Some(json!({"type": "A", "name": "www", "content": "192.0.2.1"})),
        "{record_id}" => Some(json!({"ttl": 60})),
        _ => None,
    }
}

/// The body of a call that takes one.
pub fn body_of((method, path, ..): &Row, who: Who) -> Option<Value> {
    let takes_none = *method == "POST" && path.ends_with('}');
    body(path, who).filter(|_| matches!(*method, "POST" | "PATCH" | "PUT") && !takes_none)
}

/// The address of a row, with the owner's key in it.
pub fn address((_, path, ..): &Row, key: &str) -> String {
    let id = if path.starts_with("/api/v1/cloudflare") { AT_CLOUDFLARE } else { MISSING };
    let path = path.replace("{key}", key).replace("{id}", id).replace("{record_id}", id);
    path.replace("{service}", "github").replace("{credential_type}", "api_token")
}

pub fn call(server: &Server, row: &Row, key: &str, who: Who, cookie: Option<&str>) -> Answer {
    let request = server.api(row.0, &address(row, key), cookie);
    match body_of(row, who) {
        Some(body) => request.json(&body).send(),
        None => request.send(),
    }
}

/// The row of one key.
fn key_row(method: &str) -> &'static Row {
    TABLE.iter().find(|row| row.0 == method && row.1 == "/api/v1/byok/keys/{key}").expect("it is in the table")
}

/// What two answers of the same kind have in common.
fn without_request(answer: &Answer) -> Value {
    let mut body = answer.json();
    body["request_id"] = Value::Null;
    body
}

#[test]
fn the_table_and_the_document_have_the_same_calls_and_scopes() {
    let server = Server::new();
    let document = server.get("/api/openapi.json").json();
    let mut described = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, call) in methods.as_object().unwrap() {
            let scope = call["security"].as_array().unwrap().iter().find_map(|way| way["token"][0].as_str()).unwrap_or_default();
            described.insert((method.to_uppercase(), path.clone(), scope.to_owned()));
        }
    }
    let expected = TABLE.iter().map(|(method, path, scope, _)| ((*method).to_owned(), (*path).to_owned(), (*scope).to_owned())).collect();
    assert_eq!(described, expected);
}

/// Fault this was seen to catch: a key that was looked up without its owner.
#[test]
fn everybody_gets_the_status_of_the_table() {
    let cast = Cast::new();
    let server = &cast.server;
    for row in TABLE {
        let id = cast.key();
        cast.keep_credentials();
        // The owner comes last: what they may do to their key, nobody else did before.
        for who in [Who::Nobody, Who::Other, Who::Admin, Who::Owner] {
            let answer = call(server, row, &id, who, cast.cookie(who));
            let expected = row.3[who as usize];
            assert_eq!(answer.status, expected, "{who:?} {row:?} {}", answer.text());
            if expected == 404 {
                let nowhere = call(server, row, MISSING, who, cast.cookie(who));
                assert_eq!(without_request(&answer), without_request(&nowhere), "{who:?} {row:?}");
                let kept: Vec<_> = answer.headers.iter().map(|(name, _)| name).collect();
                let same: Vec<_> = nowhere.headers.iter().map(|(name, _)| name).collect();
                assert_eq!(kept, same, "{who:?} {row:?}");
            }
        }
        if row.0 != "DELETE" {
            assert_eq!(call(server, key_row("GET"), &id, Who::Owner, cast.cookie(Who::Owner)).status, 200, "{row:?}");
        }
    }
}

/// Fault this was seen to catch: the end of a token was not looked at.
#[test]
fn whoever_does_not_count_any_more_is_nobody() {
    let cast = Cast::new();
    let id = cast.key();
    let nobodies = [cast.former_sessions(), cast.former_tokens(), cast.tokens_in_the_wrong_place(EMAIL)].concat();
    let before = database::snapshot(&cast.server);
    for row in TABLE {
        for (what, headers) in &nobodies {
            let mut request = cast.server.api(row.0, &address(row, &id), None);
            for (name, value) in headers {
                request = request.header(name, value);
            }
            // Failed proofs are limited by network.
            request = request.header("X-Forwarded-For", &cast.fresh_address());
            let answer = match body_of(row, Who::Owner) {
                Some(body) => request.json(&body).send(),
                None => request.send(),
            };
            assert_eq!((answer.status, answer.code().as_str()), (row.3[0], "not_authenticated"), "{what} {row:?}");
        }
    }
    assert_eq!(database::snapshot(&cast.server), before);
}

#[test]
fn each_scope_reaches_its_own_calls_and_no_others() {
    let cast = Cast::new();
    let server = &cast.server;
    for scope in
        ["keys:read", "keys:write", "keys:test", "credentials:read", "credentials:write", "cloudflare:read", "cloudflare:write", "admin"]
    {
        let bearer = cast.token(EMAIL, scope);
        for row in TABLE {
            let id = cast.key_of(Who::Admin);
            cast.keep_credentials();
            // No origin: a header proves who calls, and no browser sends it by itself. The session beside it adds nothing.
            for cookie in [None, cast.cookie(Who::Admin)] {
                let mut request = server.request(row.0, &address(row, &id)).header("Authorization", &bearer);
                if let Some(cookie) = cookie {
                    request = request.cookie(cookie);
                }
                let answer = match body_of(row, Who::Admin) {
                    Some(body) => request.json(&body).send(),
                    None => request.send(),
                };
                // Where the table has an admin on somebody else's key, this one is on their own.
                let expected = if scope != row.2 {
                    403
                } else if row.1.contains("{key}") {
                    row.3[Who::Owner as usize]
                } else {
                    row.3[Who::Admin as usize]
                };
                assert_eq!(answer.status, expected, "{scope} {row:?} {}", answer.text());
                if row.0 == "DELETE" && expected < 300 {
                    break;
                }
            }
        }
    }
}

/// The role of today counts, whatever the token was made with.
#[test]
fn a_token_never_reaches_beyond_the_role_that_its_account_has_now() {
    let cast = Cast::new();
    assert!(cast.server.at.run(&["user", "set-role", "owner@example.com", "admin"]).status.success());
    let bearer = cast.token("owner@example.com", "admin");
    assert!(cast.server.at.run(&["user", "set-role", "owner@example.com", "user"]).status.success());
    for row in TABLE.iter().filter(|row| row.2 == "admin") {
        let request = cast.server.request(row.0, &address(row, MISSING)).header("Authorization", &bearer);
        let answer = match body_of(row, Who::Owner) {
            Some(body) => request.json(&body).send(),
            None => request.send(),
        };
        assert_eq!(answer.status, 403, "{row:?} {}", answer.text());
    }
}

#[test]
fn other_spellings_of_an_address_are_not_addresses() {
    let cast = Cast::new();
    let bearer = cast.token(EMAIL, "keys:read");
    for path in [
        "//api/v1/byok/keys",
        "/api//v1/byok/keys",
        "/api/v1/byok/keys/",
        "/api/v1/byok/keys//",
        "/api/v1/./byok/keys",
        "/api/v1/x/../byok/keys",
        "/api/v1/%62yok/keys",
        "/API/v1/byok/keys",
        "/api/v1/byok/keys;a=b",
        "/api/v1/byok%2Fkeys",
        "/api/v1/byok/keys%00",
    ] {
        let answer = cast.server.request("GET", path).header("Authorization", &bearer).send();
        assert!([400, 404].contains(&answer.status), "{path} {}", answer.status);
    }
}

/// Fault this was seen to catch: a body without `deny_unknown_fields`.
#[test]
fn what_belongs_to_the_server_is_refused_by_every_call_and_changes_nothing() {
    const OWNED: &str = "id owner_id user user_id account tenant tenant_id role key_id data_key_id version secret_version revision is_admin \
                         created_at updated_at added_date hint fingerprint secret_hash handle test_status last_used Provider __proto__";
    let cast = Cast::new();
    let id = cast.key();
    let before = database::snapshot(&cast.server);
    for row in TABLE {
        let who = if row.3[Who::Owner as usize] < 300 { Who::Owner } else { Who::Admin };
        let Some(body) = body_of(row, who) else { continue };
        // Of an account, the role is what an administrator changes.
        for field in OWNED.split_whitespace().filter(|field| !(row.1.contains("/users/") && *field == "role")) {
            let mut body = body.clone();
            body[field] = json!("canary");
            let answer = cast.server.api(row.0, &address(row, &id), cast.cookie(who)).json(&body).send();
            assert_eq!(answer.status, 422, "{row:?} {field} {}", answer.text());
            assert_eq!(answer.code(), "unknown_field", "{row:?} {field}");
            assert!(!answer.text().contains("canary"), "{row:?} {field}");
        }
    }
    assert_eq!(database::snapshot(&cast.server), before);
}

/// Fault this was seen to catch: an event whose failure was logged and forgotten.
#[test]
fn a_call_whose_event_cannot_be_written_does_nothing() {
    let cast = Cast::new();
    let id = cast.key();
    cast.keep_credentials();
    database::stop_audit(&cast.server);
    let before = database::snapshot(&cast.server);
    for row in TABLE.iter().filter(|row| row.0 != "GET") {
        let who = if row.3[Who::Owner as usize] < 300 { Who::Owner } else { Who::Admin };
        if row.3[who as usize] >= 300 {
            continue;
        }
        let answer = call(&cast.server, row, &id, who, cast.cookie(who));
        assert_eq!((answer.status, answer.code().as_str()), (503, "unavailable"), "{row:?} {}", answer.text());
        assert!(answer.header("retry-after").is_some(), "{row:?}");
    }
    assert_eq!(database::snapshot(&cast.server), before);
    database::resume_audit(&cast.server);
    assert_eq!(call(&cast.server, key_row("PATCH"), &id, Who::Owner, cast.cookie(Who::Owner)).status, 200, "it works again by itself");
}

#[test]
fn who_calls_is_decided_before_the_body_is_read() {
    let cast = Cast::new();
    for row in TABLE.iter().filter(|row| matches!(row.0, "POST" | "PATCH" | "PUT")) {
        for body in [b"{canary".to_vec(), vec![b'['; 300 * 1024], vec![b'x'; 1024 * 1024], b"\xff\xfe".to_vec()] {
            let answer = cast.server.api(row.0, &address(row, MISSING), None).body("text/plain", body).send();
            assert_eq!((answer.status, answer.code().as_str()), (401, "not_authenticated"), "{row:?}");
            assert_eq!(answer.json()["detail"], "Not authenticated");
            assert!(answer.header("www-authenticate").is_some());
        }
        for who in [Who::Owner, Who::Other, Who::Admin].into_iter().filter(|who| row.3[*who as usize] == 403) {
            let answer = cast.server.api(row.0, &address(row, MISSING), cast.cookie(who)).body("text/plain", b"{canary".to_vec()).send();
            assert_eq!((answer.status, answer.code().as_str()), (403, "forbidden"), "{who:?} {row:?}");
        }
    }
}

#[test]
fn a_session_counts_only_together_with_where_the_request_came_from() {
    let server = Server::new();
    let cookie = server.admin();
    for row in TABLE.iter().filter(|row| row.0 != "GET") {
        for source in [None, Some(("Origin", "https://evil.example")), Some(("Sec-Fetch-Site", "cross-site"))] {
            let mut request = server.request(row.0, &address(row, MISSING)).cookie(&cookie);
            if let Some((name, value)) = source {
                request = request.header(name, value);
            }
            let answer = request.json(&json!({"provider": "openai", "key": SECRET})).send();
            assert_eq!((answer.status, answer.code().as_str()), (403, "cross_site"), "{row:?} {source:?}");
        }
    }
    assert_eq!(server.api("GET", "/api/v1/byok/keys", Some(&cookie)).send().json(), json!([]));
    // The helper that other tests use is one of those that count.
    add(&server, &cookie, &json!({"provider": "openai", "key": SECRET}));
}
