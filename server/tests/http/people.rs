//! People, as administrators see and change them: pages, forms and REST.

use crate::{
    api::add,
    harness::{Answer, EMAIL, PASSWORD, Server},
    provider::Provider,
};
use serde_json::{Value, json};

const NEW: &str = "seven purple ladders under the bridge";

fn users(server: &Server, cookie: &str, query: &str) -> Value {
    let answer = server.api("GET", &format!("/api/v1/users{query}"), Some(cookie)).send();
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn id_of(server: &Server, cookie: &str, email: &str) -> String {
    users(server, cookie, &format!("?search={email}"))[0]["id"].as_str().unwrap().to_owned()
}

fn patch(server: &Server, cookie: &str, id: &str, body: &Value) -> Answer {
    server.api("PATCH", &format!("/api/v1/users/{id}"), Some(cookie)).json(body).send()
}

fn page(server: &Server, cookie: &str, path: &str) -> Answer {
    server.request("GET", path).cookie(cookie).send()
}

/// Makes the session look as if its password was given long ago.
fn grow_old(server: &Server) {
    crate::database::execute(server, "update sessions set authenticated_at = authenticated_at - 700000000");
}

#[test]
fn accounts_are_listed_in_slices_and_changed_over_rest() {
    let server = Server::new();
    let admin = server.admin();
    let bob = server.user("bob@example.com", "user");
    let all = users(&server, &admin, "");
    assert_eq!(all.as_array().unwrap().len(), 2);
    let fields: Vec<_> = all[1].as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = ["created_at", "disabled", "email", "id", "key_count", "last_seen", "role", "tier", "token_count"].to_vec();
    expected.sort_unstable();
    assert_eq!(
        {
            let mut fields = fields;
            fields.sort_unstable();
            fields
        },
        expected
    );
    let first = server.api("GET", "/api/v1/users?limit=1", Some(&admin)).send();
    let link = first.header("link").unwrap();
    let next = link.strip_prefix('<').and_then(|rest| rest.split_once(">; rel=\"next\"")).unwrap().0;
    let second = server.api("GET", next, Some(&admin)).send();
    assert_eq!((first.json()[0]["email"].as_str(), second.json()[0]["email"].as_str()), (Some(EMAIL), Some("bob@example.com")));
    assert_eq!(second.header("link"), None);
    for query in ["?limit=0", "?limit=201", "?role=king", "?cursor=%ff", "?owner=1"] {
        assert_eq!(server.api("GET", &format!("/api/v1/users{query}"), Some(&admin)).send().status, 422, "{query}");
    }

    let id = id_of(&server, &admin, "bob@example.com");
    let changed = patch(&server, &admin, &id, &json!({"tier": "professional"}));
    assert_eq!((changed.status, changed.json()["tier"].as_str()), (200, Some("professional")), "{}", changed.text());
    assert_eq!(page(&server, &bob, "/keys").status, 200, "a tier ends no session");
    let disabled = patch(&server, &admin, &id, &json!({"disabled": true}));
    assert_eq!((disabled.status, disabled.json()["disabled"].as_bool()), (200, Some(true)));
    assert_eq!(page(&server, &bob, "/keys").status, 303, "it is signed out at once");
    assert_eq!(patch(&server, &admin, &id, &json!({"disabled": false, "role": "admin"})).json()["role"], "admin");

    let mine = id_of(&server, &admin, EMAIL);
    assert_eq!(patch(&server, &admin, &id, &json!({"role": "user"})).status, 200);
    for body in [json!({"role": "user"}), json!({"disabled": true})] {
        let refused = patch(&server, &admin, &mine, &body);
        assert_eq!((refused.status, refused.code().as_str()), (422, "last_admin"), "{body}");
    }
    for (body, code) in
        [(json!({"role": "king"}), "unknown"), (json!({"tier": 1}), "wrong_type"), (json!({"email": "x@y"}), "unknown_field")]
    {
        assert_eq!(patch(&server, &admin, &id, &body).code(), code, "{body}");
    }
    assert_eq!(patch(&server, &admin, "canary", &json!({})).status, 404);
}

#[test]
fn a_sensitive_change_asks_for_the_password_and_goes_on_with_it() {
    let server = Server::new();
    let admin = server.admin();
    server.user("bob@example.com", "user");
    let id = id_of(&server, &admin, "bob@example.com");
    grow_old(&server);
    let asked = patch(&server, &admin, &id, &json!({"tier": "free"}));
    assert_eq!((asked.status, asked.code().as_str()), (422, "step_up"));
    let path = format!("/settings/users/{id}/change");
    assert!(page(&server, &admin, &path).text().contains("name=\"password\""));
    let form = |password: &str| server.form(&path, &[("role", "user"), ("tier", "free"), ("password", password)]).cookie(&admin).send();
    let refused = form("");
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("Enter your password to go on") && refused.text().contains("value=\"free\" selected"));
    assert_eq!(form("not the password").status, 422);
    let done = form(PASSWORD);
    assert_eq!(done.header("location"), Some(format!("/settings/users/{id}?done=person-changed").as_str()), "{}", done.text());
    let renewed = done.cookie();
    assert_ne!(renewed, admin);
    assert_eq!(page(&server, &admin, "/keys").status, 303, "the session goes on under another secret");
    assert_eq!(page(&server, &renewed, &format!("/settings/users/{id}")).status, 200);
    let stepped = server.api("PATCH", &format!("/api/v1/users/{id}"), Some(&renewed));
    grow_old(&server);
    let stepped = stepped.json(&json!({"tier": "starter", "password": PASSWORD})).send();
    assert_eq!(stepped.status, 200, "{}", stepped.text());
    let renewed = stepped.cookie();
    // The password was right: the session goes on under a new id, though the change is refused.
    grow_old(&server);
    let admin_id = id_of(&server, &renewed, EMAIL);
    let refused = patch(&server, &renewed, &admin_id, &json!({"role": "user", "password": PASSWORD}));
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert_eq!(page(&server, &refused.cookie(), "/keys").status, 200);
}

