//! All that does not sign anybody in at the OpenID provider.

use crate::{
    harness::EMAIL,
    idp::{Idp, begin, cookie, over, person, sign_in},
    oidc::{events, get, people},
    signer::now,
};
use serde_json::json;

/// Each case changes one thing of a sign-in that would work. Seen red without the state, the nonce and the comparison of the
/// issuer, and with an account found by its address.
#[test]
fn whatever_is_wrong_nobody_is_signed_in_and_nothing_is_linked() {
    let idp = Idp::start();
    let server = idp.server();
    server.admin();
    let local = server.user("local@id.example.com", "user");
    sign_in(&server, &idp, &person("gone", &["user"], None));
    assert!(server.at.run(&["user", "disable", "gone@id.example.com"]).status.success());
    let before = people(&server);
    let bob = person("bob", &["admin"], Some("enterprise"));
    let mut cases = 0;
    let mut wrong = Vec::new();
    let mut refused = |name: &str, why: &str, path: &str, held: &[&str]| {
        let n = u8::try_from(cases).unwrap();
        let answer = server.request("GET", path).header("X-Forwarded-For", &format!("10.0.1.{n}")).cookie(&held.join("; ")).send();
        let location = answer.header("location").unwrap_or_default();
        let told = location.starts_with(&format!("/sign-in?refused={why}")) && !location.contains("code-") && !location.contains("canary");
        if answer.status != 303 || !told || cookie(&answer, "sid").is_some() {
            wrong.push(format!("{name}: {} {location}", answer.status));
        }
        cases += 1;
    };
    let fresh = || {
        let (location, held) = begin(&server, None);
        (idp.agree(&location, &bob), held)
    };
    let (path, held) = fresh();
    let (code, state) = path.split_once("&state=").unwrap();
    refused("no cookie", "unfinished", &path, &[]);
    refused("state missing", "unfinished", code, &[&held]);
    refused("the right one after a wrong one", "unfinished", &path, &[&held]);
    let (path, held) = fresh();
    refused("state of another sign-in", "unfinished", &format!("{}&state={state}", path.split_once("&state=").unwrap().0), &[&held]);
    let (path, held) = fresh();
    refused("state twice", "unfinished", &format!("{path}&state={state}"), &[&held]);
    let (path, held) = fresh();
    refused("state cut", "unfinished", &path[..path.len() - 1], &[&held]);
    let (path, _) = fresh();
    let (_, other) = fresh();
    refused("another browser", "unfinished", &path, &[&other]);
    for made_up in ["sign-in=", "sign-in=x", &format!("sign-in={}", "A".repeat(43)), "sign-in=%00"] {
        refused("a cookie made up", "unfinished", &fresh().0, &[made_up]);
    }
    let (path, held) = fresh();
    refused("code missing", "unfinished", &path.replace("code=", "cod="), &[&held]);
    let (path, held) = fresh();
    refused("code twice", "unfinished", &format!("{path}&code=code-0"), &[&held]);
    let (path, held) = fresh();
    refused("another code", "not_trusted", &path.replace("code=code-", "code=made-up-"), &[&held]);
    let (path, held) = fresh();
    refused("an endless code", "unfinished", &path.replace("code=", &format!("code={}", "x".repeat(3_000))), &[&held]);
    let ((first, one), (second, two)) = (fresh(), fresh());
    let swapped = format!("{}&state={}", first.split_once("&state=").unwrap().0, second.split_once("&state=").unwrap().1);
    refused("the code of another sign-in: its verifier does not fit", "not_trusted", &swapped, &[&two]);
    refused("a code that was used up", "not_trusted", &first, &[&one]);
    let (path, held) = fresh();
    refused(
        "denied",
        "denied",
        &format!("/sign-in/oidc/callback?error=access_denied&error_description=canary&{}", &path[path.find("state=").unwrap()..]),
        &[&held],
    );
    for iss in ["https://evil.example", "http://127.0.0.1", ""] {
        let (path, held) = fresh();
        refused("the issuer of another", "not_trusted", &format!("{path}&iss={iss}"), &[&held]);
    }
    let t = now();
    let other = Idp::start();
    for (name, laid) in [
        ("nonce wrong", json!({"nonce": "x"})),
        ("nonce missing", json!({"nonce": null})),
        ("nonce no text", json!({"nonce": 7})),
        ("issuer wrong", json!({"iss": other.issuer})),
        ("audience wrong", json!({"aud": "another"})),
        ("audience missing", json!({"aud": null})),
        ("several audiences and no party", json!({"aud": ["keyward", "another"]})),
        ("another party", json!({"aud": ["keyward", "another"], "azp": "another"})),
        ("another party alone", json!({"azp": "another"})),
        ("expired", json!({"exp": t - 31})),
        ("expiry missing", json!({"exp": null})),
        ("subject missing", json!({"sub": null})),
        ("subject empty", json!({"sub": ""})),
        ("issued later", json!({"iat": t + 60})),
        ("authenticated later", json!({"auth_time": t + 600})),
        ("authenticated some time", json!({"auth_time": "yesterday"})),
    ] {
        idp.change(|idp| idp.id_token = laid.clone());
        let (path, held) = fresh();
        refused(name, "not_trusted", &path, &[&held]);
    }
    idp.change(|idp| idp.id_token = json!({}));
    for (name, header) in [
        ("unsigned", json!({"alg": "none", "kid": "rsa"})),
        ("signed with a shared key", json!({"alg": "HS256", "kid": "rsa"})),
        ("an unknown key", json!({"alg": "RS256", "kid": "unknown"})),
        ("a key of another kind", json!({"alg": "ES256", "kid": "rsa"})),
        ("an access token", json!({"alg": "RS256", "kid": "rsa", "typ": "at+jwt"})),
        ("a key that it brings", json!({"alg": "RS256", "kid": "rsa", "jku": "http://127.0.0.1:1"})),
    ] {
        idp.change(|idp| idp.header = header.clone());
        let (path, held) = fresh();
        refused(name, "not_trusted", &path, &[&held]);
    }
    idp.change(|idp| idp.header = json!({"alg": "RS256", "kid": "rsa"}));
    for (name, token) in [
        ("no ID token", (200, json!({"access_token": "x"}).to_string())),
        ("no JSON", (200, "<html>".to_owned())),
        ("an error", (500, String::new())),
        ("a redirect", (302, String::new())),
        ("another issuer's ID token", (200, json!({"id_token": other.signer.token(&json!({"alg": "RS256", "kid": "rsa"}), &json!({"iss": other.issuer, "aud": "keyward", "sub": "bob", "exp": t + 60, "iat": t}))}).to_string())),
    ] {
        idp.change(|idp| idp.token = Some(token.clone()));
        let (path, held) = fresh();
        refused(name, "not_trusted", &path, &[&held]);
    }
    idp.change(|idp| idp.token = None);
    for (name, claims, why) in [
        ("the address of a local account", over(bob.clone(), &json!({"email": "local@id.example.com"})), "taken"),
        ("the same in capitals", over(bob.clone(), &json!({"email": "LOCAL@id.example.com"})), "taken"),
        ("the address of the admin", over(bob.clone(), &json!({"email": EMAIL})), "taken"),
        ("a disabled account", person("gone", &["admin"], None), "disabled"),
    ] {
        let (location, held) = begin(&server, None);
        let path = idp.agree(&location, &claims);
        refused(name, why, &path, &[&held]);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(cases >= 25, "{cases}");
    println!("{cases} sign-ins were refused");
    assert_eq!(people(&server), before, "no account was made, linked or changed");
    assert_eq!(get(&server, "/keys", &[&local]).status, 200);
    assert!(events(&server).lines().filter(|line| line.contains("session.begin") && line.contains("refused")).count() >= 25);
    sign_in(&server, &idp, &bob);
}
