//! What every address that changes something leaves in the audit trail.

use crate::{
    api_access::{self, TABLE},
    callers::{Cast, Who},
    database,
    harness::Answer,
    page_access::{self, ENDS_SESSIONS, PAGES, Things, who_may},
};
use serde_json::{Value, json};

/// Method, path, and the events of one call by who may, each as action and outcome. None where there is nothing to change: the key is on
/// and the default already. A refusal where no such thing is there, or the session is somebody else's.
const ACTS: &[(&str, &str, &[&str])] = &[
    ("POST", "/api/v1/byok/keys/add", &["key.add success"]),
    ("PATCH", "/api/v1/byok/keys/{key}", &["key.edit success"]),
    ("POST", "/api/v1/byok/keys/{key}/replace", &["key.replace success"]),
    ("POST", "/api/v1/byok/keys/test/{key}", &["key.test.use started", "key.test.result success"]),
    ("POST", "/api/v1/byok/keys/test", &["key.test_candidate.use started", "key.test_candidate.result success"]),
    ("DELETE", "/api/v1/byok/keys/{key}", &["key.delete success"]),
    ("POST", "/api/v1/tokens", &["token.create success"]),
    ("DELETE", "/api/v1/tokens/{id}", &["access.deny refused"]),
    ("POST", "/api/v1/credentials", &["credential.replace success"]),
    ("PUT", "/api/v1/credentials/{service}/{credential_type}", &["credential.replace success"]),
    ("POST", "/api/v1/credentials/{service}/test", &["credential.test_candidate.use started", "credential.test_candidate.result success"]),
    ("DELETE", "/api/v1/credentials/{service}/{credential_type}", &["credential.delete success"]),
    ("POST", "/api/v1/cloudflare/zones", &["cloudflare.zone.create.use started", "cloudflare.zone.create failed"]),
    ("DELETE", "/api/v1/cloudflare/zones/{id}", &["cloudflare.zone.delete.use started", "cloudflare.zone.delete failed"]),
    ("POST", "/api/v1/cloudflare/zones/{id}/activation_check", &["cloudflare.zone.check.use started", "cloudflare.zone.check failed"]),
    ("POST", "/api/v1/cloudflare/zones/{id}/dns_records", &["cloudflare.record.create.use started", "cloudflare.record.create failed"]),
    (
        "PATCH",
        "/api/v1/cloudflare/zones/{id}/dns_records/{record_id}",
        &["cloudflare.record.change.use started", "cloudflare.record.change failed"],
    ),
    (
        "DELETE",
        "/api/v1/cloudflare/zones/{id}/dns_records/{record_id}",
        &["cloudflare.record.delete.use started", "cloudflare.record.delete failed"],
    ),
    ("POST", "/api/v1/account/credentials", &["credential.replace success"]),
    ("PUT", "/api/v1/account/credentials/{service}/{credential_type}", &["credential.replace success"]),
    (
        "POST",
        "/api/v1/account/credentials/{service}/test",
        &["credential.test_candidate.use started", "credential.test_candidate.result success"],
    ),
    ("DELETE", "/api/v1/account/credentials/{service}/{credential_type}", &["credential.delete success"]),
    ("POST", "/api/v1/vault/rotations", &["keyring.rotate started"]),
    ("PATCH", "/api/v1/users/{id}", &["access.deny refused"]),
    ("POST", "/sign-in", &["session.begin refused"]),
    ("POST", "/sign-out", &["session.end success"]),
    ("POST", "/keys/new", &["key.add success"]),
    ("POST", "/keys/{key}/replace", &["key.replace success"]),
    ("POST", "/keys/{key}/edit", &["key.edit success"]),
    ("POST", "/keys/{key}/delete", &["key.delete success"]),
    ("POST", "/keys/{key}/test", &["key.test.use started", "key.test.result success"]),
    ("POST", "/keys/{key}/enable", &[]),
    ("POST", "/keys/{key}/disable", &["key.edit success"]),
    ("POST", "/keys/{key}/default", &[]),
    ("POST", "/tokens/new", &["token.create success"]),
    ("POST", "/tokens/{token}/revoke", &["token.revoke success"]),
    ("POST", "/account", &["session.confirm refused"]),
    ("POST", "/account/sessions/{session}/end", &["session.end success"]),
    ("POST", "/account/sessions/end-others", &["session.end_others success"]),
    ("POST", "/account/theme", &["account.set_theme success"]),
    ("POST", "/account/credentials/{service}/new", &["credential.add success"]),
    ("POST", "/account/credentials/{service}/{kind}/replace", &["credential.replace success"]),
    ("POST", "/account/credentials/{service}/{kind}/test", &["credential.test.use started", "credential.test.result success"]),
    ("POST", "/account/credentials/{service}/{kind}/delete", &["credential.delete success"]),
    ("POST", "/settings/credentials/{service}/new", &["credential.add success"]),
    ("POST", "/settings/credentials/{service}/{kind}/replace", &["credential.replace success"]),
    ("POST", "/settings/credentials/{service}/{kind}/test", &["credential.test.use started", "credential.test.result success"]),
    ("POST", "/settings/credentials/{service}/{kind}/move", &["access.deny refused"]),
    ("POST", "/settings/credentials/{service}/{kind}/delete", &["credential.delete success"]),
    ("POST", "/settings/cloudflare/zones/new", &["cloudflare.zone.create.use started", "cloudflare.zone.create failed"]),
    ("POST", "/settings/cloudflare/zones/{zone}/check", &["cloudflare.zone.check.use started", "cloudflare.zone.check failed"]),
    ("POST", "/settings/cloudflare/zones/{zone}/delete", &["cloudflare.zone.delete.use started", "cloudflare.zone.delete failed"]),
    ("POST", "/settings/cloudflare/zones/{zone}/records/new", &["cloudflare.record.create.use started", "cloudflare.record.create failed"]),
    (
        "POST",
        "/settings/cloudflare/zones/{zone}/records/{record}/edit",
        &["cloudflare.record.change.use started", "cloudflare.record.change failed"],
    ),
    (
        "POST",
        "/settings/cloudflare/zones/{zone}/records/{record}/proxy",
        &["cloudflare.record.change.use started", "cloudflare.record.change failed"],
    ),
    (
        "POST",
        "/settings/cloudflare/zones/{zone}/records/{record}/delete",
        &["cloudflare.record.delete.use started", "cloudflare.record.delete failed"],
    ),
    ("POST", "/settings/users/{person}/change", &["account.set_tier success"]),
    ("POST", "/settings/users/{person}/reset", &["account.reset_link success"]),
    ("POST", "/settings/users/{person}/sessions/end", &["account.end_sessions success"]),
    ("POST", "/settings/users/{person}/sessions/{session}/end", &["access.deny refused"]),
    ("POST", "/settings/users/{person}/disable", &["account.disable success"]),
    ("POST", "/settings/users/{person}/enable", &["account.enable success"]),
    ("POST", "/settings/audit/verify", &["audit.verify success"]),
    ("POST", "/settings/audit/export", &["audit.export success"]),
    ("POST", "/settings/vault/rotate", &["keyring.rotate started"]),
    ("POST", "/api/fn/keys/add", &["key.add success"]),
    ("POST", "/api/fn/keys/replace", &["key.replace success"]),
    ("POST", "/api/fn/keys/edit", &["key.edit success"]),
    ("POST", "/api/fn/keys/test", &["key.test.use started", "key.test.result success"]),
    ("POST", "/api/fn/keys/test-candidate", &["key.test_candidate.use started", "key.test_candidate.result success"]),
    ("POST", "/api/fn/keys/enable", &[]),
    ("POST", "/api/fn/keys/default", &[]),
    ("POST", "/api/fn/keys/delete", &["key.delete success"]),
];

