//! Cloudflare's envelope: `{"success", "errors", "messages", "result", "result_info"}`.

use crate::{
    egress::{Answer, Refusal},
    secret::Plaintext,
};
use domain::{Problem, views::cloudflare::Paging};
use http::{HeaderMap, header};
use serde_json::{Map, Value};

/// The name of the service in sentences.
const SERVICE: &str = "Cloudflare";
/// The most characters that are told of a message.
const LONGEST_MESSAGE: usize = 300;
/// Seconds to wait when Cloudflare names none.
const USUAL_WAIT: u32 = 60;
/// The most seconds that a caller is told to wait.
const LONGEST_WAIT: u32 = 3_600;

/// Codes of errors that say that the token, or how it was sent, is not accepted.
const AUTHENTICATION: [u32; 8] = [6003, 6111, 9103, 9106, 9107, 9109, 10000, 10001];
/// Codes of errors that say that there were too many requests.
const TOO_MANY: [u32; 2] = [971, 10429];

/// An answer that says yes.
#[derive(Debug)]
pub(super) struct Reply {
    /// Its `result`.
    pub(super) result: Value,
    /// Its `result_info`.
    info: Option<Value>,
}

/// Why Cloudflare did not do it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Upstream {
    /// It does not accept the token.
    Authentication { code: Option<u32> },
    /// There were too many requests.
    TooMany { retry_after: u32 },
    /// It says why not, in words of its own.
    Refused { status: u16, code: u32, message: String },
    /// There is no answer.
    Unreachable(&'static str),
    /// There is one that makes no sense.
    NotUnderstood,
}

impl Upstream {
    /// A word for the audit trail.
    pub(super) const fn reason(&self) -> &'static str {
        match self {
            Self::Authentication { .. } => "authentication",
            Self::TooMany { .. } => "rate_limited",
            Self::Refused { .. } => "refused",
            Self::Unreachable(reason) => reason,
            Self::NotUnderstood => "not_understood",
        }
    }
    /// Cloudflare's number for it.
    pub(super) const fn code(&self) -> Option<u32> {
        match self {
            Self::Authentication { code } => *code,
            Self::Refused { code, .. } => Some(*code),
            _ => None,
        }
    }
}

impl From<Refusal> for Upstream {
    fn from(refusal: Refusal) -> Self {
        Self::Unreachable(refusal.as_str())
    }
}

impl From<Upstream> for Problem {
    fn from(upstream: Upstream) -> Self {
        let service = SERVICE.to_owned();
        match upstream {
            Upstream::Authentication { .. } => Self::UpstreamAuthFailed { service },
            Upstream::TooMany { retry_after } => Self::UpstreamRateLimited { service, retry_after },
            Upstream::Refused { code, message, .. } => Self::UpstreamRefused { service, number: code, message },
            Upstream::Unreachable(_) => Self::UpstreamUnreachable { service },
            Upstream::NotUnderstood => Self::UpstreamUnexpected { service },
        }
    }
}

/// Reads an answer. Nothing that is taken from it holds the token.
pub(super) fn read(answer: &Answer, token: &Plaintext) -> Result<Reply, Upstream> {
    match answer.status {
        429 => return Err(Upstream::TooMany { retry_after: wait(&answer.headers) }),
        500.. => return Err(Upstream::Unreachable("server_error")),
        _ => {}
    }
    let body = answer.json_without(token);
    let errors = body.as_ref().map(errors).unwrap_or_default();
    if (200..300).contains(&answer.status) {
        return match body {
            Some(Value::Object(mut fields)) if says_yes(&fields) => {
                Ok(Reply { result: fields.remove("result").unwrap_or_default(), info: fields.remove("result_info") })
            }
            _ => Err(refusal(answer, errors)),
        };
    }
    Err(refusal(answer, errors))
}

/// `success` is true; or it is absent, as in the documented answer to a deleted record, and what was acted on is named without an error.
fn says_yes(fields: &Map<String, Value>) -> bool {
    match fields.get("success") {
        Some(said) => *said == Value::Bool(true),
        None => fields.get("errors").is_none() && fields.get("result").is_some_and(|result| result["id"].is_string()),
    }
}

