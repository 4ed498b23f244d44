use crate::harness::Server;

const SECRET: &str = "sk-canary-Zq4mW8xT2vB7nR5kJ3hL9pD6";

/// The id in the link to a row's own dialog.
fn only_id(list: &str) -> String {
    let end = list.find("/replace").expect("a row");
    list[end - 36..end].to_owned()
}

#[test]
fn a_key_is_added_changed_replaced_and_deleted_without_javascript() {
    let server = Server::new();
    let cookie = server.admin();
    let page = |path: &str| server.request("GET", path).cookie(&cookie).send();
    let post = |path: &str, fields: &[(&str, &str)]| server.form(path, fields).cookie(&cookie).send();

    let added = post("/keys/new", &[("provider", "openai"), ("key", SECRET), ("label", "Build"), ("act", "save")]);
    assert_eq!(added.status, 303, "{}", added.text());
    let list = page("/keys?part=list").text();
    assert!(list.contains("Build") && list.contains("9pD6") && !list.contains("<html"), "{list}");
    let id = only_id(&list);
    assert_eq!(added.header("location"), Some(format!("/keys?done=added#key-{id}").as_str()));

    assert_eq!(post(&format!("/keys/{id}/disable"), &[]).header("location"), Some("/keys?done=off"));
    assert_eq!(post(&format!("/keys/{id}/enable"), &[]).header("location"), Some("/keys?done=on"));
    assert_eq!(post(&format!("/keys/{id}/default"), &[]).header("location"), Some("/keys?done=default"));
    let edited =
        post(&format!("/keys/{id}/edit"), &[("label", "Release"), ("description", "x"), ("enabled_present", "1"), ("enabled", "true")]);
    assert_eq!(edited.header("location"), Some("/keys?done=saved"), "{}", edited.text());
    assert!(page("/keys").text().contains("Release"));
    let replaced = post(&format!("/keys/{id}/replace"), &[("key", "sk-canary-other-0123456789ab77")]);
    assert_eq!(replaced.header("location"), Some("/keys?done=replaced"), "{}", replaced.text());
    assert_eq!(page(&format!("/keys/{id}/delete")).status, 200);
    assert_eq!(post(&format!("/keys/{id}/delete"), &[]).header("location"), Some("/keys?done=deleted"));
    assert_eq!(page(&format!("/keys/{id}/edit")).status, 404);
    assert_eq!(post(&format!("/keys/{id}/delete"), &[]).status, 404);
}

#[test]
fn a_refused_form_keeps_everything_but_the_secret() {
    let server = Server::new();
    let cookie = server.admin();
    let label = "x".repeat(101);
    let answer = server
        .form("/keys/new", &[("provider", "openai"), ("key", SECRET), ("label", &label), ("description", "nightly")])
        .cookie(&cookie)
        .send();
    assert_eq!(answer.status, 422);
    assert!(answer.text().contains(&label) && answer.text().contains("nightly"));
    assert!(!answer.text().contains("canary"));
    assert!(answer.header("location").is_none());
}

#[test]
fn the_same_secret_again_names_the_key_that_has_it() {
    let server = Server::new();
    let cookie = server.admin();
    let add = |label: &str, more: &[(&str, &str)]| {
        let mut fields = vec![("provider", "openai"), ("key", SECRET), ("label", label)];
        fields.extend_from_slice(more);
        server.form("/keys/new", &fields).cookie(&cookie).send()
    };
    assert_eq!(add("First", &[]).status, 303);
    let again = add("Second", &[]);
    assert_eq!(again.status, 409);
    assert!(again.text().contains("First") && !again.text().contains("canary"));
    assert_eq!(add("Second", &[("allow_duplicate", "true")]).status, 303);
}

#[test]
fn a_signed_out_visitor_changes_nothing() {
    let server = Server::new();
    server.admin();
    let id = "00000000-0000-0000-0000-000000000000";
    for (path, back) in [
        ("/keys/new".to_owned(), "%2Fkeys%2Fnew&ended=form".to_owned()),
        (format!("/keys/{id}/edit"), format!("%2Fkeys%2F{id}%2Fedit&ended=form")),
        // Nothing was typed.
        (format!("/keys/{id}/test"), "%2Fkeys&ended=page".to_owned()),
    ] {
        let answer = server.form(&path, &[("key", SECRET)]).send();
        assert_eq!((answer.status, answer.header("location")), (303, Some(format!("/sign-in?next={back}").as_str())), "{path}");
    }
    let answer = server.request("POST", "/api/fn/keys/delete").header("Sec-Fetch-Site", "same-origin").fields(&[("id", id)]).send();
    assert_eq!(answer.status, 401, "{}", answer.text());
}

#[test]
fn what_is_no_key_of_the_caller_is_not_found() {
    let server = Server::new();
    let cookie = server.admin();
    for id in ["00000000-0000-0000-0000-000000000000", "openai", "%00"] {
        for act in ["test", "enable", "disable", "default", "delete"] {
            assert_eq!(server.form(&format!("/keys/{id}/{act}"), &[]).cookie(&cookie).send().status, 404, "{id} {act}");
        }
    }
    let user = server.user("bob@example.com", "user");
    assert_eq!(server.request("GET", "/settings/users").cookie(&user).send().status, 404);
}