/// The events of the request that was answered so, all of which name who sent it.
fn events(cast: &Cast, answer: &Answer, who: Who) -> Vec<Value> {
    let request = answer.header("x-request-id").unwrap();
    let trail = cast.server.api("GET", "/api/v1/audit?limit=20", cast.cookie(Who::Admin)).send().json();
    let mine: Vec<_> = trail.as_array().unwrap().iter().rev().filter(|event| event["request_id"] == *request).cloned().collect();
    for event in &mine {
        assert_eq!(event["actor_email"].as_str(), who.email(), "{event}");
    }
    mine
}

fn told(cast: &Cast, answer: &Answer, who: Who) -> Vec<String> {
    let words = |event: Value| format!("{} {}", event["action"].as_str().unwrap(), event["outcome"].as_str().unwrap());
    events(cast, answer, who).into_iter().map(words).collect()
}

/// Seen red with a change of the theme that was not recorded.
#[test]
fn every_address_that_changes_something_leaves_the_events_of_the_table() {
    let mut cast = Cast::new();
    let mut found: Vec<(&str, &str, Vec<String>)> = Vec::new();
    for row in TABLE.iter().filter(|row| row.0 != "GET") {
        let id = cast.key();
        cast.keep_credentials();
        let who = if row.3[Who::Owner as usize] < 300 { Who::Owner } else { Who::Admin };
        let answer = api_access::call(&cast.server, row, &id, who, cast.cookie(who));
        found.push((row.0, row.1, told(&cast, &answer, who)));
    }
    for row in PAGES.iter().filter(|row| row.0 != "GET" && !["/setup", "/reset"].contains(&row.1)) {
        let things = Things::new(&cast);
        let who = who_may(row);
        let answer = page_access::request(&cast, row, &things, who).send();
        if ENDS_SESSIONS.contains(&row.1) {
            cast.sign_in_again(who);
        }
        found.push((row.0, row.1, told(&cast, &answer, who)));
    }
    let acts: Vec<_> =
        ACTS.iter().map(|(method, path, told)| (*method, *path, told.iter().map(|act| (*act).to_owned()).collect())).collect();
    for (found, act) in found.iter().zip(&acts) {
        assert_eq!(found, act);
    }
    assert_eq!(found.len(), acts.len());
}

