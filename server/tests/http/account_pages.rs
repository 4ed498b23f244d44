//! The pages of API tokens and of the caller's account, without JavaScript.

use crate::{
    harness::{Answer, EMAIL, PASSWORD, Server},
    tokens::by_command,
};

const NEW: &str = "seven purple ladders under the bridge";

/// `name=value` of each cookie that was set.
fn cookies(answer: &Answer) -> Vec<String> {
    let set = answer.headers.iter().filter(|(name, _)| name == "set-cookie");
    set.map(|(_, value)| value.split(';').next().unwrap().to_owned()).collect()
}

/// The token on a page.
fn token_on(page: &str) -> String {
    let at = page.find("kw_u_").expect("a token");
    page[at..at + 68].to_owned()
}

#[test]
fn a_new_token_is_shown_to_the_browser_that_made_it_and_to_nobody_else() {
    let server = Server::new();
    let cookie = server.admin();
    let page = |path: &str, cookie: &str| server.request("GET", path).cookie(cookie).send();
    let fields = [("name", "Deploy script"), ("keys:read", "true"), ("admin", "true"), ("expires", "30")];
    let made = server.form("/tokens/new", &fields).cookie(&cookie).send();
    assert_eq!(made.status, 303, "{}", made.text());
    let path = made.header("location").unwrap().to_owned();
    let set = made.header("set-cookie").unwrap();
    assert!(set.ends_with(&format!("; Max-Age=60; Path={path}; HttpOnly; SameSite=Strict")), "{set}");
    let sealed = cookies(&made).remove(0);
    assert!(!path.contains("kw_u_") && !set.contains("kw_u_"));

    let both = format!("{cookie}; {sealed}");
    let shown = page(&path, &both);
    assert_eq!((shown.status, shown.header("cache-control")), (200, Some("no-store")));
    assert!(shown.text().contains("Copy it now. It is not shown again."));
    let token = token_on(&shown.text());
    let works = |status| {
        let answer = server.request("GET", "/api/v1/tokens").header("Authorization", &format!("Bearer {token}")).send();
        assert_eq!(answer.status, status);
    };
    works(403);
    let secret = token.split('_').nth(3).unwrap();
    let gone = page(&path, &cookie);
    assert_eq!(gone.status, 404);
    assert!(gone.text().contains("This token is not shown again") && !gone.text().contains(secret));
    let other = server.form("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).send().cookie();
    assert_eq!(page(&path, &format!("{other}; {sealed}")).status, 404, "another session");
    assert_eq!(page("/tokens/00000000-0000-0000-0000-000000000000/created", &both).status, 404, "another token");
    assert_eq!(page(&path, "").header("location"), Some("/sign-in?next=%2Ftokens"));

    let list = page("/tokens", &cookie).text();
    assert!(list.contains("Deploy script") && list.contains("keys:read") && !list.contains(secret));
    let revoke = path.replace("/created", "/revoke");
    assert_eq!(page(&revoke, &cookie).status, 200);
    assert_eq!(server.form(&revoke, &[]).cookie(&cookie).send().header("location"), Some("/tokens?done=revoked"));
    works(401);
    assert_eq!(page(&revoke, &cookie).status, 404);
    assert_eq!(server.form(&revoke, &[]).cookie(&cookie).send().status, 404);
    assert!(!server.at.log().contains(secret));
}

#[test]
fn over_https_the_cookie_of_a_new_token_is_secure() {
    let server = crate::harness::Installation::with(&[("KEYWARD_PUBLIC_URL", "https://keys.example.com")]).serve();
    let post = |path: &str| server.request("POST", path).header("Origin", "https://keys.example.com");
    let fields = [("token", server.at.setup_token.as_str()), ("email", EMAIL), ("password", PASSWORD)];
    let cookie = post("/setup").fields(&fields).send().cookie();
    let made = post("/tokens/new").fields(&[("name", "x"), ("keys:read", "true")]).cookie(&cookie).send();
    assert!(made.header("set-cookie").unwrap().ends_with("; HttpOnly; SameSite=Strict; Secure"));
}

#[test]
fn a_refused_token_keeps_what_was_chosen() {
    let server = Server::new();
    let cookie = server.admin();
    let answer = server.form("/tokens/new", &[("name", "Nightly build"), ("expires", "7")]).cookie(&cookie).send();
    assert_eq!(answer.status, 422);
    assert!(answer.text().contains("Nightly build") && answer.text().contains("Choose at least one scope."));
    assert!(answer.text().contains("value=\"7\" selected"));
    let answer = server.form("/tokens/new", &[("name", ""), ("keys:test", "true")]).cookie(&cookie).send();
    assert_eq!(answer.status, 422);
    assert!(answer.text().contains("name=\"keys:test\" value=\"true\" checked"), "{}", answer.text());
    for expires in ["0", "366", "x", "-1"] {
        let answer = server.form("/tokens/new", &[("name", "x"), ("keys:test", "true"), ("expires", expires)]).cookie(&cookie).send();
        assert_eq!(answer.status, 422, "{expires}");
    }
}

#[test]
fn a_password_given_in_the_middle_renews_the_session_even_when_the_rest_is_refused() {
    let server = Server::new();
    let cookie = server.admin();
    let refused = server.form("/tokens/new", &[("name", ""), ("password", PASSWORD)]).cookie(&cookie).send();
    assert_eq!(refused.status, 422);
    let renewed = cookies(&refused).remove(0);
    assert!(renewed.starts_with("sid=") && renewed != cookie);
    assert_eq!(server.request("GET", "/tokens").cookie(&cookie).send().status, 303, "the id it had is gone");
    let fields = [("name", "x"), ("keys:read", "true"), ("password", PASSWORD)];
    let made = server.form("/tokens/new", &fields).cookie(&renewed).send();
    assert_eq!(made.status, 303);
    let cookies = cookies(&made);
    assert_eq!(cookies.len(), 2);
    let shown = server.request("GET", made.header("location").unwrap()).cookie(&cookies.join("; ")).send();
    assert!(shown.text().contains("kw_u_"));
    let wrong = server.form("/tokens/new", &[("name", "x"), ("keys:read", "true"), ("password", "canary canary")]);
    let wrong = wrong.cookie(&cookies[1]).send();
    assert!(wrong.status == 422 && wrong.text().contains("This is not your password.") && !wrong.text().contains("canary"));
}

#[test]
fn a_new_password_ends_every_other_session_and_changes_this_one() {
    let server = Server::new();
    let here = server.admin();
    let there = server.form("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).send().cookie();
    let token = by_command(&server.at, "keys:read");
    let change = |cookie: &str, old: &str, new: &str| {
        server.form("/account", &[("form", "password"), ("password", old), ("new_password", new)]).cookie(cookie).send()
    };
    let wrong = change(&here, "canary canary canary", NEW);
    assert!(wrong.status == 422 && wrong.text().contains("This is not your password.") && !wrong.text().contains("canary"));
    assert!(change(&here, PASSWORD, "short").text().contains("Use at least 12 characters."));
    let changed = change(&here, PASSWORD, NEW);
    assert_eq!((changed.status, changed.header("location")), (303, Some("/account?done=password")), "{}", changed.text());
    for ended in [&here, &there] {
        assert_eq!(server.request("GET", "/account").cookie(ended).send().status, 303);
    }
    let page = server.request("GET", "/account?done=password").cookie(&changed.cookie()).send();
    assert!(page.status == 200 && page.text().contains("Password changed"));
    assert_eq!(server.form("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).send().status, 401);
    let program = server.request("GET", "/api/v1/tokens").header("Authorization", &format!("Bearer {token}")).send();
    assert_eq!(program.status, 403, "a token goes on");
}

#[test]
fn sessions_are_listed_and_ended_by_their_owner_alone() {
    let server = Server::new();
    let here = server.admin();
    let sign_in = || server.form("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).send().cookie();
    let (second, third) = (sign_in(), sign_in());
    let page = server.request("GET", "/account").cookie(&here).send().text();
    let end = page.split("action=\"").filter_map(|rest| rest.split('"').next()).find(|path| path.ends_with("/end")).unwrap().to_owned();
    assert!(page.contains("127.0.0.1") && page.contains("this browser"));
    server.at.run_with_input(&["user", "add", "bob@example.com", "--role", "user", "--password-stdin"], PASSWORD);
    let bob = server.form("/sign-in", &[("email", "bob@example.com"), ("password", PASSWORD)]).send().cookie();
    assert_eq!(server.form(&end, &[]).cookie(&bob).send().status, 404);
    assert_eq!(server.form(&end, &[]).cookie(&here).send().header("location"), Some("/account?done=ended"));
    assert_eq!(server.form(&end, &[]).cookie(&here).send().status, 404);
    let stands = |cookie: &str| server.request("GET", "/account").cookie(cookie).send().status == 200;
    assert_eq!([&second, &third].iter().filter(|cookie| stands(cookie)).count(), 1);
    let others = server.form("/account/sessions/end-others", &[]);
    assert_eq!(others.cookie(&here).send().header("location"), Some("/account?done=others-ended"));
    assert!(stands(&here) && stands(&bob) && !stands(&second) && !stands(&third));
    for (path, ended) in [("/account/sessions/x/end", "page"), ("/account/sessions/end-others", "page"), ("/account", "form")] {
        let asked = format!("/sign-in?next=%2Faccount&ended={ended}");
        assert_eq!(server.form(path, &[]).send().header("location"), Some(asked.as_str()), "{path}");
    }
}
