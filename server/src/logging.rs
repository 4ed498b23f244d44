//! Log lines, on standard error.

use crate::config::{Config, LogFormat};
use std::{error::Error, io};
use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, filter_fn},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};
use vault::Failure;

/// The program's own crates. Nothing else is logged finer than `info`, whatever the filter says: libraries write headers, frames and
/// values into their finest levels, and a session cookie or a provider key is a header.
const OWN: [&str; 4] = ["app", "domain", "keyward", "vault"];

/// Starts logging. Only the first call in a process has an effect.
pub(crate) fn start(config: &Config) {
    let asked = EnvFilter::try_new(&config.log).unwrap_or_else(|_| EnvFilter::new("info"));
    let filter = asked.and(filter_fn(may_be_logged));
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let outcome = match config.log_format {
        LogFormat::Text => {
            let lines = lines.with_ansi(io::IsTerminal::is_terminal(&io::stderr()));
            tracing_subscriber::registry().with(lines.with_filter(filter)).try_init()
        }
        LogFormat::Json => tracing_subscriber::registry().with(lines.json().with_filter(filter)).try_init(),
    };
    drop(outcome);
}

fn may_be_logged(line: &Metadata<'_>) -> bool {
    let name = line.target().split("::").next().unwrap_or_default();
    *line.level() <= Level::INFO || OWN.contains(&name)
}

/// Whether a filter can be read.
pub(crate) fn is_filter(text: &str) -> bool {
    EnvFilter::try_new(text).is_ok()
}

/// Writes why a use-case did not happen, with its sources, once. What the caller did wrong is no line in the log.
pub(crate) fn report(failure: &Failure) {
    let Some(source) = failure.source() else { return };
    tracing::warn!(code = failure.problem().code(), cause = %chain(source), "a request failed");
}

/// An error and its sources in one line.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !line.ends_with(&text) {
            line.push_str(": ");
            line.push_str(&text);
        }
        next = cause.source();
    }
    line
}
