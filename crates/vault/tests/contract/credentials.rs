use crate::world::{World, again, problem, secret};
use domain::{
    Problem, Timestamp, Verdict,
    services::{Metadata, MetadataValue},
    views::{CredentialView, credentials::Source},
};
use std::time::Duration;
use vault::{
    Context, Failure, Proof,
    audit::{Chain, Outcome},
    credentials::{Candidate, NewCredential, Put, Whose},
};

const TOKEN: &str = "canary-cloudflare-token-0123456789abcdefWXYZ";
const OTHER: &str = "canary-cloudflare-token-zzzzzzzzzzzzzzzz5678";
const VERIFIED: &str =
    r#"{"success":true,"errors":[],"messages":[],"result":{"id":"ed17574386854bf78a67040be0a770b0","status":"active"}}"#;
const REFUSED: &str = r#"{"success":false,"errors":[{"code":1000,"message":"Invalid API Token"}],"messages":[],"result":null}"#;

fn new(service: &str, kind: &str, value: &str) -> NewCredential {
    NewCredential { service: service.into(), credential_type: kind.into(), value: secret(value), ..NewCredential::default() }
}

fn described(text: &str) -> Option<Metadata> {
    Some(Metadata([("description".to_owned(), MetadataValue::Text(text.to_owned()))].into()))
}

async fn put(world: &World, cx: &Context, new: NewCredential) -> Result<CredentialView, Failure> {
    world.vault.put_credential(&again(cx), Whose::Installation, new, Put::Either).await
}

fn codes(problem: &Problem) -> Vec<String> {
    match problem {
        Problem::Invalid { fields } => fields.iter().map(|fault| format!("{} {}", fault.field, fault.code)).collect(),
        other => vec![other.code().to_owned()],
    }
}

#[tokio::test]
async fn a_credential_is_stored_listed_replaced_and_deleted_without_being_opened() {
    let world = World::on(super::BACKEND).await;
    let root = world.admin("root@example.com").await;
    let made = put(&world, &root, NewCredential { metadata: described(" For DNS "), ..new("cloudflare", "api_token", TOKEN) }).await.unwrap();
    assert_eq!((made.masked(), made.service_name.as_str(), made.metadata.description()), ("…WXYZ", "Cloudflare", Some("For DNS")));
    assert_eq!(made.updated_by.as_ref().map(ToString::to_string).as_deref(), Some("root@example.com"));
    let listed = world.vault.credentials(&root, Whose::Installation).await.unwrap();
    assert_eq!(listed, std::slice::from_ref(&made));
    let replaced = put(&world, &root, new("cloudflare", "api_token", OTHER)).await.unwrap();
    assert_eq!((replaced.id, replaced.masked(), replaced.metadata.description()), (made.id, "…5678", Some("For DNS")));
    assert_eq!(world.vault.credential(&root, Whose::Installation, "cloudflare", "api_token").await.unwrap(), replaced);
    let content = world.content().await;
    for value in [TOKEN, OTHER] {
        assert!(!content.windows(24).any(|window| window == &value.as_bytes()[..24]));
    }
    let deleted = world.vault.delete_credential(&again(&root), Whose::Installation, "cloudflare", "api_token").await.unwrap();
    assert_eq!((deleted.credential.id, deleted.fallback), (made.id, None));
    let again_ = world.vault.delete_credential(&again(&root), Whose::Installation, "cloudflare", "api_token").await;
    assert_eq!(problem(again_).detail(), "Credential not found for service=cloudflare, type=api_token");
    assert_eq!((world.count("select count(*) from service_credentials").await, world.vault.opened()), (0, 0), "nothing is kept of it");
    let events = world.pairs("select action, outcome from audit_events where object_kind = 'service_credential' order by seq").await;
    let actions: Vec<_> = events.iter().map(|(action, outcome)| format!("{action} {outcome}")).collect();
    assert_eq!(actions, ["credential.add success", "credential.replace success", "credential.delete success"]);
    let hashed = "select count(*) from audit_events where action like 'credential.%' and secret_hash is not null and secret_version is not null";
    assert_eq!(world.count(hashed).await, 3);
}

