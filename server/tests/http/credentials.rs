//! Service credentials over REST. What the pages do with them is in `credential_pages`.

use crate::{
    harness::{Answer, Installation, Server},
    services::Services,
};
use serde_json::{Value, json};

const TOKEN: &str = "canary-cloudflare-0123456789abcdefWXYZ";

fn serve(services: &Services, more: &[(&str, &str)]) -> Server {
    Installation::with(&[&services.settings(), more].concat()).serve()
}

fn call(server: &Server, cookie: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
    let request = server.api(method, &format!("/api/v1{path}"), Some(cookie));
    match body {
        Some(body) => request.json(body).send(),
        None => request.send(),
    }
}

fn names(value: &Value) -> Vec<String> {
    let mut names: Vec<_> = value.as_object().unwrap().keys().cloned().collect();
    names.sort();
    names
}

#[test]
fn a_credential_is_stored_shown_replaced_tested_and_deleted() {
    let services = Services::start();
    let server = serve(&services, &[]);
    let admin = server.admin();
    let body = json!({"service": "cloudflare", "credential_type": "api_token", "value": TOKEN, "metadata": {"description": "For DNS"}});
    let made = call(&server, &admin, "POST", "/credentials", Some(&body));
    assert_eq!((made.status, made.header("cache-control")), (201, Some("no-store")), "{}", made.text());
    let made = made.json();
    let shape = [
        "created_at",
        "credential_type",
        "id",
        "last_tested",
        "last_used",
        "masked_value",
        "metadata",
        "service",
        "service_name",
        "source",
        "test_message",
        "test_status",
        "updated_at",
    ];
    assert_eq!(names(&made), shape);
    assert_eq!(
        (&made["masked_value"], &made["service_name"], &made["source"]),
        (&json!("…WXYZ"), &json!("Cloudflare"), &json!("database"))
    );
    assert_eq!(
        (&made["metadata"], &made["test_status"], &made["last_used"]),
        (&json!({"description": "For DNS"}), &Value::Null, &Value::Null)
    );
    // The same service and type again is the same credential with another secret.
    let again = call(
        &server,
        &admin,
        "POST",
        "/credentials",
        Some(&json!({"service": "cloudflare", "credential_type": "api_token", "value": "canary-revoked-0123456789"})),
    );
    assert_eq!((again.status, &again.json()["id"]), (201, &made["id"]));
    let one = "/credentials/cloudflare/api_token";
    let put = call(&server, &admin, "PUT", one, Some(&json!({"value": TOKEN})));
    assert_eq!((put.status, &put.json()["metadata"]), (200, &json!({"description": "For DNS"})), "{}", put.text());
    let tested = call(&server, &admin, "POST", "/credentials/cloudflare/test", Some(&json!({})));
    assert_eq!(tested.status, 200, "{}", tested.text());
    let tested = tested.json();
    assert_eq!(names(&tested), ["details", "message", "status", "success", "verdict"]);
    assert_eq!((&tested["success"], &tested["status"], &tested["verdict"]), (&json!(true), &json!("success"), &json!("valid")));
    assert_eq!(tested["details"]["permissions"], json!({"DNS:Edit": "granted", "Zone:Edit": "missing"}));
    let stored = call(&server, &admin, "GET", one, None).json();
    assert_eq!((&stored["test_status"], &stored["test_message"]), (&json!("success"), &json!("Cloudflare accepts the credential")));
    // The document says that the body may be absent or `null`.
    for body in ["", "null"] {
        let request = server.api("POST", "/api/v1/credentials/cloudflare/test", Some(&admin));
        let untold = if body.is_empty() { request } else { request.body("application/json", body) }.send();
        assert_eq!((untold.status, &untold.json()["verdict"]), (200, &json!("valid")), "{}", untold.text());
    }
    // A value that is given is tried, and leaves the stored result alone.
    let tried = call(
        &server,
        &admin,
        "POST",
        "/credentials/cloudflare/test",
        Some(&json!({"credential_type": "api_token", "value": "canary-revoked-0123456789"})),
    );
    assert_eq!(
        (&tried.json()["success"], &tried.json()["status"], &tried.json()["verdict"]),
        (&json!(false), &json!("failed"), &json!("rejected"))
    );
    assert_eq!(call(&server, &admin, "GET", "/credentials", None).json(), json!([call(&server, &admin, "GET", one, None).json()]));
    assert_eq!(call(&server, &admin, "GET", one, None).json()["test_status"], "success");
    let gone = call(&server, &admin, "DELETE", one, None);
    assert_eq!((gone.status, gone.body.len(), gone.header("keyward-fallback")), (204, 0, None));
    for (method, body) in [("GET", None), ("PUT", Some(json!({"value": TOKEN}))), ("DELETE", None)] {
        let missing = call(&server, &admin, method, one, body.as_ref());
        assert_eq!((missing.status, missing.code().as_str()), (404, "credential_not_found"), "{method}");
        assert_eq!(missing.json()["detail"], "Credential not found for service=cloudflare, type=api_token");
    }
}

