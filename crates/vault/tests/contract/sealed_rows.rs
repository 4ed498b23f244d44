//! Whoever can write to the database can destroy, but can neither move, nor redirect, nor forge.

use crate::world::{World, add, again, problem, secret};
use domain::{Problem, ids::KeyId};
use vault::{Context, keys::AddKey};

const KEY: &str = "sk-proj-0123456789abcdefXYZ9";

/// Tests the key after `sql` was run, and expects a refusal, an event and a silent provider.
async fn refuses_after(world: &World, cx: &Context, id: KeyId, sql: &'static str) {
    assert!(world.execute(sql).await > 0, "the statement changes something: {sql}");
    let before = world.count("select count(*) from audit_events where action = 'decrypt_failed'").await;
    let seen = world.double.requests();
    let refused = problem(world.vault.test_key(&again(cx), id).await);
    assert!(matches!(refused, Problem::CannotOpen | Problem::EndpointChanged), "{sql}: {refused:?}");
    assert_eq!(world.count("select count(*) from audit_events where action = 'decrypt_failed'").await, before + 1, "{sql}");
    assert_eq!(world.double.requests(), seen, "{sql}");
    let limited = world.execute("delete from limit_hits").await;
    assert!(limited > 0);
}

#[tokio::test]
async fn a_value_swapped_between_rows_does_not_open() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let one = world.add(&ann, "openai", KEY, "One").await.unwrap();
    let two = world.add(&ann, "openai", "sk-proj-zzzzzzzzzzzzzzzz41ab", "Two").await.unwrap();
    let swap = "with other as materialized (select label, secret from provider_keys) update provider_keys \
                set secret = (select other.secret from other where other.label <> provider_keys.label)";
    refuses_after(&world, &ann, one.id, swap).await;
    let refused = problem(world.vault.test_key(&again(&ann), two.id).await);
    assert_eq!(refused, Problem::CannotOpen);
}

#[tokio::test]
async fn a_value_given_to_another_owner_does_not_open() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let bob = world.person("bob@example.com").await;
    let key = world.add(&ann, "openai", KEY, "One").await.unwrap();
    let give = "update provider_keys set owner_id = (select id from accounts where email = 'bob@example.com')";
    refuses_after(&world, &bob, key.id, give).await;
}

#[tokio::test]
async fn a_value_moved_to_another_provider_version_tenant_or_address_does_not_open() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let key = world.add(&ann, "openai", KEY, "One").await.unwrap();
    for (change, undo) in [
        ("update provider_keys set provider = 'anthropic'", "update provider_keys set provider = 'openai'"),
        ("update provider_keys set secret_version = 2", "update provider_keys set secret_version = 1"),
        world.either(
            ("update provider_keys set tenant_id = randomblob(16)", "update provider_keys set tenant_id = zeroblob(16)"),
            (
                "update provider_keys set tenant_id = gen_random_uuid()",
                "update provider_keys set tenant_id = '00000000-0000-0000-0000-000000000000'",
            ),
        ),
        world.either(
            ("update provider_keys set data_key_id = 9, secret = x'01010000000900'", "update provider_keys set data_key_id = 1"),
            ("update provider_keys set data_key_id = 9, secret = '\\x01010000000900'", "update provider_keys set data_key_id = 1"),
        ),
    ] {
        refuses_after(&world, &ann, key.id, change).await;
        world.execute(undo).await;
    }
}

#[tokio::test]
async fn a_redirected_key_is_never_sent() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let custom = AddKey { endpoint: "https://llm.example.com/v1".into(), ..add("custom", KEY, "One") };
    let key = world.vault.add_key(&ann, custom).await.unwrap();
    // Only the address, then only the origin that was bound, then both together.
    refuses_after(&world, &ann, key.id, "update provider_keys set endpoint = 'https://evil.example.com/v1'").await;
    refuses_after(&world, &ann, key.id, "update provider_keys set endpoint_origin = 'https://evil.example.com:443'").await;
    refuses_after(&world, &ann, key.id, "update provider_keys set endpoint = 'https://llm.example.com/v1'").await;
}

#[tokio::test]
async fn a_catalogue_that_points_elsewhere_asks_for_the_key_again() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let key = world.add(&ann, "openai", KEY, "One").await.unwrap();
    world.vault.close().await;
    std::fs::write(world.settings.catalogue.as_ref().unwrap(), "[providers.openai]\nbase_url = \"https://other.example.com/v1\"\n")
        .unwrap();
    let vault = vault::start::open(&world.settings, &[world.root]).await.unwrap();
    assert_eq!(problem(vault.test_key(&again(&ann), key.id).await), Problem::EndpointChanged);
    assert_eq!(vault.opened(), 0);
    vault.replace_key(&again(&ann), key.id, secret(KEY), false, None).await.unwrap();
    // example.com names do not resolve here, which is an answer about the network and no longer about the key.
    assert_eq!(vault.test_key(&again(&ann), key.id).await.unwrap().verdict, domain::Verdict::Unreachable);
}

