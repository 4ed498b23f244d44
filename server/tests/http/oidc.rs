//! Signing in at the OpenID provider. What does not sign anybody in is in `oidc_refusals`.

use crate::{
    database,
    harness::{Answer, EMAIL, Installation, PASSWORD, Server},
    idp::{CLIENT_SECRET, Idp, begin, cookie, over, person, sign_in},
    legacy,
    signer::now,
};
use serde_json::{Value, json};

pub fn get(server: &Server, path: &str, cookies: &[&str]) -> Answer {
    server.request("GET", path).cookie(&cookies.join("; ")).send()
}

pub fn people(server: &Server) -> Vec<Value> {
    let list = server.at.run(&["user", "list", "--json"]);
    serde_json::from_slice::<Value>(&list.stdout).unwrap().as_array().unwrap().clone()
}

fn who(server: &Server, email: &str) -> Value {
    people(server).into_iter().find(|one| one["email"] == email).expect("an account")
}

pub fn events(server: &Server) -> String {
    String::from_utf8(server.at.run(&["audit", "export", "--format", "jsonl"]).stdout).unwrap()
}

#[test]
fn a_person_signs_in_and_comes_to_where_they_wanted_to_go() {
    let idp = Idp::start();
    let server = idp.server();
    server.admin();
    let page = server.get("/sign-in?next=%2Ftokens").text();
    assert!(page.contains("Sign in with 127.0.0.1") && page.contains("href=\"/sign-in/oidc?next=%2Ftokens\""), "{page}");
    let (location, held) = begin(&server, None);
    for asked in ["response_type=code", "client_id=keyward", "scope=openid+email+profile", "code_challenge_method=S256", "state=", "nonce="]
    {
        assert!(location.contains(asked), "{asked} {location}");
    }
    assert!(location.starts_with(&format!("{}/auth?", idp.issuer)));
    let answer = get(&server, &idp.agree(&location, &person("bob", &["user"], Some("professional"))), &[&held]);
    assert_eq!((answer.status, answer.header("location")), (303, Some("/tokens")), "{}", server.at.log());
    let session = cookie(&answer, "sid").unwrap();
    assert!(answer.headers.iter().any(|(_, value)| value.starts_with("sign-in=; Max-Age=0")), "the cookie of the sign-in is gone");
    let account = get(&server, "/account", &[&session]).text();
    assert!(account.contains("You sign in at ") && !account.contains("Change password"), "{account}");
    let bob = who(&server, "bob@id.example.com");
    assert_eq!((bob["role"].as_str(), bob["tier"].as_str()), (Some("user"), Some("professional")));
    assert!(events(&server).lines().any(|line| line.contains("session.begin") && line.contains("success") && line.contains("provider")));
    let log = server.at.log();
    for secret in [CLIENT_SECRET, "code-0", "eyJ", "access-"] {
        assert!(!log.contains(secret), "{secret}");
    }
}

/// Seen red with roles that were only read when an account was made.
#[test]
fn role_and_tier_are_read_anew_at_each_sign_in() {
    let idp = Idp::start();
    let server = idp.server();
    server.admin();
    let first = sign_in(&server, &idp, &person("bob", &["admin"], Some("enterprise")));
    assert_eq!(who(&server, "bob@id.example.com")["role"], "admin");
    for n in 0..12 {
        let key = json!({"provider": "perplexity", "key": format!("pplx-{n:016}"), "label": format!("{n}")});
        assert_eq!(server.api("POST", "/api/v1/byok/keys/add", Some(&first)).json(&key).send().status, 200);
    }
    let second = sign_in(&server, &idp, &person("bob", &["user"], Some("starter")));
    let bob = who(&server, "bob@id.example.com");
    assert_eq!((bob["role"].as_str(), bob["tier"].as_str()), (Some("user"), Some("starter")));
    assert_eq!(get(&server, "/keys", &[&first]).status, 303, "sessions with the old role have ended");
    let keys = server.api("GET", "/api/v1/byok/keys", Some(&second)).send().json();
    let on = keys.as_array().unwrap().iter().filter(|key| key["enabled"] == true).count();
    assert_eq!((keys.as_array().unwrap().len(), on), (12, 10));
    let page = get(&server, "/keys", &[&second]).text();
    assert!(page.contains("Your tier, starter, holds 10 keys. Those beyond it are switched off; none was deleted."));
    sign_in(&server, &idp, &person("bob", &["user"], None));
    assert_eq!(who(&server, "bob@id.example.com")["tier"], "starter", "a claim that is absent says nothing");
    sign_in(&server, &idp, &person("bob", &["user"], Some("gold")));
    assert_eq!(who(&server, "bob@id.example.com")["tier"], "starter", "nor does a word that is no tier");
}

