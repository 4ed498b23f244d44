//! Access tokens of the OpenID provider over REST: what holds, and all that does not.

use crate::{
    harness::{Answer, Installation, Server},
    idp::{CLIENT, Idp, over},
    signer::{N, encode, now},
};
use serde_json::{Value, json};
use std::{
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::Duration,
};

static CALLS: AtomicU32 = AtomicU32::new(1);

/// Each call comes from an address of its own, so that failures do not add up.
fn call(server: &Server, path: &str, token: &str) -> Answer {
    let n = CALLS.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    let from = format!("10.{}.{}.{}", n[1], n[2], n[3]);
    server.request("GET", path).header("X-Forwarded-For", &from).header("Authorization", &format!("Bearer {token}")).send()
}

fn keys(server: &Server, token: &str) -> Answer {
    call(server, "/api/v1/byok/keys", token)
}

#[test]
fn a_token_of_each_algorithm_acts_for_its_subject_with_all_scopes_of_its_role() {
    let idp = Idp::start();
    let server = idp.server();
    server.admin();
    for (algorithm, key) in [("RS256", "rsa"), ("PS256", "rsa"), ("ES256", "ec"), ("EdDSA", "ed")] {
        let header = json!({"alg": algorithm, "typ": "JWT", "kid": key});
        let token = idp.signer.token(&header, &idp.claims("ann"));
        assert_eq!(keys(&server, &token).status, 200, "{algorithm}");
    }
    let token = idp.access("ann");
    let add = server.request("POST", "/api/v1/byok/keys/add").header("Authorization", &format!("Bearer {token}"));
    assert_eq!(add.json(&json!({"provider": "openai", "key": "sk-proj-0123456789abcdefXYZ9"})).send().status, 200);
    assert_eq!(keys(&server, &token).json().as_array().unwrap().len(), 1);
    assert_eq!(keys(&server, &idp.access("bob")).json(), json!([]), "another subject");
    assert_eq!(call(&server, "/api/v1/byok/stats", &token).json()["user_tier"], "starter");
    assert_eq!(call(&server, "/api/v1/tokens", &token).code(), "forbidden", "tokens make and see no tokens");
    assert_eq!(call(&server, "/keys", &token).status, 303, "no page");
    let claims_to_be_admin = over(idp.claims("eve"), &json!({"realm_access": {"roles": ["admin"]}, "subscription_tier": "enterprise"}));
    let eve = idp.signer.token(&json!({"alg": "RS256", "typ": "JWT", "kid": "rsa"}), &claims_to_be_admin);
    assert_eq!(call(&server, "/api/v1/byok/stats", &eve).json()["user_tier"], "starter", "a token changes no tier and no role");
    let people = server.at.run(&["user", "list", "--json"]);
    let people: Value = serde_json::from_slice(&people.stdout).unwrap();
    let made: Vec<_> = people.as_array().unwrap().iter().filter(|one| one["role"] == "user").collect();
    assert_eq!(made.len(), 3);
    let audit = String::from_utf8(server.at.run(&["audit", "export", "--format", "jsonl"]).stdout).unwrap();
    let added = audit.lines().find(|line| line.contains("key.add")).unwrap();
    assert!(serde_json::from_str::<Value>(added).unwrap()["proof"].is_string(), "{added}");
    let disabled = server.at.run(&["user", "disable", "ann@id.example.com"]);
    assert!(disabled.status.success());
    assert_eq!(keys(&server, &token).status, 401, "disabled");
}

/// Seen red with the role of the account alone.
#[test]
fn a_token_that_says_a_lesser_role_acts_with_it() {
    let idp = Idp::start();
    let server = idp.server();
    server.admin();
    crate::idp::sign_in(&server, &idp, &crate::idp::person("eve", &["admin"], None));
    let with = |claims: &Value| {
        let claims = over(idp.claims("eve"), claims);
        call(&server, "/api/v1/users", &idp.signer.token(&json!({"alg": "RS256", "typ": "JWT", "kid": "rsa"}), &claims)).status
    };
    assert_eq!(with(&json!({})), 200, "what is not said takes nothing");
    assert_eq!(with(&json!({"realm_access": {"roles": ["admin"]}})), 200);
    assert_eq!(with(&json!({"realm_access": {"roles": ["user"]}})), 403);
}

