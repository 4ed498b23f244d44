//! Numbers for Prometheus, on an address of their own, when `KEYWARD_METRICS_LISTEN` names one. Labels are words of ours: methods,
//! route patterns, statuses, reasons. Nothing says whose, and nothing that was submitted becomes a label.

mod listener;

pub(crate) use listener::serve;

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{
        MetricType,
        counter::{ConstCounter, Counter},
        family::Family,
        gauge::{ConstGauge, Gauge},
        histogram::Histogram,
    },
    registry::{Registry, Unit},
};
use std::{
    fmt,
    sync::{OnceLock, atomic::AtomicU64},
    time::Duration,
};
use vault::metrics::{self, Counted, Gauges};

/// Upper bounds of the times to answer, in seconds.
const BOUNDS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 10.0];

type Labels = [(&'static str, String); 3];

/// What is told. Made when somebody asks for it first; until then nothing is counted here.
static METRICS: OnceLock<Metrics> = OnceLock::new();

struct Metrics {
    registry: Registry,
    requests: Family<Labels, Counter>,
    seconds: Histogram,
    sessions: Gauge,
    accounts: Gauge,
    audit_events: Gauge,
    last_backup: Gauge<f64, AtomicU64>,
    database_up: Gauge,
    checkpoints_stuck: Gauge,
}

impl Metrics {
    fn new() -> Self {
        let mut registry = Registry::with_prefix("keyward");
        let requests = Family::default();
        let seconds = Histogram::new(BOUNDS);
        let [sessions, accounts, audit_events, database_up, checkpoints_stuck] = std::array::from_fn(|_| Gauge::default());
        let last_backup = Gauge::<f64, AtomicU64>::default();
        registry.register("http_requests", "Answered requests, by method, route pattern and status", requests.clone());
        registry.register_with_unit("http_answer_time", "Time to the head of an answer", Unit::Seconds, seconds.clone());
        registry.register("sessions", "Sessions that have not reached their end", sessions.clone());
        registry.register("accounts", "Accounts that may sign in", accounts.clone());
        registry.register("audit_events", "Number of the newest audit event", audit_events.clone());
        registry.register_with_unit(
            "last_backup_timestamp",
            "When the last backup was verified, since 1970; 0 when there was none",
            Unit::Seconds,
            last_backup.clone(),
        );
        registry.register("database_up", "Whether the database answered when this was asked", database_up.clone());
        registry.register(
            "audit_checkpoints_stuck",
            "Whether the second place of the audit trail takes no checkpoints",
            checkpoints_stuck.clone(),
        );
        registry.register_collector(Box::new(OfVault));
        Self { registry, requests, seconds, sessions, accounts, audit_events, last_backup, database_up, checkpoints_stuck }
    }

    /// Takes over what the database says; nothing when it did not answer.
    fn set(&self, gauges: Option<Gauges>, checkpoints_stuck: bool) {
        self.checkpoints_stuck.set(i64::from(checkpoints_stuck));
        self.database_up.set(i64::from(gauges.is_some()));
        let Some(gauges) = gauges else { return };
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        self.sessions.set(whole(gauges.sessions));
        self.accounts.set(whole(gauges.accounts));
        self.audit_events.set(whole(gauges.audit_events));
        #[expect(clippy::cast_precision_loss, reason = "microseconds since 1970 stay exact in 53 bits until the year 2255")]
        self.last_backup.set(gauges.last_backup.map_or(0.0, |at| at.micros() as f64 / 1e6));
    }
}

/// Notes an answered request. `route` is a pattern of ours, or `none`.
pub(crate) fn answered(method: &'static str, route: &str, status: u16, took: Duration) {
    let Some(metrics) = METRICS.get() else { return };
    metrics.requests.get_or_create(&[("method", method.to_owned()), ("route", route.to_owned()), ("status", status.to_string())]).inc();
    metrics.seconds.observe(took.as_secs_f64());
}

/// What the vault counts by itself.
#[derive(Debug)]
struct OfVault;

impl Collector for OfVault {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let opened = ConstCounter::new(metrics::secrets_opened());
        opened.encode(encoder.encode_descriptor("secrets_opened", "Secrets that were to be opened", None, MetricType::Counter)?)?;
        for (what, name, label, help) in [
            (Counted::Egress, "egress_requests", "outcome", "Outbound requests, by what came of them"),
            (Counted::DatabaseError, "database_errors", "kind", "What the database did not do"),
        ] {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            for (word, n) in metrics::counts(what) {
                ConstCounter::new(n).encode(family.encode_family(&[(label, word)])?)?;
            }
        }
        let mut build = encoder.encode_descriptor("build_info", "The version that runs", None, MetricType::Gauge)?;
        ConstGauge::new(1_i64).encode(build.encode_family(&[("version", env!("CARGO_PKG_VERSION"))])?)
    }
}
