//! What an answer proves. Plain functions of the answer and the catalogue.

use crate::egress::Answer;
use domain::{
    Verdict,
    catalogue::{self, Check, Expected, Kind, Scalar, Shape},
};
use serde_json::Value;

/// The verdict for an answer below 500.
pub(super) fn verdict(check: &Check, answer: &Answer) -> Verdict {
    judged(check, &[], answer, json(answer).as_ref())
}

/// The body, when it is all there and JSON.
pub(crate) fn json(answer: &Answer) -> Option<Value> {
    if answer.truncated { None } else { serde_json::from_slice(&answer.body).ok() }
}

/// The verdict for an answer below 500 whose body was read already; `first` are known answers that come before those of the check.
pub(crate) fn judged(check: &Check, first: &[catalogue::Answer], answer: &Answer, body: Option<&Value>) -> Verdict {
    let success = (200..300).contains(&answer.status);
    let shaped = body.is_some_and(|body| fits(&check.expect, body));
    if success && !shaped {
        return Verdict::Unexpected;
    }
    if let Some(known) = first.iter().chain(&check.answers).find(|known| says(known, answer, body)) {
        return known.verdict;
    }
    match answer.status {
        200..300 => Verdict::Valid,
        402 => Verdict::NoCredit,
        _ if body.is_some_and(is_out_of_quota) => Verdict::NoCredit,
        401 | 403 => Verdict::Rejected,
        429 => Verdict::RateLimited,
        _ => Verdict::Unexpected,
    }
}

/// OpenAI's word, which compatible providers use as well.
fn is_out_of_quota(body: &Value) -> bool {
    ["/error/code", "/error/type", "/code", "/type"].iter().any(|at| body.pointer(at).is_some_and(|word| word == "insufficient_quota"))
}

fn fits(shape: &Shape, body: &Value) -> bool {
    let all = |fields: &std::collections::BTreeMap<String, Expected>, value: &Value| {
        fields.iter().all(|(at, expected)| value.pointer(at).is_some_and(|found| is_expected(expected, found)))
    };
    let list = shape.list.as_ref().is_none_or(|at| {
        body.pointer(at)
            .and_then(Value::as_array)
            .is_some_and(|elements| !(shape.non_empty && elements.is_empty()) && elements.iter().all(|element| all(&shape.each, element)))
    });
    is_kind(shape.root, body) && all(&shape.fields, body) && list
}

fn is_expected(expected: &Expected, found: &Value) -> bool {
    match expected {
        Expected::Kind(kind) => is_kind(*kind, found),
        Expected::Text(text) => found == text,
    }
}

fn is_kind(kind: Kind, value: &Value) -> bool {
    match kind {
        Kind::Object => value.is_object(),
        Kind::Array => value.is_array(),
        Kind::String => value.is_string(),
        Kind::Number => value.is_number(),
        Kind::Boolean => value.is_boolean(),
    }
}

fn says(known: &catalogue::Answer, answer: &Answer, body: Option<&Value>) -> bool {
    let status = known.status.is_none_or(|status| status == answer.status);
    let header = known.header.as_ref().is_none_or(|name| {
        answer.headers.get(name).is_some_and(|value| {
            let value = value.to_str().unwrap_or_default();
            known.at.is_some()
                || (known.contains.as_ref().is_none_or(|text| contains(value, text))
                    && known.equals.as_ref().is_none_or(|equal| matches!(equal, Scalar::Text(text) if text == value)))
        })
    });
    let found = known.at.as_ref().is_none_or(|at| {
        body.and_then(|body| body.pointer(at)).is_some_and(|value| {
            known.equals.as_ref().is_none_or(|equal| is_scalar(equal, value))
                && known.contains.as_ref().is_none_or(|text| holds(value, text))
        })
    });
    status && header && found
}

fn is_scalar(expected: &Scalar, found: &Value) -> bool {
    match expected {
        Scalar::Boolean(value) => found == value,
        Scalar::Integer(value) => found == value,
        Scalar::Text(value) => found == value,
    }
}

fn holds(value: &Value, text: &str) -> bool {
    match value {
        Value::String(found) => contains(found, text),
        Value::Array(values) => values.iter().any(|value| holds(value, text)),
        Value::Object(values) => values.values().any(|value| holds(value, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn contains(found: &str, text: &str) -> bool {
    found.to_ascii_lowercase().contains(&text.to_ascii_lowercase())
}
