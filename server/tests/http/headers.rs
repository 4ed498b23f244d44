use crate::{
    api_access::{TABLE, address},
    callers::{Cast, Who},
    harness::{Answer, Server},
    page_access::{PAGES, Things},
};
use std::collections::HashSet;

fn nonce(answer: &Answer) -> String {
    let policy = answer.header("content-security-policy").expect("a policy");
    let (before, rest) = policy.split_once("'nonce-").expect("a nonce");
    let (nonce, after) = rest.split_once('\'').expect("its end");
    assert_eq!(before, "default-src 'none'; script-src 'self' ");
    assert_eq!(
        after,
        " 'wasm-unsafe-eval'; connect-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; object-src 'none'; \
         base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    );
    nonce.to_owned()
}

#[test]
fn every_answer_has_them() {
    let server = Server::new();
    let cookie = server.admin();
    let answers = [
        server.get("/"),
        server.get("/sign-in"),
        server.get("/setup"),
        server.get("/keys"),
        server.request("GET", "/keys").cookie(&cookie).send(),
        server.request("HEAD", "/sign-in").send(),
        server.get("/keys?part=list"),
        server.get("/no-such-page"),
        server.get("/api/fn/nothing"),
        server.get("/healthz"),
        server.get("/readyz"),
        server.get("/events"),
        server.get("/robots.txt"),
        server.get("/favicon.svg"),
        server.get("/pkg-0/nothing.js"),
        server.request("POST", "/sign-in").send(),
        server.request("POST", "/healthz").header("Sec-Fetch-Site", "same-origin").send(),
        server.request("TRACE", "/keys").send(),
        server.request("BREW", "/keys").send(),
        server.form("/sign-in", &[("email", "x")]).send(),
    ];
    let cast = Cast::new();
    let things = Things::new(&cast);
    let with_cookie = |method: &str, path: &str| {
        let request = cast.server.request(method, path).header("Sec-Fetch-Site", "same-origin");
        [request.send(), cast.server.request(method, path).cookie(cast.cookie(Who::Owner).unwrap()).send()]
    };
    // A POST without a body is refused, which is an answer too. The stream of events ends by itself for nobody.
    let pages = PAGES.iter().filter(|row| row.1 != "/events").flat_map(|row| with_cookie(row.0, &things.address(row.1)));
    let calls = TABLE.iter().flat_map(|row| with_cookie(row.0, &address(row, &things.key)));
    let answers: Vec<_> = answers.into_iter().chain(pages).chain(calls).collect();
    let mut nonces = HashSet::new();
    for answer in &answers {
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("same-origin"));
        assert_eq!(answer.header("cross-origin-opener-policy"), Some("same-origin"));
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"));
        assert!(answer.header("strict-transport-security").expect("it").starts_with("max-age=63072000"));
        assert!(answer.header("cache-control").is_some());
        assert!(answer.header("x-request-id").is_some());
        assert!(nonces.insert(nonce(answer)), "a nonce came twice");
    }
}

#[test]
fn scripts_of_a_page_carry_the_nonce_of_its_policy() {
    let server = Server::new();
    let answer = server.get("/sign-in");
    let (page, nonce) = (answer.text(), nonce(&answer));
    let scripts = page.matches("<script").count();
    assert!(scripts > 0);
    assert_eq!(page.matches(&format!("nonce=\"{nonce}\"")).count(), scripts);
    assert!(!page.contains(" style="));
}

#[test]
fn pages_are_never_stored() {
    let server = Server::new();
    let cookie = server.admin();
    for path in ["/keys", "/keys/new", "/keys?part=list", "/sign-in"] {
        assert_eq!(server.request("GET", path).cookie(&cookie).send().header("cache-control"), Some("no-store"), "{path}");
    }
}

#[test]
fn a_method_that_an_address_does_not_take_is_405() {
    let server = Server::new();
    for method in ["TRACE", "BREW", "CONNECT"] {
        assert!([400, 405].contains(&server.request(method, "/keys").send().status), "{method}");
    }
    let answer = server.form("/healthz", &[]).send();
    assert_eq!((answer.status, answer.code().as_str()), (405, "method_not_allowed"));
}