#[tokio::test]
async fn what_cannot_be_stored_names_its_fields_and_repeats_nothing() {
    let world = World::on(super::BACKEND).await;
    let root = world.admin("root@example.com").await;
    let text = |name: &str, value: &str| Some(Metadata([(name.to_owned(), MetadataValue::Text(value.to_owned()))].into()));
    for (submitted, expected) in [
        (new("canary", "api_token", TOKEN), "service service_not_supported"),
        (new("cloudflare", "canary", TOKEN), "credential_type type_not_supported"),
        (new("cloudflare", "api_token", "short"), "value key_too_short"),
        (new("cloudflare", "api_token", &"k".repeat(8_193)), "value key_too_long"),
        (NewCredential { metadata: text("canary", "x"), ..new("cloudflare", "api_token", TOKEN) }, "metadata unknown_field"),
        (NewCredential { metadata: text("account_id", "canary"), ..new("cloudflare", "api_token", TOKEN) }, "metadata.account_id not_an_id"),
        (NewCredential { owner: Some("canary".into()), ..new("cloudflare", "api_token", TOKEN) }, "owner unknown"),
    ] {
        let refused = problem(put(&world, &root, submitted).await);
        assert_eq!(codes(&refused), [expected]);
        assert!(!format!("{refused:?}").contains("canary"), "{refused:?}");
    }
    let absent = world.vault.put_credential(&root, Whose::Installation, new("github", "api_token", TOKEN), Put::Replace).await;
    assert_eq!(problem(absent).detail(), "Credential not found for service=github, type=api_token");
    put(&world, &root, new("github", "api_token", TOKEN)).await.unwrap();
    let twice = world.vault.put_credential(&again(&root), Whose::Installation, new("github", "api_token", TOKEN), Put::Add).await;
    assert_eq!(codes(&problem(twice)), ["credential_type taken"]);
}

#[tokio::test]
async fn the_installations_credentials_are_for_administrators_and_ones_own_for_oneself() {
    let world = World::on(super::BACKEND).await;
    let (root, ann, bob) = (world.admin("root@example.com").await, world.person("ann@example.com").await, world.person("bob@example.com").await);
    let vault = &world.vault;
    put(&world, &root, new("github", "api_token", TOKEN)).await.unwrap();
    assert_eq!(problem(vault.credentials(&ann, Whose::Installation).await), Problem::Forbidden);
    assert_eq!(problem(put(&world, &ann, new("github", "api_token", OTHER)).await), Problem::Forbidden);
    assert_eq!(problem(vault.test_credential(&ann, Whose::Installation, "github", None, None).await), Problem::Forbidden);
    assert_eq!(problem(vault.delete_credential(&ann, Whose::Installation, "github", "api_token").await), Problem::Forbidden);
    assert_eq!(problem(vault.resolve_credential(&ann, "github", "api_token").await), Problem::Forbidden);
    let mine = vault.put_credential(&ann, Whose::Own, new("github", "api_token", OTHER), Put::Either).await.unwrap();
    assert_eq!(vault.credentials(&ann, Whose::Own).await.unwrap(), [mine]);
    assert!(vault.credentials(&bob, Whose::Own).await.unwrap().is_empty());
    assert!(vault.credentials(&root, Whose::Own).await.unwrap().is_empty());
    assert_eq!(problem(vault.delete_credential(&again(&bob), Whose::Own, "github", "api_token").await).code(), "credential_not_found");
    assert_eq!(vault.credentials(&root, Whose::Installation).await.unwrap().len(), 1);
    // An administrator can hand one over, and cannot replace what somebody keeps.
    let owner = |cx: &Context| Some(cx.identity().unwrap().user.to_string());
    put(&world, &root, NewCredential { owner: owner(&bob), ..new("github", "api_token", TOKEN) }).await.unwrap();
    assert_eq!(vault.credentials(&bob, Whose::Own).await.unwrap().len(), 1);
    let taken = put(&world, &root, NewCredential { owner: owner(&ann), ..new("github", "api_token", TOKEN) }).await;
    assert_eq!(codes(&problem(taken)), ["owner taken"]);
    let foreign = NewCredential { owner: owner(&bob), ..new("stripe", "secret_key", TOKEN) };
    assert_eq!(codes(&problem(vault.put_credential(&again(&ann), Whose::Own, foreign, Put::Either).await)), ["owner unknown"]);
}

