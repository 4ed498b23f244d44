use crate::{
    legacy,
    world::{PASSWORD, World, add, again, secret},
};
use domain::{key_input::SecretInput, person::Email, views::PersonView};
use futures::StreamExt;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use vault::{
    Context, Database,
    import::{FernetKeys, Import, OldRow, RowReport, RowStatus, Source, Summary},
    store::{Postgres, Sqlite, Store},
};

const KEY: &str = "sk-proj-0123456789abcdefXYZ9";
const OTHER: &str = "sk-proj-zzzzzzzzzzzzzzzz41ab";

fn row(id: &str, user: &str, provider: &str, token: &str) -> Value {
    json!({"id": id, "user_id": user, "provider": provider, "api_key_encrypted": token, "enabled": true, "metadata": {},
        "created_at": "2025-06-01T08:00:00+00:00"})
}

fn rows(of: &[Value]) -> Vec<OldRow> {
    of.iter().map(|row| OldRow::of_table(Source::UserProviderKeys, row.as_object().unwrap())).collect()
}

fn people(pairs: &[(&str, &str)]) -> BTreeMap<String, Email> {
    pairs.iter().map(|(id, email)| ((*id).to_owned(), Email::parse(email).unwrap())).collect()
}

async fn import(world: &World, rows: Vec<OldRow>, people: BTreeMap<String, Email>, dry_run: bool) -> Vec<RowReport> {
    let mut keys = FernetKeys::default();
    for seed in [1, 2] {
        keys.add(&SecretInput::new(format!("{}\n", legacy::key(seed)))).unwrap();
    }
    let stream = world.vault.import(&Context::system(), Import { rows, people, keys, dry_run }).unwrap();
    stream.map(|report| report.unwrap()).collect().await
}

fn statuses(reports: &[RowReport]) -> Vec<&'static str> {
    reports.iter().map(|report| report.status.as_str()).collect()
}

async fn person(world: &World, email: &str) -> PersonView {
    let people = world.vault.users(&Context::system()).await.unwrap();
    people.into_iter().find(|person| person.email.as_str() == email).unwrap()
}

#[tokio::test]
async fn keys_arrive_with_their_owners_and_a_second_run_changes_nothing() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let all = [
        row("1", "u1", "openai", &legacy::encrypt(&legacy::key(1), KEY)),
        row("2", "u2", "OpenAI", &legacy::encrypt(&legacy::key(2), OTHER)),
        row("3", "ann@example.com", "groq", &legacy::encrypt(&legacy::key(1), "gsk_0123456789abcdefghij\n")),
    ];
    let names = people(&[("u1", "Ann@example.com"), ("u2", "bob@example.com")]);
    let first = import(&world, rows(&all), names.clone(), false).await;
    assert_eq!(statuses(&first), ["imported", "imported", "imported"], "{first:?}");
    assert_eq!(first[1].reason.as_deref(), Some("the account was made, and is disabled"));
    let bob = person(&world, "bob@example.com").await;
    assert!(bob.disabled && bob.role == domain::person::Role::User);

    let keys = world.vault.keys_page(&ann).await.unwrap().keys;
    let shown: Vec<_> = keys.iter().map(|key| (key.provider.as_str(), key.hint.as_deref(), key.is_default, key.enabled)).collect();
    assert_eq!(shown, [("groq", Some("gsk_…ghij"), true, true), ("openai", Some("sk-…XYZ9"), true, true)]);
    assert_eq!(keys[1].added.to_string(), "2025-06-01T08:00:00Z");
    assert_eq!(world.vault.test_key(&again(&ann), keys[1].id).await.unwrap().verdict, domain::Verdict::Valid);
    assert!(world.double.seen.lock().unwrap()[0].contains(KEY), "what was sealed is what was encrypted there");

    let events = world.count("select count(*) from audit_events").await;
    let second = import(&world, rows(&all), names, false).await;
    assert_eq!(statuses(&second), ["duplicate", "duplicate", "duplicate"]);
    assert_eq!(world.count("select count(*) from audit_events").await, events);
    assert_eq!(world.count("select count(*) from provider_keys").await, 3);
}

