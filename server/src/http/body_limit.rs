//! Bodies end at 256 KiB. Up to 1 MiB is read and dropped first, because a client that is still sending may never read the answer.

use super::{RequestInfo, accept};
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
use http_body::Frame;
use http_body_util::BodyExt;
use std::{
    io, mem,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{self, Poll, ready},
    time::Duration,
};
use tokio::time::{Sleep, sleep, timeout};

/// The most bytes a body can have.
const LIMIT: usize = 256 * 1024;
/// The most bytes that are read before an answer.
const DRAIN: usize = 1024 * 1024;
/// The longest that sending a body may take.
const TIME: Duration = accept::SECOND.saturating_mul(30);

/// Reads the body whole, or answers 413, or 408 when it comes too slowly.
pub(super) async fn layer(Extension(info): Extension<RequestInfo>, request: Request, next: Next) -> Response {
    if http_body::Body::is_end_stream(request.body()) {
        return next.run(request).await;
    }
    if request.uri().path().starts_with("/api/v1/") {
        return lend(&info, request, next).await;
    }
    let (parts, body) = request.into_parts();
    match timeout(TIME, read(body)).await {
        Ok(Ok(bytes)) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Ok(Err(refusal)) => refuse(&refusal, &info),
        Err(_) => closing(problem::timed_out(info.context.request)),
    }
}

/// A body that its reader gives back by dropping it. It ends with an error at the limit and after the time.
struct Lent {
    body: Arc<Mutex<Body>>,
    seen: usize,
    too_large: Arc<AtomicBool>,
    ends: Pin<Box<Sleep>>,
}

impl http_body::Body for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.ends.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Some(Err(axum::Error::new(io::Error::from(io::ErrorKind::TimedOut)))));
        }
        let frame = ready!(Pin::new(&mut *self.body.lock().unwrap_or_else(PoisonError::into_inner)).poll_frame(cx));
        if let Some(Ok(frame)) = &frame {
            self.seen += frame.data_ref().map_or(0, Bytes::len);
        }
        if self.seen > LIMIT {
            self.too_large.store(true, Ordering::Relaxed);
            return Poll::Ready(Some(Err(axum::Error::new(io::Error::from(io::ErrorKind::FileTooLarge)))));
        }
        Poll::Ready(frame)
    }
}

/// Leaves the body to the handler, who first decides whether the caller may send one; what nobody read is dropped after that.
async fn lend(info: &RequestInfo, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let waits = parts.headers.contains_key(header::EXPECT);
    let (lent, too_large) = (Arc::new(Mutex::new(body)), Arc::new(AtomicBool::new(false)));
    let body = Lent { body: Arc::clone(&lent), seen: 0, too_large: Arc::clone(&too_large), ends: Box::pin(sleep(TIME)) };
    let mut response = next.run(Request::from_parts(parts, Body::new(body))).await;
    let too_large = too_large.load(Ordering::Relaxed);
    if too_large {
        response = problem::answer(&Problem::TooLarge, info.context.request);
    }
    let rest = mem::take(&mut *lent.lock().unwrap_or_else(PoisonError::into_inner));
    if http_body::Body::is_end_stream(&rest) {
        return response;
    }
    // A client that waits to be asked for its body sends none after an answer.
    let begun = if too_large { LIMIT } else { 0 };
    if waits || !timeout(TIME, drain(rest, begun)).await.unwrap_or_default() {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Whether the body ended within what is read for the sake of an answer, of which `seen` bytes were read before.
async fn drain(mut body: Body, mut seen: usize) -> bool {
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return false };
        seen += frame.data_ref().map_or(0, Bytes::len);
        if seen > DRAIN {
            return false;
        }
    }
    true
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

    #[tokio::test]
    async fn a_body_that_comes_too_slowly_is_refused() {
        let info = RequestInfo::new(Context::new(Actor::Nobody, None), None, false);
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