#[test]
fn every_service_is_asked_in_its_own_way_and_tells_what_it_documents() {
    let services = Services::start();
    let server = serve(&services, &[]);
    let admin = server.admin();
    let test = |service: &str, body: Value| call(&server, &admin, "POST", &format!("/credentials/{service}/test"), Some(&body)).json();
    let github = test("github", json!({"credential_type": "personal_access_token", "value": "ghp_0123456789abcdef0123"}));
    assert_eq!((&github["verdict"], &github["details"]["scopes"]), (&json!("valid"), &json!(["repo", "read:org"])));
    let limited = test("github", json!({"value": "ghp_limited_0123456789abcdef"}));
    assert_eq!(
        (&limited["status"], &limited["verdict"]),
        (&json!("error"), &json!("rate_limited")),
        "403 with a spent limit is no rejection"
    );
    let stripe = test("stripe", json!({"value": "sk_live_0123456789abcdef"}));
    assert!(stripe["details"]["advice"][0].as_str().unwrap().contains("restricted key"), "{stripe}");
    let metadata = json!({"api_username": "ann", "client_ip": "203.0.113.7"});
    let namecheap = test("namecheap", json!({"value": "revoked0123456789abcdef", "metadata": metadata}));
    assert_eq!(
        (&namecheap["verdict"], &namecheap["details"]["error_code"], &namecheap["details"]["allow_address"]),
        (&json!("rejected"), &json!(1_011_150), &json!("198.51.100.4"))
    );
    assert!(namecheap["message"].as_str().unwrap().contains("198.51.100.4"));
    let fields = test("namecheap", json!({"value": "0123456789abcdef"}));
    assert_eq!((&fields["status"], &fields["errors"][0]["field"]), (&json!(422), &json!("metadata.api_username")));
    for request in services.requests() {
        let line = request.lines().next().unwrap();
        assert!(!line.contains("0123456789") && !line.contains('?'), "{line}");
    }
}

#[test]
fn the_environment_answers_while_nothing_is_stored_audited_and_marked() {
    let services = Services::start();
    let variable = "canary-from-the-environment-0123";
    let server = serve(&services, &[("CLOUDFLARE_API_TOKEN", variable), ("STRIPE_SECRET_KEY", "short"), ("KEYWARD_LOG", "debug")]);
    let admin = server.admin();
    let of = |name: &str| {
        let all = call(&server, &admin, "GET", "/credentials/services", None).json();
        all.as_array().unwrap().iter().find(|service| service["service"] == name).unwrap().clone()
    };
    let cloudflare = of("cloudflare");
    assert_eq!(names(&cloudflare), ["configured", "credential_types", "has_test", "name", "service", "source"]);
    assert_eq!(
        (&cloudflare["configured"], &cloudflare["source"], &cloudflare["has_test"]),
        (&json!(true), &json!("environment"), &json!(true))
    );
    assert_eq!(of("stripe")["source"], "not_set", "what cannot be a key is not used");
    assert_eq!(
        (&of("github")["configured"], &of("github")["credential_types"]),
        (&json!(false), &json!(["api_token", "personal_access_token"]))
    );
    for _ in 0..2 {
        let tested = call(&server, &admin, "POST", "/credentials/cloudflare/test", Some(&json!({}))).json();
        assert_eq!((&tested["verdict"], &tested["details"]["source"]), (&json!("valid"), &json!("environment")));
    }
    assert!(services.requests()[0].contains(variable));
    let body = json!({"service": "cloudflare", "credential_type": "api_token", "value": TOKEN});
    assert_eq!(call(&server, &admin, "POST", "/credentials", Some(&body)).status, 201);
    assert_eq!(of("cloudflare")["source"], "database");
    let gone = call(&server, &admin, "DELETE", "/credentials/cloudflare/api_token", None);
    assert_eq!((gone.status, gone.header("keyward-fallback")), (204, Some("CLOUDFLARE_API_TOKEN")));
    let none = call(&server, &admin, "POST", "/credentials/stripe/test", Some(&json!({})));
    assert_eq!((none.status, none.code().as_str()), (404, "credential_not_found"));

    let log = server.at.log();
    assert_eq!(log.matches("Using CLOUDFLARE_API_TOKEN from environment (not recommended)").count(), 1, "{log}");
    assert!(log.contains("STRIPE_SECRET_KEY is set and cannot be a credential"), "{log}");
    assert!(!log.contains(variable) && !log.contains("canary"));
    let trail = String::from_utf8(server.at.run(&["audit", "export", "--format", "jsonl"]).stdout).unwrap();
    let used: Vec<_> = trail.lines().filter(|line| line.contains("credential.test.use")).collect();
    assert_eq!(used.len(), 2);
    assert!(used.iter().all(|line| line.contains("environment") && line.contains("CLOUDFLARE_API_TOKEN")), "{used:?}");
    assert!(!trail.contains("canary"));
}