#[test]
fn a_link_for_a_new_password_is_shown_once_and_works_once() {
    let server = Server::new();
    let admin = server.admin();
    let bob = server.user("bob@example.com", "user");
    let id = id_of(&server, &admin, "bob@example.com");
    let path = format!("/settings/users/{id}/reset");
    assert!(page(&server, &admin, &path).text().contains("Make a link"));
    let made = server.form(&path, &[]).cookie(&admin).send();
    assert_eq!((made.status, made.header("cache-control")), (200, Some("no-store")));
    let html = made.text();
    let begin = format!("{}/reset?token=", server.at.origin());
    let token = html.split_once(&begin).expect("a link").1[..43].to_owned();
    assert!(!page(&server, &admin, &format!("/settings/users/{id}")).text().contains(&token));

    let open = format!("/reset?token={token}");
    assert!(server.get(&open).text().contains("Choose a new password"));
    let set = |password: &str| server.form("/reset", &[("token", &token), ("password", password)]).send();
    let weak = set("password1234");
    assert_eq!(weak.status, 422);
    assert!(weak.text().contains(&token) && !weak.text().contains("password1234"));
    assert_eq!(page(&server, &bob, "/keys").status, 200, "nothing has happened yet");
    assert_eq!(set(NEW).header("location"), Some("/sign-in?done=password-reset"));
    assert!(server.get("/sign-in?done=password-reset").text().contains("Your password is set"));
    assert_eq!(page(&server, &bob, "/keys").status, 303, "every session ended");
    assert_eq!((set(NEW).status, server.get(&open).status), (404, 404), "once");
    let sign_in = |password: &str| server.form("/sign-in", &[("email", "bob@example.com"), ("password", password)]).send().status;
    assert_eq!((sign_in(PASSWORD), sign_in(NEW)), (401, 303));
    assert!(!server.at.log().contains(&token));
}

#[test]
fn the_operator_prints_a_link_for_a_new_password() {
    let server = Server::new();
    server.admin();
    let made = server.at.run(&["user", "reset-password", EMAIL]);
    assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
    let link = String::from_utf8(made.stdout).unwrap();
    let path = link.trim().strip_prefix(&server.at.origin()).expect("the public address and nothing else");
    assert_eq!(server.get(path).status, 200);
    assert!(!String::from_utf8_lossy(&made.stderr).contains("token="));
    assert_eq!(server.at.run(&["user", "reset-password", "nobody@example.com"]).status.code(), Some(1));
    assert_eq!(server.at.run(&["user", "reset-password"]).status.code(), Some(2));
}

#[test]
fn the_pages_of_people_tell_what_they_do_and_refuse_what_they_must() {
    let server = Server::new();
    let admin = server.admin();
    for n in 0..52 {
        crate::database::execute_text(
            &server,
            &format!(
                "insert into accounts (id, email, role, tier, created_at, updated_at) \
                 values (randomblob(16), 'user{n:02}@example.com', 'user', 'starter', 0, 0)"
            ),
        );
    }
    let list = page(&server, &admin, "/settings/users").text();
    assert!(list.contains("user00@example.com") && list.contains("Next page") && !list.contains("user51@example.com"));
    let next = list.split("id=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    assert!(page(&server, &admin, &next).text().contains("user51@example.com"));
    let found = page(&server, &admin, "/settings/users?search=%3Cb%3E&role=admin").text();
    assert!(found.contains("Nobody fits") && found.contains("value=\"&lt;b&gt;\"") && !found.contains("<b>\""));
    let mine = id_of(&server, &admin, EMAIL);
    let refused = server.form(&format!("/settings/users/{mine}/disable"), &[]).cookie(&admin).send();
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("This is the last admin.") && refused.text().contains("role=\"alert\""));
    let person = page(&server, &admin, &format!("/settings/users/{mine}")).text();
    assert!(person.contains("The only administrator") && person.contains("this browser"));
    assert_eq!(page(&server, &admin, "/settings/users/canary").status, 404);

    let session = person.split("/sessions/").find_map(|rest| rest.split_once("/end\"")).unwrap().0.to_owned();
    let ended = server.form(&format!("/settings/users/{mine}/sessions/{session}/end"), &[]).cookie(&admin).send();
    assert_eq!(ended.status, 303);
    assert_eq!(page(&server, &admin, "/settings").status, 303, "it was the administrator's own");
}

