//! The examples of `docs/api.md`, run as they stand, with curl.

use crate::{
    api::SECRET,
    callers::{Cast, Who},
    database,
    harness::EMAIL,
    provider::Provider,
};
use serde_json::Value;
use std::{fs, path::Path, process::Command};

/// A command of the document, and the answer that it shows.
struct Example {
    command: String,
    answer: Option<Value>,
}

/// The blocks of shell, joined where a line goes on in the next.
fn examples(document: &str) -> (String, Vec<Example>) {
    let blocks = document.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let (mut settings, mut examples) = (String::new(), Vec::<Example>::new());
    for line in blocks.flat_map(|block| block.replace("\\\n", " ").lines().map(str::to_owned).collect::<Vec<_>>()) {
        if let Some(answer) = line.strip_prefix("# ") {
            let shown = serde_json::from_str(answer).expect("an answer is JSON");
            examples.last_mut().expect("an answer follows a command").answer = Some(shown);
        } else if line.starts_with("curl ") {
            examples.push(Example { command: line, answer: None });
        } else if !line.is_empty() {
            settings.push_str(&line);
            settings.push('\n');
        }
    }
    (settings, examples)
}

/// Whether an answer has the names of the one shown, and its texts, but for what stands for something else.
fn looks_like(shown: &Value, given: &Value) -> bool {
    match (shown, given) {
        (Value::Object(shown), Value::Object(given)) => {
            shown.len() == given.len() && shown.iter().all(|(name, value)| given.get(name).is_some_and(|given| looks_like(value, given)))
        }
        (Value::String(shown), Value::String(given)) => shown == "..." || shown == given,
        (Value::Number(_), Value::Number(_)) => true,
        _ => shown == given,
    }
}

#[test]
fn every_example_of_the_documentation_works() {
    let provider = Provider::start();
    let cast = Cast::with(&provider.settings());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/api.md");
    let (settings, examples) = examples(&fs::read_to_string(file).unwrap());
    assert!(examples.len() >= 10, "only {} examples were found", examples.len());
    let settings = settings.replace("http://127.0.0.1:3000", &cast.server.at.origin());
    let scopes =
        ["keys:read", "keys:write", "keys:test", "credentials:read", "credentials:write", "cloudflare:read", "cloudflare:write", "admin"];
    let arguments = ["token", "create", "--user", EMAIL, "--name", "documentation"];
    let made = cast.server.at.run(&[&arguments[..], &scopes.map(|scope| ["--scope", scope]).concat()].concat());
    let token = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    let cookie = cast.cookie(Who::Admin);
    for Example { command, answer } in examples {
        // Each stands for itself: it finds one key, which it may change or delete.
        database::forget_limits(&cast.server);
        let list = cast.server.api("GET", "/api/v1/byok/keys", cookie).send().json();
        for key in list.as_array().unwrap() {
            assert_eq!(cast.server.api("DELETE", &format!("/api/v1/byok/keys/{}", key["id"].as_str().unwrap()), cookie).send().status, 200);
        }
        let key = serde_json::json!({"provider": "openai", "key": SECRET, "label": "Production OpenAI Key"});
        let id = crate::api::add(&cast.server, cookie.unwrap(), &key)["id"].as_str().unwrap().to_owned();
        let shown = cast.server.api("GET", &format!("/api/v1/byok/keys/{id}"), cookie).send();
        let command = command.replace("sk-proj-...", &format!("{SECRET}-new")).replace("\"3\"", shown.header("etag").unwrap());
        let command = command.replacen("curl ", "curl --silent --show-error --write-out '\\n%{http_code}' ", 1);
        let script = format!("set -eu\nuuidgen() {{ echo example; }}\n{settings}\n{command}\n");
        let ran =
            Command::new("bash").args(["-c", &script]).env("KEYWARD_TOKEN", &token).env("id", &id).env("NO_PROXY", "*").output().unwrap();
        let output = String::from_utf8(ran.stdout).unwrap();
        assert!(ran.status.success(), "{command}: {}", String::from_utf8_lossy(&ran.stderr));
        let (body, status) = output.rsplit_once('\n').unwrap();
        let status: u16 = status.parse().unwrap();
        if command.contains("$url/byok") {
            assert_eq!(status, 200, "{command}: {body}");
        } else {
            // What it is about may not be set up here; but the call itself has to be right.
            assert!(![400, 401, 403, 405, 413, 415, 422, 500].contains(&status), "{command}: {status} {body}");
        }
        if let Some(answer) = answer.filter(|_| status < 300) {
            let given = serde_json::from_str(body).unwrap_or_default();
            assert!(looks_like(&answer, &given), "{command}\nshown: {answer}\ngiven: {given}");
        }
    }
}