#[test]
fn what_is_submitted_wrongly_is_refused_by_field_and_not_repeated() {
    let server = Server::new();
    let admin = server.admin();
    for (body, field, code) in [
        (json!({"service": "canary", "credential_type": "api_token", "value": TOKEN}), "service", "service_not_supported"),
        (json!({"service": "github", "credential_type": "canary", "value": TOKEN}), "credential_type", "type_not_supported"),
        (json!({"service": "github", "credential_type": "api_token", "value": "canary"}), "value", "key_too_short"),
        (json!({"service": "github", "credential_type": "api_token", "value": "c".repeat(8_193)}), "value", "key_too_long"),
        (json!({"service": "github", "credential_type": "api_token", "value": "******canary"}), "value", "masked"),
        (json!({"service": "github", "credential_type": "api_token"}), "value", "required"),
        (json!({"service": "github", "credential_type": "api_token", "value": TOKEN, "canary": 1}), "body", "unknown_field"),
        (json!({"service": "github", "credential_type": "api_token", "value": TOKEN, "id": "canary"}), "body", "unknown_field"),
        (
            json!({"service": "github", "credential_type": "api_token", "value": TOKEN, "metadata": {"canary": "x"}}),
            "metadata",
            "unknown_field",
        ),
        (
            json!({"service": "github", "credential_type": "api_token", "value": TOKEN, "metadata": {"description": 7}}),
            "metadata",
            "wrong_type",
        ),
        (
            json!({"service": "github", "credential_type": "api_token", "value": TOKEN, "metadata": {"description": "c".repeat(1_001)}}),
            "metadata.description",
            "too_long",
        ),
        (json!({"service": "github", "credential_type": "api_token", "value": TOKEN, "owner": "canary"}), "owner", "unknown"),
    ] {
        let answer = call(&server, &admin, "POST", "/credentials", Some(&body));
        assert_eq!(answer.status, 422, "{body}: {}", answer.text());
        assert_eq!(
            (answer.json()["errors"][0]["field"].as_str(), answer.json()["errors"][0]["code"].as_str()),
            (Some(field), Some(code)),
            "{body}"
        );
        assert!(!answer.text().contains("canary"), "{}", answer.text());
    }
    for path in ["/credentials/CANARY/api_token", "/credentials/github/%ff"] {
        assert_eq!(call(&server, &admin, "GET", path, None).status, 404);
    }
    assert_eq!(call(&server, &admin, "POST", "/credentials/nothing/test", Some(&json!({}))).code(), "not_found");
}

#[test]
fn ones_own_credentials_are_ones_own() {
    let services = Services::start();
    let server = serve(&services, &[("GITHUB_API_TOKEN", "canary-from-the-environment-0123")]);
    let admin = server.admin();
    let (ann, bob) = (server.user("ann2@example.com", "user"), server.user("bob2@example.com", "user"));
    let body = json!({"service": "github", "credential_type": "api_token", "value": "ghp_0123456789abcdef0123"});
    let own = "/account/credentials";
    assert_eq!(call(&server, &ann, "POST", own, Some(&body)).status, 201);
    assert_eq!(call(&server, &ann, "GET", own, None).json()[0]["masked_value"], "ghp_…0123");
    for other in [&bob, &admin] {
        assert_eq!(call(&server, other, "GET", own, None).json(), json!([]));
        assert_eq!(call(&server, other, "GET", "/account/credentials/github/api_token", None).status, 404);
        assert_eq!(call(&server, other, "DELETE", "/account/credentials/github/api_token", None).status, 404);
    }
    assert_eq!(call(&server, &admin, "GET", "/credentials", None).json(), json!([]));
    let mine = call(&server, &ann, "GET", "/account/credentials/services", None).json();
    assert!(mine.as_array().unwrap().iter().all(|service| service["source"] != "environment"));
    let bobs = call(&server, &bob, "POST", "/account/credentials/github/test", Some(&json!({})));
    assert_eq!((bobs.status, services.requests().len()), (404, 0), "nobody is tested with what is another's or the installation's");
    assert_eq!(call(&server, &ann, "POST", "/account/credentials/github/test", Some(&json!({}))).json()["verdict"], "valid");
    // An administrator can hand one over, and never see or replace it afterwards.
    let people = String::from_utf8(server.at.run(&["audit", "export", "--format", "jsonl"]).stdout).unwrap();
    assert!(!people.contains("ghp_"));
}

#[test]
fn changes_reach_open_pages_of_administrators() {
    use crate::events::wait_for;
    use std::io::BufReader;
    let server = Server::new();
    let admin = server.admin();
    let mut lines = BufReader::new(server.request("GET", "/events").cookie(&admin).open());
    assert!(wait_for(&mut lines, ": open"));
    let body = json!({"service": "github", "credential_type": "api_token", "value": TOKEN});
    assert_eq!(call(&server, &admin, "POST", "/credentials", Some(&body)).status, 201);
    assert!(wait_for(&mut lines, "event: credential.changed"));
}
