//! JSON bodies, read strictly. What serde says about a fault contains what was submitted, so nothing of it is repeated: the caller
//! gets the field's name, if it is one of ours, and a fixed sentence.

use crate::{http::request_id, problem};
use axum::{
    body::to_bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
    response::Response,
};
use domain::{FieldProblem, Problem};
use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// What a call reads.
pub(super) trait Body: DeserializeOwned + Send {
    /// The names of its fields.
    const FIELDS: &'static [&'static str];
    /// Whether there may be none: no body at all, or `null`.
    const OPTIONAL: bool = false;
}

impl<T: Body> Body for Option<T> {
    const FIELDS: &'static [&'static str] = T::FIELDS;
    const OPTIONAL: bool = true;
}

/// A body of `application/json`, at most 256 KiB, without unknown fields.
pub(super) struct JsonBody<T>(pub(super) T);

impl<T: Body, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Response;

    async fn from_request(request: Request, _: &S) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let id = request_id(&parts);
        if T::OPTIONAL && http_body::Body::is_end_stream(&body) {
            return parse(b"null").map(Self).map_err(|refusal| problem::answer(&refusal, id));
        }
        if !is_json(&parts.headers) {
            return Err(problem::unsupported_media_type(id));
        }
        // The body's layer bounds size and time, and answers 413 itself.
        let read = match to_bytes(body, usize::MAX).await {
            Ok(bytes) => parse(&bytes),
            Err(_) => Err(Problem::UnsupportedBody),
        };
        read.map(Self).map_err(|refusal| problem::answer(&refusal, id))
    }
}

/// `application/json`, whatever its parameters say: JSON is UTF-8 (RFC 8259, section 8.1).
fn is_json(headers: &HeaderMap) -> bool {
    let mut all = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(only), None) = (all.next(), all.next()) else { return false };
    let essence = only.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

fn parse<T: Body>(bytes: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    // A list would be read as the fields in their order.
    let none = T::OPTIONAL && bytes.trim_ascii() == b"null";
    if !none && bytes.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|first| *first != b'{') {
        let fine = serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok();
        return Err(if fine { fault("body", "wrong_type", "The body has to be a JSON object.") } else { Problem::UnsupportedBody });
    }
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| explain::<T>(&error))?;
    reader.end().map_err(|_| Problem::UnsupportedBody)?;
    Ok(value)
}

fn fault(field: &'static str, code: &'static str, message: impl Into<std::borrow::Cow<'static, str>>) -> Problem {
    Problem::field(FieldProblem::new(field, code, message))
}

fn explain<T: Body>(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    if error.inner().classify() != Category::Data {
        return Problem::UnsupportedBody;
    }
    let ours = |name: &str| T::FIELDS.iter().find(|field| **field == name).copied();
    let said = error.inner().to_string();
    let quoted = |opening: &str| said.strip_prefix(opening).and_then(|rest| rest.split('`').next()).and_then(ours);
    if let Some(field) = quoted("missing field `") {
        return fault(field, "required", "This field is missing.");
    }
    if let Some(field) = quoted("duplicate field `") {
        return fault(field, "duplicate", "This field is there twice.");
    }
    match error.path().iter().next() {
        Some(serde_path_to_error::Segment::Map { key }) if ours(key).is_some() => {
            fault(ours(key).unwrap_or("body"), "wrong_type", "The value of this field is of the wrong type.")
        }
        _ => fault(
            "body",
            "unknown_field",
            format!("The body has a field that this call does not have. It takes: {}.", T::FIELDS.join(", ")),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::wire::AddRequest;

    fn refusal(body: &str) -> (String, String) {
        match parse::<AddRequest>(body.as_bytes()).err() {
            Some(Problem::Invalid { fields }) => {
                assert!(!format!("{fields:?}").contains("canary"), "{fields:?}");
                (fields[0].field.clone().into_owned(), fields[0].code.clone().into_owned())
            }
            Some(other) => (String::new(), other.code().to_owned()),
            None => (String::new(), String::new()),
        }
    }

    #[test]
    fn faults_name_a_field_of_ours_and_nothing_that_was_submitted() {
        for (body, field, code) in [
            (r#"{"provider":"openai","key":"sk-canary-1"}"#, "", ""),
            (r#"{"provider":"openai","canary":1}"#, "body", "unknown_field"),
            (r#"{"provider":"openai","label":["canary"]}"#, "label", "wrong_type"),
            (r#"{"provider":"openai","allow_duplicate":"canary"}"#, "allow_duplicate", "wrong_type"),
            (r#"{"provider":"openai","key":{"canary":1}}"#, "key", "wrong_type"),
            (r#"{"key":"canary-canary"}"#, "provider", "required"),
            (r#"{"provider":"openai","provider":"canary"}"#, "provider", "duplicate"),
            (r#"["openai","canary"]"#, "body", "wrong_type"),
            (r#""canary""#, "body", "wrong_type"),
            (r#"{"provider":"openai"} canary"#, "", "unsupported_body"),
            (r#"{"provider":"openai""#, "", "unsupported_body"),
            ("", "", "unsupported_body"),
            ("canary", "", "unsupported_body"),
        ] {
            assert_eq!(refusal(body), (field.to_owned(), code.to_owned()), "{body}");
        }
    }

    #[test]
    fn depth_does_not_overflow_the_stack() {
        let deep = format!(r#"{{"provider":{}"#, "[".repeat(200_000));
        assert!(parse::<AddRequest>(deep.as_bytes()).is_err());
        assert!(parse::<AddRequest>("[".repeat(200_000).as_bytes()).is_err());
        let unknown = format!(r#"{{"x":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert!(parse::<AddRequest>(unknown.as_bytes()).is_err());
    }
}
