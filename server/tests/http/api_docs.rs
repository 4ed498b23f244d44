//! The OpenAPI document: printed, served and shown alike, and complete.

use crate::harness::{Installation, Server};
use serde_json::Value;
use std::{fs, path::Path, process::Command};

fn printed() -> Value {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_keyward")).arg("openapi").env_clear().current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "it needs no data folder and makes none");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn it_is_printed_as_it_is_served() {
    let document = printed();
    assert_eq!(document["openapi"], "3.1.0");
    let server = Server::new();
    let served = server.get("/api/openapi.json");
    assert_eq!((served.status, served.header("content-type")), (200, Some("application/json")));
    assert_eq!(served.json(), document);
}

#[test]
fn its_page_needs_nothing_from_elsewhere() {
    let server = Installation::new().serve();
    let page = server.get("/api/docs");
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let html = page.text();
    assert!(html.contains("POST</span> <code>/api/v1/byok/keys/add</code>") && html.contains("keys:write"));
    assert!(!html.contains("<script") && !html.contains(" style=") && !html.contains("//cdn"));
    let sheet = html.split("rel=\"stylesheet\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(server.get(sheet).status, 200);
}

/// Every `$ref` points to something, and every call says what it answers.
#[test]
fn it_is_whole() {
    let document = printed();
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    let mut names = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, call) in methods.as_object().unwrap() {
            let place = format!("{method} {path}");
            for name in ["summary", "operationId"] {
                assert!(call[name].as_str().is_some_and(|text| !text.is_empty()), "{place} {name}");
            }
            names.push(call["operationId"].as_str().unwrap().to_owned());
            let success = call["responses"].as_object().unwrap().iter().find(|(status, _)| status.starts_with('2')).unwrap().1;
            let told = success["content"].as_object().is_some_and(|content| content.values().all(|one| one["schema"].is_object()));
            assert!(told || call["responses"]["204"].is_object(), "{place}");
            assert!(call["responses"]["401"]["content"]["application/problem+json"].is_object(), "{place}");
            if matches!(method.as_str(), "post" | "patch") && call["requestBody"].is_object() {
                let optional = matches!(call["operationId"].as_str(), Some("test_credential" | "test_own_credential"));
                assert_eq!(call["requestBody"]["required"] == true, !optional, "{place}");
            }
        }
    }
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all, "operation ids are unique");
}

/// Routes are added to the router and to the document in one step; a route that was added past it is found in the source.
#[test]
fn no_route_goes_past_it() {
    let document = printed();
    let mut files = 0;
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source: String = fs::read_to_string(&path).unwrap_or_default().split_whitespace().collect();
            files += 1;
            for route in source.split(".route(\"/api/v1").skip(1).map(|rest| rest.split('"').next().unwrap()) {
                assert!(!document["paths"][format!("/api/v1{route}")].is_null(), "/api/v1{route} in {}", path.display());
            }
        }
    }
    assert!(files > 40, "{files}");
}
