//! API tokens over REST and the command line. What the pages do with them is in `account_pages`.

use crate::harness::{Answer, EMAIL, Installation, PASSWORD, Server};
use serde_json::{Value, json};

fn json_of(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

fn post(server: &Server, cookie: &str, body: &Value) -> Answer {
    let request = server.request("POST", "/api/v1/tokens").header("Sec-Fetch-Site", "same-origin").cookie(cookie);
    request.body("application/json", body.to_string()).send()
}

fn bearer(server: &Server, method: &str, path: &str, token: &str) -> Answer {
    server.request(method, path).header("Authorization", &format!("Bearer {token}")).send()
}

/// A token by the command line, beside the running server.
pub fn by_command(at: &Installation, scope: &str) -> String {
    let made = at.run(&["token", "create", "--user", EMAIL, "--name", "CI", "--scope", scope]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let text = String::from_utf8(made.stdout).unwrap();
    let token = text.strip_suffix('\n').unwrap().to_owned();
    assert_eq!(token.len(), 68, "the token and nothing else");
    assert!(!String::from_utf8_lossy(&made.stderr).contains(&token));
    token
}

#[test]
fn a_token_is_told_once_listed_without_its_secret_and_revoked_at_once() {
    let server = Server::new();
    let cookie = server.admin();
    let answer = post(&server, &cookie, &json!({"name": "CI", "scopes": ["keys:read", "admin"]}));
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let made = json_of(&answer);
    let token = made["token"].as_str().unwrap().to_owned();
    assert_eq!((made["name"].as_str(), &made["scopes"]), (Some("CI"), &json!(["keys:read", "admin"])));
    for field in ["id", "prefix", "created_at", "expires_at", "last_used", "state"] {
        assert!(made.get(field).is_some(), "{field}");
    }
    let list = server.request("GET", "/api/v1/tokens").cookie(&cookie).send();
    assert_eq!(list.status, 200);
    assert_eq!(json_of(&list)[0]["id"], made["id"]);
    assert!(!list.text().contains(token.split('_').nth(3).unwrap()));

    assert_eq!(bearer(&server, "GET", "/api/v1/tokens", &token).code(), "forbidden", "it proves somebody, who may not see tokens");
    let path = format!("/api/v1/tokens/{}", made["id"].as_str().unwrap());
    assert_eq!(bearer(&server, "DELETE", &path, &token).status, 403);
    let revoke = || server.request("DELETE", &path).header("Sec-Fetch-Site", "same-origin").cookie(&cookie).send();
    assert_eq!(revoke().status, 204);
    assert_eq!(bearer(&server, "GET", "/api/v1/tokens", &token).code(), "not_authenticated");
    assert_eq!(revoke().code(), "not_found");
    assert!(!server.at.log().contains("kw_u_"));
}

#[test]
fn whatever_is_wrong_with_a_header_the_answer_is_the_same() {
    let server = Server::new();
    let cookie = server.admin();
    let token = by_command(&server.at, "keys:read");
    let other = Installation::new();
    other.run_with_input(&["user", "add", EMAIL, "--role", "user", "--password-stdin"], PASSWORD);
    let elsewhere = by_command(&other, "keys:read");
    for header in ["", "Bearer", "Bearer x", "Basic YTpi", &token, &format!("Bearer {elsewhere}"), &format!("Bearer {}", &token[..67])] {
        // The session beside it does not count.
        let answer = server.request("GET", "/api/v1/tokens").header("Authorization", header).cookie(&cookie).send();
        assert_eq!(answer.code(), "not_authenticated", "{header}");
        assert_eq!(json_of(&answer)["detail"], "Not authenticated");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"keyward\""));
    }
    let none = server.get("/api/v1/tokens");
    assert_eq!((none.status, none.header("www-authenticate").is_some()), (401, true));
    let post = server.request("POST", "/api/v1/tokens").body("application/json", "{}").send();
    assert_eq!(post.code(), "not_authenticated", "without any proof the origin does not matter");
}

#[test]
fn a_token_opens_no_page_no_server_function_and_no_stream() {
    let server = Server::new();
    server.admin();
    let token = by_command(&server.at, "keys:read");
    assert_eq!(bearer(&server, "GET", "/keys", &token).header("location"), Some("/sign-in?next=%2Fkeys"));
    assert_eq!(bearer(&server, "GET", "/tokens", &token).status, 303);
    assert_eq!(bearer(&server, "GET", "/events", &token).status, 401);
    let function = server.request("POST", "/api/fn/keys/delete").header("Sec-Fetch-Site", "same-origin");
    let function = function.header("Authorization", &format!("Bearer {token}")).fields(&[("id", "x")]).send();
    assert_eq!(function.status, 401);
}

