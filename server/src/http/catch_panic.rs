//! A panic in a handler becomes a 500 with a fixed body, and a client that goes away stops nothing that was begun.

use super::RequestInfo;
use crate::problem;
use axum::{Extension, extract::Request, middleware::Next, response::Response};
use domain::Problem;
use tracing::Instrument;

/// Runs the handler in a task of its own: what was asked of a provider or a service is still noted when whoever asked has hung up.
/// Answers in its place if it panicked; the hook has logged where.
pub(super) async fn layer(Extension(info): Extension<RequestInfo>, request: Request, next: Next) -> Response {
    // What the handler held is dropped by the unwinding; shared state is behind locks that recover.
    match tokio::spawn(next.run(request).in_current_span()).await {
        Ok(response) => response,
        Err(_) => problem::answer(&Problem::Internal, info.context.request),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{Router, body::Body, middleware, routing::get};
    use tower::ServiceExt;
    use vault::{Actor, Context};

    #[tokio::test]
    async fn a_panic_becomes_a_problem_that_says_nothing_of_it() {
        let info = RequestInfo::new(Context::new(Actor::Nobody, None), None, false);
        let id = info.context.request.to_string();
        let fails = || async {
            assert!(id_is_odd(), "canary");
            "unreachable"
        };
        let app: Router = Router::new().route("/", get(fails)).layer(middleware::from_fn(layer)).layer(Extension(info));
        let response = app.oneshot(Request::new(Body::empty())).await.expect("a router cannot fail");
        assert_eq!(response.status(), 500);
        let body = axum::body::to_bytes(response.into_body(), 4096).await.expect("a short body");
        let text = String::from_utf8(body.to_vec()).expect("JSON");
        assert!(text.contains("\"code\":\"internal\"") && text.contains(&id) && !text.contains("canary"), "{text}");
    }

    fn id_is_odd() -> bool {
        std::hint::black_box(false)
    }
}
