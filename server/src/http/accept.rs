//! The accept loop. It speaks HTTP/1.1 alone: a proxy speaks newer versions to browsers, and none of them to what is behind it.
//!
//! No client can hold a connection for ever: it has to send each head in time, a body in time (`body_limit`), and to read the answer in
//! time ([`impatient`]). No client network can hold all of them ([`peers`]).

mod impatient;
mod peers;

use super::{Site, request::Peer, router};
use crate::config::Config;
use axum::body::Body;
use futures::FutureExt;
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use impatient::Impatient;
use peers::Peers;
use socket2::SockRef;
use std::{io, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tower::Service;
use vault::Vault;

/// A second; in unit tests a twentieth of one, so that they can wait for what takes a minute.
pub(super) const SECOND: Duration = Duration::from_millis(if cfg!(test) { 50 } else { 1_000 });
/// Connections at once.
const CONNECTIONS: usize = 1024;
/// A client that has not sent its whole head by then is cut off, from the connection's or the last answer's end on.
const HEAD_TIME: Duration = SECOND.saturating_mul(10);
/// Between readiness turning false and the last accepted connection, so that a balancer notices.
const LEAVE_TIME: Duration = Duration::from_millis(500);
/// For requests in flight, after that.
const DRAIN_TIME: Duration = Duration::from_secs(9);
/// The most bytes of a head, which hyper answers with 431 beyond it, and of a body that nobody has read yet.
const HEAD_SIZE: usize = 32 * 1024;
/// A peer that acknowledges nothing for so long is gone.
const GONE_TIME: Duration = Duration::from_secs(60);

/// Serves until SIGTERM or SIGINT, then ends within ten seconds.
pub(crate) async fn serve(listener: TcpListener, config: Arc<Config>, vault: Vault) {
    let site = Site::new(config, vault);
    let app = router(site.clone());
    let server = builder();
    let graceful = GracefulShutdown::new();
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    let peers = Peers::default();
    let mut stop = std::pin::pin!(async {
        stop_signal().await;
        tracing::info!("stopping");
        site.leave();
        sleep(LEAVE_TIME).await;
    });
    let attend = |(stream, peer, slot): Accepted| {
        let Some(place) = peers.admit(peer.ip(), &site.config.trusted_proxies) else {
            tracing::debug!("a client network has too many connections");
            return;
        };
        // Without it, answers of more than one packet wait for the client's delayed acknowledgement.
        let prepared = stream.set_nodelay(true).and_then(|()| SockRef::from(&stream).set_tcp_user_timeout(Some(GONE_TIME)));
        if let Err(error) = prepared {
            tracing::debug!(%error, "a connection ended before it began");
            return;
        }
        let app = app.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(Peer(peer.ip().to_canonical()));
            app.clone().call(request)
        });
        let connection = graceful.watch(server.serve_connection(TokioIo::new(Impatient::new(stream)), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection failed");
            }
            drop((slot, place));
        });
    };
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = accept(&listener, &slots) => accepted,
        };
        match accepted {
            Ok(accepted) => attend(accepted),
            Err(error) => {
                // Out of file descriptors, mostly: waiting lets others close theirs.
                tracing::warn!(%error, "cannot accept a connection");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
    // Whom the system has let in already is answered: closing the listener would cut them off.
    while let Some(Ok(accepted)) = accept(&listener, &slots).now_or_never() {
        attend(accepted);
    }
    drop(listener);
    site.stop_streams();
    if timeout(DRAIN_TIME, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time and were cut off");
    }
}

fn builder() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME).max_buf_size(HEAD_SIZE);
    builder
}

type Accepted = (tokio::net::TcpStream, std::net::SocketAddr, tokio::sync::OwnedSemaphorePermit);

async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>) -> io::Result<Accepted> {
    let slot = Arc::clone(slots).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, slot))
}

async fn stop_signal() {
    match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
        (Err(error), _) | (_, Err(error)) => {
            tracing::warn!(%error, "cannot listen for signals; only killing ends this process");
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::Response;
    use std::convert::Infallible;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, duplex},
        time::Instant,
    };

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";

    /// Serves 1 MiB to a client over a connection that holds 8 KiB, and says how long it took and how it ended.
    async fn served(pace: Option<Duration>) -> (Duration, hyper::Result<()>) {
        const HOLDS: usize = 8 * 1024;
        let (near, mut far) = duplex(HOLDS);
        let answer = service_fn(async |_: Request<Incoming>| Ok::<_, Infallible>(Response::new(Body::from(vec![0; 1024 * 1024]))));
        let connection = builder().serve_connection(TokioIo::new(Impatient::new(near)), answer);
        let client = tokio::spawn(async move {
            far.write_all(REQUEST).await.expect("a request");
            let Some(pace) = pace else { return std::future::pending().await };
            while far.read(&mut [0; HOLDS]).await.is_ok_and(|read| read > 0) {
                sleep(pace).await;
            }
        });
        let begun = Instant::now();
        let outcome = timeout(SECOND * 3600, connection).await.expect("an end");
        client.abort();
        (begun.elapsed(), outcome)
    }

    #[tokio::test]
    async fn a_client_that_never_reads_its_answer_is_cut_off() {
        let (time, outcome) = served(None).await;
        assert!(outcome.is_err());
        assert!(time < SECOND * 90, "{time:?}");
    }

    #[tokio::test]
    async fn a_client_that_reads_a_little_now_and_then_is_cut_off() {
        let (time, outcome) = served(Some(SECOND)).await;
        assert!(outcome.is_err());
        assert!(time < SECOND * 90, "{time:?}");
    }

    #[tokio::test]
    async fn a_slow_client_gets_everything() {
        let (time, outcome) = served(Some(SECOND / 5)).await;
        // The idle connection is closed after the answer, which counts as an error of the client's.
        assert!(outcome.is_err_and(|error| error.is_timeout()));
        assert!(time > SECOND * 20, "{time:?}");
    }

    #[tokio::test]
    async fn a_client_that_says_nothing_is_cut_off() {
        let (near, _far) = duplex(1024);
        let answer = service_fn(async |_: Request<Incoming>| Ok::<_, Infallible>(Response::new(Body::empty())));
        let connection = builder().serve_connection(TokioIo::new(Impatient::new(near)), answer);
        assert!(timeout(HEAD_TIME * 4, connection).await.is_ok());
    }
}