/// Seen red without the look at `nbf`, and without that at the claims of ID tokens.
#[test]
fn whatever_is_wrong_with_a_token_the_answer_is_the_same() {
    let idp = Idp::start();
    let other = Idp::start();
    let server = idp.server();
    server.admin();
    let s = &idp.signer;
    let good = json!({"alg": "RS256", "typ": "JWT", "kid": "rsa"});
    let claims = idp.claims("ann");
    assert_eq!(keys(&server, &s.token(&good, &claims)).status, 200);
    let mut bad: Vec<(String, String)> = Vec::new();
    let mut push = |name: &str, token: String| bad.push((name.to_owned(), token));

    for name in ["none", "None", "nOnE", "", "HS256", "HS384", "HS512", "RS384", "RS512", "ES384", "PS384", "rs256"] {
        let header = over(good.clone(), &json!({"alg": name}));
        push(&format!("alg {name} unsigned"), s.token(&header, &claims).rsplit_once('.').unwrap().0.to_owned() + ".");
        push(&format!("alg {name} signed"), s.signed_as("RS256", &header, &claims));
    }
    // The public key as the secret of an HMAC.
    let message = format!("{}.{}", encode(json!({"alg": "HS256", "typ": "JWT", "kid": "rsa"}).to_string()), encode(claims.to_string()));
    for key in [N.to_owned(), s.keys("rsa")["keys"][0].to_string(), format!("-----BEGIN PUBLIC KEY-----\n{N}\n-----END PUBLIC KEY-----\n")]
    {
        use hmac::{Hmac, KeyInit, Mac};
        let mut mac = <Hmac<sha2::Sha256> as KeyInit>::new_from_slice(key.as_bytes()).unwrap();
        mac.update(message.as_bytes());
        push("HS256 with the public key", format!("{message}.{}", encode(mac.finalize().into_bytes())));
    }
    for (alg, key) in [("ES256", "rsa"), ("RS256", "ec"), ("EdDSA", "rsa"), ("RS256", "ed"), ("PS256", "ec"), ("ES256", "ed")] {
        push("a key of another kind", s.token(&json!({"alg": alg, "typ": "JWT", "kid": key}), &claims));
    }
    push("RS256 said, PS256 done", s.signed_as("PS256", &good, &claims));
    for (name, value) in [
        ("jku", json!("http://127.0.0.1:1/keys")),
        ("x5u", json!("http://127.0.0.1:1/chain")),
        ("jwk", s.keys("rsa")["keys"][0].clone()),
        ("x5c", json!(["AAAA"])),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("enc", json!("A128GCM")),
        ("typ", json!("dpop+jwt")),
        ("typ", json!("logout+jwt")),
        ("typ", json!("JWE")),
        ("typ", json!(7)),
        ("typ", Value::Null),
        ("kid", json!("unknown")),
        ("kid", json!("../../../../dev/null")),
        ("kid", json!("' or '1'='1")),
        ("kid", json!("")),
        ("kid", json!(["rsa"])),
        ("kid", Value::Null),
    ] {
        push(&format!("header {name} {value}"), s.token(&over(good.clone(), &json!({ name: value })), &claims));
    }
    let t = now();
    for (name, value) in [
        ("iss", json!(other.issuer)),
        ("iss", json!(format!("{}/", idp.issuer))),
        ("iss", json!(idp.issuer.to_uppercase())),
        ("iss", json!([idp.issuer])),
        ("iss", Value::Null),
        ("aud", json!("account")),
        ("aud", json!(["account", "keyward2"])),
        ("aud", json!([])),
        ("aud", json!({"keyward": true})),
        ("aud", json!([7, CLIENT])),
        ("aud", Value::Null),
        ("azp", json!(7)),
        ("sub", json!("")),
        ("sub", json!(7)),
        ("sub", json!("x".repeat(256))),
        ("sub", json!("a\u{0}b")),
        ("sub", Value::Null),
        ("exp", json!(t - 31)),
        ("exp", json!((t + 300).to_string())),
        ("exp", json!(1.9e9 + 0.5)),
        ("exp", json!(-1)),
        ("exp", json!(9_223_372_036_854_775_808_u64)),
        ("exp", json!(t + 25 * 3_600)),
        ("exp", Value::Null),
        ("nbf", json!(t + 35)),
        ("nbf", json!((t - 5).to_string())),
        ("nbf", json!(-1)),
        ("nbf", json!(9_223_372_036_854_775_808_u64)),
        ("nbf", json!(f64::from(i32::MAX) + 0.5)),
        ("iat", json!(t + 35)),
        ("iat", json!(t.to_string())),
        ("iat", json!(1.5)),
        ("typ", json!("ID")),
        ("typ", json!("Refresh")),
        ("nonce", json!("x")),
        ("at_hash", json!("x")),
        ("events", json!({})),
        ("cnf", json!({"jkt": "x"})),
    ] {
        push(&format!("claim {name} {value}"), s.token(&good, &over(claims.clone(), &json!({ name: value }))));
    }
    let right = s.token(&good, &claims);
    let (message, signature) = right.rsplit_once('.').unwrap();
    push("no signature", format!("{message}."));
    push("no last part", message.to_owned());
    push("two signatures", format!("{right}.{signature}"));
    push("a dot behind", format!("{right}."));
    push("a dot before", format!(".{right}"));
    push("a changed signature", format!("{message}.{}A", &signature[..signature.len() - 2]));
    push("padding", format!("{right}="));
    push(
        "another body",
        format!("{}.{}.{signature}", message.split('.').next().unwrap(), encode(over(claims.clone(), &json!({"sub": "bob"})).to_string())),
    );
    push("no object", s.raw("RS256", &good.to_string(), "[]"));
    push("no JSON", s.raw("RS256", "{", &claims.to_string()));
    push("nothing", "..".to_owned());
    push("over 8 KiB", s.token(&good, &over(claims.clone(), &json!({"pad": "x".repeat(9_000)}))));
    push("another issuer's good token", other.signer.token(&good, &other.claims("ann")));
    push("another issuer's key", other.signer.token(&json!({"alg": "ES256", "typ": "JWT", "kid": "ec"}), &claims));

    assert!(bad.len() >= 60, "{}", bad.len());
    let told = |answer: &Answer| {
        let mut body = answer.json();
        if let Some(body) = body.as_object_mut() {
            body.remove("request_id");
        }
        (answer.status, body, answer.header("www-authenticate").map(str::to_owned))
    };
    let nobody = told(&keys(&server, "kw_nothing"));
    assert_eq!(nobody.0, 401);
    let taken: Vec<_> = bad.iter().filter(|(_, token)| told(&keys(&server, token)) != nobody).map(|(name, _)| name).collect();
    assert!(taken.is_empty(), "{taken:#?}");
    println!("{} tokens were refused", bad.len());
    assert_eq!(other.requests("/jwks"), 0, "no address in a token is ever asked");
    assert_eq!(keys(&server, &right).status, 200, "and the right one still holds");
    let log = server.at.log();
    assert!(!log.contains("eyJ") && !log.contains("@id.example.com"), "no token in the log");
}