fn refusal(answer: &Answer, errors: Vec<(u32, String)>) -> Upstream {
    let has = |codes: &[u32]| errors.iter().map(|(code, _)| *code).find(|code| codes.contains(code));
    if let Some(code) = has(&AUTHENTICATION) {
        return Upstream::Authentication { code: Some(code) };
    }
    if answer.status == 401 {
        return Upstream::Authentication { code: errors.first().map(|(code, _)| *code) };
    }
    if has(&TOO_MANY).is_some() {
        return Upstream::TooMany { retry_after: wait(&answer.headers) };
    }
    match errors.into_iter().next() {
        Some((code, message)) => Upstream::Refused { status: answer.status, code, message },
        None => Upstream::NotUnderstood,
    }
}

/// Code and words of each error, with those of the errors that led to it.
fn errors(body: &Value) -> Vec<(u32, String)> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut all = Vec::new();
    for error in list(&body["errors"]) {
        let Some(code) = code(&error) else { continue };
        let mut words = vec![error["message"].as_str().unwrap_or_default().to_owned()];
        let chain = list(&error["error_chain"]);
        words.extend(chain.iter().filter_map(|cause| cause["message"].as_str()).map(str::to_owned));
        words.retain(|text| !text.trim().is_empty());
        all.push((code, sentence(&words.join(": "), code)));
        all.extend(chain.iter().filter_map(|cause| Some((self::code(cause)?, String::new()))));
    }
    all
}

fn code(error: &Value) -> Option<u32> {
    error["code"].as_u64().and_then(|code| u32::try_from(code).ok())
}

/// Words of another system, so that they can stand among ours: on one line, of a bounded length, without characters that hide
/// or turn text around.
fn sentence(words: &str, code: u32) -> String {
    let turns = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let plain: String = words.chars().map(|c| if c.is_control() || turns(c) { ' ' } else { c }).collect();
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    if plain.is_empty() {
        return format!("Cloudflare refused this with the code {code}");
    }
    match plain.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => format!("{}\u{2026}", &plain[..end]),
        None => plain,
    }
}

fn wait(headers: &HeaderMap) -> u32 {
    let seconds = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()).and_then(|text| text.trim().parse::<u32>().ok());
    seconds.unwrap_or(USUAL_WAIT).clamp(1, LONGEST_WAIT)
}

