use crate::world::{World, again, problem};
use domain::{Problem, views::AuditAsked};
use std::time::Duration;
use vault::Context;

const KEY: &str = "sk-proj-0123456789abcdefXYZ9";

fn asked() -> AuditAsked {
    AuditAsked::default()
}

async fn actions(world: &World, cx: &Context, asked: AuditAsked) -> Vec<String> {
    let slice = world.vault.find_audit(cx, &asked, 200).await.unwrap();
    slice.events.into_iter().map(|line| line.event.action).collect()
}

#[tokio::test]
async fn events_are_found_by_who_what_which_how_and_when_newest_first() {
    let world = World::on(super::BACKEND).await;
    let root = world.admin("root@example.com").await;
    let ann = world.person("ann@example.com").await;
    let key = world.add(&ann, "openai", KEY, "One").await.unwrap();
    world.vault.test_key(&ann, key.id).await.unwrap();
    let wrong = world.vault.sign_in(&Context::new(vault::Actor::Nobody, None), "ann@example.com", &crate::world::secret("no"), None).await;
    assert!(wrong.is_err());
    let all = actions(&world, &root, asked()).await;
    assert_eq!(
        all,
        [
            "session.begin",
            "key.test.result",
            "key.test.use",
            "key.add",
            "session.begin",
            "account.add",
            "session.begin",
            "account.add",
            "vault.create"
        ]
    );
    let of_ann = ["key.test.result", "key.test.use", "key.add", "session.begin"];
    for actor in [" Ann@Example.com ".to_owned(), ann.identity().unwrap().user.to_string()] {
        assert_eq!(actions(&world, &root, AuditAsked { actor, ..asked() }).await, of_ann);
    }
    assert_eq!(actions(&world, &root, AuditAsked { actor: "system".into(), ..asked() }).await, ["account.add", "account.add", "vault.create"]);
    assert_eq!(actions(&world, &root, AuditAsked { actor: "nobody".into(), ..asked() }).await, ["session.begin"]);
    assert_eq!(actions(&world, &root, AuditAsked { object: key.id.to_string(), ..asked() }).await, of_ann[..3]);
    assert_eq!(actions(&world, &root, AuditAsked { outcome: "refused".into(), ..asked() }).await, ["session.begin"]);
    assert_eq!(actions(&world, &root, AuditAsked { action: "key.add".into(), ..asked() }).await, ["key.add"]);
    assert_eq!(actions(&world, &root, AuditAsked { action: "key.none".into(), ..asked() }).await, [""; 0]);
    let both = AuditAsked { actor: "ann@example.com".into(), outcome: "started".into(), action: "key.test.use".into(), ..asked() };
    assert_eq!(actions(&world, &root, both).await, ["key.test.use"]);

    let today: String = root.now.to_string().chars().take(10).collect();
    assert_eq!(actions(&world, &root, AuditAsked { since: today.clone(), until: today.clone(), ..asked() }).await.len(), all.len());
    assert_eq!(actions(&world, &root, AuditAsked { until: "2020-01-01".into(), ..asked() }).await, [""; 0]);
    let tomorrow = (root.now + Duration::from_secs(48 * 60 * 60)).to_string();
    assert_eq!(actions(&world, &root, AuditAsked { since: tomorrow, ..asked() }).await, [""; 0]);
    let exact = AuditAsked { since: ann.now.to_string(), until: (ann.now + Duration::from_micros(1)).to_string(), ..asked() };
    assert!(actions(&world, &root, exact).await.contains(&"session.begin".to_owned()));

    let slice = world.vault.find_audit(&root, &AuditAsked { action: "account.add".into(), ..asked() }, 1).await.unwrap();
    assert_eq!(slice.events[0].object_email.as_ref().map(ToString::to_string).as_deref(), Some("ann@example.com"));
    assert_eq!(world.vault.audit_page(&root, asked()).await.unwrap().actions, {
        let mut known = all.clone();
        known.sort();
        known.dedup();
        known
    });
}

