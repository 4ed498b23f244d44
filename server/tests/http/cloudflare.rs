//! Zones and records over REST and on the pages, with Cloudflare on loopback.

use crate::{
    cloudflare_double::{ACCOUNT, BANNED, CloudflareDouble, GOOD, TAKEN},
    harness::{Answer, EMAIL, Installation, Server},
};
use serde_json::{Value, json};

const ZONES: &str = "/api/v1/cloudflare/zones";
const PAGE: &str = "/settings/cloudflare";

/// A server that finds Cloudflare at the double, with a token in its environment, and its administrator.
fn with_token(double: &CloudflareDouble, token: &str) -> (Server, String) {
    let url = double.url();
    let settings =
        [("CLOUDFLARE_API_BASE_URL", url.as_str()), ("CLOUDFLARE_API_TOKEN", token), ("KEYWARD_ALLOW_ENDPOINTS", &double.origin)];
    let server = Installation::with(&settings).serve();
    let cookie = server.admin();
    (server, cookie)
}

fn ready() -> (CloudflareDouble, Server, String) {
    let double = CloudflareDouble::start();
    let (server, cookie) = with_token(&double, GOOD);
    (double, server, cookie)
}

fn post(server: &Server, cookie: &str, path: &str, body: &Value) -> Answer {
    server.api("POST", path, Some(cookie)).json(body).send()
}

fn page(server: &Server, cookie: &str, path: &str) -> Answer {
    server.request("GET", path).cookie(cookie).send()
}