/// One event for a refusal of somebody signed in, with what was named; none for nobody, who could fill the disk with them.
///
/// Seen red with a layer that looked at 403 alone, and without what the body of a server function names.
#[test]
fn every_refusal_of_somebody_signed_in_leaves_one_event() {
    let cast = Cast::new();
    let things = Things::new(&cast);
    let check = |answer: &Answer, who: Who, status: u16, method: &str, path: &str| {
        let told = events(&cast, answer, who);
        let (None, Some(event)) = (told.get(1), told.first()) else { panic!("{method} {path} {told:?}") };
        let reason = if status == 403 { "forbidden" } else { "not_found" };
        assert_eq!((&event["action"], &event["outcome"], &event["reason"]), (&json!("access.deny"), &json!("refused"), &json!(reason)));
        assert_eq!((&event["details"]["method"], event["details"].as_object().unwrap().len()), (&json!(method), 2), "{event}");
        // A pattern of ours, and never what was sent.
        assert!(!event["details"]["address"].as_str().unwrap().contains(&things.key), "{event}");
        if path.contains("{key}") || (path.starts_with("/api/fn/keys/") && path != "/api/fn/keys/add") {
            assert_eq!((&event["object_kind"], &event["object"]), (&json!("provider_key"), &json!(things.key)), "{path}");
        }
    };
    let mut refusals = 0;
    for row in TABLE.iter().filter(|row| row.0 != "GET") {
        cast.key();
        let nobody = api_access::call(&cast.server, row, &things.key, Who::Nobody, None);
        assert!(events(&cast, &nobody, Who::Nobody).is_empty(), "{row:?}");
        let status = row.3[Who::Other as usize];
        if [403, 404].contains(&status) {
            let answer = api_access::call(&cast.server, row, &things.key, Who::Other, cast.cookie(Who::Other));
            check(&answer, Who::Other, status, row.0, row.1);
            refusals += 1;
        }
    }
    for row in PAGES.iter().filter(|row| row.0 == "POST" && !["/setup", "/reset"].contains(&row.1)) {
        cast.key();
        let status = row.2[Who::Other as usize];
        if [403, 404].contains(&status) {
            let answer = page_access::request(&cast, row, &things, Who::Other).send();
            check(&answer, Who::Other, status, row.0, row.1);
            refusals += 1;
        }
    }
    assert!(refusals > 50, "{refusals}");
    // A token's scope counts as its account's role does.
    let bearer = cast.token(Who::Other.email().unwrap(), "keys:read");
    let answer = cast.server.request("DELETE", &format!("/api/v1/byok/keys/{}", things.key)).header("Authorization", &bearer).send();
    check(&answer, Who::Other, 403, "DELETE", "/api/v1/byok/keys/{key}");
    // What cannot be noted stays refused.
    database::stop_audit(&cast.server);
    let answer = cast.server.api("DELETE", &format!("/api/v1/byok/keys/{}", things.key), cast.cookie(Who::Other)).send();
    assert_eq!(answer.status, 404);
}

/// Seen red without the limit.
#[test]
fn nobody_fills_the_trail_with_what_they_may_not_do() {
    let cast = Cast::new();
    let id = cast.key();
    let path = format!("/api/v1/byok/keys/{id}");
    for _ in 0..40 {
        assert_eq!(cast.server.api("DELETE", &path, cast.cookie(Who::Other)).send().status, 404);
    }
    let trail = cast.server.api("GET", "/api/v1/audit?action=access.deny&limit=200", cast.cookie(Who::Admin)).send().json();
    assert_eq!(trail.as_array().unwrap().len(), 30);
}
