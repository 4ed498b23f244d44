use crate::harness::{EMAIL, PASSWORD, Server};

#[test]
fn only_pages_of_this_site_can_change_anything() {
    let server = Server::new();
    let cookie = server.admin();
    let origin = server.at.origin();
    let id = "00000000-0000-0000-0000-000000000000";
    let mut paths: Vec<String> =
        ["/setup", "/sign-in", "/sign-out", "/keys/new", "/api/fn/keys/add", "/nowhere"].map(str::to_owned).to_vec();
    for act in ["replace", "edit", "delete", "test", "enable", "disable", "default"] {
        paths.push(format!("/keys/{id}/{act}"));
    }
    for act in ["replace", "edit", "delete", "test", "test-candidate", "enable", "default"] {
        paths.push(format!("/api/fn/keys/{act}"));
    }
    let sources: [&[(&str, &str)]; 8] = [
        &[],
        &[("Origin", "null")],
        &[("Origin", "https://evil.example")],
        &[("Origin", "http://127.0.0.1")],
        &[("Sec-Fetch-Site", "cross-site")],
        &[("Sec-Fetch-Site", "same-site"), ("Origin", &origin)],
        &[("Sec-Fetch-Site", "none"), ("Origin", &origin)],
        &[("Sec-Fetch-Site", "cross-site"), ("Origin", &origin)],
    ];
    for path in &paths {
        for source in sources {
            for method in ["POST", "PUT", "DELETE", "PATCH"] {
                let mut request = server.request(method, path).cookie(&cookie).fields(&[("provider", "openai")]);
                for (name, value) in source {
                    request = request.header(name, value);
                }
                let answer = request.send();
                assert_eq!((answer.status, answer.code().as_str()), (403, "cross_site"), "{method} {path} {source:?}");
            }
        }
    }
    assert_eq!(server.request("GET", "/keys").cookie(&cookie).send().status, 200, "the session still stands");
}

#[test]
fn an_old_browser_proves_itself_by_its_origin() {
    let server = Server::new();
    server.admin();
    let fields = [("email", EMAIL), ("password", PASSWORD)];
    let answer = server.request("POST", "/sign-in").header("Origin", &server.at.origin()).fields(&fields).send();
    assert_eq!(answer.status, 303);
}

#[test]
fn a_get_changes_nothing() {
    let server = Server::new();
    let cookie = server.admin();
    for path in ["/sign-out", "/api/fn/keys/add", "/keys/00000000-0000-0000-0000-000000000000/test"] {
        let status = server.request("GET", path).cookie(&cookie).send().status;
        assert!([404, 405].contains(&status), "{path} {status}");
    }
    assert_eq!(server.request("GET", "/keys").cookie(&cookie).send().status, 200);
}
