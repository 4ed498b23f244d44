//! The address that tells the numbers: `GET /metrics` and nothing else.

use super::{METRICS, Metrics};
use crate::logging;
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{ACCEPT, CONTENT_TYPE},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus_client::encoding::text::encode;
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::Semaphore, time::timeout};
use vault::{Context, Vault};

/// Collectors at once.
const CONNECTIONS: usize = 8;
/// A collector that has not asked by then is cut off.
const HEAD_TIME: Duration = Duration::from_secs(5);
/// A connection is closed after this long, and the collector makes another.
const LIFE: Duration = Duration::from_secs(600);

/// Serves for as long as the process lives.
pub(crate) async fn serve(listener: TcpListener, vault: Vault) {
    METRICS.get_or_init(Metrics::new);
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection for metrics");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let vault = vault.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(vault.clone(), request));
            let mut builder = http1::Builder::new();
            builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME);
            // Whatever ended the connection, the collector makes another.
            let _ = timeout(LIFE, builder.serve_connection(TokioIo::new(stream), service)).await;
            drop(slot);
        });
    }
}

async fn answer(vault: Vault, request: Request<Incoming>) -> Result<Response<String>, Infallible> {
    let fixed = |status: StatusCode, text: &str| {
        let mut response = Response::new(text.to_owned());
        *response.status_mut() = status;
        Ok(response)
    };
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/metrics") => {}
        (_, "/metrics") => return fixed(StatusCode::METHOD_NOT_ALLOWED, "only GET\n"),
        _ => return fixed(StatusCode::NOT_FOUND, "only /metrics\n"),
    }
    let metrics = METRICS.get_or_init(Metrics::new);
    let gauges = vault.gauges(&Context::system()).await;
    metrics.set(gauges.inspect_err(logging::report).ok(), vault.checkpoints_are_stuck());
    let mut text = String::new();
    if encode(&mut text, &metrics.registry).is_err() {
        return fixed(StatusCode::INTERNAL_SERVER_ERROR, "the numbers could not be written\n");
    }
    let open = request.headers().get(ACCEPT).is_some_and(|accept| accept.as_bytes().windows(11).any(|part| part == b"openmetrics"));
    let kind = if open { "application/openmetrics-text; version=1.0.0; charset=utf-8" } else { "text/plain; version=0.0.4; charset=utf-8" };
    let mut response = Response::new(text);
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(kind));
    Ok(response)
}
