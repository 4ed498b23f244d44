use crate::world::{World, add, again, problem, secret};
use domain::{Problem, Verdict};
use vault::{Context, keys::AddKey};

const KEY: &str = "sk-proj-0123456789abcdefXYZ9";

#[tokio::test]
async fn a_verdict_is_stored_with_its_evidence_and_a_new_secret_clears_it() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let key = world.add(&ann, "openai", KEY, "").await.unwrap();
    world.double.answers(401, r#"{"error":{"code":"invalid_api_key"}}"#);
    let report = world.vault.test_key(&ann, key.id).await.unwrap();
    assert_eq!((report.verdict, report.status_code), (Verdict::Rejected, Some(401)));
    assert_eq!(report.message(), "API key validation failed (HTTP 401)");
    let tested = world.vault.key(&ann, key.id).await.unwrap();
    let test = tested.tested.expect("the verdict was stored");
    assert_eq!((test.verdict, test.status_code), (Verdict::Rejected, Some(401)));
    assert!(tested.used.is_some());
    assert_eq!(world.vault.opened(), 1);
    let replaced = world.vault.replace_key(&ann, key.id, secret("sk-proj-aaaaaaaaaaaaaaaaaaaa"), false, None).await.unwrap();
    assert!(replaced.tested.is_none());
}

#[tokio::test]
async fn a_test_before_saving_stores_nothing_of_the_key() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let report = world.vault.test_candidate(&ann, "openai", secret(KEY), "").await.unwrap();
    assert_eq!(report.verdict, Verdict::Valid);
    assert_eq!(world.count("select count(*) from provider_keys").await, 0);
    assert!(world.double.seen.lock().unwrap()[0].contains(KEY));
}

#[tokio::test]
async fn a_provider_without_a_check_is_not_asked() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let key = world.add(&ann, "perplexity", "pplx-0123456789abcdef", "").await.unwrap();
    assert_eq!(world.vault.test_key(&ann, key.id).await.unwrap().verdict, Verdict::Unchecked);
    assert_eq!(world.double.requests(), 0);
}

#[tokio::test]
async fn the_sixth_test_in_a_minute_waits() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let key = world.add(&ann, "openai", KEY, "").await.unwrap();
    let at = |seconds| Context { now: ann.now + std::time::Duration::from_secs(seconds), ..again(&ann) };
    for _ in 0..4 {
        world.vault.test_key(&at(0), key.id).await.unwrap();
    }
    world.vault.test_candidate(&at(1), "openai", secret(KEY), "").await.unwrap();
    assert_eq!(problem(world.vault.test_key(&at(30), key.id).await), Problem::TooMany { retry_after: 30 });
    assert_eq!(world.double.requests(), 5);
    world.vault.test_key(&at(60), key.id).await.unwrap();
}

#[tokio::test]
async fn a_provider_that_needs_no_key_is_stored_without_one() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let key = world.vault.add_key(&ann, add("ollama", "", "Local")).await.unwrap();
    assert!(!key.has_secret);
    assert_eq!(key.spoken(), "no key needed");
    // The local Ollama is not in the allow-list of this world.
    assert_eq!(world.vault.test_key(&ann, key.id).await.unwrap().verdict, Verdict::Unreachable);
}

#[tokio::test]
async fn an_unreachable_provider_is_neither_rejected_nor_works_and_says_nothing_more() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let key = world.vault.add_key(&ann, AddKey { endpoint: "https://no-such-host.example.com".into(), ..add("custom", KEY, "") }).await;
    let report = world.vault.test_key(&ann, key.unwrap().id).await.unwrap();
    assert_eq!((report.verdict, report.status_code, report.latency_ms), (Verdict::Unreachable, None, None));
}