#[tokio::test]
async fn a_dry_run_counts_alike_and_changes_nothing() {
    let world = World::on(super::BACKEND).await;
    let token = legacy::encrypt(&legacy::key(1), KEY);
    let all = [row("1", "u1", "openai", &token), row("2", "u1", "openai", &token), row("3", "u2", "openai", &token), row("4", "u1", "openai", "x")];
    let names = people(&[("u1", "ann@example.com"), ("u2", "bob@example.com")]);
    let everything = "select (select count(*) from audit_events) + (select count(*) from accounts) + (select count(*) from imports)";
    let before = world.count(everything).await;
    let dry = import(&world, rows(&all), names.clone(), true).await;
    assert_eq!(world.count(everything).await, before);
    let real = import(&world, rows(&all), names, false).await;
    assert_eq!(statuses(&dry), ["imported", "duplicate", "imported", "invalid"]);
    assert_eq!(statuses(&dry), statuses(&real));
}

/// Fault this was seen to catch: remembering only what was stored anew, so that a duplicate whose key is deleted comes back.
#[tokio::test]
async fn what_was_deleted_here_or_there_does_not_come_back() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let kept = world.add(&ann, "openai", KEY, "Mine").await.unwrap();
    let all = [
        row("1", "ann@example.com", "openai", &legacy::encrypt(&legacy::key(1), KEY)),
        row("2", "ann@example.com", "openai", &legacy::encrypt(&legacy::key(1), OTHER)),
    ];
    let first = import(&world, rows(&all), BTreeMap::new(), false).await;
    assert_eq!(statuses(&first), ["duplicate", "imported"]);
    let page = world.vault.keys_page(&ann).await.unwrap();
    for key in page.keys {
        world.vault.delete_key(&again(&ann), key.id, None).await.unwrap();
    }
    assert_eq!(statuses(&import(&world, rows(&all), BTreeMap::new(), false).await), ["duplicate", "duplicate"]);
    assert!(world.vault.keys_page(&ann).await.unwrap().keys.is_empty());
    let _ = kept;
    let mut deleted = json!({"id": "9", "user_id": "ann@example.com", "service": "openai", "credential_type": "api_key", "is_active": false});
    deleted["encrypted_value"] = json!(legacy::encrypt(&legacy::key(1), KEY));
    let there = vec![OldRow::of_table(Source::ServiceCredentials, deleted.as_object().unwrap())];
    let report = import(&world, there, BTreeMap::new(), false).await;
    assert_eq!((report[0].status, report[0].reason.as_deref()), (RowStatus::Invalid, Some("deleted there")));
}

#[tokio::test]
async fn no_key_is_replaced_and_no_label_is_taken_away() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    world.add(&ann, "openai", KEY, "").await.unwrap();
    world.add(&ann, "openai", "sk-proj-yyyyyyyyyyyyyyyyyyyy", "Build").await.unwrap();
    let mut labelled = row("2", "ann@example.com", "openai", &legacy::encrypt(&legacy::key(1), "sk-proj-xxxxxxxxxxxxxxxxxxxx"));
    labelled["metadata"] = json!({"name": "Build"});
    let all = [row("1", "ann@example.com", "openai", &legacy::encrypt(&legacy::key(1), OTHER)), labelled];
    assert_eq!(statuses(&import(&world, rows(&all), BTreeMap::new(), false).await), ["imported", "imported"]);
    let mut labels: Vec<_> = world.vault.keys_page(&ann).await.unwrap().keys.into_iter().map(|key| key.label).collect();
    labels.sort();
    assert_eq!(labels, [None, Some("Build".into()), Some("Build (1)".into()), Some("Imported".into())]);
    assert_eq!(world.count("select count(*) from provider_keys where is_default").await, 1);
}

