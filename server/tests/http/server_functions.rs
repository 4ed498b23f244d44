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

#[test]
fn a_plain_form_is_not_sent_back_to_its_referer() {
    let server = Server::new();
    let request = server.form("/api/fn/keys/delete", &[("id", "x")]);
    let answer = request.header("Accept", "text/html").header("Referer", "https://evil.example/").send();
    assert_eq!(answer.header("location"), None);
    assert_eq!(answer.status, 401, "{}", answer.text());
}
