//! Who may call what: every call of the OpenAPI document has its row here, and every row its call.

use crate::{
    api::{SECRET, add},
    harness::{Answer, Installation, Server},
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, io::Write};
use tempfile::NamedTempFile;

const MISSING: &str = "00000000-0000-0000-0000-000000000000";

/// For a session alone.
const NO_TOKEN: &str = "";

/// Who calls. `{key}` in a path is a key of the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Nobody,
    Owner,
    Other,
    Admin,
}

const EVERYBODY: [Who; 4] = [Who::Nobody, Who::Other, Who::Admin, Who::Owner];

/// Method, path, the scope a token needs, and the status for nobody, the owner, another user and an admin.
type Row = (&'static str, &'static str, &'static str, [u16; 4]);

const TABLE: [Row; 36] = [
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
    // There is no token for Cloudflare, and what stands for its ids is none of its ids.
    ("GET", "/api/v1/cloudflare/zones", "cloudflare:read", [401, 403, 403, 503]),
    ("POST", "/api/v1/cloudflare/zones", "cloudflare:write", [401, 403, 403, 503]),
    ("GET", "/api/v1/cloudflare/zones/{id}", "cloudflare:read", [401, 403, 403, 404]),
    ("DELETE", "/api/v1/cloudflare/zones/{id}", "cloudflare:write", [401, 403, 403, 404]),
    ("POST", "/api/v1/cloudflare/zones/{id}/activation_check", "cloudflare:write", [401, 403, 403, 404]),
    ("GET", "/api/v1/cloudflare/zones/{id}/dns_records", "cloudflare:read", [401, 403, 403, 404]),
    ("POST", "/api/v1/cloudflare/zones/{id}/dns_records", "cloudflare:write", [401, 403, 403, 404]),
    ("PATCH", "/api/v1/cloudflare/zones/{id}/dns_records/{record_id}", "cloudflare:write", [401, 403, 403, 404]),
    ("DELETE", "/api/v1/cloudflare/zones/{id}/dns_records/{record_id}", "cloudflare:write", [401, 403, 403, 404]),
    ("GET", "/api/v1/account/credentials", "credentials:read", [401, 200, 200, 200]),
    ("GET", "/api/v1/account/credentials/services", "credentials:read", [401, 200, 200, 200]),
    ("POST", "/api/v1/account/credentials", "credentials:write", [401, 201, 201, 201]),
    ("GET", "/api/v1/account/credentials/{service}/{credential_type}", "credentials:read", [401, 200, 200, 200]),
    ("PUT", "/api/v1/account/credentials/{service}/{credential_type}", "credentials:write", [401, 200, 200, 200]),
    ("POST", "/api/v1/account/credentials/{service}/test", "credentials:write", [401, 200, 200, 200]),
    ("DELETE", "/api/v1/account/credentials/{service}/{credential_type}", "credentials:write", [401, 204, 204, 204]),
];

/// Whether the call is about what administrators manage.
fn is_for_admins((_, path, ..): &Row) -> bool {
    path.starts_with("/api/v1/credentials") || path.starts_with("/api/v1/cloudflare")
}

/// A body that the call takes. The keys' provider has no check, so no test leaves the machine.
fn body(path: &str, who: Who) -> Option<Value> {
    let key = format!("pplx-canary-{who:?}-0123456789");
    if path.ends_with("/credentials") {
        return Some(json!({"service": "github", "credential_type": "api_token", "value": key}));
    }
    // GitHub is at an address that nothing answers at.
    if path.ends_with("/{service}/test") {
        return Some(json!({"value": key}));
    }
    match path.rsplit('/').next()? {
        "add" => Some(json!({"provider": "perplexity", "key": key})),
        "test" => Some(json!({"provider": "perplexity", "key": key})),
        "replace" => Some(json!({"key": format!("{key}-again")})),
        "tokens" => Some(json!({"name": format!("{who:?}"), "scopes": ["keys:read"]})),
        "{key}" => Some(json!({"description": "changed"})),
        "{credential_type}" => Some(json!({"value": key})),
        "zones" => Some(json!({"domain": "example.com"})),
        "dns_records" => Some(json!({"type": "A", "name": "www", "content": "192.0.2.1"})),
        "{record_id}" => Some(json!({"ttl": 60})),
        _ => None,
    }
}

fn address(path: &str, id: &str) -> String {
    path.replace("{key}", id).replace("{id}", MISSING).replace("{record_id}", MISSING).replace("{service}", "github").replace("{credential_type}", "api_token")
}

fn call(server: &Server, (method, path, ..): &Row, id: &str, who: Who, cookie: Option<&str>) -> Answer {
    let request = server.api(method, &address(path, id), cookie);
    match body(path, who).filter(|_| matches!(*method, "POST" | "PUT" | "PATCH")) {
        Some(body) => request.json(&body).send(),
        None => request.send(),
    }
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

/// A server that finds GitHub where nothing may be reached.
fn without_services() -> (Server, NamedTempFile) {
    let mut catalogue = NamedTempFile::new().unwrap();
    writeln!(catalogue, "[services.github]\nbase_url = \"http://127.0.0.1:9\"").unwrap();
    (Installation::with(&[("KEYWARD_CATALOGUE", catalogue.path().to_str().unwrap())]).serve(), catalogue)
}

/// Stores a service credential where there is none.
fn keep(server: &Server, cookie: &str, path: &str) {
    if server.api("GET", &format!("{path}/github/api_token"), Some(cookie)).send().status == 404 {
        assert_eq!(server.api("POST", path, Some(cookie)).json(&body(path, Who::Owner).unwrap()).send().status, 201);
    }
}

#[test]
fn everybody_gets_the_status_of_the_table() {
    let (server, _catalogue) = without_services();
    let admin = server.admin();
    let (owner, other) = (server.user("owner@example.com", "user"), server.user("other@example.com", "user"));
    let cookie = |who| match who {
        Who::Nobody => None,
        Who::Owner => Some(owner.as_str()),
        Who::Other => Some(other.as_str()),
        Who::Admin => Some(admin.as_str()),
    };
    for row in &TABLE {
        let key = json!({"provider": "perplexity", "key": "pplx-canary-of-the-owner", "label": "Mine", "allow_duplicate": true});
        // Adds are limited, so only a row about a key gets one.
        let about_key = row.1.contains("{key}");
        let id = if about_key { add(&server, &owner, &key)["id"].as_str().unwrap().to_owned() } else { MISSING.to_owned() };
        for who in EVERYBODY {
            let answer = call(&server, row, &id, who, cookie(who));
            let expected = row.3[EVERYBODY_IN_TABLE.iter().position(|column| *column == who).unwrap()];
            assert_eq!(answer.status, expected, "{who:?} {row:?} {}", answer.text());
            if expected == 404 {
                let nowhere = call(&server, row, MISSING, who, cookie(who));
                assert_eq!(without_request(&answer), without_request(&nowhere), "{who:?} {row:?}");
                let kept: Vec<_> = answer.headers.iter().map(|(name, _)| name).collect();
                let same: Vec<_> = nowhere.headers.iter().map(|(name, _)| name).collect();
                assert_eq!(kept, same, "{who:?} {row:?}");
            }
        }
        if about_key && row.0 != "DELETE" {
            assert_eq!(server.api("GET", &format!("/api/v1/byok/keys/{id}"), Some(&owner)).send().status, 200, "{row:?}");
        }
    }
}

#[test]
fn each_scope_reaches_its_own_calls_and_no_others() {
    let (server, _catalogue) = without_services();
    let owner = server.admin();
    for scope in
        ["keys:read", "keys:write", "keys:test", "credentials:read", "credentials:write", "cloudflare:read", "cloudflare:write", "admin"]
    {
        let made = server.at.run(&["token", "create", "--user", crate::harness::EMAIL, "--name", scope, "--scope", scope]);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let bearer = format!("Bearer {}", String::from_utf8(made.stdout).unwrap().trim());
        for row in &TABLE {
            let key = json!({"provider": "perplexity", "key": "pplx-canary-of-the-owner", "label": "Mine", "allow_duplicate": true});
            // Adds are limited, so each key serves until it is deleted.
            let list = server.api("GET", "/api/v1/byok/keys?provider=perplexity", Some(&owner)).send().json();
            let id = match list[0]["id"].as_str() {
                Some(id) => id.to_owned(),
                None => add(&server, &owner, &key)["id"].as_str().unwrap().to_owned(),
            };
            if row.1.contains("{service}") {
                keep(&server, &owner, row.1.split_once("/{service}").unwrap().0);
            }
            let path = address(row.1, &id);
            // No origin: a header proves who calls, and no browser sends it by itself.
            let request = server.request(row.0, &path).header("Authorization", &bearer);
            let answer = match body(row.1, Who::Owner).filter(|_| matches!(row.0, "POST" | "PUT" | "PATCH")) {
                Some(body) => request.json(&body).send(),
                None => request.send(),
            };
            let expected = match scope == row.2 {
                true if is_for_admins(row) => row.3[3],
                true => row.3[1],
                false => 403,
            };
            assert_eq!(answer.status, expected, "{scope} {row:?} {}", answer.text());
        }
    }
}

/// The columns of the table.
const EVERYBODY_IN_TABLE: [Who; 4] = [Who::Nobody, Who::Owner, Who::Other, Who::Admin];

#[test]
fn who_calls_is_decided_before_the_body_is_read() {
    let server = Server::new();
    server.admin();
    for row in TABLE.iter().filter(|row| matches!(row.0, "POST" | "PUT" | "PATCH")) {
        let path = address(row.1, MISSING);
        for body in [b"{canary".to_vec(), vec![b'['; 300 * 1024], vec![b'x'; 1024 * 1024], b"\xff\xfe".to_vec()] {
            let answer = server.api(row.0, &path, None).body("text/plain", body).send();
            assert_eq!((answer.status, answer.code().as_str()), (401, "not_authenticated"), "{row:?}");
            assert_eq!(answer.json()["detail"], "Not authenticated");
            assert!(answer.header("www-authenticate").is_some());
        }
    }
}

#[test]
fn a_session_counts_only_together_with_where_the_request_came_from() {
    let server = Server::new();
    let cookie = server.admin();
    for row in TABLE.iter().filter(|row| row.0 != "GET") {
        let path = address(row.1, MISSING);
        for source in [None, Some(("Origin", "https://evil.example")), Some(("Sec-Fetch-Site", "cross-site"))] {
            let mut request = server.request(row.0, &path).cookie(&cookie);
            if let Some((name, value)) = source {
                request = request.header(name, value);
            }
            let answer = request.json(&json!({"provider": "openai", "key": SECRET})).send();
            assert_eq!((answer.status, answer.code().as_str()), (403, "cross_site"), "{row:?} {source:?}");
        }
    }
    assert_eq!(server.api("GET", "/api/v1/byok/keys", Some(&cookie)).send().json(), json!([]));
}
