//! Which keys a call lists, and the link to the next of them (RFC 8288).

use crate::{
    http::{Site, request_id},
    problem,
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, request::Parts},
    response::Response,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{FieldProblem, Problem, ids::KeyId};
use std::str::FromStr;
use url::form_urlencoded::{self, Serializer};
use uuid::Uuid;
use vault::keys::KeyFilter;

/// The query of the list of keys.
pub(super) struct ListQuery(pub(super) KeyFilter);

impl FromRequestParts<Site> for ListQuery {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &Site) -> Result<Self, Response> {
        let query = parts.uri.query().unwrap_or_default();
        parse(query).map(Self).map_err(|fault| problem::answer(&Problem::field(fault), request_id(parts)))
    }
}

fn parse(query: &str) -> Result<KeyFilter, FieldProblem> {
    let mut filter = KeyFilter::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let is_new = match &*name {
            "provider" => filter.provider.replace(value.into_owned()).is_none(),
            "limit" => {
                // What is no number is out of range, too.
                filter.limit.replace(number(&value).unwrap_or(0)).is_none()
            }
            "cursor" => {
                let id = read_cursor(&value);
                let id =
                    id.ok_or_else(|| FieldProblem::new("cursor", "malformed", "Take the cursor from the Link header of the last answer."))?;
                filter.after.replace(id).is_none()
            }
            _ => return Err(FieldProblem::new("query", "unknown_field", "The query takes provider, limit and cursor.")),
        };
        if !is_new {
            return Err(FieldProblem::new("query", "duplicate", "A parameter of the query is there twice."));
        }
    }
    Ok(filter)
}

/// Digits alone: no sign, no space.
pub(super) fn number<T: FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn read_cursor(text: &str) -> Option<KeyId> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    Uuid::from_slice(&bytes).ok().map(KeyId::from_uuid)
}

/// The `Link` header to what follows `after`.
pub(super) fn next_link(filter: &KeyFilter, after: KeyId) -> Option<HeaderValue> {
    let mut query = Serializer::new(String::new());
    if let Some(provider) = &filter.provider {
        query.append_pair("provider", provider);
    }
    if let Some(limit) = filter.limit {
        query.append_pair("limit", &limit.to_string());
    }
    query.append_pair("cursor", &URL_SAFE_NO_PAD.encode(after.bytes()));
    HeaderValue::try_from(format!("</api/v1/byok/keys?{}>; rel=\"next\"", query.finish())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_was_given() {
        let id = KeyId::from_uuid(Uuid::from_u128(7));
        let filter = KeyFilter { provider: Some("openai".into()), limit: Some(2), after: None };
        let link = next_link(&filter, id).expect("a header");
        let link = link.to_str().expect("ASCII");
        let query = link.split_once('?').and_then(|(_, rest)| rest.split_once('>')).expect("a query").0;
        assert_eq!(parse(query), Ok(KeyFilter { after: Some(id), ..filter }));
    }

    #[test]
    fn what_is_not_in_the_contract_is_refused() {
        let code = |query: &str| parse(query).expect_err("a refusal").code.into_owned();
        assert_eq!(code("owner=1"), "unknown_field");
        assert_eq!(code("limit=1&limit=2"), "duplicate");
        assert_eq!(code("cursor=canary"), "malformed");
        assert_eq!(parse("limit=-1").map(|filter| filter.limit), Ok(Some(0)));
    }
}
