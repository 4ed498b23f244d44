//! A form that comes back: what was wrong, what was typed, what a test found.

use crate::done::NO_PROVIDER;
use domain::{
    Problem,
    views::{CredentialReport, TestReport},
};

/// Provided as context when a posted form is shown again, so that nothing typed is lost and nothing travels in a URL.
#[derive(Clone, Debug, Default)]
pub struct Returned {
    /// Why the act did not happen.
    pub problem: Option<Problem>,
    /// Field names and values as submitted; secret fields are left out.
    pub values: Vec<(String, String)>,
    /// The outcome of "Test first".
    pub test: Option<TestReport>,
    /// Whether this was typed before the person signed in again.
    pub kept: bool,
    /// The same for a service credential.
    pub tested: Option<CredentialReport>,
}

impl Returned {
    /// What was typed into a field, if the form had it.
    #[must_use]
    pub fn value(&self, field: &str) -> Option<&str> {
        self.values.iter().find(|(name, _)| name == field).map(|(_, value)| value.as_str())
    }
    /// The sentence for a field, if it has a fault.
    #[must_use]
    pub fn fault(&self, field: &str) -> Option<String> {
        let fault = self.problem.as_ref()?.of_field(field)?;
        let none_chosen = field == "provider" && self.value(field).is_none_or(str::is_empty);
        Some(if none_chosen { NO_PROVIDER.to_owned() } else { fault.message.to_string() })
    }
    /// Whether the focus begins at a field: at the first with a fault, and where none has one, where it `usually` does.
    #[must_use]
    pub fn focus(&self, field: &str, usually: bool) -> bool {
        let faulty = matches!(&self.problem, Some(Problem::Invalid { .. }));
        if faulty { self.fault(field).is_some() } else { usually }
    }
    /// The problem, when it belongs to no field that `fields` names and is not a duplicate, which has a note of its own.
    #[must_use]
    pub fn of_form(&self, fields: &[&str]) -> Option<String> {
        let problem = self.problem.as_ref()?;
        let beside = matches!(problem, Problem::DuplicateKey { .. }) || fields.iter().any(|field| self.fault(field).is_some());
        (!beside).then(|| problem.detail().into_owned())
    }
}
