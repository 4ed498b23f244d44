use crate::world::{World, add, again, no_such_key, problem, secret};
use domain::{Problem, person::Email, views::LiveEvent};
use futures::StreamExt;
use vault::{
    Actor, Context,
    keys::{AddKey, EditKey},
};

const KEY: &str = "sk-proj-0123456789abcdefXYZ9";
const OTHER: &str = "sk-proj-zzzzzzzzzzzzzzzz41ab";

#[tokio::test]
async fn a_key_is_listed_by_what_was_stored_beside_it_and_nothing_is_opened() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    world.add(&ann, "openai", KEY, "Production").await.unwrap();
    world.add(&ann, "openai", OTHER, "Evals").await.unwrap();
    let page = world.vault.keys_page(&ann).await.unwrap();
    let shown: Vec<_> = page.keys.iter().map(|key| (key.title(), key.hint.as_deref(), key.is_default)).collect();
    assert_eq!(shown, [("Production", Some("sk-…XYZ9"), true), ("Evals", Some("sk-…41ab"), false)]);
    assert_eq!(page.keys[0].spoken(), "stored, ends in XYZ9");
    assert!(page.providers.iter().any(|provider| provider.id.as_str() == "openai" && provider.configured));
    assert_eq!((page.account.keys, page.account.key_limit), (2, Some(10)));
    assert_eq!(world.vault.opened(), 0);
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_restart_and_opens() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let key = world.add(&ann, "openai", KEY, "Production").await.unwrap();
    world.vault.close().await;
    let vault = vault::start::open(&world.settings, &[world.root]).await.unwrap();
    assert_eq!(vault.keys_page(&ann).await.unwrap().keys, std::slice::from_ref(&key));
    assert_eq!(vault.test_key(&again(&ann), key.id).await.unwrap().verdict, domain::Verdict::Valid);
    assert!(world.double.seen.lock().unwrap()[0].contains(KEY));
}

#[tokio::test]
async fn one_label_holds_one_secret_and_a_second_label_another() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let first = world.add(&ann, "openai", KEY, "").await.unwrap();
    let same = world.add(&ann, "openai", KEY, " ").await.unwrap();
    assert_eq!(first, same);
    let replaced = world.add(&ann, "openai", OTHER, "").await.unwrap();
    assert_eq!(replaced.id, first.id);
    assert_eq!(replaced.hint.as_deref(), Some("sk-…41ab"));
    assert_eq!(world.count("select max(secret_version) from provider_keys").await, 2);
    let second = world.add(&ann, "openai", KEY, "Two").await.unwrap();
    assert_ne!(second.id, first.id);
}

#[tokio::test]
async fn a_label_in_use_is_refused_unless_the_caller_means_to_overwrite() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    for label in ["", "Production"] {
        let first = world.add(&ann, "openai", &format!("{KEY}{label}"), label).await.unwrap();
        let refused = world.vault.add_key(&ann, AddKey { overwrite: false, ..add("openai", &format!("{OTHER}{label}"), label) }).await;
        assert_eq!(problem(refused).of_field("label").map(|fault| fault.code.as_ref()), Some("taken"));
        assert_eq!(world.vault.key(&ann, first.id).await.unwrap(), first);
        // The same secret is no loss: nothing changes, and nothing is refused.
        let same = world.vault.add_key(&ann, AddKey { overwrite: false, ..add("openai", &format!("{KEY}{label}"), label) }).await;
        assert_eq!(same.unwrap(), first);
    }
}

#[tokio::test]
async fn what_changes_nothing_leaves_no_trace_and_changes_are_limited() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let key = world.add(&ann, "openai", KEY, "One").await.unwrap();
    let at = |seconds| Context { now: ann.now + std::time::Duration::from_secs(seconds), ..again(&ann) };
    let switch = |enabled| EditKey { enabled: Some(enabled), ..EditKey::default() };
    let events = "select count(*) from audit_events";
    let before = world.count(events).await;
    for _ in 0..60 {
        assert_eq!(world.vault.edit_key(&at(0), key.id, switch(true)).await.unwrap(), key);
    }
    assert_eq!(world.count(events).await, before);
    for refused in
        [problem(world.vault.edit_key(&at(1), key.id, switch(false)).await), problem(world.vault.delete_key(&at(1), key.id, None).await)]
    {
        assert_eq!(refused, Problem::TooMany { retry_after: 59 });
    }
    assert!(!world.vault.edit_key(&at(60), key.id, switch(false)).await.unwrap().enabled);
}

#[tokio::test]
async fn an_edit_with_a_secret_but_no_new_address_is_refused_and_moves_count_as_adds() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let custom = AddKey { endpoint: "https://one.example.com/v1".into(), ..add("custom", KEY, "") };
    let key = world.vault.add_key(&Context { now: ann.now, ..again(&ann) }, custom).await.unwrap();
    let swallowed = EditKey { key: secret(OTHER), ..EditKey::default() };
    assert!(problem(world.vault.edit_key(&ann, key.id, swallowed).await).of_field("key").is_some());
    for n in 0..30 {
        let moved = EditKey { endpoint: Some(format!("https://h{n}.example.com/v1")), key: secret(KEY), ..EditKey::default() };
        let moved = world.vault.edit_key(&Context { now: ann.now, ..again(&ann) }, key.id, moved).await;
        assert_eq!(moved.is_ok(), n < 29, "{n}");
    }
}