/// Seen red with a role that is taken from the claims whoever came first.
#[test]
fn nobody_becomes_the_first_admin_without_the_set_up_link() {
    let idp = Idp::start();
    let server = idp.server();
    sign_in(&server, &idp, &person("eve", &["admin"], None));
    assert_eq!(who(&server, "eve@id.example.com")["role"], "user");
    server.admin();
    sign_in(&server, &idp, &person("eve", &["admin"], None));
    assert_eq!(who(&server, "eve@id.example.com")["role"], "admin");
}

#[test]
fn claims_that_the_id_token_has_not_are_asked_for() {
    let idp = Idp::start();
    let server = idp.server();
    server.admin();
    idp.change(|idp| idp.user_info = over(person("bob", &["admin"], Some("enterprise")), &json!({"sub": "bob"})));
    sign_in(&server, &idp, &json!({"sub": "bob"}));
    let bob = who(&server, "bob@id.example.com");
    assert_eq!((bob["role"].as_str(), bob["tier"].as_str()), (Some("admin"), Some("enterprise")));
    idp.change(|idp| idp.user_info = person("bob", &["admin"], Some("enterprise")));
    sign_in(&server, &idp, &json!({"sub": "carol"}));
    let carol = people(&server).into_iter().find(|one| one["email"].as_str().unwrap().starts_with("subject-")).unwrap();
    assert_eq!(carol["role"], "user", "what is told of another subject is not this one's");
}

/// The same subject of another issuer is somebody else. Seen red with an account found by the subject alone.
#[test]
fn a_subject_counts_only_together_with_its_issuer() {
    let (one, two) = (Idp::start(), Idp::start());
    let folder = tempfile::tempdir().unwrap();
    let server = Installation::in_folder(folder.path(), &one.settings()).serve();
    server.admin();
    sign_in(&server, &one, &person("bob", &["user"], None));
    let server = server.stop().with_settings(&two.settings()).serve();
    sign_in(&server, &two, &over(person("bob", &["user"], None), &json!({"email": "bob@two.example.com"})));
    assert_eq!(people(&server).len(), 3);
    let (location, held) = begin(&server, None);
    let taken =
        get(&server, &two.agree(&location, &over(person("eve", &["user"], None), &json!({"email": "bob@id.example.com"}))), &[&held]);
    assert!(taken.header("location").unwrap().starts_with("/sign-in?refused=taken"));
}

#[test]
fn signing_out_goes_on_to_the_provider_for_who_came_from_there() {
    let idp = Idp::start();
    let server = idp.server();
    let admin = server.admin();
    let bob = sign_in(&server, &idp, &person("bob", &["user"], None));
    let origin = idp.issuer.strip_suffix("/realms/main").unwrap();
    let policy = get(&server, "/keys", &[&bob]).header("content-security-policy").unwrap().to_owned();
    assert!(policy.ends_with(&format!("form-action 'self' {origin}")), "{policy}");
    let answer = server.form("/sign-out", &[]).cookie(&bob).send();
    let location = answer.header("location").unwrap();
    assert!(location.starts_with(&format!("{}/logout?client_id=keyward&post_logout_redirect_uri=", idp.issuer)), "{location}");
    assert!(location.ends_with("%2Fsign-in"));
    // Seen red in a browser with the cookies of the provider's host cleared too: it then did not know whom to sign out.
    assert_eq!(answer.header("clear-site-data"), Some("\"cache\", \"storage\""));
    assert!(answer.headers.iter().any(|(_, value)| value.starts_with("sid=; Max-Age=0")));
    assert_eq!(get(&server, "/keys", &[&bob]).status, 303);
    assert_eq!(server.form("/sign-out", &[]).cookie(&admin).send().header("location"), Some("/sign-in"), "a local account");
    idp.change(|idp| idp.description = json!({"end_session_endpoint": null}));
    let fresh = Installation::with(&idp.settings()).serve();
    fresh.admin();
    let bob = sign_in(&fresh, &idp, &person("bob", &["user"], None));
    assert_eq!(fresh.form("/sign-out", &[]).cookie(&bob).send().header("location"), Some("/sign-in"), "a provider without a page for it");
}

