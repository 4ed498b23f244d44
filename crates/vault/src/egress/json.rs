//! Requests and answers of JSON interfaces that are called with a stored secret.

use super::{Answer, Refusal, secret_header};
use crate::secret::Plaintext;
use http::HeaderValue;
use serde_json::Value;

/// What stands where an answer repeated the secret.
const REMOVED: &str = "[removed]";

/// `Authorization: Bearer` with the secret (RFC 6750, section 2.1); [`Refusal::Unsendable`] when it has characters that a header
/// cannot carry.
pub(crate) fn bearer(secret: &Plaintext) -> Result<HeaderValue, Refusal> {
    secret_header("Bearer ", secret.expose_str().ok_or(Refusal::Unsendable)?)
}

impl Answer {
    /// The body as JSON, with every repetition of the secret taken out; `None` when it is no JSON or was cut off.
    pub(crate) fn json_without(&self, secret: &Plaintext) -> Option<Value> {
        if self.truncated {
            return None;
        }
        let mut value = serde_json::from_slice(&self.body).ok()?;
        if let Some(secret) = secret.expose_str().filter(|secret| !secret.is_empty()) {
            remove(&mut value, secret);
        }
        Some(value)
    }
}

fn remove(value: &mut Value, secret: &str) {
    match value {
        Value::String(text) if text.contains(secret) => *text = text.replace(secret, REMOVED),
        Value::Array(values) => values.iter_mut().for_each(|value| remove(value, secret)),
        Value::Object(fields) => {
            fields.retain(|name, _| !name.contains(secret));
            fields.values_mut().for_each(|value| remove(value, secret));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::time::Duration;

    fn answer(body: &str, truncated: bool) -> Answer {
        Answer { status: 200, headers: Default::default(), body: body.into(), truncated, latency: Duration::ZERO }
    }

    #[test]
    fn a_secret_that_is_repeated_is_taken_out_however_it_is_escaped() {
        let secret = Plaintext::from_bytes(b"canary-token".to_vec());
        let body = r#"{"a":["x canary-token y",{"b":"canary\u002dtoken"}],"canary-token":1,"n":7}"#;
        let value = answer(body, false).json_without(&secret).expect("JSON");
        assert_eq!(value, json!({"a": ["x [removed] y", {"b": "[removed]"}], "n": 7}));
        assert_eq!(answer(body, true).json_without(&secret), None);
        assert_eq!(answer("<html>", false).json_without(&secret), None);
    }

    #[test]
    fn the_header_with_a_secret_is_not_shown() {
        let header = bearer(&Plaintext::from_bytes(b"canary-token".to_vec())).expect("a header");
        assert!(header.is_sensitive() && !format!("{header:?}").contains("canary"));
        assert_eq!(bearer(&Plaintext::from_bytes(vec![0xff])), Err(Refusal::Unsendable));
    }
}