/// Seen red with a cache of verified tokens by their first 300 characters.
#[test]
fn tokens_that_begin_alike_never_speak_for_one_another() {
    let idp = Idp::start();
    let server = idp.server();
    server.admin();
    let header = json!({"alg": "EdDSA", "typ": "JWT", "kid": "ed"});
    let claims = |subject: &str| format!("{{\"pad\":\"{}\",{}", "x".repeat(400), &idp.claims(subject).to_string()[1..]);
    let right = idp.signer.raw("EdDSA", &header.to_string(), &claims("ann"));
    let add = server.request("POST", "/api/v1/byok/keys/add").header("Authorization", &format!("Bearer {right}"));
    assert_eq!(add.json(&json!({"provider": "perplexity", "key": "pplx-0123456789abcdef"})).send().status, 200);
    let tried = |n: usize| {
        let subject = format!("bob{}", n % 4);
        let own = idp.signer.raw("EdDSA", &header.to_string(), &claims(&subject));
        let same = 20 + n % 400;
        // Bob's own; or Ann's beginning, of any length, and another end.
        let token = if n.is_multiple_of(2) { own } else { format!("{}{}", &right[..same], &own[same..]) };
        assert!(token[..20] == right[..20] && (n % 2 == 1 || token[..500] == right[..500]));
        let answer = keys(&server, &token);
        assert!(answer.status == 401 || answer.json() == json!([]), "{n}: {}", answer.text());
    };
    thread::scope(|scope| {
        for part in 0..8 {
            let tried = &tried;
            scope.spawn(move || (0..1_250).for_each(|n| tried(n * 8 + part)));
        }
    });
    assert_eq!(keys(&server, &right).json().as_array().unwrap().len(), 1);
}

