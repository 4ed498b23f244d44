//! The audit trail over REST and on its page.

use crate::harness::{Answer, EMAIL, Server};
use serde_json::Value;

fn get(server: &Server, cookie: &str, path: &str) -> Answer {
    server.api("GET", path, Some(cookie)).send()
}

fn actions(answer: &Answer) -> Vec<String> {
    answer.json().as_array().unwrap().iter().map(|event| event["action"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn events_come_newest_first_by_filter_and_in_pages() {
    let server = Server::new();
    let admin = server.admin();
    server.user("bob@example.com", "user");
    let all = get(&server, &admin, "/api/v1/audit?limit=200");
    assert_eq!(actions(&all), ["session.begin", "account.add", "setup.complete", "setup_link.create", "vault.create"]);
    let newest = &all.json()[0];
    assert_eq!(
        (newest["seq"].as_u64(), newest["actor_email"].as_str(), newest["outcome"].as_str()),
        (Some(5), Some("bob@example.com"), Some("success"))
    );
    assert_eq!(all.json()[1]["details"]["role"], "user");

    let (mut path, mut seqs) = ("/api/v1/audit?limit=2".to_owned(), Vec::new());
    loop {
        let answer = get(&server, &admin, &path);
        seqs.extend(answer.json().as_array().unwrap().iter().map(|event| event["seq"].as_u64().unwrap()));
        let Some(link) = answer.header("link") else { break };
        path = link.strip_prefix('<').and_then(|rest| rest.split_once(">; rel=\"next\"")).unwrap().0.to_owned();
    }
    assert_eq!(seqs, [5, 4, 3, 2, 1]);
    for (query, expected) in [
        ("actor=bob@example.com", vec!["session.begin"]),
        ("action=account.add", vec!["account.add"]),
        ("actor=system&action=vault.create", vec!["vault.create"]),
        ("outcome=refused", vec![]),
        ("until=2020-01-01", vec![]),
    ] {
        assert_eq!(actions(&get(&server, &admin, &format!("/api/v1/audit?{query}"))), expected, "{query}");
    }
    for query in ["limit=0", "limit=201", "actor=nobody@example.com", "object=x", "since=then", "outcome=fine", "canary=1", "before=0"] {
        let refused = get(&server, &admin, &format!("/api/v1/audit?{query}"));
        assert_eq!(refused.status, 422, "{query}");
        assert!(!refused.json()["detail"].as_str().unwrap().contains("canary"));
    }
}

#[test]
fn an_export_is_a_file_of_whole_lines_and_is_written_down() {
    let server = Server::new();
    let admin = server.admin();
    let jsonl = get(&server, &admin, "/api/v1/audit/export");
    assert_eq!(jsonl.header("content-type"), Some("application/jsonl; charset=utf-8"));
    assert!(jsonl.header("content-disposition").unwrap().ends_with(".jsonl\""));
    let events: Vec<Value> = jsonl.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.last().unwrap()["action"], "audit.export");
    assert_eq!(events.iter().map(|event| event["seq"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2, 3, 4]);
    let form = server.form("/settings/audit/export", &[("action", "setup.complete"), ("format", "csv")]).cookie(&admin).send();
    assert_eq!((form.status, form.header("content-type")), (200, Some("text/csv; charset=utf-8; header=present")));
    assert_eq!(form.header("cache-control"), Some("no-store"));
    let text = form.text();
    let lines: Vec<_> = text.split_terminator("\r\n").collect();
    assert!(lines.len() == 2 && lines[0].starts_with("seq,at,actor_kind,") && lines[1].contains("setup.complete"), "{text}");
    assert!(!text.contains(EMAIL) && !jsonl.text().contains(EMAIL), "what people type is not in the trail");

    crate::database::execute(&server, "update sessions set authenticated_at = 0");
    assert_eq!(get(&server, &admin, "/api/v1/audit/export").code(), "step_up");
    let asked = server.form("/settings/audit/export", &[("actor", EMAIL), ("format", "csv")]).cookie(&admin).send();
    assert_eq!(asked.status, 422);
    let html = asked.text();
    assert!(html.contains("name=\"password\"") && html.contains(&format!("name=\"actor\" value=\"{EMAIL}\"")), "what was asked for stays");
    assert_eq!(server.form("/settings/audit/export", &[("format", "pdf")]).cookie(&admin).send().status, 422);
    let told = get(&server, &admin, "/api/v1/audit?action=audit.export");
    assert_eq!(told.json().as_array().unwrap().len(), 2);
}

#[test]
fn the_page_shows_filters_and_verifies_the_trail() {
    let server = Server::new();
    let admin = server.admin();
    let page = |path: &str| server.request("GET", path).cookie(&admin).send();
    let first = page("/settings/audit").text();
    assert!(first.contains("First administrator made") && first.contains("was not verified here yet"), "{first}");
    let done = server.form("/settings/audit/verify", &[]).cookie(&admin).send();
    assert_eq!(done.header("location"), Some("/settings/audit?done=verified"));
    assert!(page("/settings/audit?done=verified").text().contains("none missing or changed"));
    let filtered = page("/settings/audit?action=vault.create").text();
    assert!(filtered.contains("Vault made") && !filtered.contains("<b>First administrator made"));
    assert!(page("/settings/audit?outcome=refused").text().contains("No event has all of what you asked for"));
    let faulty = page("/settings/audit?actor=%3Cscript%3E&since=then").text();
    assert!(faulty.contains("Enter an e-mail address, the id of an account") && faulty.contains("Enter a day like"));
    assert!(!faulty.contains("<script>\"") && faulty.contains("value=\"&lt;script&gt;\""));

    crate::database::execute(&server, "drop trigger audit_events_no_update; update audit_events set action = 'x' where seq = 2");
    assert_eq!(server.form("/settings/audit/verify", &[]).cookie(&admin).send().status, 303);
    let broken = page("/settings/audit").text();
    assert!(broken.contains("The audit trail does not hold") && broken.contains("Event <b>2</b>"), "{broken}");
    assert!(page("/settings").text().contains("Event 2 is missing, was changed"));
}

#[test]
fn a_rotation_begins_on_the_page_of_the_vault_and_ends_by_itself() {
    let server = Server::new();
    let admin = server.admin();
    crate::api::add(&server, &admin, &serde_json::json!({"provider": "openai", "key": "sk-canary-0123456789abcdefghij"}));
    let page = || server.request("GET", "/settings/vault").cookie(&admin).send().text();
    let before = page();
    assert!(before.contains("Data keys") && before.contains("root.key in the data folder") && !before.contains("Last rotated"), "{before}");
    let begun = server.form("/settings/vault/rotate", &[]).cookie(&admin).send();
    assert_eq!(begun.header("location"), Some("/settings/vault?done=rotating"), "{}", begun.text());
    let start = std::time::Instant::now();
    while !page().contains("Last rotated") {
        assert!(start.elapsed().as_secs() < 15, "{}", page());
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert!(page().contains("1 under #"));
    crate::database::execute(&server, "update sessions set authenticated_at = 0");
    let asked = server.form("/settings/vault/rotate", &[]).cookie(&admin).send();
    assert_eq!(asked.status, 422);
    assert!(asked.text().contains("name=\"password\""));
}
