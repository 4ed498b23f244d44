//! One error with two audiences: a public [`Problem`] for the caller, and the source for the log.

use domain::{FieldProblem, Problem};
use std::{error::Error, fmt};

/// Why a use-case did not happen. Log it once, at the edge; answer with its problem.
#[derive(Debug)]
pub struct Failure {
    problem: Problem,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl Failure {
    /// A problem whose cause is worth a line in the log.
    pub fn because(problem: Problem, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { problem, source: Some(source.into()) }
    }
    /// What the caller is told.
    #[must_use]
    pub const fn problem(&self) -> &Problem {
        &self.problem
    }
    /// What the caller is told, taken out.
    #[must_use]
    pub fn into_problem(self) -> Problem {
        self.problem
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self { problem, source: None }
    }
}
impl From<FieldProblem> for Failure {
    fn from(fault: FieldProblem) -> Self {
        Problem::field(fault).into()
    }
}
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.problem.code())
    }
}
impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}
