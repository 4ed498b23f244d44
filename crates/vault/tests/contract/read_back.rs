//! An import believes what the database gives back, and not what it was told.

use crate::{
    legacy,
    world::{World, secret},
};
use domain::{Problem, person::Email};
use futures::StreamExt;
use serde_json::json;
use std::collections::BTreeMap;
use vault::{
    Context, Failure,
    audit::Chain,
    import::{FernetKeys, Import, OldRow, RowReport, RowStatus, Source},
};

const KEY: &str = "sk-proj-canary456789abcdefXYZ9";

/// A key and a credential that the database alters, of somebody who has no account yet, each between two rows that it keeps.
async fn import(world: &World) -> Vec<Result<RowReport, Failure>> {
    let row = |source, id: &str, user: &str, name: &str, secret: &str| {
        let row = json!({"id": id, "user_id": user, "service": name, "credential_type": "api_token",
            "encrypted_value": legacy::encrypt(&legacy::key(1), secret), "is_active": true});
        OldRow::of_table(source, row.as_object().unwrap())
    };
    let rows = vec![
        row(Source::UserProviderKeys, "1", "u1", "groq", "gsk_0123456789abcdefghij"),
        row(Source::UserProviderKeys, "2", "u2", "openai", KEY),
        row(Source::UserProviderKeys, "3", "u1", "mistral", "mistral-0123456789abcdef"),
        row(Source::ServiceCredentials, "4", "u2", "cloudflare", KEY),
        row(Source::ServiceCredentials, "5", "u1", "github", "ghp_0123456789abcdefghijklmnop"),
    ];
    let people = [("u1", "ann@example.com"), ("u2", "bob@example.com")];
    let people: BTreeMap<_, _> = people.iter().map(|(id, email)| ((*id).to_owned(), Email::parse(email).unwrap())).collect();
    let mut keys = FernetKeys::default();
    keys.add(&secret(&legacy::key(1))).unwrap();
    let import = Import { rows, people, keys, dry_run: false };
    world.vault.import(&Context::system(), import).unwrap().collect().await
}

/// What a trigger does with a row that was just stored, in SQLite after it is there and in PostgreSQL before.
const ALTERATIONS: [(&str, &str, &str); 5] = [
    (
        "the last byte",
        "update {table} set secret = cast(substr(secret, 1, length(secret) - 1) \
         || case hex(substr(secret, -1)) when '00' then x'01' else x'00' end as blob) where id = new.id",
        "new.secret := set_byte(new.secret, length(new.secret) - 1, get_byte(new.secret, length(new.secret) - 1) # 1)",
    ),
    (
        "the value of another row",
        "update {table} set secret = (select secret from {table} where id <> new.id limit 1) where id = new.id",
        "new.secret := (select secret from {table} limit 1)",
    ),
    (
        "another address",
        "update {table} set endpoint_origin = 'https://evil.example.com:443' where id = new.id",
        "new.endpoint_origin := 'https://evil.example.com:443'",
    ),
    ("another version", "update {table} set secret_version = 2 where id = new.id", "new.secret_version := 2"),
    ("nothing at all", "delete from {table} where id = new.id", "return null"),
];

async fn alter(world: &World, table: &str, place: &str, sqlite: &str, postgres: &str) {
    let condition = format!("new.{place}");
    let sql = world.either(
        format!("create trigger altering_{table} after insert on {table} when {condition} begin {sqlite}; end"),
        format!(
            "create or replace function altering_{table}() returns trigger language plpgsql as $$ begin \
             if {condition} then {postgres}; end if; return new; end $$; \
             create trigger altering_{table} before insert on {table} for each row execute function altering_{table}()"
        ),
    );
    world.sql().await.run(sql.replace("{table}", table)).await.unwrap();
}

/// Seen red for keys with an import that does not read back, and with one that ignores that a value does not open; for credentials with one
/// that does not open what it read.
#[tokio::test]
async fn a_row_that_is_not_read_back_as_it_was_sealed_is_a_failure_and_leaves_nothing() {
    let world = World::on(super::BACKEND).await;
    world.person("ann@example.com").await;
    let traces = "select (select count(*) from provider_keys where provider = 'openai') \
                  + (select count(*) from service_credentials where service = 'cloudflare') \
                  + (select count(*) from imports where source_id in ('2', '4')) \
                  + (select count(*) from accounts where email = 'bob@example.com') + (select count(*) from imported_accounts) \
                  + (select count(*) from audit_events where action = 'account.import')";
    for (what, sqlite, postgres) in ALTERATIONS {
        alter(&world, "provider_keys", "provider = 'openai'", sqlite, postgres).await;
        alter(&world, "service_credentials", "service = 'cloudflare'", sqlite, postgres).await;
        let reports = import(&world).await;
        for (place, report) in reports.iter().enumerate() {
            match report {
                Ok(report) => {
                    let kept = matches!(report.status, RowStatus::Imported | RowStatus::Duplicate);
                    assert!(kept && place % 2 == 0, "{what}: {report:?}");
                }
                Err(failure) => {
                    assert_eq!((failure.problem(), place % 2), (&Problem::Internal, 1), "{what}");
                    assert!(!format!("{failure:?} {failure}").contains("canary"));
                }
            }
        }
        assert_eq!(world.count(traces).await, 0, "{what}");
        for table in ["provider_keys", "service_credentials"] {
            let on = world.either(String::new(), format!(" on {table}"));
            world.sql().await.run(format!("drop trigger altering_{table}{on}")).await.unwrap();
        }
    }
    assert_eq!(world.count("select count(*) from imports").await, 3, "what stood beside them was kept");
    assert!(matches!(world.vault.verify_audit(&Context::system()).await.unwrap(), Chain::Intact(_)));
    let again: Vec<_> = import(&world).await.into_iter().map(|report| report.unwrap().status.as_str()).collect();
    assert_eq!(again, ["duplicate", "imported", "duplicate", "imported", "duplicate"]);
}
