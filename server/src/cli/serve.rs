//! `keyward serve`.

use super::CommandFailure;
use crate::{assets, config::Config, http, metrics, start};
use std::{
    fs::{File, TryLockError},
    io,
    net::SocketAddr,
    path::Path,
    sync::Arc,
};
use tokio::net::{TcpListener, TcpSocket};
use vault::Context;

/// Serves until SIGTERM or SIGINT.
pub(super) async fn run(mut config: Config) -> Result<(), CommandFailure> {
    if assets::ASSETS.is_empty() {
        return Err(CommandFailure::Refused(
            "This binary was built without the browser bundle, so it has no pages to serve. Build it with: make build".into(),
        ));
    }
    if config.vault.database.file().is_some_and(|file| !file.exists()) {
        return Err(start::StartFailure::NoDataFolder(config.data_dir.display().to_string()).into());
    }
    let _lock = config.lock_path().map(|path| lock(&path)).transpose()?;
    let listener = bind(config.listen)?;
    // With port 0 the system chose one.
    config.listen = listener.local_addr()?;
    config.vault.own_addresses = vec![config.listen];
    let metrics = match config.metrics_listen {
        None => None,
        Some(address) => Some(bind(address)?),
    };
    if let Some(listener) = &metrics {
        config.vault.own_addresses.push(listener.local_addr()?);
    }
    let vault = start::open(&config).await?;
    let acquaintance = vault.clone();
    tokio::spawn(async move { acquaintance.meet_provider(Context::system().now).await });
    tracing::info!(address = %config.listen, url = config.public_url.origin(), "serving");
    let (keeper, closing) = (vault.clone(), vault.clone());
    let upkeep = tokio::spawn(async move { keeper.keep_up().await });
    let telling = metrics.map(|listener| tokio::spawn(metrics::serve(listener, vault.clone())));
    http::serve(listener, Arc::new(config), vault).await;
    upkeep.abort();
    if let Some(telling) = telling {
        telling.abort();
    }
    closing.close().await;
    Ok(())
}

/// Connections that the system holds for us until they are accepted; it may allow fewer (`net.core.somaxconn`). Beyond them it drops the
/// first packet, and a client tries again after a second.
const BACKLOG: u32 = 1024;

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let listen = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // A restart does not wait for the connections of the process before.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    listen().map_err(|error| io::Error::new(error.kind(), format!("Cannot listen on {address}: {error}")))
}

/// Holds the data folder for this process: two servers on one SQLite file would each believe in limits and events of its own.
fn lock(path: &Path) -> Result<File, CommandFailure> {
    let said = |what: &str| CommandFailure::Refused(format!("{what} ({})", path.display()));
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(|error| said(&format!("Cannot open the lock file: {error}")))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(said("Another keyward serves from this data folder already; two cannot share one SQLite database. Stop it first."))
        }
        Err(TryLockError::Error(error)) => Err(said(&format!("Cannot lock the data folder: {error}"))),
    }
}
