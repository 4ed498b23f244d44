//! The bundle below its hashed folder, which can be kept for ever, and two files that browsers and crawlers ask for.

use super::{RequestInfo, Site};
use crate::{assets, problem};
use axum::{
    Extension, Router,
    body::{Body, Bytes},
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use domain::Problem;

const FAVICON: &str = include_str!("../favicon.svg");

/// Their routes.
pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route(&format!("/{}/{{name}}", assets::PKG), get(asset))
        .route("/favicon.svg", get(favicon))
        .route("/robots.txt", get(robots))
}

async fn asset(Extension(info): Extension<RequestInfo>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(asset) = assets::find(&name) else {
        return problem::answer(&Problem::NotFound, info.context.request);
    };
    let brotli = !asset.brotli.is_empty() && takes_brotli(&headers);
    // The folder's name is a hash of everything in it.
    let tag = format!("\"{}{}\"", assets::PKG, if brotli { "-br" } else { "" });
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    let is_known = known.flat_map(|line| line.split(',')).any(|known| known.trim().trim_start_matches("W/") == tag || known.trim() == "*");
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(Bytes::from_static(if brotli { asset.brotli } else { asset.bytes })).into_response()
    };
    let answer = response.headers_mut();
    if !is_known {
        answer.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
        if brotli {
            answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
        }
    }
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    answer.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::try_from(tag) {
        answer.insert(header::ETAG, tag);
    }
    response
}

/// Whether `br` is among the codings the client takes (RFC 9110, section 12.5.3).
fn takes_brotli(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, "q=1"));
        let refused = weight.trim().strip_prefix("q=").and_then(|q| q.trim().parse::<f32>().ok()).is_none_or(|q| q <= 0.0);
        name.trim().eq_ignore_ascii_case("br") && !refused
    })
}

async fn favicon() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "public, max-age=86400")], FAVICON)
}

async fn robots() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=86400")],
        "User-agent: *\nDisallow: /\n",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brotli_is_used_only_where_it_is_accepted() {
        let takes = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(text));
            takes_brotli(&headers)
        };
        assert!(takes("gzip, deflate, br"));
        assert!(takes("BR;q=0.5"));
        assert!(!takes("gzip"));
        assert!(!takes("br;q=0"));
        assert!(!takes("brotli"));
        assert!(!takes_brotli(&HeaderMap::new()));
    }
}