/// Seen red with a confirmation that asks neither for the time nor for the person.
#[test]
fn a_sensitive_act_sends_to_the_provider_and_comes_back_to_the_form() {
    let idp = Idp::start();
    let server = idp.server();
    server.admin();
    let long_ago = json!({"auth_time": now() - 3_600});
    let bob = over(person("bob", &["user"], None), &long_ago);
    let session = sign_in(&server, &idp, &bob);
    let dialog = get(&server, "/tokens/new", &[&session]).text();
    assert!(dialog.contains("You will be asked to sign in at 127.0.0.1 again") && !dialog.contains("type=\"password\""), "{dialog}");
    let fields = [("name", "Nightly build"), ("keys:test", "true"), ("expires", "7")];
    let asked = server.form("/tokens/new", &fields).cookie(&session).send();
    assert_eq!(asked.status, 422);
    assert!(asked.text().contains("href=\"/sign-in/oidc?next=/tokens/new\""), "{}", asked.text());
    let kept = cookie(&asked, "kept-form").expect("what was typed");
    assert!(!kept.contains("Nightly"));
    let rest = server.api("POST", "/api/v1/tokens", Some(&session)).json(&json!({"name": "x", "scopes": ["keys:read"]})).send();
    assert_eq!((rest.status, rest.code().as_str()), (422, "step_up"));

    let confirm = |claims: &Value, session: &str| {
        let answer = server.request("GET", "/sign-in/oidc?next=%2Ftokens%2Fnew").cookie(session).send();
        let location = answer.header("location").unwrap().to_owned();
        assert!(location.contains("prompt=login&max_age=0"), "{location}");
        let held = cookie(&answer, "sign-in").unwrap();
        get(&server, &idp.agree(&location, claims), &[session, &held])
    };
    let stale = confirm(&bob, &session);
    assert_eq!(stale.header("location"), Some("/account?refused=not_trusted"), "the provider did not ask again");
    idp.change(|idp| idp.id_token = json!({"auth_time": null}));
    let silent = confirm(&person("bob", &["user"], None), &session);
    idp.change(|idp| idp.id_token = json!({}));
    assert_eq!(silent.header("location"), Some("/account?refused=not_trusted"), "it does not say when");
    sign_in(&server, &idp, &person("carol", &["user"], None));
    let carol = confirm(&person("carol", &["user"], None), &session);
    assert_eq!(carol.header("location"), Some("/account?refused=another_person"));
    assert!(get(&server, "/account?refused=another_person", &[&session]).text().contains("as somebody else than here"));
    let back = confirm(&person("bob", &["user"], None), &session);
    assert_eq!(back.header("location"), Some("/tokens/new"), "{}", server.at.log());
    let renewed = cookie(&back, "sid").unwrap();
    assert_eq!(get(&server, "/keys", &[&session]).status, 303, "the id it had is gone");
    let form = get(&server, "/tokens/new", &[&renewed, &kept]);
    let text = form.text();
    assert!(text.contains("value=\"Nightly build\"") && text.contains("name=\"keys:test\" value=\"true\" checked"), "{text}");
    assert!(form.headers.iter().any(|(_, value)| value.starts_with("kept-form=; Max-Age=0")), "kept once");
    let made = server.form("/tokens/new", &fields).cookie(&renewed).send();
    assert_eq!(made.status, 303, "{}", made.text());
    let trail = events(&server);
    assert!(trail.contains("session.confirm") && trail.lines().any(|line| line.contains("another_person") && line.contains("refused")));
    assert!(!get(&server, "/tokens/new", &[&kept, &server.admin_again()]).text().contains("Nightly"), "another person's form");
}

