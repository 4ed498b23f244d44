use crate::harness::{EMAIL, Installation, PASSWORD, Server};

#[test]
fn unknown_and_wrong_get_the_same_words() {
    let server = Server::new();
    server.admin();
    let attempt = |email: &str| {
        let answer = server.form("/sign-in", &[("email", email), ("password", "not the password at all")]).send();
        // What was typed, the nonce and the islands' own ids differ from answer to answer.
        let nonce =
            answer.header("content-security-policy").unwrap().split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        let text = answer.text().replace(email, "EMAIL").replace(&nonce, "NONCE");
        assert!(answer.header("set-cookie").is_none());
        (answer.status, text)
    };
    let (known, unknown) = (attempt(EMAIL), attempt("bob@example.com"));
    assert_eq!(known.0, 401);
    assert!(known.1.contains("The e-mail address or the password is not right."));
    assert_eq!(known, unknown);
}

#[test]
fn a_session_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let server = Server::new();
    server.admin();
    let answer = server.form("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).send();
    let cookie = answer.header("set-cookie").expect("a cookie");
    let mut parts = cookie.split("; ");
    let value = parts.next().unwrap().strip_prefix("sid=").expect("its name");
    assert_eq!(value.len(), 43);
    let attributes: Vec<_> = parts.collect();
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=43200"] {
        assert!(attributes.contains(&attribute), "{cookie}");
    }
    assert_eq!(attributes.len(), 4, "{cookie}");
}

#[test]
fn over_https_the_cookie_belongs_to_one_host() {
    let server = Installation::with(&[("KEYWARD_PUBLIC_URL", "https://keys.example.com")]).serve();
    let fields = [("token", server.at.setup_token.as_str()), ("email", EMAIL), ("password", PASSWORD)];
    let answer = server.request("POST", "/setup").header("Origin", "https://keys.example.com").fields(&fields).send();
    let cookie = answer.header("set-cookie").expect("a cookie");
    assert!(cookie.starts_with("__Host-sid=") && cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
    assert_eq!(server.request("GET", "/keys").cookie(&answer.cookie()).send().status, 200);
    assert_eq!(server.request("GET", "/keys").cookie(&answer.cookie().replace("__Host-", "")).send().status, 303);
}

#[test]
fn a_visitor_comes_back_to_where_they_wanted_to_go_and_nowhere_else() {
    let server = Server::new();
    server.admin();
    assert_eq!(server.get("/keys/new?provider=openai").header("location"), Some("/sign-in?next=%2Fkeys%2Fnew%3Fprovider%3Dopenai"));
    for (next, expected) in [
        ("/keys/new?provider=openai", "/keys/new?provider=openai"),
        ("//evil.example", "/keys"),
        ("https://evil.example", "/keys"),
        ("", "/keys"),
    ] {
        let answer = server.form("/sign-in", &[("email", EMAIL), ("password", PASSWORD), ("next", next)]).send();
        assert_eq!((answer.status, answer.header("location")), (303, Some(expected)), "{next}");
    }
}

#[test]
fn signing_in_changes_the_session_and_ends_the_one_before() {
    let server = Server::new();
    let first = server.admin();
    let answer = server.form("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).cookie(&first).send();
    let second = answer.cookie();
    assert_ne!(first, second);
    assert_eq!(server.request("GET", "/keys").cookie(&first).send().status, 303);
    assert_eq!(server.request("GET", "/keys").cookie(&second).send().status, 200);
}

#[test]
fn signing_out_ends_the_session_at_once() {
    let server = Server::new();
    let cookie = server.admin();
    let answer = server.form("/sign-out", &[]).cookie(&cookie).send();
    assert_eq!((answer.status, answer.header("location")), (303, Some("/sign-in")));
    assert_eq!(answer.header("clear-site-data"), Some("\"cache\", \"cookies\", \"storage\""));
    assert_eq!(answer.header("set-cookie"), Some("sid=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"));
    assert_eq!(server.request("GET", "/keys").cookie(&cookie).send().status, 303);
    assert_eq!(server.form("/keys/new", &[]).cookie(&cookie).send().header("location"), Some("/sign-in?next=%2Fkeys%2Fnew&ended=form"));
    assert_eq!(server.form("/sign-out", &[]).cookie(&cookie).send().status, 303, "again is no fault");
}

#[test]
fn a_made_up_cookie_is_nobody() {
    let server = Server::new();
    server.admin();
    for cookie in ["sid=", "sid=x", &format!("sid={}", "A".repeat(43)), &format!("sid={}", "A".repeat(5000))] {
        assert_eq!(server.request("GET", "/keys").cookie(cookie).send().status, 303);
    }
}

#[test]
fn a_disabled_account_is_out_at_once() {
    let server = Server::new();
    server.admin();
    let added =
        server.at.run_with_input(&["user", "add", "bob@example.com", "--role", "user", "--password-stdin"], &format!("{PASSWORD}\n"));
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    let fields = [("email", "bob@example.com"), ("password", PASSWORD)];
    let cookie = server.form("/sign-in", &fields).send().cookie();
    assert_eq!(server.request("GET", "/keys").cookie(&cookie).send().status, 200);
    assert!(server.at.run(&["user", "disable", "bob@example.com"]).status.success());
    assert_eq!(server.request("GET", "/keys").cookie(&cookie).send().status, 303);
    assert_eq!(server.form("/sign-in", &fields).send().status, 401);
}

/// A stranger who says to come from elsewhere each time is counted as one. Seen red with every peer as a trusted proxy.
#[test]
fn guesses_are_counted_by_who_sends_them_and_not_by_what_they_say() {
    let server = Server::new();
    server.admin();
    let guess = |n: usize| {
        let form = server.form("/sign-in", &[("email", EMAIL), ("password", &format!("violet otter crosses {n} canals"))]);
        form.header("X-Forwarded-For", &format!("203.0.113.{n}")).header("Forwarded", &format!("for=203.0.113.{n}")).send().status
    };
    let answers: Vec<_> = (0..30).map(guess).collect();
    assert_eq!((answers[0], answers[29]), (401, 429), "{answers:?}");
    assert!(answers.iter().filter(|status| **status == 401).count() <= 20, "{answers:?}");
}
