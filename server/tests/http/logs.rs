use crate::{
    harness::{EMAIL, Installation, PASSWORD},
    provider::Provider,
};

const SECRET: &str = "sk-canary-Wm5tQ8rL2yC6vN9bX4zK7fH1";

#[test]
fn at_the_finest_level_they_hold_no_secret_and_no_address() {
    for format in ["text", "json"] {
        let server = Installation::with(&[("KEYWARD_LOG", "trace"), ("KEYWARD_LOG_FORMAT", format)]).serve();
        let cookie = server.admin();
        let fields = [("provider", "openai"), ("key", SECRET), ("label", "Nightly build")];
        assert_eq!(server.form("/keys/new", &fields).cookie(&cookie).send().status, 303);
        assert_eq!(server.form("/keys/new", &fields).cookie(&cookie).send().status, 303, "the same again changes nothing");
        server.form("/keys/new", &[("provider", "nobody"), ("key", SECRET)]).cookie(&cookie).send();
        server.form("/sign-in", &[("email", EMAIL), ("password", "canary of a wrong password")]).send();
        server.get("/keys?canary-in-address");
        server.get(&format!("/setup?token={}", server.at.setup_token));
        let root_key = std::fs::read_to_string(server.at.data().join("root.key")).unwrap();
        let log = server.at.log();
        assert!(log.contains("/keys/new") && log.contains("answered"), "there is a log");
        let session = cookie.split_once('=').unwrap().1;
        for secret in [SECRET, "canary", PASSWORD, session, server.at.setup_token.as_str(), root_key.trim()] {
            assert!(!log.contains(secret), "{format}: a secret is in the log");
        }
    }
}

#[test]
fn no_filter_makes_a_library_talk() {
    let provider = Provider::start();
    let filter = "trace,hyper::proto=trace,hyper::proto::h1::io=trace,hyper_util::client::legacy=trace,h2::codec=trace,\
                  reqwest::connect=trace,rustls::client=trace,sqlx::query=trace,mio::poll=trace,axum::rejection=trace";
    let mut settings = provider.settings().to_vec();
    settings.extend([("KEYWARD_LOG", filter), ("KEYWARD_LOG_FORMAT", "json")]);
    let server = Installation::with(&settings).serve();
    let cookie = server.admin();
    let tested = server.form("/keys/new", &[("provider", "openai"), ("key", SECRET), ("act", "test")]).cookie(&cookie).send();
    assert_eq!((tested.status, provider.requests().len()), (200, 1));
    assert_eq!(server.form("/keys/new", &[("provider", "openai"), ("key", SECRET)]).cookie(&cookie).send().status, 303);
    let log = server.at.log();
    assert!(log.contains("answered"), "there is a log");
    assert!(!log.contains(SECRET) && !log.contains(cookie.split_once('=').unwrap().1), "a secret is in the log");
    for line in log.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let (level, target) = (line["level"].as_str().unwrap(), line["target"].as_str().unwrap());
        let own = ["keyward", "vault", "app", "domain"].contains(&target.split("::").next().unwrap());
        assert!(own || !["DEBUG", "TRACE"].contains(&level), "{level} of {target}");
    }
}