/// Bars Z2, Z5 and Z6: whatever an administrator asks, no answer holds a secret of somebody's, and none of them is sent anywhere.
#[test]
fn no_address_of_the_settings_tells_tests_or_redirects_a_key() {
    let provider = Provider::start();
    let server = crate::harness::Installation::with(&provider.settings()).serve();
    let admin = server.admin();
    let bob = server.user("bob@example.com", "user");
    let secret = "sk-canary-0123456789abcdefghijklmnopqrstuv";
    let key =
        add(&server, &bob, &json!({"provider": "openai", "key": secret, "label": "Bobs very own"}))["id"].as_str().unwrap().to_owned();
    let id = id_of(&server, &admin, "bob@example.com");
    let looked = |answer: &Answer, what: &str| {
        let text = format!("{:?}{}", answer.headers, answer.text());
        for told in [secret, "canary-", "stuv", "Bobs very own"] {
            assert!(!text.contains(told), "{told} in {what}");
        }
        assert!(answer.status < 500, "{what} {}", answer.status);
    };
    let pages = [
        "",
        "/users",
        "/users/{id}",
        "/users/{id}/change",
        "/users/{id}/disable",
        "/users/{id}/reset",
        "/audit",
        "/audit/export",
        "/vault",
        "/vault/rotate",
    ];
    for path in pages {
        let path = format!("/settings{}", path.replace("{id}", &id));
        let answer = page(&server, &admin, &path);
        assert_eq!(answer.status, 200, "{path}");
        looked(&answer, &path);
    }
    for path in ["/api/v1/users", "/api/v1/audit?limit=200", "/api/v1/audit/export", "/api/v1/audit/export?format=csv"] {
        let answer = server.api("GET", path, Some(&admin)).send();
        assert_eq!(answer.status, 200, "{path}");
        looked(&answer, path);
    }
    // What an administrator has no address for: the key of somebody else by its id, with an address of their own in every place.
    let elsewhere = json!({"endpoint": "https://evil.example", "api_base": "https://evil.example", "base_url": "https://evil.example"});
    for (method, path) in [
        ("GET", format!("/api/v1/byok/keys/{key}")),
        ("PATCH", format!("/api/v1/byok/keys/{key}")),
        ("POST", format!("/api/v1/byok/keys/test/{key}")),
        ("POST", format!("/api/v1/byok/keys/test/{key}?base_url=https://evil.example")),
        ("POST", format!("/api/v1/byok/keys/{key}/replace")),
        ("PATCH", format!("/api/v1/users/{id}")),
    ] {
        let request = server.api(method, &path, Some(&admin)).header("X-OpenAI-Host", "evil.example");
        let answer = if method == "GET" { request.send() } else { request.json(&elsewhere).send() };
        assert!((400..500).contains(&answer.status), "{method} {path} {}", answer.status);
        looked(&answer, &path);
    }
    // Nor does an administrator without a key use somebody else's.
    assert_eq!(server.api("POST", "/api/v1/byok/keys/test/openai", Some(&admin)).send().status, 404);
    assert_eq!(provider.requests().len(), 0, "nothing was sent anywhere");
    assert_eq!(server.api("POST", "/api/v1/byok/keys/test/openai", Some(&bob)).send().status, 200);
    assert!(provider.requests()[0].contains(secret), "its owner can: otherwise the search above proves nothing");
}

/// Seen red when the page of what is not there was that of the address that was asked for.
#[test]
fn no_spelling_of_an_address_shows_a_page_of_the_settings() {
    let server = Server::new();
    server.admin();
    let cookie = server.user("bob@example.com", "user");
    for path in
        ["/./settings/users", "//settings/users", "/settings/./users", "/x/../settings/users", "/settings%2fusers", "/settings/users/"]
    {
        for cookie in [Some(&cookie), None] {
            let request = server.request("GET", path);
            let answer = cookie.into_iter().fold(request, |request, cookie| request.cookie(cookie)).send();
            assert!([303, 404].contains(&answer.status), "{path} {}", answer.status);
            let text = answer.text();
            assert!(answer.status == 303 || text.contains("Not found") && !text.contains("<title>People"), "{path} {text}");
            assert!(answer.status == 303 || answer.header("location").is_none(), "{path}");
        }
    }
}
