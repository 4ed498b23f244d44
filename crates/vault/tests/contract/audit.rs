use crate::world::{World, again, problem, secret};
use domain::Problem;
use vault::{Context, audit::Chain, keys::EditKey};

const KEY: &str = "sk-proj-0123456789abcdefXYZ9";

async fn with_history() -> World {
    let world = World::new().await;
    let ann = world.person("ann@example.com").await;
    let key = world.add(&ann, "openai", KEY, "One").await.unwrap();
    world.vault.test_key(&ann, key.id).await.unwrap();
    world.vault.edit_key(&ann, key.id, EditKey { enabled: Some(false), ..EditKey::default() }).await.unwrap();
    world.vault.delete_key(&ann, key.id).await.unwrap();
    world
}

#[tokio::test]
async fn every_act_is_in_the_chain_once_and_in_order() {
    let world = with_history().await;
    let actions: Vec<(String, String)> =
        sqlx::query_as("select action, outcome from audit_events order by seq").fetch_all(&mut world.sql().await).await.unwrap();
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
        assert!(sqlx::query(sql).execute(&mut world.sql().await).await.is_err(), "{sql}");
    }
}

#[tokio::test]
async fn an_event_that_was_changed_removed_or_swapped_is_found_and_named() {
    for (tampering, first_bad) in [
        ("update audit_events set action = 'key.read' where seq = 4", 4),
        ("update audit_events set at = at + 1 where seq = 2", 2),
        ("update audit_events set details = '{}' where seq = 6", 6),
        ("update audit_events set actor_id = randomblob(16) where seq = 7", 7),
        ("update audit_events set outcome = 'failed' where seq = 8", 8),
        ("update audit_events set client = null where seq = 4", 4),
        ("delete from audit_events where seq = 5", 5),
        ("update audit_events set seq = case seq when 3 then 400 when 4 then 3 end where seq in (3, 4)", 3),
        ("update audit_events set hash = randomblob(32) where seq = 1", 1),
    ] {
        let world = with_history().await;
        world.execute("drop trigger audit_events_no_update").await;
        world.execute("drop trigger audit_events_no_delete").await;
        assert!(world.execute(tampering).await > 0, "{tampering}");
        assert_eq!(world.vault.verify_audit(&Context::system()).await.unwrap(), Chain::Broken(first_bad), "{tampering}");
    }
}

#[tokio::test]
async fn without_its_event_no_act_happens_and_no_secret_is_opened() {
    let world = World::new().await;
    let ann = world.person("ann@example.com").await;
    let key = world.add(&ann, "openai", KEY, "One").await.unwrap();
    world.execute("create trigger no_audit before insert on audit_events begin select raise(abort, 'no room'); end").await;
    let unavailable = |problem: Problem| assert!(matches!(problem, Problem::Unavailable { .. }), "{problem:?}");
    unavailable(problem(world.add(&ann, "openai", "sk-proj-zzzzzzzzzzzzzzzz41ab", "Two").await));
    unavailable(problem(world.vault.replace_key(&ann, key.id, secret("sk-proj-zzzzzzzzzzzzzzzz41ab"), false).await));
    unavailable(problem(world.vault.edit_key(&ann, key.id, EditKey { enabled: Some(false), ..EditKey::default() }).await));
    unavailable(problem(world.vault.delete_key(&ann, key.id).await));
    unavailable(problem(world.vault.test_key(&ann, key.id).await));
    unavailable(problem(world.vault.test_candidate(&ann, "openai", secret(KEY), "").await));
    assert_eq!(world.vault.keys_page(&ann).await.unwrap().keys, std::slice::from_ref(&key));
    assert_eq!((world.vault.opened(), world.double.requests()), (0, 0));
    world.execute("drop trigger no_audit").await;
    world.vault.test_key(&again(&ann), key.id).await.unwrap();
}
