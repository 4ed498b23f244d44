use crate::{
    cluster::Cluster,
    harness::{EMAIL, Installation, PASSWORD, Server},
};
use std::thread;

#[test]
fn of_fifty_at_once_exactly_one_becomes_the_admin() {
    let server = Server::new();
    fifty_race(&[&server]);
}

#[test]
fn of_fifty_at_two_servers_exactly_one_becomes_the_admin() {
    for _ in 0..5 {
        let url = Cluster::get().database();
        let at = Installation::with(&[("KEYWARD_DATABASE_URL", &url)]);
        let token = at.setup_token.clone();
        let mut beside = Installation::beside(&at);
        beside.setup_token = token;
        let (one, two) = (at.serve(), beside.serve());
        fifty_race(&[&one, &two]);
    }
}

fn fifty_race(servers: &[&Server]) {
    let statuses: Vec<u16> = thread::scope(|scope| {
        let racers: Vec<_> = (0..50)
            .map(|number| {
                let server = servers[number % servers.len()];
                scope.spawn(move || {
                    let email = format!("racer{number}@example.com");
                    let fields = [("token", server.at.setup_token.as_str()), ("email", &email), ("password", PASSWORD)];
                    server.form("/setup", &fields).send().status
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [303, 404, 429, 503].contains(status)), "{statuses:?}");
    let list = servers[0].at.run(&["user", "list", "--json"]);
    let people: serde_json::Value = serde_json::from_slice(&list.stdout).unwrap();
    assert_eq!(people.as_array().unwrap().len(), 1);
    assert_eq!(people[0]["role"], "admin");
}

#[test]
fn a_link_works_once_and_a_wrong_one_never() {
    let server = Server::new();
    let fields =
        |token: &str| vec![("token".to_owned(), token.to_owned()), ("email".into(), EMAIL.into()), ("password".into(), PASSWORD.into())];
    let send = |token: &str| {
        let fields = fields(token);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        server.form("/setup", &fields).send()
    };
    assert_eq!(send("").status, 404);
    assert_eq!(send(&"A".repeat(43)).status, 404);
    assert_eq!(server.get(&format!("/setup?token={}", server.at.setup_token)).status, 200);
    assert_eq!(send(&server.at.setup_token).status, 303);
    assert_eq!(send(&server.at.setup_token).status, 404);
    assert_eq!(server.get(&format!("/setup?token={}", server.at.setup_token)).status, 404);
}

#[test]
fn a_refused_form_keeps_what_was_typed_except_the_password() {
    let server = Server::new();
    let fields = [("token", server.at.setup_token.as_str()), ("email", EMAIL), ("password", "canary-1")];
    let answer = server.form("/setup", &fields).send();
    assert_eq!(answer.status, 422);
    assert!(answer.text().contains(&format!("value=\"{EMAIL}\"")));
    assert!(answer.text().contains(&server.at.setup_token), "the link can be used again");
    assert!(!answer.text().contains("canary-1"));
    assert_eq!(server.admin().split('=').next(), Some("sid"));
}

#[test]
fn a_new_link_ends_the_one_before_and_there_is_none_after_an_admin() {
    let at = Installation::new();
    let printed = at.run(&["setup-link"]);
    assert!(printed.status.success());
    let server = at.serve();
    assert_eq!(server.get(&format!("/setup?token={}", server.at.setup_token)).status, 404);
    let link = String::from_utf8(printed.stdout).unwrap();
    let token = link.trim().split_once("token=").unwrap().1;
    let answer = server.form("/setup", &[("token", token), ("email", EMAIL), ("password", PASSWORD)]).send();
    assert_eq!(answer.status, 303);
    let refused = server.at.run(&["setup-link"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.stdout.is_empty());
    assert!(String::from_utf8(refused.stderr).unwrap().contains("There is an admin already"));
}
