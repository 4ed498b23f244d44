//! Which part of a list a call asks for, and links to its neighbours (RFC 8288).

use crate::{
    http::{Site, request_id},
    problem,
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, header, request::Parts},
    response::Response,
};
use domain::{FieldProblem, Problem, views::cloudflare::Paging};
use std::marker::PhantomData;
use url::form_urlencoded::{self, Serializer};
use vault::cloudflare::ListQuery;

/// What a list can be narrowed to.
pub(super) trait Narrowed: Send {
    /// The parameter.
    const ONLY: &'static str;
}

/// By `status`.
pub(super) struct ByStatus;
/// By `type`.
pub(super) struct ByType;

impl Narrowed for ByStatus {
    const ONLY: &'static str = "status";
}
impl Narrowed for ByType {
    const ONLY: &'static str = "type";
}

/// The query of a list; each parameter once.
pub(super) struct Asked<N>(pub(super) ListQuery, PhantomData<N>);

impl<N: Narrowed> FromRequestParts<Site> for Asked<N> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &Site) -> Result<Self, Response> {
        let query = parts.uri.query().unwrap_or_default();
        parse(query, N::ONLY)
            .map(|query| Self(query, PhantomData))
            .map_err(|fault| problem::answer(&Problem::field(fault), request_id(parts)))
    }
}

fn parse(query: &str, only: &'static str) -> Result<ListQuery, FieldProblem> {
    let mut asked = ListQuery::default();
    let mut seen = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if seen.contains(&name) {
            return Err(FieldProblem::new("query", "duplicate", "A parameter of the query is there twice."));
        }
        match &*name {
            "search" => asked.search = value.into_owned(),
            "page" => asked.page = Some(number(&value)),
            "per_page" => asked.per_page = Some(number(&value)),
            name if name == only => asked.only = value.into_owned(),
            _ => {
                let message = format!("The query takes search, {only}, page and per_page.");
                return Err(FieldProblem::new("query", "unknown_field", message));
            }
        }
        seen.push(name);
    }
    Ok(asked)
}

/// Digits alone; what is no number is out of range, too.
fn number(text: &str) -> i64 {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().unwrap_or(-1)
}

impl<N: Narrowed> Asked<N> {
    /// Adds how many entries there are, and the links to the pages before and after this one.
    pub(super) fn link(&self, path: &str, paging: Paging, response: &mut Response) {
        let to = |page: u32, rel: &str| {
            let mut query = Serializer::new(String::new());
            for (name, value) in [("search", &self.0.search), (N::ONLY, &self.0.only)] {
                if !value.is_empty() {
                    query.append_pair(name, value);
                }
            }
            query.append_pair("page", &page.to_string()).append_pair("per_page", &paging.per_page.to_string());
            format!("<{path}?{}>; rel=\"{rel}\"", query.finish())
        };
        let before = (paging.page > 1).then(|| to(paging.page - 1, "prev"));
        let after = paging.has_next().then(|| to(paging.page + 1, "next"));
        let links: Vec<_> = [before, after].into_iter().flatten().collect();
        if let Ok(value) = HeaderValue::try_from(links.join(", "))
            && !links.is_empty()
        {
            response.headers_mut().insert(header::LINK, value);
        }
        response.headers_mut().insert("x-total-count", HeaderValue::from(paging.total));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;

    #[test]
    fn a_query_is_read_strictly() {
        let code = |query: &str| parse(query, "status").expect_err("a refusal").code.into_owned();
        assert_eq!(code("type=A"), "unknown_field");
        assert_eq!(code("page=1&page=2"), "duplicate");
        let asked = parse("search=a+b&status=active&page=x&per_page=7", "status").expect("a query");
        assert_eq!(asked, ListQuery { search: "a b".into(), only: "active".into(), page: Some(-1), per_page: Some(7) });
    }

    #[test]
    fn links_lead_to_the_neighbours_that_there_are() {
        let link = |page, pages| {
            let asked = Asked::<ByType>(ListQuery { search: "a&b".into(), only: "MX".into(), ..ListQuery::default() }, PhantomData);
            let mut response = ().into_response();
            asked.link("/p", Paging { page, per_page: 5, pages, total: 12 }, &mut response);
            assert_eq!(response.headers()["x-total-count"], "12");
            response.headers().get(header::LINK).map(|value| value.to_str().expect("ASCII").to_owned())
        };
        assert_eq!(link(1, 1), None);
        assert_eq!(link(1, 2).as_deref(), Some("</p?search=a%26b&type=MX&page=2&per_page=5>; rel=\"next\""));
        assert_eq!(link(3, 3).as_deref(), Some("</p?search=a%26b&type=MX&page=2&per_page=5>; rel=\"prev\""));
        assert!(link(2, 3).is_some_and(|both| both.contains("page=1") && both.contains("page=3")));
    }
}