/// The audit trail, as the operator exports it.
fn trail(server: &Server) -> Vec<Value> {
    let exported = server.at.run(&["audit", "export", "--format", "jsonl"]);
    String::from_utf8(exported.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_zone_of_the_description_is_created_as_it_says() {
    let (double, server, cookie) = ready();
    let request = json!({"domain": "example.com", "account_id": null, "jump_start": true, "priority": "normal"});
    let made = server.at.run(&["token", "create", "--user", EMAIL, "--name", "CI", "--scope", "cloudflare:write"]);
    let bearer = format!("Bearer {}", String::from_utf8(made.stdout).unwrap().trim());
    let answer = server.request("POST", ZONES).header("Authorization", &bearer).json(&request).send();
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.header("ratelimit"), Some("\"cloudflare.zone.create\";r=9;t=3600"));
    let zone = answer.json();
    let expected = json!({
        "name": "example.com",
        "type": "full",
        "plan": {"id": "0feeeeeeeeeeeeeeeeeeeeeeeeeeeeee", "name": "Free", "price": 0, "currency": "USD", "frequency": "monthly",
            "legacy_id": "free", "legacy_discount": false, "externally_managed": false},
        "created_on": "2014-01-02T00:01:13.123456Z",
        "modified_on": "2014-01-02T00:01:13.123456Z",
        "account": {"id": ACCOUNT, "name": "Example Account"},
        "verification_key": "aee3b0e9c4ef0b03adf6",
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&zone[field], value, "{field}");
    }
    assert_eq!((zone["status"].as_str(), zone["id"].as_str().unwrap().len()), (Some("pending"), 32));
    let events = trail(&server);
    let created = events.iter().find(|event| event["action"] == "cloudflare.zone.create").unwrap();
    assert!(created.to_string().contains("example.com") && created.to_string().contains(zone["id"].as_str().unwrap()), "{created}");
    assert_eq!(double.received()[0].body, json!({"name": "example.com", "type": "full", "jump_start": true}));
    assert_eq!(server.api("GET", ZONES, Some(&cookie)).send().json()[0], zone);
}

#[test]
fn what_cloudflare_says_has_its_status_and_its_words() {
    let (double, server, cookie) = ready();
    let refused = |domain: &str| post(&server, &cookie, ZONES, &json!({"domain": domain}));
    let taken = refused(TAKEN);
    assert_eq!(
        (taken.status, taken.code().as_str(), taken.json()["detail"].as_str()),
        (400, "upstream_refused", Some("taken.example already exists"))
    );
    assert_eq!(taken.json()["errors"][0]["code"], "1061");
    assert_eq!(refused(BANNED).json()["errors"][0]["code"], "1097");
    let error = |code: u32| json!({"success": false, "errors": [{"code": code, "message": format!("said {GOOD}")}]}).to_string();
    for (status, headers, body, expected, code, detail) in [
        (403, "", error(10000), 401, "upstream_auth_failed", "Cloudflare authentication failed"),
        (403, "", error(9109), 401, "upstream_auth_failed", "Cloudflare authentication failed"),
        (429, "Retry-After: 7\r\n", error(971), 429, "upstream_rate_limited", "Cloudflare API rate limit exceeded"),
        (400, "", error(1004), 400, "upstream_refused", "said [removed]"),
    ] {
        double.force(status, headers, &body);
        let answer = server.api("GET", ZONES, Some(&cookie)).send();
        assert_eq!((answer.status, answer.code().as_str(), answer.json()["detail"].as_str()), (expected, code, Some(detail)));
        assert_eq!(answer.header("retry-after"), (expected == 429).then_some("7"));
    }
    for (status, body) in [(500, ""), (200, "<html>"), (302, "")] {
        double.force(status, "", body);
        assert_eq!(server.api("GET", ZONES, Some(&cookie)).send().status, 502);
    }
    assert!(!server.at.log().contains("canary"), "the token is in no log");
}

#[test]
fn without_a_token_and_without_an_answer_there_are_two_different_problems() {
    let server = Installation::with(&[]).serve();
    let cookie = server.admin();
    let answer = post(&server, &cookie, ZONES, &json!({"domain": "example.com"}));
    assert_eq!(
        (answer.status, answer.code().as_str(), answer.json()["detail"].as_str()),
        (503, "not_configured", Some("Cloudflare API is not configured"))
    );
    let shown = page(&server, &cookie, PAGE);
    assert_eq!(shown.status, 200);
    assert!(shown.text().contains("Cloudflare is not set up") && shown.text().contains("href=\"/settings/credentials/cloudflare\""));
    let nowhere = [
        ("CLOUDFLARE_API_BASE_URL", "http://127.0.0.1:9"),
        ("CLOUDFLARE_API_TOKEN", GOOD),
        ("KEYWARD_ALLOW_ENDPOINTS", "http://127.0.0.1:9"),
    ];
    let server = Installation::with(&nowhere).serve();
    let cookie = server.admin();
    let answer = server.api("GET", ZONES, Some(&cookie)).send();
    assert_eq!((answer.status, answer.code().as_str()), (502, "upstream_unreachable"));
    let shown = page(&server, &cookie, PAGE);
    assert_eq!(shown.status, 502);
    assert!(shown.text().contains("Cloudflare could not be reached") && !shown.text().contains("No zones yet"));
}

#[test]
fn ten_zones_an_hour_and_no_more() {
    let (double, server, cookie) = ready();
    for n in 0..10 {
        assert_eq!(post(&server, &cookie, ZONES, &json!({"domain": format!("z{n}.example")})).status, 201);
    }
    let refused = post(&server, &cookie, ZONES, &json!({"domain": "z10.example"}));
    assert_eq!((refused.status, refused.code().as_str()), (429, "too_many"));
    let wait: u32 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((3_000..=3_600).contains(&wait), "{wait}");
    assert_eq!(double.zones().len(), 10);
    let form = server.form(&format!("{PAGE}/zones/new"), &[("domain", "z11.example"), ("jump_start", "true")]).cookie(&cookie).send();
    assert_eq!((form.status, form.text().contains("z11.example")), (429, true));
}

#[test]
fn a_list_comes_in_pages_with_links_to_their_neighbours() {
    let (double, server, cookie) = ready();
    for n in 0..12 {
        double.add_zone(&format!("z{n:02}.example"), if n < 4 { "pending" } else { "active" });
    }
    let ask = |query: &str| server.api("GET", &format!("{ZONES}?{query}"), Some(&cookie)).send();
    let middle = ask("per_page=5&page=2");
    assert_eq!((middle.json().as_array().unwrap().len(), middle.header("x-total-count")), (5, Some("12")));
    let links = middle.header("link").unwrap();
    assert!(links.contains("page=1&per_page=5>; rel=\"prev\"") && links.contains("page=3&per_page=5>; rel=\"next\""), "{links}");
    let pending = ask("status=pending&search=Z0");
    assert_eq!((pending.json().as_array().unwrap().len(), pending.header("link")), (4, None));
    for query in ["page=0", "page=x", "per_page=4", "per_page=51", "status=canary", "canary=1", "page=1&page=1"] {
        let answer = ask(query);
        assert_eq!(answer.status, 422, "{query}");
        assert!(!answer.text().contains("canary"), "{query}");
    }
}

#[test]
fn records_are_made_changed_and_deleted_over_rest() {
    let (double, server, cookie) = ready();
    let zone = double.add_zone("a.example", "active");
    let records = format!("{ZONES}/{zone}/dns_records");
    let made = post(&server, &cookie, &records, &json!({"type": "A", "name": "www", "content": "192.0.2.1", "proxied": false, "ttl": 60}));
    assert_eq!((made.status, made.json()["name"].as_str()), (201, Some("www.a.example")), "{}", made.text());
    let path = format!("{records}/{}", made.json()["id"].as_str().unwrap());
    let patch = |body: &Value| server.api("PATCH", &path, Some(&cookie)).json(body).send();
    assert_eq!(patch(&json!({"proxied": true})).json()["proxied"], true);
    let wrong = patch(&json!({"content": "canary"}));
    assert_eq!((wrong.status, wrong.json()["errors"][0]["field"].as_str()), (422, Some("content")));
    assert!(!wrong.text().contains("canary"));
    assert_eq!(server.api("GET", &format!("{records}?type=A&search=www"), Some(&cookie)).send().json().as_array().unwrap().len(), 1);
    let several = post(&server, &cookie, &records, &json!({"type": "TXT", "name": "a b", "content": "x", "ttl": 5, "proxied": true}));
    let fields: Vec<_> = several.json()["errors"].as_array().unwrap().iter().map(|fault| fault["field"].clone()).collect();
    assert_eq!((several.status, json!(fields)), (422, json!(["name", "ttl", "proxied"])));
    for body in [
        json!({"type": "A", "name": "x", "content": "192.0.2.1", "id": "canary"}),
        json!({"type": "CAA", "name": "x", "data": {"canary": 1}}),
    ] {
        let answer = post(&server, &cookie, &records, &body);
        assert_eq!(answer.status, 422);
        assert!(!answer.text().contains("canary"), "{}", answer.text());
    }
    assert_eq!(server.api("DELETE", &path, Some(&cookie)).send().json(), json!({"id": made.json()["id"]}));
    assert_eq!(double.records().len(), 0);
    let checked = server.api("POST", &format!("{ZONES}/{zone}/activation_check"), Some(&cookie)).send();
    assert_eq!((checked.status, checked.json()), (200, json!({"id": zone})));
    for path in [format!("{ZONES}/canary"), format!("{ZONES}/{zone}/dns_records/canary"), format!("{ZONES}/%ff")] {
        assert_eq!(server.api("DELETE", &path, Some(&cookie)).send().code(), "not_found", "{path}");
    }
    assert_eq!(server.api("DELETE", &format!("{ZONES}/{zone}"), Some(&cookie)).send().json(), json!({"id": zone}));
    assert_eq!(double.zones().len(), 0);
}

#[test]
fn the_pages_do_it_all_without_a_script() {
    let (double, server, cookie) = ready();
    let form = |path: &str, fields: &[(&str, &str)]| server.form(&format!("{PAGE}{path}"), fields).cookie(&cookie).send();
    assert!(page(&server, &cookie, PAGE).text().contains("No zones yet"));
    let refused = form("/zones/new", &[("domain", "https://a.example")]);
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("https://a.example") && refused.text().contains("Enter the domain alone"));
    let made = form("/zones/new", &[("domain", "A.example"), ("jump_start", "true")]);
    let zone = made.header("location").unwrap().strip_suffix("?done=zone-created").unwrap().to_owned();
    let id = zone.rsplit('/').next().unwrap();
    assert_eq!((made.status, zone.as_str()), (303, format!("{PAGE}/zones/{id}").as_str()));
    let shown = page(&server, &cookie, &format!("{zone}?done=zone-created")).text();
    for words in ["Zone created", "a.example", "Pending", "ada.ns.cloudflare.com", "Take the old ones away", "This zone has no records yet"]
    {
        assert!(shown.contains(words), "{words}");
    }
    let below = |path: &str| format!("/zones/{id}{path}");
    assert_eq!(form(&below("/check"), &[]).header("location"), Some(format!("{zone}?done=zone-checked").as_str()));

    let wrong =
        form(&below("/records/new"), &[("type", "MX"), ("name", "@"), ("content", "not a host"), ("priority", "x"), ("ttl", "3600")]);
    assert_eq!(wrong.status, 422);
    assert!(wrong.text().contains("The priority of an MX record") && wrong.text().contains("value=\"not a host\""));
    let fields = [
        ("type", "TXT"),
        ("name", "@"),
        ("content", "v=spf1 -all"),
        ("priority", "10"),
        ("ttl", "1"),
        ("proxied", "true"),
        ("comment", ""),
    ];
    assert_eq!(
        form(&below("/records/new"), &fields).header("location"),
        Some(format!("{zone}?done=record-added").as_str()),
        "hidden fields do not count"
    );
    let fields = [("type", "A"), ("name", "www"), ("content", "192.0.2.1"), ("ttl", "1"), ("comment", "web")];
    assert_eq!(form(&below("/records/new"), &fields).status, 303);
    let record = |kind: &str| double.records().into_iter().find(|record| record["type"] == kind).unwrap();
    let www = format!("/records/{}", record("A")["id"].as_str().unwrap());
    assert_eq!(
        form(&below(&format!("{www}/proxy")), &[("proxied", "true")]).header("location"),
        Some(format!("{zone}?done=proxy-on").as_str())
    );
    assert_eq!(record("A")["proxied"], true);
    let fields = [("name", "www.a.example"), ("content", "192.0.2.7"), ("ttl", "300"), ("proxied_present", "1"), ("comment", "")];
    assert_eq!(form(&below(&format!("{www}/edit")), &fields).header("location"), Some(format!("{zone}?done=record-saved").as_str()));
    let changed = record("A");
    assert_eq!(
        (&changed["content"], &changed["ttl"], &changed["proxied"], &changed["comment"]),
        (&json!("192.0.2.7"), &json!(300), &json!(false), &json!(""))
    );
    let spf = format!("/records/{}", record("TXT")["id"].as_str().unwrap());
    let warning = page(&server, &cookie, &format!("{zone}{spf}/delete")).text();
    assert!(warning.contains("Mail depends on this record (SPF)."));
    assert_eq!(form(&below(&format!("{spf}/delete")), &[]).header("location"), Some(format!("{zone}?done=record-deleted").as_str()));
    double.force(400, "", &json!({"success": false, "errors": [{"code": 1, "message": "not <now>"}]}).to_string());
    let refused = form(&below(&format!("{www}/proxy")), &[("proxied", "true")]);
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("not &lt;now&gt;") && refused.text().contains("www.a.example"));

    let wrong = form(&below("/delete"), &[("domain", "b.example")]);
    assert_eq!(wrong.status, 422);
    assert!(wrong.text().contains("This is not the domain of this zone."));
    assert_eq!(form(&below("/delete"), &[("domain", "a.example")]).header("location"), Some("/settings/cloudflare?done=zone-deleted"));
    assert_eq!(double.zones().len(), 0);
    assert_eq!(page(&server, &cookie, &zone).status, 404);
    for path in ["/zones/x", "/zones/x/delete", "/zones/x/records/y/edit"] {
        assert_eq!(page(&server, &cookie, &format!("{PAGE}{path}")).status, 404, "{path}");
    }
    assert!(!server.at.log().contains("canary"));
}

