//! Only this site's own pages may change anything.
//!
//! A request that can change something needs `Sec-Fetch-Site: same-origin`, or, from a client that does not send that header,
//! an `Origin` that is the public one. Under `/api/v1` this holds where a session cookie is what would prove the caller: a header
//! that another site cannot send needs no such check, and a request without any proof is nobody's.

use super::{RequestInfo, Site, bearer, request};
use crate::problem;
use axum::{
    Extension,
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::Response,
};
use domain::Problem;

/// Answers 403 to what another site may have sent.
pub(super) async fn layer(State(site): State<Site>, Extension(info): Extension<RequestInfo>, request: Request, next: Next) -> Response {
    match *request.method() {
        Method::GET | Method::HEAD | Method::OPTIONS => next.run(request).await,
        Method::POST | Method::PUT | Method::PATCH | Method::DELETE => {
            let by_cookie = !info.is_api || carries_session(&site, &info, request.headers());
            if !by_cookie || is_own(request.headers(), site.config.public_url.origin()) {
                next.run(request).await
            } else {
                problem::answer(&Problem::CrossSite, info.context.request)
            }
        }
        // No route takes any other method; none may slip past this check.
        _ => request::method_not_allowed(Extension(info)).await,
    }
}

/// Whether the session cookie is what would prove the caller.
fn carries_session(site: &Site, info: &RequestInfo, headers: &HeaderMap) -> bool {
    !bearer::decides(info, headers) && site.cookie.read(headers).is_some()
}

fn is_own(headers: &HeaderMap, origin: &str) -> bool {
    match one(headers, "sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => !headers.contains_key("sec-fetch-site") && one(headers, header::ORIGIN.as_str()) == Some(origin),
    }
}

/// The value of a header that is there exactly once.
fn one<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut all = headers.get_all(name).iter();
    match (all.next(), all.next()) {
        (Some(only), None) => only.to_str().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn passes(pairs: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        is_own(&headers, "https://keys.example.com")
    }

    #[test]
    fn only_the_same_origin_passes() {
        assert!(passes(&[("sec-fetch-site", "same-origin")]));
        assert!(passes(&[("origin", "https://keys.example.com")]));
        for site in ["cross-site", "same-site", "none", "", "Same-Origin"] {
            assert!(!passes(&[("sec-fetch-site", site), ("origin", "https://keys.example.com")]), "{site}");
        }
        for origin in ["null", "", "https://keys.example.com.evil.example", "http://keys.example.com", "https://a.keys.example.com"] {
            assert!(!passes(&[("origin", origin)]), "{origin}");
        }
        assert!(!passes(&[]));
        assert!(!passes(&[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site"), ("origin", "https://keys.example.com")]));
        assert!(!passes(&[("origin", "https://keys.example.com"), ("origin", "https://evil.example")]));
    }
}
