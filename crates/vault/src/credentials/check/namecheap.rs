//! Namecheap: a form with everything in it, so that the key is in no address, and an answer in XML.

use super::{Checked, Question, address_in, unreachable};
use crate::egress::{Answer, Refusal, Request, plain_headers};
use domain::{
    Verdict,
    catalogue::{Check, Method},
    views::credentials::{Findings, Grant},
};
use http::{HeaderValue, header};
use quick_xml::{Reader, XmlVersion, events::Event};
use serde_json::{Value, json};
use url::form_urlencoded;
use zeroize::Zeroizing;

/// Reads the balance: it needs the key and changes nothing.
const COMMAND: &str = "namecheap.users.getBalances";
/// Errors that are kept of one answer.
const ERRORS: usize = 10;
/// Numbers that say that the address is not in the list of allowed ones, and not that the key is wrong.
const ADDRESS: [&str; 4] = ["1011150", "1017150", "1011105", "1017105"];

pub(super) async fn check(question: &Question<'_>, check: &Check) -> Checked {
    let answer = match ask(question, check).await {
        Ok(answer) => answer,
        Err(refusal) => return unreachable(refusal),
    };
    let body = if answer.truncated { None } else { read(&answer.body) };
    let result = question.judge(check, &answer, body.as_ref());
    let mut findings = Findings { permissions: question.permissions(|_| Grant::Unknown, result), ..Findings::default() };
    let first = body.as_ref().and_then(|body| body.pointer("/Errors/0"));
    if let Some((number, text)) = first.and_then(|error| Some((error.get("Number")?.as_str()?, error.get("Text")?.as_str()?))) {
        findings.error_code = number.parse().ok();
        if result.verdict == Verdict::Rejected && ADDRESS.contains(&number) {
            let given = question.metadata.text("client_ip").and_then(|text| text.parse().ok());
            findings.allow_address = address_in(text).or(given);
        }
        if number == "1011102" {
            findings.advice.push("Or API access is switched off in the account.".to_owned());
        }
    }
    Checked { result, findings }
}

async fn ask(question: &Question<'_>, check: &Check) -> Result<Answer, Refusal> {
    let mut headers = plain_headers(&question.service.headers)?;
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/xml, text/xml"));
    let request = Request { method: Method::Post, path_and_query: check.path.clone(), headers, body: Some(form(question)) };
    question.egress.send(question.user, question.endpoint, request).await
}

fn form(question: &Question<'_>) -> Zeroizing<Vec<u8>> {
    let text = |field| question.metadata.text(field).unwrap_or_default();
    let api_user = text("api_username");
    let user = question.metadata.text("username").unwrap_or(api_user);
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("ApiUser", api_user)
        .append_pair("ApiKey", question.secret)
        .append_pair("UserName", user)
        .append_pair("ClientIp", text("client_ip"))
        .append_pair("Command", COMMAND);
    Zeroizing::new(form.finish().into_bytes())
}

/// `<ApiResponse Status><Errors><Error Number>text` as JSON; `None` for anything else. Entities of a document type are not known, so none grow.
fn read(bytes: &[u8]) -> Option<Value> {
    let mut reader = Reader::from_reader(bytes);
    let (mut status, mut errors, mut open) = (None, Vec::new(), None::<String>);
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) if tag.local_name().as_ref() == "Error" => {
                let number = attribute(&tag, "Number").unwrap_or_default();
                open = Some(String::new());
                errors.push((number, String::new()));
            }
            Event::Start(tag) | Event::Empty(tag) if status.is_none() => {
                if tag.local_name().as_ref() != "ApiResponse" {
                    return None;
                }
                status = Some(attribute(&tag, "Status")?);
            }
            Event::Text(text) => {
                if let Some(open) = &mut open {
                    open.push_str(&text);
                }
            }
            Event::End(tag) if tag.local_name().as_ref() == "Error" => {
                if let (Some(text), Some(last)) = (open.take(), errors.last_mut()) {
                    last.1 = text;
                }
                if errors.len() >= ERRORS {
                    break;
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    let errors: Vec<_> = errors.into_iter().map(|(number, text)| json!({ "Number": number, "Text": text })).collect();
    Some(json!({ "Status": status?, "Errors": errors }))
}

fn attribute(tag: &quick_xml::events::BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = tag.try_get_attribute(name).ok()??;
    Some(attribute.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_its_status_and_its_errors() {
        let ok = br#"<?xml version="1.0"?><ApiResponse Status="OK" xmlns="http://api.namecheap.com/xml.response"><Errors /><Warnings /><CommandResponse Type="x"/></ApiResponse>"#;
        assert_eq!(read(ok), Some(json!({"Status": "OK", "Errors": []})));
        let bad = br#"<ApiResponse Status="ERROR"><Errors><Error Number="1011150">Invalid request IP: 203.0.113.9</Error></Errors></ApiResponse>"#;
        assert_eq!(
            read(bad),
            Some(json!({"Status": "ERROR", "Errors": [{"Number": "1011150", "Text": "Invalid request IP: 203.0.113.9"}]}))
        );
    }

    #[test]
    fn what_is_not_such_an_answer_is_nothing() {
        for text in
            ["", "<html><body>Sign in</body></html>", "{}", "<ApiResponse>", "<ApiResponse Status=>", "<!DOCTYPE a [<!ENTITY b \"c\">]>"]
        {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn an_address_is_taken_out_of_a_text_and_nothing_else() {
        assert_eq!(address_in("Invalid request IP: 203.0.113.9."), Some(std::net::Ipv4Addr::new(203, 0, 113, 9)));
        assert_eq!(address_in("Parameter RequestIP is invalid 999.1.1.1 1.2.3"), None);
    }
}