#[tokio::test]
async fn the_same_secret_under_another_label_is_named_and_kept_only_on_purpose() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let first = world.add(&ann, "openai", KEY, "Production").await.unwrap();
    let refused = problem(world.add(&ann, "openai", &format!("  OPENAI_API_KEY=\"{KEY}\""), "Copy").await);
    assert_eq!(refused, Problem::DuplicateKey { id: first.id, label: Some("Production".into()) });
    world.vault.add_key(&ann, AddKey { allow_duplicate: true, ..add("openai", KEY, "Copy") }).await.unwrap();
    // Another person's key is nobody else's business, and neither is another provider's.
    let bob = world.person("bob@example.com").await;
    world.add(&bob, "openai", KEY, "Mine").await.unwrap();
    world.add(&ann, "anthropic", KEY, "Elsewhere").await.unwrap();
}

#[tokio::test]
async fn adding_over_a_key_that_is_off_switches_it_on() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let key = world.add(&ann, "openai", KEY, "").await.unwrap();
    world.vault.edit_key(&ann, key.id, EditKey { enabled: Some(false), ..EditKey::default() }).await.unwrap();
    assert!(world.add(&ann, "openai", KEY, "").await.unwrap().enabled);
}

#[tokio::test]
async fn every_fault_of_a_form_is_said_at_once_beside_its_field() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let bad = AddKey {
        provider: "nosuch".into(),
        key: secret("short"),
        label: "x".repeat(101),
        description: "\u{1b}[31m".into(),
        ..AddKey::default()
    };
    let refused = problem(world.vault.add_key(&ann, bad).await);
    for field in ["provider", "key", "label", "description"] {
        assert!(refused.of_field(field).is_some(), "{field}: {refused:?}");
    }
    assert!(refused.of_field("provider").unwrap().message.starts_with("Unsupported provider. Must be one of: "));
    assert_eq!(world.count("select count(*) from provider_keys").await, 0);
}

#[tokio::test]
async fn a_private_or_malformed_endpoint_is_refused_beside_its_field() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    for endpoint in ["http://169.254.169.254/", "https://localhost/v1", "https://10.0.0.1/", "ftp://a.example.com", "not a url", ""] {
        let key = AddKey { endpoint: endpoint.into(), ..add("custom", KEY, "") };
        assert!(problem(world.vault.add_key(&ann, key).await).of_field("endpoint").is_some(), "{endpoint}");
    }
    let fixed = AddKey { endpoint: "https://evil.example.com".into(), ..add("openai", KEY, "") };
    assert!(problem(world.vault.add_key(&ann, fixed).await).of_field("endpoint").is_some());
}

#[tokio::test]
async fn a_key_moves_to_another_address_only_with_its_secret() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let key = world.vault.add_key(&ann, AddKey { endpoint: "https://one.example.com/v1".into(), ..add("custom", KEY, "") }).await.unwrap();
    let moved = EditKey { endpoint: Some("https://two.example.com/v1".into()), ..EditKey::default() };
    assert!(problem(world.vault.edit_key(&ann, key.id, moved.clone()).await).of_field("key").is_some());
    let with_key = EditKey { key: secret(KEY), ..moved };
    let moved = world.vault.edit_key(&ann, key.id, with_key).await.unwrap();
    assert_eq!(moved.endpoint.as_deref(), Some("https://two.example.com/v1"));
    assert_eq!(world.count("select count(*) from provider_keys where endpoint_origin = 'https://two.example.com:443'").await, 1);
}

#[tokio::test]
async fn an_edit_of_what_somebody_changed_is_refused() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let key = world.add(&ann, "openai", KEY, "One").await.unwrap();
    world.add(&ann, "openai", OTHER, "Two").await.unwrap();
    let rename = |label: &str, revision| EditKey { label: Some(label.into()), revision, ..EditKey::default() };
    world.vault.edit_key(&ann, key.id, rename("First", Some(key.revision))).await.unwrap();
    assert_eq!(problem(world.vault.edit_key(&ann, key.id, rename("Third", Some(key.revision))).await), Problem::Changed);
    assert!(problem(world.vault.edit_key(&ann, key.id, rename("Two", None)).await).of_field("label").is_some());
    assert_eq!(world.vault.key(&ann, key.id).await.unwrap().title(), "First");
}