impl Reply {
    /// The result, which has to be an object.
    pub(super) fn object(self) -> Result<Value, Upstream> {
        if self.result.is_object() { Ok(self.result) } else { Err(Upstream::NotUnderstood) }
    }
    /// The result, which has to be a list, and which part of the whole it is.
    pub(super) fn list(self, asked: Paging) -> Result<(Vec<Value>, Paging), Upstream> {
        let Value::Array(entries) = self.result else { return Err(Upstream::NotUnderstood) };
        if !entries.iter().all(Value::is_object) {
            return Err(Upstream::NotUnderstood);
        }
        let info = self.info.unwrap_or_default();
        let number = |name: &str| info[name].as_u64().and_then(|number| u32::try_from(number).ok());
        let here = u32::try_from(entries.len()).unwrap_or(u32::MAX);
        let total = number("total_count").unwrap_or(here);
        let pages = number("total_pages").unwrap_or_else(|| total.div_ceil(asked.per_page.max(1)));
        Ok((entries, Paging { pages, total, ..asked }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::time::Duration;

    const TOKEN: &str = "canary-token-0123456789";

    fn answer(status: u16, body: impl Into<Vec<u8>>, headers: HeaderMap) -> Result<Reply, Upstream> {
        let answer = Answer { status, headers, body: body.into(), truncated: false, latency: Duration::ZERO };
        read(&answer, &Plaintext::from_bytes(TOKEN.as_bytes().to_vec()))
    }

    fn failing(status: u16, errors: &Value) -> Upstream {
        let body = json!({"success": false, "errors": errors, "messages": [], "result": null});
        answer(status, body.to_string(), HeaderMap::new()).expect_err("an error")
    }

    #[test]
    fn a_result_is_taken_out_of_its_envelope() {
        let body = json!({"success": true, "errors": [], "messages": [], "result": [{"id": "1"}],
            "result_info": {"page": 2, "per_page": 20, "total_pages": 3, "count": 1, "total_count": 41}});
        let asked = Paging { page: 2, per_page: 20, pages: 0, total: 0 };
        let (entries, paging) = answer(200, body.to_string(), HeaderMap::new()).expect("a reply").list(asked).expect("a list");
        assert_eq!((entries.len(), paging), (1, Paging { page: 2, per_page: 20, pages: 3, total: 41 }));
        let single = json!({"success": true, "result": {"id": "1"}}).to_string();
        assert_eq!(answer(200, single, HeaderMap::new()).expect("a reply").object(), Ok(json!({"id": "1"})));
    }

    #[test]
    fn each_kind_of_error_is_told_apart() {
        for (status, code) in [(403, 10000), (403, 9109), (400, 6003), (401, 1000), (400, 10001)] {
            let upstream = failing(status, &json!([{"code": code, "message": "Authentication error"}]));
            assert_eq!(upstream, Upstream::Authentication { code: Some(code) }, "{status} {code}");
        }
        let taken = failing(400, &json!([{"code": 1061, "message": "example.com already exists"}]));
        assert_eq!(taken, Upstream::Refused { status: 400, code: 1061, message: "example.com already exists".into() });
        let forbidden = failing(403, &json!([{"code": 0, "message": "Requires permission \"com.cloudflare.api.account.zone.create\""}]));
        assert!(matches!(forbidden, Upstream::Refused { status: 403, code: 0, .. }));
        let chained =
            json!([{"code": 9005, "message": "DNS Validation Error", "error_chain": [{"code": 1004, "message": "Not an IPv4 address."}]}]);
        assert!(
            matches!(failing(400, &chained), Upstream::Refused { message, .. } if message == "DNS Validation Error: Not an IPv4 address.")
        );
        let headers =
            json!([{"code": 6003, "message": "Invalid request headers", "error_chain": [{"code": 6111, "message": "Invalid format"}]}]);
        assert!(matches!(failing(400, &headers), Upstream::Authentication { .. }));
        assert_eq!(failing(400, &json!([{"code": 10429, "message": "slow down"}])), Upstream::TooMany { retry_after: 60 });
    }

    #[test]
    fn how_long_to_wait_is_taken_from_the_header_within_bounds() {
        for (text, seconds) in [("7", 7), ("0", 1), ("999999", 3_600), ("Wed, 21 Oct 2015 07:28:00 GMT", 60), ("-1", 60)] {
            let headers = HeaderMap::from_iter([(header::RETRY_AFTER, text.parse().expect("a header"))]);
            assert_eq!(answer(429, "", headers).expect_err("an error"), Upstream::TooMany { retry_after: seconds }, "{text}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_not_taken_for_a_yes() {
        for (status, body) in [
            (200, "<html>hotel</html>"),
            (200, ""),
            (200, "[]"),
            (200, r#"{"result":{}}"#),
            (200, r#"{"success":"true","result":{}}"#),
            (200, r#"{"success":false,"errors":[]}"#),
            (302, ""),
            (403, "<html>"),
            (404, "{}"),
            (400, r#"{"success":false,"errors":[{"message":"no code"}]}"#),
        ] {
            assert_eq!(answer(status, body, HeaderMap::new()).expect_err("an error"), Upstream::NotUnderstood, "{status} {body}");
        }
        for status in [500, 502, 503, 521] {
            assert_eq!(answer(status, "{}", HeaderMap::new()).expect_err("an error"), Upstream::Unreachable("server_error"));
        }
        let empty = || answer(200, r#"{"success":true,"result":null}"#, HeaderMap::new()).expect("a reply");
        assert_eq!(empty().object(), Err(Upstream::NotUnderstood));
        assert_eq!(empty().list(Paging::default()), Err(Upstream::NotUnderstood));
    }

    #[test]
    fn a_message_is_bounded_on_one_line_and_without_the_token() {
        let said = |message: &str| match failing(400, &json!([{"code": 7, "message": message}])) {
            Upstream::Refused { message, .. } => message,
            other => panic!("{other:?}"),
        };
        assert_eq!(said(&format!("bad\r\ntoken\u{202e} {TOKEN}\u{1b}[31m")), "bad token [removed] [31m");
        assert_eq!(said("  "), "Cloudflare refused this with the code 7");
        let long = said(&"\u{e9}".repeat(5_000));
        assert_eq!(long.chars().count(), 301);
    }
}
