use crate::harness::Server;

#[test]
fn the_bundle_is_kept_for_ever_and_never_costs_a_session_look_up() {
    let server = Server::new();
    let page = server.get("/sign-in").text();
    let start = page.find("/pkg-").expect("a link to the style sheet");
    let path = &page[start..start + page[start..].find('"').unwrap()];
    let plain = server.request("GET", path).cookie("sid=x").send();
    assert_eq!(plain.status, 200);
    assert_eq!(plain.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!(plain.header("vary"), Some("accept-encoding"));
    assert_eq!(plain.header("content-encoding"), None);
    let packed = server.request("GET", path).header("Accept-Encoding", "gzip, br").send();
    assert_eq!(packed.header("content-encoding"), Some("br"));
    assert_eq!(packed.header("content-type"), plain.header("content-type"));
    let (plain_tag, packed_tag) = (plain.header("etag").unwrap(), packed.header("etag").unwrap());
    assert_ne!(plain_tag, packed_tag);
    let known = server.request("GET", path).header("If-None-Match", plain_tag).send();
    assert_eq!((known.status, known.body.len()), (304, 0));
}

#[test]
fn what_is_not_in_the_bundle_is_not_found() {
    let server = Server::new();
    let page = server.get("/sign-in").text();
    let folder = &page[page.find("/pkg-").unwrap()..][.."/pkg-0123456789abcdef".len()];
    for name in ["nothing.js", "../root.key", "%2e%2e/root.key", ""] {
        let answer = server.get(&format!("{folder}/{name}"));
        assert_eq!(answer.status, 404, "{name}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let robots = server.get("/robots.txt");
    assert_eq!(robots.text(), "User-agent: *\nDisallow: /\n");
    assert_eq!(server.get("/favicon.svg").header("content-type"), Some("image/svg+xml"));
}

#[test]
fn what_a_browser_loads_is_within_its_budget() {
    const BUDGET: usize = 120_000;
    if cfg!(debug_assertions) {
        println!("NOT RUN: a development build compresses fast rather than well");
        return;
    }
    let server = Server::new();
    let page = server.get("/sign-in").text();
    let folder = &page[page.find("/pkg-").unwrap()..][.."/pkg-0123456789abcdef".len()];
    let sizes = ["keyward.js", "keyward_bg.wasm"].map(|name| {
        let packed = server.request("GET", &format!("{folder}/{name}")).header("Accept-Encoding", "br").send();
        assert_eq!((packed.status, packed.header("content-encoding")), (200, Some("br")), "{name}");
        packed.body.len()
    });
    assert!(sizes.iter().sum::<usize>() <= BUDGET, "{sizes:?}");
}
