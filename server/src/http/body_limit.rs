//! Bodies end at 256 KiB. Up to 1 MiB is read and dropped first, because a client that is still sending may never read the answer.

use super::RequestInfo;
use crate::problem;
use axum::{
    Extension,
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};
use domain::Problem;
use http_body_util::BodyExt;
use std::time::Duration;
use tokio::time::timeout;

/// The most bytes a body can have.
const LIMIT: usize = 256 * 1024;
/// The most bytes that are read before an answer.
const DRAIN: usize = 1024 * 1024;
/// The longest that sending a body may take.
const TIME: Duration = Duration::from_secs(30);

/// Reads the body whole, or answers 413, or 408 when it comes too slowly.
pub(super) async fn layer(Extension(info): Extension<RequestInfo>, request: Request, next: Next) -> Response {
    if http_body::Body::is_end_stream(request.body()) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    match timeout(TIME, read(body)).await {
        Ok(Ok(bytes)) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Ok(Err(refusal)) => refuse(&refusal, &info),
        Err(_) => closing(problem::timed_out(info.context.request)),
    }
}

fn refuse(problem: &Problem, info: &RequestInfo) -> Response {
    closing(problem::answer(problem, info.context.request))
}

/// What is left of the body is not worth reading.
fn closing(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

async fn read(mut body: Body) -> Result<Bytes, Problem> {
    let mut kept = Vec::new();
    let mut seen = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Problem::UnsupportedBody)?.into_data() else { continue };
        seen += data.len();
        if seen > DRAIN {
            break;
        }
        if seen <= LIMIT {
            kept.extend_from_slice(&data);
        }
    }
    if seen > LIMIT { Err(Problem::TooLarge) } else { Ok(kept.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{Router, middleware, routing::post};
    use futures::{StreamExt, stream};
    use std::convert::Infallible;
    use tower::ServiceExt;
    use vault::{Actor, Context};

    #[tokio::test(start_paused = true)]
    async fn a_body_that_comes_too_slowly_is_refused() {
        let info = RequestInfo { context: Context::new(Actor::Nobody, None), nonce: leptos::nonce::Nonce::new() };
        let app = Router::new().route("/", post(async || ())).layer(middleware::from_fn(layer)).layer(Extension(info));
        let first = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"email="))]);
        let mut request = Request::new(Body::from_stream(first.chain(stream::pending())));
        *request.method_mut() = axum::http::Method::POST;
        let answer = timeout(TIME * 2, app.oneshot(request)).await.expect("an answer in time").expect("an answer");
        assert_eq!(answer.status(), 408);
        assert_eq!(answer.headers()[header::CONNECTION], "close");
        let body = answer.into_body().collect().await.expect("a body").to_bytes();
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&body).expect("JSON")["code"], "timed_out");
    }
}