/// Seen red with a fetch for each unknown key.
#[test]
fn new_keys_are_found_and_unknown_ones_cost_one_fetch_a_minute() {
    let idp = Idp::start();
    let server = idp.server();
    server.admin();
    assert_eq!(keys(&server, &idp.access("ann")).status, 200);
    assert_eq!(idp.requests("/jwks"), 1);
    thread::sleep(Duration::from_millis(50));
    idp.change(|idp_now| idp_now.keys = (200, idp.signer.keys("rsa-2").to_string()));
    let unknown = |n: usize| idp.signer.token(&json!({"alg": "RS256", "typ": "JWT", "kid": format!("made-up-{n}")}), &idp.claims("ann"));
    let tokens: Vec<_> = (0..8).map(unknown).collect();
    thread::scope(|scope| {
        for token in &tokens {
            let server = &server;
            scope.spawn(move || {
                for _ in 0..100 {
                    assert_eq!(keys(server, token).status, 401);
                }
            });
        }
    });
    assert!(idp.requests("/jwks") <= 2, "{} fetches for 800 unknown keys", idp.requests("/jwks"));
}

#[test]
fn a_provider_that_is_down_stops_nobody_whose_key_is_known() {
    let idp = Idp::start();
    let server = idp.server();
    server.admin();
    let token = idp.access("ann");
    assert_eq!(keys(&server, &token).status, 200);
    idp.change(|idp| idp.keys = (500, String::new()));
    assert_eq!(keys(&server, &token).status, 200);

    let fresh = idp.server();
    fresh.admin();
    let refused = keys(&fresh, &token);
    assert_eq!((refused.status, refused.code().as_str()), (503, "provider_unavailable"));
    assert!(refused.header("retry-after").is_some());
    assert_eq!(keys(&fresh, "not.a.token").status, 401, "what cannot hold needs no key");
}

#[test]
fn key_sets_that_are_too_large_too_long_or_elsewhere_are_refused() {
    let idp = Idp::start();
    let padding = "x".repeat(300 * 1024);
    let whole = idp.signer.keys("rsa");
    let many: Vec<_> = (0..51).map(|n| over(whole["keys"][0].clone(), &json!({"kid": format!("k{n}")}))).collect();
    for (name, keys_now) in [
        ("300 KiB", (200, over(whole.clone(), &json!({"pad": padding})).to_string())),
        ("10 MiB", (200, over(whole.clone(), &json!({"pad": "x".repeat(10 * 1024 * 1024)})).to_string())),
        ("51 keys", (200, json!({"keys": many}).to_string())),
        ("a redirect", (302, whole.to_string())),
        ("no JSON", (200, "<html>".to_owned())),
        ("no keys", (200, "{}".to_owned())),
    ] {
        idp.change(|idp| idp.keys = keys_now);
        let server = Installation::with(&idp.settings()).serve();
        assert_eq!(keys(&server, &idp.access("ann")).status, 503, "{name}");
    }
    idp.change(|idp| idp.keys = (200, whole.to_string()));
    for description in [json!({"issuer": "https://evil.example"}), json!({"jwks_uri": "http://10.0.0.1/jwks"}), json!({"jwks_uri": null})] {
        idp.change(|idp| idp.description = description.clone());
        let server = Installation::with(&idp.settings()).serve();
        assert_eq!(keys(&server, &idp.access("ann")).status, 503, "{description}");
    }
}

#[test]
fn without_a_provider_no_jwt_is_anybody() {
    let idp = Idp::start();
    let server = Server::new();
    server.admin();
    assert_eq!(keys(&server, &idp.access("ann")).status, 401);
    assert_eq!(idp.requests("/jwks"), 0);
}

#[test]
fn a_name_that_a_local_account_has_is_not_taken_over() {
    let idp = Idp::start();
    let server = idp.server();
    server.admin();
    let bob = server.user("bob@id.example.com", "user");
    assert_eq!(keys(&server, &idp.access("bob")).status, 401);
    assert_eq!(server.request("GET", "/keys").cookie(&bob).send().status, 200);
    let audit = String::from_utf8(server.at.run(&["audit", "export", "--format", "jsonl"]).stdout).unwrap();
    assert!(audit.lines().any(|line| line.contains("account.add") && line.contains("refused") && line.contains("taken")));
    let nameless = over(idp.claims("carol"), &json!({"email": null}));
    let token = idp.signer.token(&json!({"alg": "RS256", "typ": "JWT", "kid": "rsa"}), &nameless);
    assert_eq!(keys(&server, &token).status, 200, "a program needs no address");
}