#[test]
fn what_was_typed_survives_a_session_that_ended_and_the_secret_does_not() {
    let idp = Idp::start();
    let server = idp.server();
    let admin = server.admin();
    let bob = sign_in(&server, &idp, &person("bob", &["user"], None));
    // An hour without a request.
    database::execute(&server, "update sessions set seen_at = seen_at - 3600000000");
    let fields = [("provider", "openai"), ("key", "sk-canary-0123456789abcdef"), ("label", "Tuesday"), ("description", "&<ü>")];
    for (session, by_provider) in [(admin, false), (bob, true)] {
        let ended = server.form("/keys/new", &fields).cookie(&session).send();
        assert_eq!(ended.header("location"), Some("/sign-in?next=%2Fkeys%2Fnew&ended=form"));
        let kept = cookie(&ended, "kept-form").expect("what was typed");
        let again = if by_provider {
            sign_in(&server, &idp, &person("bob", &["user"], None))
        } else {
            server.form("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).send().cookie()
        };
        let page = get(&server, "/keys/new", &[&again, &kept]);
        let text = page.text();
        assert_eq!(page.status, 200);
        assert!(
            text.contains("value=\"Tuesday\"") && text.contains("&amp;&lt;ü&gt;") && text.contains("what you had entered is back"),
            "{text}"
        );
        assert!(!text.contains("canary"));
        assert!(!get(&server, "/keys/new", &[&again]).text().contains("Tuesday"));
    }
    let stranger = server.form("/keys/new", &fields).cookie(&format!("sid={}", "A".repeat(43))).send();
    assert!(cookie(&stranger, "kept-form").is_none(), "nothing is kept for nobody");
    assert!(cookie(&server.form("/keys/new", &fields).send(), "kept-form").is_none());
}

#[test]
fn a_theme_is_there_from_the_first_byte_and_comes_back_with_the_person() {
    let server = Server::new();
    let session = server.admin();
    assert!(get(&server, "/keys", &[&session]).text().contains("<html lang=\"en\">"));
    let chosen = server.form("/account/theme", &[("theme", "dark")]).cookie(&session).send();
    assert_eq!(chosen.header("location"), Some("/account?done=theme"));
    let theme = cookie(&chosen, "theme").unwrap();
    let page = get(&server, "/account", &[&session, &theme]).text();
    assert!(page.contains("<html lang=\"en\" data-theme=\"dark\">") && page.contains("content=\"dark\""), "{page}");
    assert!(page.contains("value=\"dark\" aria-pressed=\"true\""));
    assert!(server.get("/sign-in").text().contains("<html lang=\"en\">"));
    let again = server.form("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).send();
    assert_eq!(cookie(&again, "theme").as_deref(), Some("theme=dark"), "another browser");
    let system = server.form("/account/theme", &[("theme", "system")]).cookie(&session).send();
    assert!(system.header("set-cookie").unwrap().starts_with("theme=; Max-Age=0"));
    for wrong in ["", "blue", "dark\" onload=\"x"] {
        assert_eq!(server.form("/account/theme", &[("theme", wrong)]).cookie(&session).send().status, 422, "{wrong}");
    }
    assert!(get(&server, "/keys", &[&session, "theme=dark\"onload"]).text().contains("<html lang=\"en\">"));
    let nobody = server.form("/account/theme", &[("theme", "dark")]).send();
    assert_eq!(nobody.header("location"), Some("/sign-in?next=%2Faccount&ended=page"));
}

#[test]
fn over_https_the_cookie_of_a_sign_in_belongs_to_one_host() {
    let idp = Idp::start();
    let settings: Vec<_> = idp.settings().into_iter().chain([("KEYWARD_PUBLIC_URL", "https://keys.example.com")]).collect();
    let server = Installation::with(&settings).serve();
    let answer = server.get("/sign-in/oidc");
    let set = answer.header("set-cookie").unwrap();
    assert!(set.starts_with("__Host-sign-in=") && set.ends_with("; Max-Age=600; Path=/; HttpOnly; SameSite=Lax; Secure"), "{set}");
    let location = answer.header("location").unwrap();
    assert!(location.contains("redirect_uri=https%3A%2F%2Fkeys.example.com%2Fsign-in%2Foidc%2Fcallback"), "{location}");
}

#[test]
fn without_a_provider_its_addresses_are_not_there() {
    let server = Server::new();
    server.admin();
    assert!(!server.get("/sign-in").text().contains("/sign-in/oidc"));
    for path in ["/sign-in/oidc", "/sign-in/oidc/callback?code=x&state=y"] {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
}

#[test]
fn a_provider_that_does_not_answer_leaves_the_local_accounts_as_they_are() {
    let idp = Idp::start();
    idp.change(|idp| idp.description = json!({"issuer": "https://evil.example"}));
    let server = idp.server();
    server.admin();
    let answer = server.get("/sign-in/oidc?next=%2Ftokens");
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains("The sign-in provider cannot be reached just now."), "{}", answer.text());
    assert!(answer.text().contains("value=\"/tokens\""));
    assert_eq!(server.form("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).send().status, 303);
}

#[test]
fn sign_ins_that_nobody_finishes_are_limited() {
    let idp = Idp::start();
    let server = idp.server();
    server.admin();
    let begun = (0..61).map(|_| server.get("/sign-in/oidc").status).filter(|status| *status == 303).count();
    assert!((50..=60).contains(&begun), "{begun}");
    let refused = server.get("/sign-in/oidc/callback?code=x&state=y");
    assert_eq!((refused.status, refused.header("retry-after").is_some()), (429, true));
}

/// Seen red with a role that is written as the claims say, whoever is left, and with claims that were not to be had taken for none.
#[test]
fn neither_claims_nor_a_provider_that_is_silent_take_the_last_administrator() {
    let idp = Idp::start();
    let server = idp.server();
    server.admin();
    for name in ["eve", "mallory"] {
        sign_in(&server, &idp, &person(name, &["admin"], None));
    }
    idp.change(|idp| idp.user_info_fails = true);
    let (location, held) = begin(&server, None);
    let answer = get(&server, &idp.agree(&location, &json!({"sub": "mallory"})), &[&held]);
    assert!(cookie(&answer, "sid").is_none() && answer.header("location").unwrap().contains("refused="), "nobody knows the role");
    assert_eq!(who(&server, "mallory@id.example.com")["role"], "admin");
    sign_in(&server, &idp, &person("mallory", &["user"], None));
    assert_eq!(who(&server, "mallory@id.example.com")["role"], "user", "what is said counts");
    assert!(server.at.run(&["user", "disable", EMAIL]).status.success());
    sign_in(&server, &idp, &person("eve", &["user"], None));
    assert_eq!(who(&server, "eve@id.example.com")["role"], "admin", "nobody else is left");
}

/// Pictures and frames of other sites begin no sign-ins. Seen red without the look at what the browser asks for.
#[test]
fn only_a_page_that_is_gone_to_begins_a_sign_in() {
    let idp = Idp::start();
    let server = idp.server();
    let ask = |dest: &str| server.request("GET", "/sign-in/oidc").header("Sec-Fetch-Dest", dest).send();
    assert_eq!((ask("image").status, ask("iframe").status, ask("document").status), (403, 403, 303));
}

/// Seen red with an account that an administrator had disabled since.
#[test]
fn whose_keys_were_imported_has_them_after_signing_in_at_the_same_provider() {
    let idp = Idp::start();
    let server = idp.server();
    server.admin();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    };
    let (carol, dave) = ("f0000000-0000-4000-8000-000000000001", "f0000000-0000-4000-8000-000000000002");
    let key = legacy::key(1);
    let user = |id: &str, email: &str| json!({"id": id, "email": email, "attributes": {"byok_mistral_key": [legacy::encrypt(&key, &format!("mistral-{email}"))]}});
    let export = json!({"realm": "uchub", "users": [user(carol, "carol@old.example.com"), user(dave, "dave@old.example.com")]});
    let (export, key) = (file("realm.json", &export.to_string()), file("1.key", &key));
    let done = server.at.run(&["import", "ops-center", "--keycloak-export", &export, "--fernet-key-file", &key]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));

    let session = sign_in(&server, &idp, &person(carol, &["user"], None));
    let keys = server.api("GET", "/api/v1/byok/keys", Some(&session)).send().json();
    assert_eq!(keys.as_array().unwrap().iter().map(|key| key["provider"].as_str().unwrap()).collect::<Vec<_>>(), ["mistral"]);
    sign_in(&server, &idp, &person(carol, &["user"], None));
    assert_eq!(people(&server).len(), 3, "no second account");

    for act in ["enable", "disable"] {
        assert!(server.at.run(&["user", act, "dave@old.example.com"]).status.success());
    }
    let (location, held) = begin(&server, None);
    let answer = get(&server, &idp.agree(&location, &person(dave, &["user"], None)), &[&held]);
    assert!(cookie(&answer, "sid").is_none(), "somebody disabled it on purpose");
}
