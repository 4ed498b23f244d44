//! What is logged by a test's own thread, on every level, by this program and by the libraries below it.

use std::cell::RefCell;
use tracing::log::{self, LevelFilter, Log, Metadata, Record};

thread_local! {
    static LINES: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

struct Ear;

impl Log for Ear {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        LINES.with_borrow(Option::is_some)
    }
    fn log(&self, record: &Record<'_>) {
        let line = format!("{} {}: {}", record.level(), record.target(), record.args());
        LINES.with_borrow_mut(|lines| lines.iter_mut().for_each(|lines| lines.push(line.clone())));
    }
    fn flush(&self) {}
}

/// Listens from now on. Obligation: the test and what it starts run on one thread, and nothing else in the program takes the log.
pub(crate) fn listen() {
    // The second test finds the ear of the first.
    let _ = log::set_logger(&Ear);
    log::set_max_level(LevelFilter::Trace);
    LINES.set(Some(Vec::new()));
    tracing::info!("the ear is open");
}

/// What was heard.
pub(crate) fn heard() -> String {
    let heard = LINES.take().expect("somebody listened").join("\n");
    assert!(heard.contains("the ear is open"), "nothing of the log arrives here");
    heard
}