/// Fault this was seen to catch: a writer who was only asked for the role.
#[tokio::test]
async fn an_old_sign_in_reads_and_tests_and_gives_its_password_again_to_change() {
    let world = World::on(super::BACKEND).await;
    let root = world.admin("root@example.com").await;
    put(&world, &root, new("cloudflare", "api_token", TOKEN)).await.unwrap();
    let mut who = root.identity().unwrap().clone();
    if let Proof::Session { authenticated_at, .. } = &mut who.proof {
        *authenticated_at = Timestamp::from_micros(root.now.micros() - 601_000_000);
    }
    let old = again(&root).with_actor(vault::Actor::Person(who));
    let vault = &world.vault;
    for refused in [
        problem(put(&world, &old, new("cloudflare", "api_token", OTHER)).await),
        problem(vault.delete_credential(&old, Whose::Installation, "cloudflare", "api_token").await),
        problem(vault.move_credential(&old, "cloudflare", "api_token").await),
        problem(vault.put_credential(&old, Whose::Own, new("cloudflare", "api_token", OTHER), Put::Either).await),
        problem(vault.delete_credential(&old, Whose::Own, "cloudflare", "api_token").await),
    ] {
        assert_eq!(codes(&refused), ["password step_up"]);
    }
    assert!(vault.credentials_page(&old, Whose::Installation).await.unwrap().step_up);
    assert!(!vault.credentials_page(&again(&root), Whose::Installation).await.unwrap().step_up);
    world.double.answers(200, VERIFIED);
    assert_eq!(vault.test_credential(&old, Whose::Installation, "cloudflare", None, None).await.unwrap().verdict, Verdict::Valid);
}