#[tokio::test]
async fn pages_neither_miss_nor_repeat_while_new_events_come() {
    let world = World::on(super::BACKEND).await;
    let root = world.admin("root@example.com").await;
    let key = world.add(&root, "openai", KEY, "One").await.unwrap();
    for n in 0..12 {
        let edit = vault::keys::EditKey { description: Some(n.to_string()), ..vault::keys::EditKey::default() };
        // Every third event is written after one that happened later, as a slow request is.
        let now = again(&root);
        let late = Context { now: now.now - Duration::from_secs(if n % 3 == 0 { 1 } else { 0 }), ..now };
        world.vault.edit_key(&late, key.id, edit).await.unwrap();
    }
    for filter in [
        asked(),
        AuditAsked { actor: "root@example.com".into(), ..asked() },
        AuditAsked { action: "key.edit".into(), ..asked() },
        AuditAsked { since: "2020-01-01".into(), ..asked() },
    ] {
        let whole = world.vault.find_audit(&root, &filter, 200).await.unwrap();
        let expected: Vec<_> = whole.events.iter().map(|line| line.event.seq).collect();
        let (mut seen, mut before) = (Vec::new(), String::new());
        loop {
            let slice = world.vault.find_audit(&root, &AuditAsked { before, ..filter.clone() }, 5).await.unwrap();
            seen.extend(slice.events.iter().map(|line| line.event.seq));
            let Some(next) = slice.next else { break };
            before = next.to_string();
            let edit = vault::keys::EditKey { description: Some(before.clone()), ..vault::keys::EditKey::default() };
            world.vault.edit_key(&again(&root), key.id, edit).await.unwrap();
        }
        assert_eq!(seen, expected, "{filter:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_told_and_only_administrators_read() {
    let world = World::on(super::BACKEND).await;
    let root = world.admin("root@example.com").await;
    let ann = world.person("ann@example.com").await;
    for (wrong, field) in [
        (AuditAsked { actor: "nobody@example.com".into(), ..asked() }, "actor"),
        (AuditAsked { actor: "x".into(), ..asked() }, "actor"),
        (AuditAsked { action: "Key".into(), ..asked() }, "action"),
        (AuditAsked { object: "x".into(), ..asked() }, "object"),
        (AuditAsked { outcome: "fine".into(), ..asked() }, "outcome"),
        (AuditAsked { since: "now".into(), ..asked() }, "since"),
        (AuditAsked { until: "now".into(), ..asked() }, "until"),
        (AuditAsked { before: "-1".into(), ..asked() }, "before"),
    ] {
        assert!(problem(world.vault.find_audit(&root, &wrong, 10).await).of_field(field).is_some(), "{wrong:?}");
        let page = world.vault.audit_page(&root, wrong.clone()).await.unwrap();
        assert_eq!((page.faults[0].field.as_ref(), page.events.len()), (field, 0), "{wrong:?}");
    }
    for limit in [0, 201] {
        assert!(problem(world.vault.find_audit(&root, &asked(), limit).await).of_field("limit").is_some());
    }
    assert_eq!(problem(world.vault.find_audit(&ann, &asked(), 10).await), Problem::Forbidden);
    assert_eq!(problem(world.vault.check_audit(&ann).await), Problem::Forbidden);
    assert_eq!(problem(world.vault.export_audit(&ann, &asked(), "csv").await.map(drop)), Problem::Forbidden);
}

#[tokio::test]
async fn an_export_ends_with_the_event_that_says_so_and_a_walk_is_written_down() {
    let world = World::on(super::BACKEND).await;
    let root = world.admin("root@example.com").await;
    let mut export = world.vault.export_audit(&root, &asked(), "jsonl").await.unwrap();
    world.person("late@example.com").await;
    let (mut seqs, mut last) = (Vec::new(), String::new());
    loop {
        let events = export.next().await.unwrap();
        let Some(newest) = events.last() else { break };
        last.clone_from(&newest.action);
        seqs.extend(events.iter().map(|event| event.seq));
    }
    assert_eq!((seqs.len() as u64, last.as_str()), (*seqs.last().unwrap(), "audit.export"));
    assert!(seqs.is_sorted());
    let since = AuditAsked { since: "2020-01-01".into(), ..asked() };
    let mut by_time = world.vault.export_audit(&again(&root), &since, "csv").await.unwrap();
    assert_eq!(by_time.next().await.unwrap().len(), seqs.len() + 3, "and the account, its sign-in and the second export");
    assert!(by_time.next().await.unwrap().is_empty());
    let mut some = world.vault.export_audit(&again(&root), &AuditAsked { action: "account.add".into(), ..asked() }, "csv").await.unwrap();
    assert_eq!(some.next().await.unwrap().len(), 2);
    assert!(some.next().await.unwrap().is_empty());

    let found = world.vault.check_audit(&again(&root)).await.unwrap();
    assert_eq!(found.first_bad, None);
    let page = world.vault.audit_page(&root, asked()).await.unwrap();
    assert_eq!(page.verified, Some(found));
    assert_eq!(page.events[0].event.action, "audit.verify");
    let mut last = world.vault.check_audit(&again(&root)).await;
    for _ in 0..6 {
        last = world.vault.check_audit(&again(&root)).await;
    }
    assert!(matches!(problem(last), Problem::TooMany { .. }), "walking costs");
}
