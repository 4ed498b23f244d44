use crate::harness::Server;

const FUNCTIONS: [&str; 8] = ["add", "replace", "edit", "delete", "test", "test-candidate", "enable", "default"];

#[test]
fn a_body_that_they_cannot_read_is_the_callers_fault() {
    let server = Server::new();
    let cookie = server.admin();
    let own = |path: &str| server.request("POST", path).header("Sec-Fetch-Site", "same-origin").cookie(&cookie);
    for name in FUNCTIONS {
        let path = format!("/api/fn/keys/{name}");
        for (kind, body) in [
            ("application/x-www-form-urlencoded", ""),
            ("application/json", "{canary"),
            ("application/x-www-form-urlencoded", "canary=%ff&id=canary"),
        ] {
            let answer = own(&path).body(kind, body).send();
            assert!((400..500).contains(&answer.status), "{path} {kind}: {} {}", answer.status, answer.text());
            assert!(!answer.text().contains("canary"), "{}", answer.text());
        }
    }
    assert_eq!(own("/api/fn/keys/nothing").fields(&[]).send().code(), "not_found");
}

const NOBODYS: &str = "00000000-0000-0000-0000-000000000000";

#[test]
fn a_plain_form_is_not_sent_back_to_its_referer() {
    let server = Server::new();
    let cookie = server.admin();
    let request = server.form("/api/fn/keys/delete", &[("id", NOBODYS)]).cookie(&cookie);
    let answer = request.header("Accept", "text/html").header("Referer", "https://evil.example/").send();
    assert_eq!(answer.header("location"), None);
    assert_eq!(answer.status, 404, "{}", answer.text());
}

#[test]
fn they_read_forms_alone() {
    let server = Server::new();
    let cookie = server.admin();
    let status = |kind: &str| {
        let request = server.request("POST", "/api/fn/keys/delete").header("Sec-Fetch-Site", "same-origin").cookie(&cookie);
        request.body(kind, format!("id={NOBODYS}")).send().status
    };
    for kind in ["application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=UTF-8"] {
        assert_eq!(status(kind), 404, "{kind}");
    }
    for kind in [
        "",
        "text/plain",
        "application/json",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded-not",
        "application/x-www-form-urlencoded; charset=utf-7",
        "application/x-www-form-urlencoded\r\nContent-Type: text/plain",
    ] {
        assert_eq!(status(kind), 400, "{kind}");
    }
}

#[test]
fn an_argument_that_they_do_not_have_or_have_twice_is_refused() {
    let server = Server::new();
    let cookie = server.admin();
    for name in FUNCTIONS {
        let post = |fields: &[(&str, &str)]| server.form(&format!("/api/fn/keys/{name}"), fields).cookie(&cookie).send();
        let answer = post(&[("canary", "x")]);
        assert_eq!(answer.status, 422, "{name}: {}", answer.text());
        assert!(answer.text().contains("unknown_field") && !answer.text().contains("canary"), "{}", answer.text());
        let known = if ["add", "test-candidate"].contains(&name) { "provider" } else { "id" };
        assert_eq!(post(&[(known, NOBODYS), (known, NOBODYS)]).status, 400, "{name}");
    }
    let key = [("provider", "openai"), ("key", "sk-fields-0123456789abcdef"), ("label", "CI")];
    assert_eq!(server.form("/api/fn/keys/add", &key).cookie(&cookie).send().status, 200);
    let owned = [&key[..], &[("owner_id", NOBODYS)]].concat();
    assert_eq!(server.form("/api/fn/keys/add", &owned).cookie(&cookie).send().status, 422);
}