#[test]
fn for_everybody_else_the_pages_are_not_there() {
    let (double, server, _) = ready();
    let zone = double.add_zone("a.example", "active");
    let ann = server.user("ann.user@example.com", "user");
    let below = |path: &str| format!("{PAGE}/zones/{zone}{path}");
    let record = double.add_record(&zone, "A", "www", "192.0.2.1");
    for path in [PAGE.to_owned(), below(""), below("/delete"), below(&format!("/records/{record}/edit"))] {
        assert_eq!(page(&server, &ann, &path).status, 404, "{path}");
        assert_eq!(page(&server, "", &path).status, 303, "{path}");
    }
    for path in [
        "/check",
        "/delete",
        "/records/new",
        &format!("/records/{record}/edit"),
        &format!("/records/{record}/proxy"),
        &format!("/records/{record}/delete"),
    ] {
        assert_eq!(server.form(&below(path), &[]).cookie(&ann).send().status, 404, "{path}");
    }
    assert_eq!(server.form(&format!("{PAGE}/zones/new"), &[("domain", "b.example")]).cookie(&ann).send().status, 404);
    let user = server.request("GET", "/keys").cookie(&ann).send().text();
    assert!(!user.contains("/settings/cloudflare"));
    assert_eq!(double.received().len(), 0);
}