#[test]
fn a_session_needs_its_own_origin_and_a_token_none() {
    let server = Server::new();
    let cookie = server.admin();
    let body = json!({"name": "CI", "scopes": ["keys:read"]}).to_string();
    let cross = server.request("POST", "/api/v1/tokens").header("Sec-Fetch-Site", "cross-site").cookie(&cookie);
    assert_eq!(cross.body("application/json", body.clone()).send().code(), "cross_site");
    let token = by_command(&server.at, "keys:write");
    let program = server.request("POST", "/api/v1/tokens").header("Authorization", &format!("Bearer {token}"));
    assert_eq!(program.body("application/json", body).send().code(), "forbidden", "a token makes no tokens");
}

#[test]
fn a_body_that_does_not_hold_is_refused_and_not_repeated() {
    let server = Server::new();
    let cookie = server.admin();
    for (body, status, field) in [
        (json!({"name": "", "scopes": ["keys:read"]}), 422, "name"),
        (json!({"name": "x", "scopes": []}), 422, "scopes"),
        (json!({"name": "x", "scopes": ["canary"]}), 422, "scopes"),
        (json!({"name": "x", "scopes": ["keys:read"], "expires_at": "canary"}), 422, "expires_at"),
        (json!({"name": "x", "scopes": ["keys:read"], "expires_at": "2020-01-01T00:00:00Z"}), 422, "expires_at"),
        (json!({"name": "x", "scopes": ["keys:read"], "password": "canary canary"}), 422, "password"),
        (json!({"name": "x", "scopes": ["keys:read"], "canary": 1}), 422, "body"),
        (json!({"name": "x"}), 422, "scopes"),
    ] {
        let answer = post(&server, &cookie, &body);
        assert_eq!((answer.status, json_of(&answer)["errors"][0]["field"].as_str()), (status, Some(field)), "{}", answer.text());
        assert!(!answer.text().contains("canary"), "{}", answer.text());
    }
    let request = || server.request("POST", "/api/v1/tokens").header("Sec-Fetch-Site", "same-origin").cookie(&cookie);
    assert_eq!(request().body("application/json", "{").send().status, 400);
    assert_eq!(request().body("text/plain", "{}").send().status, 415);
    let delete =
        |id: &str| server.request("DELETE", &format!("/api/v1/tokens/{id}")).header("Sec-Fetch-Site", "same-origin").cookie(&cookie);
    for id in ["x", "%ff", "00000000-0000-0000-0000-000000000000"] {
        assert_eq!(delete(id).send().status, 404, "{id}");
    }
}

#[test]
fn too_many_failures_of_one_network_wait() {
    let server = Server::new();
    for _ in 0..60 {
        assert_eq!(bearer(&server, "GET", "/api/v1/tokens", "x").status, 401);
    }
    let refused = bearer(&server, "GET", "/api/v1/tokens", "x");
    assert_eq!(refused.code(), "too_many");
    let wait: u32 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait));
}

#[test]
fn the_command_line_names_what_is_wrong() {
    let server = Server::new();
    server.admin();
    let code = |arguments: &[&str]| server.at.run(arguments).status.code();
    let base = ["token", "create", "--user", EMAIL, "--name", "CI"];
    let with = |more: &[&'static str]| [&base[..], more].concat();
    assert_eq!(code(&with(&["--scope", "keys:read", "--scope", "admin", "--expires", "52w"])), Some(0));
    assert_eq!(code(&with(&["--scope", "keys:*"])), Some(2));
    assert_eq!(code(&with(&[])), Some(2));
    assert_eq!(code(&with(&["--scope", "keys:read", "--expires", "soon"])), Some(2));
    assert_eq!(code(&with(&["--scope", "keys:read", "--expires", "9999d"])), Some(1));
    assert_eq!(code(&["token", "create", "--user", "nobody@example.com", "--name", "CI", "--scope", "keys:read"]), Some(1));
    server.at.run_with_input(&["user", "add", "bob@example.com", "--role", "user", "--password-stdin"], PASSWORD);
    assert_eq!(code(&["token", "create", "--user", "bob@example.com", "--name", "CI", "--scope", "admin"]), Some(1), "beyond the role");
}

/// Seen red with a limit that was asked before the token was.
#[test]
fn a_lost_token_does_not_stop_the_good_ones_behind_the_same_address() {
    let server = Server::new();
    server.admin();
    let (good, lost) = (by_command(&server.at, "keys:read"), by_command(&server.at, "keys:read"));
    let lost = format!("{}{}", &lost[..60], "A".repeat(8));
    let keys = |token: &str| bearer(&server, "GET", "/api/v1/byok/keys", token).status;
    let answers: Vec<_> = (0..65).map(|_| keys(&lost)).collect();
    assert_eq!((answers[59], answers[64]), (401, 429));
    assert_eq!(keys(&good), 200);
}