#[tokio::test]
async fn rows_that_cannot_be_kept_are_named_with_the_reason() {
    let world = World::on(super::BACKEND).await;
    let seal = |text: &str| legacy::encrypt(&legacy::key(1), text);
    let mut away = row("7", "ann@example.com", "openai", &seal(KEY));
    away["metadata"] = json!({"endpoint": "http://10.0.0.1/v1"});
    let all = [
        row("1", "nobody-knows", "openai", &seal(KEY)),
        row("2", "ann@example.com", "openai", &legacy::encrypt(&legacy::key(9), KEY)),
        row("3", "ann@example.com", "openai", "sk-plain-0123456789abcdef"),
        row("4", "ann@example.com", "nosuch", &seal(KEY)),
        row("5", "ann@example.com", "openai", &seal("short")),
        row("6", "ann@example.com", "openai", &seal("\u{7}-0123456789abcdef")),
        away,
    ];
    let reports = import(&world, rows(&all), BTreeMap::new(), false).await;
    let mut expected = vec!["invalid"; 7];
    expected[1] = "undecryptable";
    assert_eq!(statuses(&reports), expected, "{reports:?}");
    assert!(reports.iter().all(|report| report.reason.is_some()));
    let told = format!("{reports:?}");
    assert!(![KEY, "short\"", "sk-plain"].iter().any(|secret| told.contains(secret)), "{told}");
    assert_eq!(world.count("select count(*) from imports").await, 0);
    let mut summary = Summary::default();
    reports.iter().for_each(|report| summary.count(report.status));
    assert_eq!((summary.rows, summary.invalid, summary.undecryptable), (7, 6, 1));
}

/// Fault this was seen to catch: taking a key with an address of its own for one of its provider sends it to the provider.
#[tokio::test]
async fn a_key_for_another_address_is_never_one_of_the_provider() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let mut away = row("1", "ann@example.com", "openai", &legacy::encrypt(&legacy::key(1), KEY));
    away["metadata"] = json!({"endpoint": "https://llm.example.com/v1"});
    let mut home = row("2", "ann@example.com", "mistral", &legacy::encrypt(&legacy::key(1), OTHER));
    home["metadata"] = json!({"endpoint": "https://api.mistral.ai/v1"});
    assert_eq!(statuses(&import(&world, rows(&[away, home]), BTreeMap::new(), false).await), ["imported", "imported"]);
    let keys = world.vault.keys_page(&ann).await.unwrap().keys;
    let shown: Vec<_> = keys.iter().map(|key| (key.provider.as_str(), key.label.as_deref(), key.endpoint.as_deref())).collect();
    assert_eq!(shown, [("custom", Some("openai"), Some("https://llm.example.com/v1")), ("mistral", None, None)]);
    assert_eq!(world.vault.test_key(&again(&ann), keys[0].id).await.unwrap().verdict, domain::Verdict::Unreachable);
    assert_eq!(world.double.requests(), 0);
}

#[tokio::test]
async fn keys_of_the_installation_go_to_the_administrator_who_was_there_first() {
    let world = World::on(super::BACKEND).await;
    let setting = json!({"key": "OPENAI_API_KEY", "value": legacy::encrypt(&legacy::key(2), KEY), "category": "api_keys"});
    let all = || vec![OldRow::of_table(Source::PlatformSettings, setting.as_object().unwrap())];
    assert_eq!(statuses(&import(&world, all(), BTreeMap::new(), false).await), ["invalid"]);
    world.vault.add_user(&Context::system(), "root@example.com", domain::person::Role::Admin, &secret(PASSWORD)).await.unwrap();
    let report = import(&world, all(), BTreeMap::new(), false).await;
    assert_eq!((report[0].status, report[0].account.as_deref()), (RowStatus::Imported, Some("root@example.com")));
}

#[tokio::test]
async fn tiers_and_switches_do_not_lose_a_key() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let mut all: Vec<_> = (0..14)
        .map(|n| {
            let mut row = row(&n.to_string(), "ann@example.com", "openai", &legacy::encrypt(&legacy::key(1), &format!("sk-proj-0123456789abcdef{n:04}")));
            row["metadata"] = json!({"name": format!("k{n}")});
            row
        })
        .collect();
    all[13]["enabled"] = json!(false);
    let reports = import(&world, rows(&all), BTreeMap::new(), false).await;
    assert!(reports.iter().all(|report| report.status == RowStatus::Imported), "{reports:?}");
    let keys = world.vault.keys_page(&ann).await.unwrap().keys;
    assert_eq!((keys.len(), keys.iter().filter(|key| !key.enabled).count()), (14, 1));
    let refused = world.vault.add_key(&again(&ann), add("openai", KEY, "One more")).await;
    assert!(refused.is_err(), "the tier counts what was imported");
}

fn credential(id: &str, user: Option<&str>, service: &str, kind: &str, token: &str) -> OldRow {
    let row = json!({"id": id, "user_id": user, "service": service, "credential_type": kind, "encrypted_value": token, "is_active": true,
        "metadata": {"description": "from there", "client_ip": "203.0.113.7", "nonsense": 7, "sandbox": "perhaps"}});
    OldRow::of_table(Source::ServiceCredentials, row.as_object().unwrap())
}