#[tokio::test]
async fn a_damaged_row_can_be_listed_replaced_and_deleted() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let key = world.add(&ann, "openai", KEY, "One").await.unwrap();
    let flip = world.either(
        "update provider_keys set secret = cast(substr(secret, 1, length(secret) - 16) || zeroblob(16) as blob)",
        "update provider_keys set secret = substr(secret, 1, length(secret) - 16) || decode(repeat('00', 16), 'hex')",
    );
    refuses_after(&world, &ann, key.id, flip).await;
    assert_eq!(world.vault.keys_page(&ann).await.unwrap().keys[0].hint.as_deref(), Some("sk-…XYZ9"));
    world.vault.replace_key(&ann, key.id, secret("sk-proj-newnewnewnewnewnew00"), false, None).await.unwrap();
    assert_eq!(world.vault.test_key(&again(&ann), key.id).await.unwrap().verdict, domain::Verdict::Valid);
    world.execute(flip).await;
    world.vault.delete_key(&ann, key.id, None).await.unwrap();
}

/// Columns of bytes whose names say that they hold no secret: ids, hashes, MACs.
fn is_plain(column: &str) -> bool {
    ["id", "hash", "mac", "fingerprint", "holder", "subject", "request"].iter().any(|end| column == *end || column.ends_with(&format!("_{end}")))
        || column.ends_with("_hash")
        || matches!(column, "updated_by" | "made_by" | "checksum")
}

/// Every other column of bytes is sealed, and known to the rotation. Fault this was seen to catch: a table with a column `sealed` in
/// the schema alone.
#[tokio::test]
async fn every_column_of_bytes_is_in_the_registry_or_says_that_it_holds_no_secret() {
    let world = World::on(super::BACKEND).await;
    let schema = world.either(
        "select t.name, c.name from sqlite_schema t join pragma_table_info(t.name) c \
         where t.type = 'table' and c.type = 'BLOB' order by 1, 2",
        "select table_name::text, column_name::text from information_schema.columns \
         where table_schema = 'public' and data_type = 'bytea' order by 1, 2",
    );
    let mut found: Vec<_> = world.pairs(schema).await.into_iter().filter(|(_, column)| !is_plain(column)).collect();
    // The name that a client gave a request, hashed.
    found.retain(|at| *at != ("idempotency".to_owned(), "name".to_owned()));
    let mut registry: Vec<_> = vault::store::SEALED_COLUMNS.iter().map(|at| (at.table.to_owned(), at.column.to_owned())).collect();
    registry.push(("keyring".into(), "sealed".into()));
    registry.sort();
    assert_eq!(found, registry);
}

/// Fault this was seen to catch: a delete that only marks the row.
#[tokio::test]
async fn a_deleted_secret_is_gone_from_the_table_at_once_and_from_the_files_when_they_are_closed() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let key = world.add(&ann, "openai", KEY, "One").await.unwrap();
    world.add(&ann, "openai", "sk-proj-zzzzzzzzzzzzzzzz41ab", "Two").await.unwrap();
    let hex = world.either("select 'x', hex(secret) from provider_keys where label = 'One'", "select 'x', encode(secret, 'hex') from provider_keys where label = 'One'");
    let sealed = world.pairs(hex).await.remove(0).1.to_lowercase();
    let middle = &sealed[80..140];
    let bytes: Vec<u8> = (0..middle.len()).step_by(2).map(|at| u8::from_str_radix(&middle[at..at + 2], 16).unwrap()).collect();
    assert!(world.holds(&bytes).await, "what is there is found");
    world.vault.delete_key(&ann, key.id, None).await.unwrap();
    assert!(world.pairs(hex).await.is_empty());
    world.vault.close().await;
    match world.settings.database.file() {
        None => assert!(!world.holds(&bytes).await),
        Some(file) => {
            // The log goes into the file, and is cut.
            world.execute("pragma wal_checkpoint(truncate)").await;
            for suffix in ["", "-wal", "-shm", "-journal"] {
                let Ok(bytes) = std::fs::read(format!("{}{suffix}", file.display())) else { continue };
                let all: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                assert!(!all.contains(middle), "the old value is in {}{suffix}", file.display());
            }
        }
    }
}
