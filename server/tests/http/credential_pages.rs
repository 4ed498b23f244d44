//! The pages of service credentials, without JavaScript.

use crate::{
    harness::{Answer, Installation, Server},
    services::Services,
};

const TOKEN: &str = "canary-cloudflare-0123456789abcdefWXYZ";
const FROM_ENVIRONMENT: &str = "canary-from-the-environment-0123";

fn page(server: &Server, cookie: &str, path: &str) -> Answer {
    server.request("GET", path).cookie(cookie).send()
}

fn post(server: &Server, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
    server.form(path, fields).cookie(cookie).send()
}

#[test]
fn only_administrators_are_told_that_the_pages_are_there() {
    let server = Server::new();
    let (admin, ann) = (server.admin(), server.user("ann2@example.com", "user"));
    let nowhere = page(&server, &ann, "/settings/nothing");
    for path in ["/settings/credentials", "/settings/credentials/github", "/settings/credentials/github/new"] {
        assert_eq!(page(&server, &admin, path).status, 200, "{path}");
        let hidden = page(&server, &ann, path);
        assert_eq!((hidden.status, hidden.text().contains("Service credentials")), (404, false), "{path}");
        assert_eq!(nowhere.status, 404);
        assert_eq!(server.get(path).status, 303, "{path}");
        let posted = post(&server, &ann, "/settings/credentials/github/new", &[("type", "api_token"), ("key", TOKEN)]);
        assert_eq!(posted.status, 404);
    }
    for path in
        ["/settings/credentials/nothing", "/settings/credentials/github/api_token/replace", "/settings/credentials/github/api_token/delete"]
    {
        assert_eq!(page(&server, &admin, path).status, 404, "{path}");
    }
    assert!(page(&server, &admin, "/keys").text().contains(r#"href="/settings/credentials""#));
    assert!(!page(&server, &ann, "/keys").text().contains("/settings/credentials"));
}

#[test]
fn a_credential_is_added_tested_replaced_and_deleted_by_forms() {
    let services = Services::start();
    let server = Installation::with(&services.settings()).serve();
    let admin = server.admin();
    let at = "/settings/credentials/cloudflare";
    let empty = page(&server, &admin, at).text();
    assert!(empty.contains("Not set") && empty.contains("Zone:Edit") && empty.contains("/new?type=api_token"), "{empty}");
    let dialog = page(&server, &admin, &format!("{at}/new?type=api_token")).text();
    assert!(dialog.contains("dash.cloudflare.com") && dialog.contains("Account ID") && dialog.contains("Test first"), "{dialog}");

    let tried = post(
        &server,
        &admin,
        &format!("{at}/new"),
        &[("type", "api_token"), ("key", TOKEN), ("metadata.description", "For DNS"), ("act", "test")],
    );
    assert_eq!(tried.status, 200);
    let text = tried.text();
    assert!(text.contains("Cloudflare accepts the credential") && text.contains("Zone:Edit: missing, DNS:Edit: granted"), "{text}");
    assert!(text.contains(r#"value="For DNS""#) && !text.contains(TOKEN), "what was typed stays, the secret does not");
    assert!(page(&server, &admin, at).text().contains("Not set"), "nothing was stored");

    let faulty = post(
        &server,
        &admin,
        &format!("{at}/new"),
        &[("type", "api_token"), ("key", "short"), ("metadata.account_id", "x"), ("act", "save")],
    );
    assert_eq!(faulty.status, 422);
    assert!(faulty.text().contains(r#"id="key-error""#) && faulty.text().contains("32 digits and letters"), "{}", faulty.text());

    let added = post(
        &server,
        &admin,
        &format!("{at}/new"),
        &[("type", "api_token"), ("key", TOKEN), ("metadata.description", "For DNS"), ("act", "save")],
    );
    assert_eq!(
        (added.status, added.header("location")),
        (303, Some("/settings/credentials/cloudflare?done=credential-stored")),
        "{}",
        added.text()
    );
    let shown = page(&server, &admin, &format!("{at}?done=credential-stored")).text();
    for part in ["Credential stored", "…WXYZ", "stored, ends in WXYZ", "For DNS", "Not tested", "ann@example.com", "Never"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let tested = post(&server, &admin, &format!("{at}/api_token/test"), &[]);
    assert_eq!(tested.header("location"), Some("/settings/credentials/cloudflare?done=credential-tested&of=api_token&found=valid"));
    let announced = page(&server, &admin, tested.header("location").unwrap()).text();
    assert!(announced.contains("toast note note--warn") && announced.contains("Cloudflare accepts the credential."), "{announced}");
    let shown = page(&server, &admin, at).text();
    assert!(shown.contains("Works") && shown.contains("granted") && shown.contains("missing"), "{shown}");

    let replaced =
        post(&server, &admin, &format!("{at}/api_token/replace"), &[("key", "canary-revoked-0123456789abcdef"), ("act", "save")]);
    assert_eq!(replaced.header("location"), Some("/settings/credentials/cloudflare?done=credential-replaced"), "{}", replaced.text());
    post(&server, &admin, &format!("{at}/api_token/test"), &[]);
    let shown = page(&server, &admin, at).text();
    assert!(shown.contains("Rejected") && shown.contains("HTTP 401") && shown.contains("account ID"), "{shown}");

    let dialog = page(&server, &admin, &format!("{at}/api_token/delete")).text();
    assert!(dialog.contains("Nothing takes its place") && dialog.contains("revoke it there"), "{dialog}");
    let deleted = post(&server, &admin, &format!("{at}/api_token/delete"), &[]);
    assert_eq!(deleted.header("location"), Some("/settings/credentials/cloudflare?done=credential-deleted"));
    assert!(page(&server, &admin, at).text().contains("Not set"));
    let unknown = post(&server, &admin, &format!("{at}/new"), &[("type", "api_token"), ("key", TOKEN), ("owner", "x")]);
    assert_eq!(unknown.status, 422, "a field that the form does not have");
}

#[test]
fn what_the_environment_has_is_shown_moved_in_and_then_said_to_be_superfluous() {
    let services = Services::start();
    let server = Installation::with(&[&services.settings()[..], &[("CLOUDFLARE_API_TOKEN", FROM_ENVIRONMENT)]].concat()).serve();
    let admin = server.admin();
    let at = "/settings/credentials/cloudflare";
    let shown = page(&server, &admin, at).text();
    assert!(shown.contains("From environment") && shown.contains("CLOUDFLARE_API_TOKEN") && shown.contains("Move into Keyward"), "{shown}");
    let tested = post(&server, &admin, &format!("{at}/api_token/test"), &[]);
    assert_eq!(tested.status, 303, "{}", tested.text());
    let dialog = page(&server, &admin, &format!("{at}/api_token/move"));
    assert!(dialog.status == 200 && dialog.text().contains("CLOUDFLARE_API_TOKEN="), "{}", dialog.text());
    let moved = post(&server, &admin, &format!("{at}/api_token/move"), &[]);
    assert_eq!(moved.header("location"), Some("/settings/credentials/cloudflare?done=credential-moved"), "{}", moved.text());
    let shown = page(&server, &admin, at).text();
    assert!(shown.contains("Stored") && shown.contains("is still set, and not used any more"), "{shown}");
    assert_eq!(page(&server, &admin, &format!("{at}/api_token/move")).status, 404, "there is nothing to move any more");
    let dialog = page(&server, &admin, &format!("{at}/api_token/delete")).text();
    assert!(dialog.contains("answers from then on"), "{dialog}");
    post(&server, &admin, &format!("{at}/api_token/delete"), &[]);
    assert!(page(&server, &admin, at).text().contains("From environment"));
}

#[test]
fn people_keep_their_own_on_their_account() {
    let services = Services::start();
    let server = Installation::with(&[&services.settings()[..], &[("GITHUB_API_TOKEN", FROM_ENVIRONMENT)]].concat()).serve();
    server.admin();
    let (ann, bob) = (server.user("ann2@example.com", "user"), server.user("bob2@example.com", "user"));
    assert!(page(&server, &ann, "/account").text().contains("/account/credentials"));
    let at = "/account/credentials/github";
    let empty = page(&server, &ann, at).text();
    assert!(!empty.contains("From environment") && !empty.contains("GITHUB_API_TOKEN"), "{empty}");
    let fields = [("type", "personal_access_token"), ("key", "ghp_0123456789abcdef0123"), ("act", "save")];
    let added = post(&server, &ann, &format!("{at}/new"), &fields);
    assert_eq!(added.header("location"), Some("/account/credentials/github?done=credential-stored"), "{}", added.text());
    post(&server, &ann, &format!("{at}/personal_access_token/test"), &[]);
    let shown = page(&server, &ann, at).text();
    assert!(shown.contains("ghp_…0123") && shown.contains("read:org"), "{shown}");
    assert!(!page(&server, &bob, at).text().contains("ghp_"));
    assert_eq!(page(&server, &bob, &format!("{at}/personal_access_token/delete")).status, 404);
    assert_eq!(post(&server, &bob, &format!("{at}/personal_access_token/delete"), &[]).status, 404);
    assert_eq!(post(&server, &ann, &format!("{at}/api_token/move"), &[]).status, 404, "nobody moves the installation's to themselves");
}

/// Every page and call of an administrator, searched for what is stored.
#[test]
fn no_page_and_no_call_returns_a_stored_value() {
    let services = Services::start();
    let settings =
        [&services.settings()[..], &[("STRIPE_SECRET_KEY", "sk_live_canaryenvironment0123456789"), ("KEYWARD_LOG", "trace")]].concat();
    let server = Installation::with(&settings).serve();
    let admin = server.admin();
    let own = [("type", "api_token"), ("key", "ghp_canaryown0123456789abcdef"), ("act", "save")];
    assert_eq!(post(&server, &admin, "/account/credentials/github/new", &own).status, 303);
    let shared = [("type", "api_token"), ("key", TOKEN), ("act", "save")];
    assert_eq!(post(&server, &admin, "/settings/credentials/cloudflare/new", &shared).status, 303);
    for path in [
        "/settings/credentials/cloudflare/api_token/test",
        "/account/credentials/github/api_token/test",
        "/settings/credentials/stripe/secret_key/test",
    ] {
        assert_eq!(post(&server, &admin, path, &[]).status, 303, "{path}");
    }
    for path in [
        "/settings/credentials",
        "/settings/credentials/cloudflare",
        "/settings/credentials/cloudflare/new",
        "/settings/credentials/cloudflare/api_token/replace",
        "/settings/credentials/cloudflare/api_token/delete",
        "/settings/credentials/stripe",
        "/settings/credentials/stripe/secret_key/move",
        "/account/credentials",
        "/account/credentials/github",
        "/account/credentials/github/api_token/replace",
        "/api/v1/credentials",
        "/api/v1/credentials/services",
        "/api/v1/credentials/cloudflare/api_token",
        "/api/v1/account/credentials",
        "/api/v1/account/credentials/github/api_token",
    ] {
        let answer = page(&server, &admin, path);
        assert_eq!(answer.status, 200, "{path}");
        assert!(!answer.text().to_lowercase().contains("canary"), "{path}");
    }
    let asked = services.requests().join("\n");
    use base64::{Engine, engine::general_purpose::STANDARD};
    let basic = STANDARD.encode("sk_live_canaryenvironment0123456789:");
    for sent in [TOKEN, "ghp_canaryown0123456789abcdef", basic.as_str()] {
        assert!(asked.contains(sent), "the services did get them: otherwise this proves nothing");
    }
    let log = server.at.log().to_lowercase();
    assert!(!log.contains("canary") && !log.contains(&basic.to_lowercase()));
}
