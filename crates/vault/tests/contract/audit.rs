use crate::world::{World, again, problem, secret};
use domain::Problem;
use vault::{Context, audit::Chain, keys::EditKey};

/// A statement that both databases understand.
const SAME: &str = "";
const KEY: &str = "sk-proj-0123456789abcdefXYZ9";

async fn with_history() -> World {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let key = world.add(&ann, "openai", KEY, "One").await.unwrap();
    world.vault.test_key(&ann, key.id).await.unwrap();
    world.vault.edit_key(&ann, key.id, EditKey { enabled: Some(false), ..EditKey::default() }).await.unwrap();
    world.vault.delete_key(&ann, key.id, None).await.unwrap();
    world
}

#[tokio::test]
async fn every_act_is_in_the_chain_once_and_in_order() {
    let world = with_history().await;
    let actions = world.pairs("select action, outcome from audit_events order by seq").await;
    let actions: Vec<_> = actions.iter().map(|(action, outcome)| format!("{action} {outcome}")).collect();
    assert_eq!(
        actions,
        [
            "vault.create success",
            "account.add success",
            "session.begin success",
            "key.add success",
            "key.test.use started",
            "key.test.result success",
            "key.edit success",
            "key.delete success",
        ]
    );
    assert_eq!(world.vault.verify_audit(&Context::system()).await.unwrap(), Chain::Intact(8));
    let same_request = "select count(distinct request_id) from audit_events where action like 'key.test.%'";
    assert_eq!(world.count(same_request).await, 1);
}

#[tokio::test]
async fn the_database_itself_refuses_to_change_an_event() {
    let world = with_history().await;
    for sql in ["update audit_events set action = 'x' where seq = 3", "delete from audit_events where seq = 3"] {
        assert!(world.sql().await.execute(sql).await.is_err(), "{sql}");
    }
}

#[tokio::test]
async fn an_event_that_was_changed_removed_or_swapped_is_found_and_named() {
    // Where the two speak differently, SQLite's statement comes first.
    for (sqlite, postgres, first_bad) in [
        ("update audit_events set action = 'key.read' where seq = 4", SAME, 4),
        ("update audit_events set at = at + 1 where seq = 2", "update audit_events set at = at + interval '1 microsecond' where seq = 2", 2),
        ("update audit_events set details = '{}' where seq = 6", SAME, 6),
        ("update audit_events set actor_id = randomblob(16) where seq = 7", "update audit_events set actor_id = gen_random_uuid() where seq = 7", 7),
        ("update audit_events set outcome = 'failed' where seq = 8", SAME, 8),
        ("update audit_events set client = null where seq = 4", SAME, 4),
        ("delete from audit_events where seq = 5", SAME, 5),
        ("update audit_events set seq = case seq when 3 then 400 when 4 then 3 end where seq in (3, 4)", SAME, 3),
        ("update audit_events set hash = randomblob(32) where seq = 1", "update audit_events set hash = sha256('x') where seq = 1", 1),
    ] {
        let world = with_history().await;
        let tampering = world.either(sqlite, if postgres == SAME { sqlite } else { postgres });
        for (sqlite, postgres) in [
            ("drop trigger audit_events_no_update", "drop trigger audit_events_no_update on audit_events"),
            ("drop trigger audit_events_no_delete", "drop trigger audit_events_no_delete on audit_events"),
        ] {
            world.execute(world.either(sqlite, postgres)).await;
        }
        assert!(world.execute(tampering).await > 0, "{tampering}");
        assert_eq!(world.vault.verify_audit(&Context::system()).await.unwrap(), Chain::Broken(first_bad), "{tampering}");
    }
}

#[tokio::test]
async fn without_its_event_no_act_happens_and_no_secret_is_opened() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let key = world.add(&ann, "openai", KEY, "One").await.unwrap();
    let full = world.either(
        "create trigger no_audit before insert on audit_events begin select raise(abort, 'no room'); end",
        "create function no_room() returns trigger language plpgsql as $$ begin raise exception 'no room'; end; $$; \
         create trigger no_audit before insert on audit_events for each row execute function no_room()",
    );
    world.execute(full).await;
    let unavailable = |problem: Problem| assert!(matches!(problem, Problem::Unavailable { .. }), "{problem:?}");
    unavailable(problem(world.add(&ann, "openai", "sk-proj-zzzzzzzzzzzzzzzz41ab", "Two").await));
    unavailable(problem(world.vault.replace_key(&ann, key.id, secret("sk-proj-zzzzzzzzzzzzzzzz41ab"), false, None).await));
    unavailable(problem(world.vault.edit_key(&ann, key.id, EditKey { enabled: Some(false), ..EditKey::default() }).await));
    unavailable(problem(world.vault.delete_key(&ann, key.id, None).await));
    unavailable(problem(world.vault.test_key(&ann, key.id).await));
    unavailable(problem(world.vault.test_candidate(&ann, "openai", secret(KEY), "").await));
    assert_eq!(world.vault.keys_page(&ann).await.unwrap().keys, std::slice::from_ref(&key));
    assert_eq!((world.vault.opened(), world.double.requests()), (0, 0));
    world.execute(world.either("drop trigger no_audit", "drop trigger no_audit on audit_events")).await;
    world.vault.test_key(&again(&ann), key.id).await.unwrap();
}

/// Seen red with an insert whose count of rows was not looked at: the chain held, and the act had no event.
#[tokio::test]
async fn an_event_that_the_database_swallows_stops_its_act() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let key = world.add(&ann, "openai", KEY, "One").await.unwrap();
    let swallow = world.either(
        "create trigger swallows before insert on audit_events when new.action = 'key.delete' begin select raise(ignore); end",
        "create function swallow() returns trigger language plpgsql as $$ begin if new.action = 'key.delete' then return null; end if; \
         return new; end; $$; \
         create trigger swallows before insert on audit_events for each row execute function swallow()",
    );
    world.execute(swallow).await;
    assert!(matches!(problem(world.vault.delete_key(&ann, key.id, None).await), Problem::Unavailable { .. }));
    assert_eq!(world.vault.keys_page(&again(&ann)).await.unwrap().keys.len(), 1);
}

/// Seen red with an event of a change that named its provider alone.
#[tokio::test]
async fn the_trail_says_what_of_a_key_was_changed_and_where_it_is_sent_and_nothing_that_was_typed() {
    let world = World::on(super::BACKEND).await;
    let ann = world.person("ann@example.com").await;
    let key = world.add(&ann, "openai", KEY, "One").await.unwrap();
    let said = ["Two", "nightly builds"].map(str::to_owned);
    let [label, description] = said.clone().map(Some);
    let edit = EditKey { label, description, enabled: Some(false), ..EditKey::default() };
    world.vault.edit_key(&again(&ann), key.id, edit).await.unwrap();
    let told = world.pairs("select action, cast(details as text) from audit_events where action in ('key.add', 'key.edit') order by seq").await;
    let [(_, added), (_, edited)] = told.as_slice() else { panic!("{told:?}") };
    assert!(added.contains("endpoint_origin") && added.contains("http://127.0.0.1:"), "{added}");
    assert!(edited.contains("label description disabled"), "{edited}");
    assert!(said.iter().all(|typed| !edited.contains(typed)), "{edited}");
}