#[tokio::test]
async fn service_credentials_arrive_for_the_installation_and_for_people() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let seal = |text: &str| legacy::encrypt(&legacy::key(2), text);
    let all = || {
        vec![
            credential("1", None, "cloudflare", "api_token", &seal("cf-newest-0123456789abcdef")),
            credential("2", None, "Cloudflare", "api_token", &seal("cf-older-0123456789abcdef")),
            credential("3", Some("ann@example.com"), "github", "personal_access_token", &seal("ghp_0123456789abcdefghijklmnop")),
            credential("4", Some("u4"), "namecheap", "api_key", &seal("0123456789abcdef0123456789abcdef")),
            credential("5", Some("ann@example.com"), "github", "nosuch", &seal("ghp_0123456789abcdefghijklmnop")),
            credential("6", Some("ann@example.com"), "mistral", "api_key", &seal("mistral-0123456789abcdef")),
            credential("7", Some("ann@example.com"), "nosuch", "api_key", &seal("mistral-0123456789abcdef")),
        ]
    };
    let names = people(&[("u4", "dave@example.com")]);
    let dry = import(&world, all(), names.clone(), true).await;
    let first = import(&world, all(), names.clone(), false).await;
    let expected = ["imported", "duplicate", "imported", "imported", "invalid", "imported", "invalid"];
    assert_eq!(statuses(&first), expected, "{first:?}");
    assert_eq!(statuses(&dry), expected);
    let stored = "select service || '/' || credential_type, coalesce(hint, '') || metadata from service_credentials order by 1";
    let stored = world.pairs(stored).await;
    assert_eq!(stored[0], ("cloudflare/api_token".into(), r#"…cdef{"description":"from there"}"#.into()));
    assert_eq!(stored[1].0, "github/personal_access_token");
    assert_eq!(stored[2], ("namecheap/api_key".into(), r#"…cdef{"client_ip":"203.0.113.7","description":"from there"}"#.into()));
    assert_eq!(world.count("select count(*) from service_credentials where owner_id is null").await, 1);
    let own = world.vault.credentials(&ann, vault::credentials::Whose::Own).await.unwrap();
    assert_eq!((own.len(), own[0].updated_by.is_none()), (1, true));
    let again = import(&world, all(), names, false).await;
    assert_eq!(statuses(&again)[..4], ["duplicate"; 4]);
    let folder = tempfile::TempDir::new().unwrap();
    let report = vault::backup::write(&world.settings, std::slice::from_ref(&world.root), &folder.path().join("b")).await.unwrap();
    assert_eq!((report.secrets, report.unopened.len()), (4, 0), "each opens for the place it was imported to");
}

#[tokio::test]
async fn an_account_that_was_made_is_given_once_to_whom_the_identity_provider_knows_by_that_id() {
    let world = World::on(super::BACKEND).await;
    let known = "f0000000-0000-4000-8000-000000000001";
    let all = [
        row("1", known, "openai", &legacy::encrypt(&legacy::key(1), KEY)),
        row("2", "carol", "openai", &legacy::encrypt(&legacy::key(1), OTHER)),
    ];
    let names = people(&[(known, "bob@example.com"), ("carol", "carol@example.com")]);
    assert_eq!(statuses(&import(&world, rows(&all), names, false).await), ["imported", "imported"]);
    let store: Box<dyn Store> = match &world.settings.database {
        Database::Sqlite(file) => Box::new(Sqlite::open(file, false).await.unwrap()),
        Database::Postgres(address) => Box::new(Postgres::open(address).await.unwrap()),
    };
    let bob = person(&world, "bob@example.com").await.id;
    for (id, expected) in [("carol", None), (known, Some(bob)), (known, None)] {
        let taken = store.write(move |tx| Box::pin(async move { Ok(tx.take_imported_account(id).await?) })).await.unwrap();
        assert_eq!(taken, expected, "{id}");
    }
    store.close().await;
}

#[tokio::test]
async fn only_the_operator_imports() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let import = Import { rows: Vec::new(), people: BTreeMap::new(), keys: FernetKeys::default(), dry_run: false };
    assert!(world.vault.import(&ann, import).is_err());
    assert!(world.vault.note_import(&ann, None).await.is_err());
}
