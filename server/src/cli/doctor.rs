//! `keyward doctor`: what is wrong with an installation, and what to do about it. It changes nothing.

mod machine;
mod settings;
mod storage;

use super::{CommandFailure, say};
use crate::{config::Config, hardening};
use serde::Serialize;
use std::io;

/// How a check came out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Fine,
    /// It works, and could be better.
    Advice,
    /// It is wrong.
    Problem,
}

/// One check.
#[derive(Clone, Debug, Serialize)]
struct Finding {
    check: &'static str,
    state: State,
    found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

impl Finding {
    fn fine(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, state: State::Fine, found: found.into(), remedy: None }
    }
    fn advice(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, state: State::Advice, found: found.into(), remedy: Some(remedy.into()) }
    }
    fn problem(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, state: State::Problem, found: found.into(), remedy: Some(remedy.into()) }
    }
}

#[derive(Serialize)]
struct Report<'a> {
    problems: usize,
    findings: &'a [Finding],
}

/// Checks everything and says what it found; fails when something is wrong. A configuration that cannot be read is a finding too.
pub(super) fn run(json: bool) -> Result<(), CommandFailure> {
    hardening::apply();
    let findings = match Config::from_environment(None) {
        Err(error) => vec![Finding::problem(
            "configuration",
            error.0,
            "Correct or unset that variable. Every setting and what it may be is listed in the README.",
        )],
        Ok(config) => {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            runtime.block_on(examine(&config))
        }
    };
    let problems = findings.iter().filter(|finding| finding.state == State::Problem).count();
    if json {
        say(&serde_json::to_string_pretty(&Report { problems, findings: &findings }).map_err(io::Error::from)?)?;
    } else {
        for finding in &findings {
            print(finding)?;
        }
    }
    match problems {
        0 => Ok(()),
        1 => Err(CommandFailure::Refused("1 thing is wrong.".into())),
        n => Err(CommandFailure::Refused(format!("{n} things are wrong."))),
    }
}

async fn examine(config: &Config) -> Vec<Finding> {
    let mut findings = settings::check(config);
    findings.extend(machine::check(config));
    findings.extend(storage::check(config).await);
    findings
}

fn print(finding: &Finding) -> Result<(), CommandFailure> {
    let mark = match finding.state {
        State::Fine => "fine   ",
        State::Advice => "advice ",
        State::Problem => "WRONG  ",
    };
    say(&format!("{mark} {}: {}", finding.check, finding.found))?;
    finding.remedy.as_ref().map_or(Ok(()), |remedy| say(&format!("        -> {remedy}")))
}
