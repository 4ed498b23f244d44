//! `keyward serve`.

use super::CommandFailure;
use crate::{assets, config::Config, http, start};
use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
    sync::Arc,
};
use tokio::net::TcpListener;

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
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|error| io::Error::new(error.kind(), format!("Cannot listen on {}: {error}", config.listen)))?;
    // With port 0 the system chose one.
    config.listen = listener.local_addr()?;
    config.vault.own_addresses = vec![config.listen];
    let vault = start::open(&config).await?;
    tracing::info!(address = %config.listen, url = config.public_url.origin(), "serving");
    let (keeper, closing) = (vault.clone(), vault.clone());
    let upkeep = tokio::spawn(async move { keeper.keep_up().await });
    http::serve(listener, Arc::new(config), vault).await;
    upkeep.abort();
    closing.close().await;
    Ok(())
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
