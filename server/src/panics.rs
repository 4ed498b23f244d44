//! What a panic leaves in the log: where it was and in which request; never its message, which may hold anything.

use domain::ids::RequestId;
use std::{future::Future, panic};

tokio::task_local! {
    static REQUEST: RequestId;
}

/// Runs a request so that a panic in it is logged under its id.
pub(crate) async fn within<F: Future>(request: RequestId, work: F) -> F::Output {
    REQUEST.scope(request, work).await
}

/// Replaces the default hook, which prints the message.
pub(crate) fn install_hook() {
    panic::set_hook(Box::new(|info| {
        let request = REQUEST.try_with(ToString::to_string).unwrap_or_default();
        match info.location() {
            Some(place) => tracing::error!(file = place.file(), line = place.line(), request, "panic"),
            None => tracing::error!(request, "panic"),
        }
    }));
}
