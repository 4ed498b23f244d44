//! Requests that another site may have caused.

use crate::{
    api_access::{TABLE, address, body_of},
    callers::{Cast, Who},
    database,
    harness::{EMAIL, PASSWORD, Request, Server},
    page_access::{PAGES, Things, fields, with_fields},
};

/// What a request from elsewhere can say about where it comes from.
fn sources(origin: &str) -> Vec<Vec<(&'static str, String)>> {
    let site = |value: &str| ("Sec-Fetch-Site", value.to_owned());
    let from = |value: &str| ("Origin", value.to_owned());
    vec![
        vec![],
        vec![from("null")],
        vec![from("https://evil.example")],
        vec![from("http://127.0.0.1")],
        vec![from(&origin.replace("http:", "https:"))],
        vec![from(origin), from("https://evil.example")],
        vec![site("cross-site")],
        vec![site("same-site"), from(origin)],
        vec![site("none"), from(origin)],
        vec![site("cross-site"), from(origin)],
        vec![site("same-origin"), site("cross-site"), from(origin)],
    ]
}

fn refused(request: Request, source: &[(&'static str, String)], what: &dyn std::fmt::Debug) {
    let request = source.iter().fold(request, |request, (name, value)| request.header(name, value));
    let answer = request.send();
    assert_eq!((answer.status, answer.code().as_str()), (403, "cross_site"), "{what:?} {source:?}");
}

/// Fault this was seen to catch: routes that were merged outside of the layer.
#[test]
fn only_pages_of_this_site_can_change_anything() {
    let cast = Cast::new();
    let things = Things::new(&cast);
    let cookie = cast.cookie(Who::Owner).unwrap();
    let origin = cast.server.at.origin();
    let before = database::snapshot(&cast.server);
    for source in sources(&origin) {
        for row in PAGES.iter().filter(|row| row.0 != "GET") {
            let fields = fields(row.1, Who::Owner, &things.key).unwrap_or_default();
            let request = || cast.server.request(row.0, &things.address(row.1)).cookie(cookie);
            refused(with_fields(request(), &fields), &source, row);
            // What a form of another site can send without asking first.
            for kind in ["text/plain", "multipart/form-data; boundary=x", ""] {
                refused(request().body(kind, "x=y"), &source, row);
            }
        }
        for row in TABLE.iter().filter(|row| row.0 != "GET") {
            let request = || cast.server.request(row.0, &address(row, &things.key)).cookie(cookie);
            let body = body_of(row, Who::Owner).unwrap_or_default().to_string();
            for kind in ["application/json", "text/plain", "application/x-www-form-urlencoded"] {
                refused(request().body(kind, body.clone()), &source, row);
            }
        }
        for (method, path) in
            [("POST", "/nowhere"), ("PUT", "/keys"), ("DELETE", "/keys/new"), ("PATCH", "/account"), ("POST", "/api/v1/nothing")]
        {
            refused(cast.server.request(method, path).cookie(cookie), &source, &path);
        }
    }
    assert_eq!(database::snapshot(&cast.server), before);
    assert_eq!(cast.server.request("GET", "/keys").cookie(cookie).send().status, 200, "the session still stands");
}

#[test]
fn an_old_browser_proves_itself_by_its_origin() {
    let server = Server::new();
    server.admin();
    let fields = [("email", EMAIL), ("password", PASSWORD)];
    let answer = server.request("POST", "/sign-in").header("Origin", &server.at.origin()).fields(&fields).send();
    assert_eq!(answer.status, 303);
}

/// A link or a form that says GET, with everything that the act would need in the address.
#[test]
fn a_get_changes_nothing() {
    let cast = Cast::new();
    let things = Things::new(&cast);
    let cookie = cast.cookie(Who::Owner).unwrap();
    let before = database::snapshot(&cast.server);
    let ask = |method: &str, path: &str, query: String| {
        cast.server.request(method, &format!("{path}?{query}&_method=POST")).cookie(cookie).header("X-Http-Method-Override", "POST").send()
    };
    for row in PAGES.iter().filter(|row| row.0 != "GET") {
        let fields = fields(row.1, Who::Owner, &things.key).unwrap_or_default();
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        for method in ["GET", "HEAD", "OPTIONS"] {
            let status = ask(method, &things.address(row.1), query.clone()).status;
            assert!(status < 500, "{method} {row:?} {status}");
        }
    }
    for row in TABLE.iter().filter(|row| row.0 != "GET") {
        for method in ["GET", "HEAD", "OPTIONS"] {
            let status = ask(method, &address(row, &things.key), String::new()).status;
            assert!(status < 500, "{method} {row:?} {status}");
        }
    }
    assert_eq!(database::snapshot(&cast.server), before);
    assert_eq!(cast.server.request("GET", "/keys").cookie(cookie).send().status, 200);
}
