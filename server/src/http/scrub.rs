//! What a parser, a cipher or a copy leaves on the stack of its thread is overwritten when it is done. The allocator does the same with
//! what is freed; between them nothing of a submitted secret stays, once its connection has ended.

use axum::{extract::Request, http::Method, middleware::Next, response::Response};
use std::{future::poll_fn, hint::black_box, pin::pin};

/// How far down the stack of a handler may have reached, in bytes. Without optimisation frames are several times as large.
const REACH: usize = if cfg!(debug_assertions) { 256 * 1024 } else { 64 * 1024 };

/// Runs what takes a body, and scrubs after each step of it, on the thread that ran the step. Reads carry no secret.
pub(super) async fn layer(request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let mut work = pin!(next.run(request));
    poll_fn(|cx| {
        let step = work.as_mut().poll(cx);
        scrub();
        step
    })
    .await
}

/// Zeroes the part of the stack that the calls before it used.
#[inline(never)]
#[expect(clippy::large_stack_arrays, reason = "it is the stack that is meant")]
fn scrub() {
    black_box(&mut [0_u8; REACH]);
}
