//! The OpenAPI document as a page: plain HTML, no script, nothing from elsewhere.

use super::document;
use crate::assets;
use axum::response::Html;
use serde_json::Value;
use std::{fmt::Write, sync::LazyLock};

/// The tags of the document, in the order of the page, and what they are called.
const AREAS: [(&str, &str); 8] = [
    ("byok", "Provider keys"),
    ("tokens", "API tokens"),
    ("account", "Your service credentials"),
    ("credentials", "Service credentials of the installation"),
    ("cloudflare", "Cloudflare"),
    ("people", "People"),
    ("audit", "Audit trail"),
    ("vault", "Vault"),
];

static PAGE: LazyLock<String> = LazyLock::new(|| render(&serde_json::from_str(document()).unwrap_or_default()));

/// The page.
pub(super) async fn page() -> Html<&'static str> {
    Html(&PAGE)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn pretty(value: &Value) -> String {
    escape(&serde_json::to_string_pretty(value).unwrap_or_default())
}

fn each(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn render(document: &Value) -> String {
    let mut html = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut html, document);
    html
}

fn write(html: &mut String, document: &Value) -> std::fmt::Result {
    let info = &document["info"];
    let (title, version) = (escape(text(info, "title")), escape(text(info, "version")));
    write!(
        html,
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title} API</title><link rel=\"stylesheet\" href=\"/{}/keyward.css\"><link rel=\"icon\" href=\"/favicon.svg\"></head>\
         <body><main><h1>{title} API <small>{version}</small></h1>",
        assets::PKG
    )?;
    for paragraph in text(info, "description").split("\n\n") {
        write!(html, "<p>{}</p>", escape(paragraph))?;
    }
    write!(
        html,
        "<p>The same for programs: <a href=\"/api/openapi.json\">/api/openapi.json</a> (OpenAPI {})</p>",
        escape(text(document, "openapi"))
    )?;
    html.push_str("<nav aria-label=\"Areas\"><ul class=\"areas\">");
    for (area, name) in AREAS {
        write!(html, "<li><a href=\"#area-{area}\">{name}</a></li>")?;
    }
    html.push_str("<li><a href=\"#schemas\">Schemas</a></li></ul></nav>");
    for (area, name) in AREAS {
        write!(html, "<section class=\"area\" aria-labelledby=\"area-{area}\"><h2 id=\"area-{area}\">{name}</h2>")?;
        for (path, methods) in each(&document["paths"]) {
            for (method, call) in each(methods).filter(|(_, call)| call["tags"][0] == area) {
                write_call(html, path, method, call)?;
            }
        }
        html.push_str("</section>");
    }
    html.push_str("<h2 id=\"schemas\">Schemas</h2>");
    for (name, schema) in each(&document["components"]["schemas"]) {
        write!(
            html,
            "<details id=\"{0}\"><summary><code>{0}</code> {1}</summary><pre>{2}</pre></details>",
            escape(name),
            escape(text(schema, "description")),
            pretty(schema)
        )?;
    }
    html.push_str("</main></body></html>");
    Ok(())
}

fn write_call(html: &mut String, path: &str, method: &str, call: &Value) -> std::fmt::Result {
    let scopes: Vec<_> = call["security"].as_array().into_iter().flatten().filter_map(|way| way["token"][0].as_str()).collect();
    let (word, path) = (method.to_uppercase(), escape(path));
    write!(
        html,
        "<article class=\"call\"><h3><span class=\"tag\">{word}</span> <code>{path}</code></h3><p>{}",
        escape(text(call, "summary"))
    )?;
    if let [scope] = scopes.as_slice() {
        write!(html, " (scope <code>{}</code>)", escape(scope))?;
    }
    html.push_str("</p>");
    let parameters = call["parameters"].as_array().into_iter().flatten();
    for parameter in parameters {
        let (name, place) = (escape(text(parameter, "name")), escape(text(parameter, "in")));
        write!(html, "<p><code>{name}</code> in {place}: {}</p>", escape(text(parameter, "description")))?;
    }
    for (kind, content) in each(&call["requestBody"]["content"]) {
        write!(html, "<p>Body: {} <code>{}</code></p>", escape(kind), link(&content["schema"]))?;
    }
    html.push_str("<details><summary>Answers</summary><ul>");
    for (status, answer) in each(&call["responses"]) {
        let schema = each(&answer["content"]).next().map(|(_, content)| link(&content["schema"])).unwrap_or_default();
        write!(html, "<li>{} {} <code>{schema}</code></li>", escape(status), escape(text(answer, "description")))?;
    }
    html.push_str("</ul></details></article>");
    Ok(())
}

/// A schema's name, linked to what it is.
fn link(schema: &Value) -> String {
    let (items, reference) = (&schema["items"]["$ref"], &schema["$ref"]);
    let list = if items.is_string() { " list" } else { "" };
    let name = items.as_str().or(reference.as_str()).and_then(|at| at.rsplit('/').next()).unwrap_or_default();
    if name.is_empty() {
        return escape(text(schema, "type"));
    }
    format!("<a href=\"#{0}\">{0}</a>{list}", escape(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_is_on_the_page() {
        let document: Value = serde_json::from_str(document()).expect("our own document");
        let page = render(&document);
        let mut calls = 0;
        for (path, methods) in each(&document["paths"]) {
            for (method, call) in each(methods) {
                // Its area is one of the page's.
                let heading = format!("<span class=\"tag\">{}</span> <code>{path}</code>", method.to_uppercase());
                assert_eq!(page.matches(&heading).count(), 1, "{method} {path}");
                assert!(!text(call, "summary").is_empty(), "{method} {path}");
                calls += 1;
            }
        }
        assert!(calls >= 10, "{calls}");
        assert!(!page.contains("<script") && !page.contains("style=") && !page.contains("https://"));
    }
}