#[tokio::test]
async fn a_provider_has_one_default_and_deleting_it_names_the_oldest_left() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let one = world.add(&ann, "openai", KEY, "One").await.unwrap();
    let two = world.add(&ann, "openai", OTHER, "Two").await.unwrap();
    let three = world.add(&ann, "openai", "sk-proj-yyyyyyyyyyyyyyyyyyyy", "Three").await.unwrap();
    world.vault.edit_key(&ann, three.id, EditKey { is_default: Some(true), ..EditKey::default() }).await.unwrap();
    let default = async || {
        let keys = world.vault.keys_page(&ann).await.unwrap().keys;
        keys.iter().filter(|key| key.is_default).map(|key| key.id).collect::<Vec<_>>()
    };
    assert_eq!(default().await, [three.id]);
    world.vault.delete_key(&ann, three.id, None).await.unwrap();
    assert_eq!(default().await, [one.id]);
    world.vault.delete_key(&ann, one.id, None).await.unwrap();
    assert_eq!(default().await, [two.id]);
    assert_eq!(problem(world.vault.delete_key(&ann, one.id, None).await), Problem::KeyNotFound);
}

#[tokio::test]
async fn another_persons_key_and_no_key_at_all_are_the_same_to_a_caller() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let bob = world.person("bob@example.com").await;
    let key = world.add(&ann, "openai", KEY, "").await.unwrap();
    for id in [key.id, no_such_key()] {
        assert_eq!(problem(world.vault.key(&bob, id).await), Problem::KeyNotFound);
        assert_eq!(problem(world.vault.replace_key(&bob, id, secret(OTHER), false, None).await), Problem::KeyNotFound);
        assert_eq!(problem(world.vault.edit_key(&bob, id, EditKey::default()).await), Problem::KeyNotFound);
        assert_eq!(problem(world.vault.test_key(&bob, id).await), Problem::KeyNotFound);
        assert_eq!(problem(world.vault.delete_key(&bob, id, None).await), Problem::KeyNotFound);
    }
    assert_eq!(world.vault.key(&ann, key.id).await.unwrap(), key);
    let nobody = Context::new(Actor::Nobody, None);
    assert_eq!(problem(world.vault.keys_page(&nobody).await), Problem::NotAuthenticated);
    assert_eq!(problem(world.vault.delete_key(&nobody, key.id, None).await), Problem::NotAuthenticated);
}

#[tokio::test]
async fn the_tier_bounds_keys_even_when_fifty_are_added_at_once() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    for n in 0..9 {
        world.add(&again(&ann), "openai", &format!("sk-proj-0123456789abcdef{n:04}"), &format!("k{n}")).await.unwrap();
    }
    let races = (0..20).map(|n| {
        let (vault, cx) = (world.vault.clone(), again(&ann));
        async move { vault.add_key(&cx, add("openai", &format!("sk-proj-0123456789race{n:06}"), &format!("r{n}"))).await }
    });
    let results = futures::future::join_all(races).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    for lost in results.into_iter().filter(Result::is_err) {
        assert_eq!(problem(lost), Problem::TierLimit { limit: 10 });
    }
    assert_eq!(world.count("select count(*) from provider_keys").await, 10);
}

#[tokio::test]
async fn a_tier_without_keys_can_neither_add_nor_use_them() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let key = world.add(&ann, "openai", KEY, "").await.unwrap();
    let email = Email::parse("ann@example.com").unwrap();
    world.vault.set_tier(&Context::system(), &email, domain::person::Tier::Free).await.unwrap();
    let ann = world.sign_in("ann@example.com").await;
    for refused in [
        problem(world.add(&ann, "openai", OTHER, "x").await),
        problem(world.vault.test_key(&ann, key.id).await),
        problem(world.vault.test_candidate(&ann, "openai", secret(KEY), "").await),
    ] {
        assert!(matches!(refused, Problem::TierRequired { .. }), "{refused:?}");
    }
    // What is there can still be seen and deleted.
    assert_eq!(world.vault.keys_page(&ann).await.unwrap().keys.len(), 1);
    world.vault.delete_key(&ann, key.id, None).await.unwrap();
    assert_eq!(world.double.requests(), 0);
}

#[tokio::test]
async fn the_thirty_first_add_in_a_minute_waits_and_being_refused_costs_nothing() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    for n in 0..30 {
        let cx = Context { now: ann.now, ..again(&ann) };
        world.add(&cx, "openai", &format!("sk-proj-0123456789abcdef{n:04}"), "").await.unwrap();
    }
    let at = |seconds| Context { now: ann.now + std::time::Duration::from_secs(seconds), ..again(&ann) };
    for wait in [10, 20, 59] {
        assert_eq!(problem(world.add(&at(wait), "openai", KEY, "").await), Problem::TooMany { retry_after: 60 - wait as u32 });
    }
    world.add(&at(60), "openai", KEY, "").await.unwrap();
}

#[tokio::test]
async fn live_events_reach_the_owner_and_nobody_else() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let bob = world.person("bob@example.com").await;
    let mut to_ann = world.vault.events(&ann).unwrap();
    let mut to_bob = world.vault.events(&bob).unwrap();
    let key = world.add(&ann, "openai", KEY, "").await.unwrap();
    world.vault.test_key(&ann, key.id).await.unwrap();
    assert_eq!(to_ann.next().await, Some(LiveEvent::KeyChanged { id: key.id }));
    assert_eq!(to_ann.next().await, Some(LiveEvent::KeyTested { id: key.id, verdict: domain::Verdict::Valid }));
    let silence = tokio::time::timeout(std::time::Duration::from_millis(100), to_bob.next()).await;
    assert!(silence.is_err());
}
