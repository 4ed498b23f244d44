//! Log lines, on standard error.

use crate::config::{Config, LogFormat};
use std::{error::Error, io};
use tracing_subscriber::{EnvFilter, filter::Directive};
use vault::Failure;

/// Libraries that write header values or frames into their finest log levels. They stay at `info` whatever the filter says,
/// because a session cookie or a provider key is a header.
const NEVER_FINER_THAN_INFO: [&str; 5] = ["h2=info", "hpack=info", "hyper=info", "hyper_util=info", "rustls=info"];

/// Starts logging. Only the first call in a process has an effect.
pub(crate) fn start(config: &Config) {
    let mut filter = EnvFilter::try_new(&config.log).unwrap_or_else(|_| EnvFilter::new("info"));
    for directive in NEVER_FINER_THAN_INFO {
        if let Ok(directive) = directive.parse::<Directive>() {
            filter = filter.add_directive(directive);
        }
    }
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    let outcome = match config.log_format {
        LogFormat::Text => builder.with_ansi(io::IsTerminal::is_terminal(&io::stderr())).try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    drop(outcome);
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
