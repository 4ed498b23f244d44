//! A request names one host and a path (RFC 9112, section 3.2). What names none, or two, is read differently by every program on
//! its way.

use super::RequestInfo;
use crate::problem;
use axum::{
    Extension,
    extract::Request,
    http::{Version, header, uri::Authority},
    middleware::Next,
    response::Response,
};
use domain::Problem;

/// Answers 400 to what names no host, more than one, or nonsense, and to what has no path. HTTP/1.0 may leave it out.
pub(super) async fn layer(Extension(info): Extension<RequestInfo>, request: Request, next: Next) -> Response {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let is_sound = match (hosts.next(), hosts.next()) {
        (None, _) => request.version() < Version::HTTP_11,
        (Some(host), None) => Authority::try_from(host.as_bytes()).is_ok_and(|host| !host.as_str().contains('@')),
        (Some(_), Some(_)) => false,
    };
    // The form of CONNECT (section 3.2.3), which has no path, is for proxies.
    let has_path = request.uri().path().starts_with(['/', '*']);
    if is_sound && has_path { next.run(request).await } else { problem::answer(&Problem::UnsupportedBody, info.context.request) }
}