#[tokio::test]
async fn a_stored_credential_wins_over_the_variable_of_its_type_and_else_there_is_none() {
    let variables = [("CLOUDFLARE_API_TOKEN", OTHER), ("CLOUDFLARE_ACCOUNT_ID", "372e67954025e0ba6aaa6d586b9e0b59"), ("STRIPE_SECRET_KEY", OTHER)];
    let world = World::with(super::BACKEND, &variables).await;
    let root = world.admin("root@example.com").await;
    let vault = &world.vault;
    let found = vault.resolve_credential(&root, "cloudflare", "api_token").await.unwrap();
    assert_eq!((found.source, found.credential), (Source::Environment, None));
    assert_eq!(found.metadata.text("account_id"), Some("372e67954025e0ba6aaa6d586b9e0b59"));
    vault.used_credential(&root, &found, Outcome::Success, None).await.unwrap();
    let made = put(&world, &root, new("cloudflare", "api_token", TOKEN)).await.unwrap();
    assert_eq!(vault.opened(), 0);
    let found = vault.resolve_credential(&again(&root), "cloudflare", "api_token").await.unwrap();
    assert_eq!((found.source, found.credential), (Source::Database, Some(made.id)));
    assert_eq!(found.metadata.text("account_id"), Some("372e67954025e0ba6aaa6d586b9e0b59"), "the default whatever the source");
    assert!(vault.credential(&root, Whose::Installation, "cloudflare", "api_token").await.unwrap().used.is_some());
    // Another type of the same service has no variable; another service has none at all.
    assert_eq!(problem(vault.resolve_credential(&root, "stripe", "publishable_key").await).detail(), "Stripe API is not configured");
    let none = problem(vault.resolve_credential(&root, "github", "api_token").await);
    assert_eq!((none.detail().as_ref(), none.status()), ("GitHub API is not configured", 503));
    let uses = world.pairs("select outcome, details from audit_events where action = 'credential.use' order by seq").await;
    assert_eq!(uses.len(), 2);
    assert!(uses[0].1.contains(r#""source":"environment""#) && uses[0].1.contains(r#""variable":"CLOUDFLARE_API_TOKEN""#), "{uses:?}");
    assert!(uses.iter().all(|(outcome, _)| outcome == "started") && uses[1].1.contains(r#""source":"database""#), "{uses:?}");
    assert_eq!(world.count("select count(*) from audit_events where action = 'credential.result'").await, 1);
    let deleted = vault.delete_credential(&again(&root), Whose::Installation, "cloudflare", "api_token").await.unwrap();
    assert_eq!(deleted.fallback.as_deref(), Some("CLOUDFLARE_API_TOKEN"));
}

/// Fault this was seen to catch: a variable that was looked for without asking whose credential it is.
#[tokio::test]
async fn a_persons_own_credential_has_no_variable_and_serves_nobody_else() {
    let world = World::with(super::BACKEND, &[("GITHUB_API_TOKEN", OTHER)]).await;
    let root = world.admin("root@example.com").await;
    world.vault.put_credential(&root, Whose::Own, new("cloudflare", "api_token", TOKEN), Put::Either).await.unwrap();
    assert_eq!(problem(world.vault.resolve_credential(&root, "cloudflare", "api_token").await).code(), "not_configured");
    let own = world.vault.services(&root, Whose::Own).await.unwrap();
    assert!(own.iter().all(|service| service.source() != Source::Environment));
    let nothing = world.vault.test_credential(&again(&root), Whose::Own, "github", None, None).await;
    assert_eq!(problem(nothing).code(), "credential_not_found");
    assert_eq!(world.double.requests(), 0);
}

/// Fault this was seen to catch: a context with a constant version, made from the origin in the row instead of the one that is called.
#[tokio::test]
async fn a_credential_that_does_not_open_is_not_replaced_by_a_variable() {
    let world = World::with(super::BACKEND, &[("CLOUDFLARE_API_TOKEN", OTHER)]).await;
    let root = world.admin("root@example.com").await;
    let ann = world.person("ann@example.com").await;
    put(&world, &root, new("cloudflare", "api_token", TOKEN)).await.unwrap();
    world.vault.put_credential(&ann, Whose::Own, new("cloudflare", "api_token", OTHER), Put::Either).await.unwrap();
    let refusals = "select count(*) from audit_events where action = 'decrypt_failed' and object_kind = 'service_credential'";
    for (n, (change, undo)) in [
        ("update service_credentials set secret_version = 2", "update service_credentials set secret_version = 1"),
        (
            "update service_credentials set endpoint_origin = 'https://evil.example.com:443'",
            "update service_credentials set endpoint_origin = (select endpoint_origin from service_credentials where owner_id is not null)",
        ),
        (
            "with other as materialized (select id, secret from service_credentials) update service_credentials \
             set secret = (select other.secret from other where other.id <> service_credentials.id)",
            "with other as materialized (select id, secret from service_credentials) update service_credentials \
             set secret = (select other.secret from other where other.id <> service_credentials.id)",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        world.execute(change).await;
        let refused = problem(world.vault.resolve_credential(&again(&root), "cloudflare", "api_token").await);
        assert!(matches!(refused, Problem::CannotOpen | Problem::EndpointChanged), "{change}: {refused:?}");
        assert_eq!(world.count(refusals).await, i64::try_from(n).unwrap() + 1, "{change}");
        if !undo.contains("owner_id is not null") {
            world.execute(undo).await;
            assert!(world.vault.resolve_credential(&again(&root), "cloudflare", "api_token").await.is_ok(), "{undo}");
        } else {
            put(&world, &root, new("cloudflare", "api_token", TOKEN)).await.unwrap();
            world.execute("update service_credentials set secret_version = 1 where owner_id is not null").await;
            world.vault.put_credential(&again(&ann), Whose::Own, new("cloudflare", "api_token", OTHER), Put::Either).await.unwrap();
        }
    }
    assert!(matches!(world.vault.verify_audit(&Context::system()).await.unwrap(), Chain::Intact(_)));
}

#[tokio::test]
async fn a_test_stores_its_result_and_a_try_leaves_it_alone() {
    let world = World::on(super::BACKEND).await;
    let root = world.admin("root@example.com").await;
    let vault = &world.vault;
    put(&world, &root, new("cloudflare", "api_token", TOKEN)).await.unwrap();
    world.double.answers_below("/cf/user/tokens/verify", 200, VERIFIED);
    world.double.answers_below("/cf/zones", 403, REFUSED);
    let report = vault.test_credential(&again(&root), Whose::Installation, "cloudflare", None, None).await.unwrap();
    assert_eq!((report.verdict, report.source, report.message().as_str()), (Verdict::Valid, Some(Source::Database), "Cloudflare accepts the credential"));
    let grants: Vec<_> = report.findings.permissions.iter().map(|found| format!("{} {}", found.id, found.grant.as_str())).collect();
    assert_eq!(grants, ["Zone:Edit missing", "DNS:Edit missing"]);
    let stored = vault.credential(&root, Whose::Installation, "cloudflare", "api_token").await.unwrap().tested.unwrap();
    assert_eq!((stored.verdict, stored.findings), (Verdict::Valid, report.findings));
    world.double.answers_below("/cf/user/tokens/verify", 401, REFUSED);
    let candidate = Candidate { value: secret(OTHER), metadata: None };
    let report = vault.test_credential(&again(&root), Whose::Installation, "cloudflare", Some("api_token"), Some(candidate)).await.unwrap();
    assert_eq!((report.verdict, report.source, report.findings.error_code), (Verdict::Rejected, None, Some(1000)));
    let after = vault.credential(&root, Whose::Installation, "cloudflare", "api_token").await.unwrap();
    assert_eq!(after.tested.as_ref().unwrap().verdict, Verdict::Valid);
    assert!(world.double.seen.lock().unwrap().last().unwrap().contains(OTHER), "the value that was given is the one that was asked about");
    put(&world, &root, new("cloudflare", "api_token", OTHER)).await.unwrap();
    assert_eq!(vault.credential(&root, Whose::Installation, "cloudflare", "api_token").await.unwrap().tested, None);
    let events = world.pairs("select action, details from audit_events where action like 'credential.test%' order by seq").await;
    let actions: Vec<_> = events.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(actions, ["credential.test.use", "credential.test.result", "credential.test_candidate.use", "credential.test_candidate.result"]);
    assert!(!format!("{events:?}").contains("canary"));
}

/// Fault this was seen to catch: a result that was stored whatever secret the row had by then.
#[tokio::test]
async fn a_secret_that_is_replaced_during_its_test_gets_no_result() {
    let world = World::on(super::BACKEND).await;
    let root = world.admin("root@example.com").await;
    put(&world, &root, new("github", "api_token", TOKEN)).await.unwrap();
    world.double.answers(401, "{}");
    world.double.waits(Duration::from_millis(600));
    let (vault, cx) = (world.vault.clone(), again(&root));
    let testing = tokio::spawn(async move { vault.test_credential(&cx, Whose::Installation, "github", None, None).await });
    while world.double.requests() == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    put(&world, &root, new("github", "api_token", OTHER)).await.unwrap();
    assert_eq!(testing.await.unwrap().unwrap().verdict, Verdict::Rejected);
    let now = world.vault.credential(&root, Whose::Installation, "github", "api_token").await.unwrap();
    assert_eq!((now.masked(), &now.tested), ("…5678", &None));
}

#[tokio::test]
async fn tests_are_limited_for_each_caller_and_nothing_to_test_is_not_found() {
    let world = World::on(super::BACKEND).await;
    let root = world.admin("root@example.com").await;
    let vault = &world.vault;
    assert_eq!(problem(vault.test_credential(&root, Whose::Installation, "nothing", None, None).await), Problem::NotFound);
    let absent = problem(vault.test_credential(&root, Whose::Installation, "stripe", None, None).await);
    assert_eq!(absent.detail(), "Credential not found for service=stripe, type=secret_key");
    put(&world, &root, new("stripe", "publishable_key", "pk_test_0123456789abcdefgh")).await.unwrap();
    let now = again(&root);
    world.double.answers(401, r#"{"error":{"code":"secret_key_required","type":"invalid_request_error"}}"#);
    for n in 0..5 {
        let cx = Context { now: now.now + Duration::from_millis(n), ..now.clone() };
        let report = vault.test_credential(&cx, Whose::Installation, "stripe", None, None).await.unwrap();
        assert_eq!((report.credential_type.as_str(), report.verdict), ("publishable_key", Verdict::Valid), "the one that is stored");
    }
    let limited = problem(vault.test_credential(&now, Whose::Installation, "stripe", None, None).await);
    assert!(matches!(limited, Problem::TooMany { .. }));
    let later = Context { now: now.now + Duration::from_secs(61), ..now };
    assert!(vault.test_credential(&later, Whose::Installation, "stripe", None, None).await.is_ok());
}

#[tokio::test]
async fn namecheap_gets_its_key_in_a_form_and_says_which_address_to_allow() {
    let world = World::on(super::BACKEND).await;
    let root = world.admin("root@example.com").await;
    let vault = &world.vault;
    let key = "canarynamecheap0123456789abcdef";
    put(&world, &root, new("namecheap", "api_key", key)).await.unwrap();
    let missing = problem(vault.test_credential(&root, Whose::Installation, "namecheap", None, None).await);
    assert_eq!(codes(&missing), ["metadata.api_username required", "metadata.client_ip required"]);
    assert_eq!((world.double.requests(), vault.opened()), (0, 0));
    let text = |value: &str| MetadataValue::Text(value.to_owned());
    let metadata = Metadata([("api_username".to_owned(), text("ann")), ("client_ip".to_owned(), text("203.0.113.7"))].into());
    put(&world, &root, NewCredential { metadata: Some(metadata), ..new("namecheap", "api_key", key) }).await.unwrap();
    world.double.answers(200, r#"<ApiResponse Status="ERROR"><Errors><Error Number="1011150">Invalid request IP: 198.51.100.4</Error></Errors></ApiResponse>"#);
    let report = vault.test_credential(&again(&root), Whose::Installation, "namecheap", None, None).await.unwrap();
    assert_eq!((report.verdict, report.findings.error_code), (Verdict::Rejected, Some(1_011_150)));
    assert_eq!(report.message(), "Namecheap does not admit this server. Add 198.51.100.4 to the addresses that are allowed there");
    world.double.answers(200, r#"<ApiResponse Status="OK"><Errors/><CommandResponse/></ApiResponse>"#);
    assert_eq!(vault.test_credential(&again(&root), Whose::Installation, "namecheap", None, None).await.unwrap().verdict, Verdict::Valid);
    let seen = world.double.seen.lock().unwrap().clone();
    for request in &seen {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("POST /nc/xml.response HTTP/1.1") && !head.contains(key), "{head}");
        let form = format!("ApiUser=ann&ApiKey={key}&UserName=ann&ClientIp=203.0.113.7&Command=namecheap.users.getBalances");
        assert_eq!(body, form);
    }
}

#[tokio::test]
async fn what_the_environment_has_is_moved_in_by_one_act() {
    let variables = [("NAMECHEAP_API_KEY", "canarynamecheap0123456789abcdef"), ("NAMECHEAP_API_USERNAME", "ann"), ("NAMECHEAP_SANDBOX", "true")];
    let world = World::with(super::BACKEND, &variables).await;
    let root = world.admin("root@example.com").await;
    let vault = &world.vault;
    let source = async || vault.services(&root, Whose::Installation).await.unwrap().iter().find(|service| service.name == "Namecheap").unwrap().source();
    assert_eq!(source().await, Source::Environment);
    let moved = vault.move_credential(&root, "namecheap", "api_key").await.unwrap();
    assert_eq!((moved.metadata.text("api_username"), moved.metadata.flag("sandbox"), moved.masked()), (Some("ann"), true, "…cdef"));
    assert_eq!(source().await, Source::Database);
    assert_eq!(world.count("select count(*) from audit_events where action = 'credential.move' and secret_hash is not null").await, 1);
    assert_eq!(codes(&problem(vault.move_credential(&again(&root), "namecheap", "api_key").await)), ["credential_type taken"]);
    assert_eq!(problem(vault.move_credential(&again(&root), "github", "api_token").await).code(), "credential_not_found");
    let found = vault.resolve_credential(&again(&root), "namecheap", "api_key").await.unwrap();
    assert_eq!(found.source, Source::Database);
}

/// Seen red with metadata of the environment beside everybody's credentials.
#[tokio::test]
async fn a_credential_of_ones_own_sees_nothing_of_the_environment_and_nobody_is_no_owner() {
    let variables = [("NAMECHEAP_API_USERNAME", "ann"), ("NAMECHEAP_CLIENT_IP", "203.0.113.7")];
    let world = World::with(super::BACKEND, &variables).await;
    let (bob, root) = (world.person("bob@example.com").await, world.admin("root@example.com").await);
    let vault = &world.vault;
    vault.put_credential(&again(&bob), Whose::Own, new("namecheap", "api_key", "canarynamecheap0123456789abcdef"), Put::Either).await.unwrap();
    let refused = problem(vault.test_credential(&again(&bob), Whose::Own, "namecheap", None, None).await);
    assert_eq!(codes(&refused), ["metadata.api_username required", "metadata.client_ip required"]);
    assert_eq!((world.double.requests(), vault.opened()), (0, 0));
    let nobody = NewCredential { owner: Some("00000000-0000-0000-0000-000000000000".into()), ..new("cloudflare", "api_token", TOKEN) };
    assert_eq!(codes(&problem(put(&world, &root, nobody).await)), ["owner unknown"]);
    assert_eq!(world.count("select count(*) from service_credentials where service = 'cloudflare'").await, 0);
}

/// Fault this was seen to catch: the address of the catalogue was not compared with the one it was sealed for.
#[tokio::test]
async fn a_credential_of_a_catalogue_that_moved_is_asked_for_again_and_a_stray_one_can_be_deleted() {
    let world = World::on(super::BACKEND).await;
    let root = world.admin("root@example.com").await;
    let catalogue = world.settings.catalogue.clone().unwrap();
    let text = std::fs::read_to_string(&catalogue).unwrap();
    let acme = "[services.acme]\nname = \"Acme\"\nbase_url = \"https://acme.example.com\"\n[[services.acme.types]]\nid = \"key\"\nname = \"Key\"\n";
    std::fs::write(&catalogue, text + acme).unwrap();
    world.vault.close().await;
    let vault = vault::start::open(&world.settings, std::slice::from_ref(&world.root)).await.unwrap();
    for new in [new("acme", "key", TOKEN), new("github", "api_token", TOKEN)] {
        vault.put_credential(&again(&root), Whose::Installation, new, Put::Add).await.unwrap();
    }
    vault.close().await;
    std::fs::write(&catalogue, "[services.github]\nbase_url = \"https://ghe.example.com/api/v3\"\n").unwrap();
    let vault = vault::start::open(&world.settings, std::slice::from_ref(&world.root)).await.unwrap();
    let refused = problem(vault.resolve_credential(&again(&root), "github", "api_token").await);
    assert_eq!((refused, vault.opened()), (Problem::EndpointChanged, 0));
    let page = vault.credentials_page(&again(&root), Whose::Installation).await.unwrap();
    assert_eq!((page.stray.len(), page.stray[0].service_name.as_str()), (1, "acme"));
    vault.delete_credential(&again(&root), Whose::Installation, "acme", "key").await.unwrap();
    assert_eq!(vault.credentials(&root, Whose::Installation).await.unwrap().len(), 1);
}

#[tokio::test]
async fn changes_are_told_to_whom_they_concern() {
    use domain::views::LiveEvent;
    use futures::StreamExt;
    let world = World::on(super::BACKEND).await;
    let (root, ann) = (world.admin("root@example.com").await, world.person("ann@example.com").await);
    let mut of_root = world.vault.events(&root).unwrap();
    let mut of_ann = world.vault.events(&ann).unwrap();
    let shared = put(&world, &root, new("github", "api_token", TOKEN)).await.unwrap();
    let own = world.vault.put_credential(&again(&ann), Whose::Own, new("github", "api_token", OTHER), Put::Either).await.unwrap();
    let wait = Duration::from_secs(5);
    assert_eq!(tokio::time::timeout(wait, of_root.next()).await.unwrap(), Some(LiveEvent::CredentialChanged { id: shared.id }));
    assert_eq!(tokio::time::timeout(wait, of_ann.next()).await.unwrap(), Some(LiveEvent::CredentialChanged { id: own.id }));
}
