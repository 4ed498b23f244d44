//! What needs an administrator's attention.

use super::AccountView;
use serde::{Deserialize, Serialize};

/// How much something matters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// Worth knowing; nothing is wrong.
    Hint,
    /// Something will be wrong if nobody acts.
    Warning,
    /// Something is wrong.
    Fault,
}

/// Something to look at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NoteView {
    /// How much it matters.
    pub weight: Weight,
    /// What it is, in a sentence.
    pub text: String,
    /// The page where it can be dealt with, and what the link says.
    pub link: Option<(String, String)>,
}

/// One check and what came of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CheckView {
    /// What was looked at, like `Audit trail`.
    pub title: String,
    /// What holds, in a sentence; what was looked at, when there are notes.
    pub fine: String,
    /// What does not. Empty when all is fine.
    pub notes: Vec<NoteView>,
    /// Whether it could not be looked at just now. Then nothing is known, and nothing is fine.
    pub unknown: bool,
}

impl CheckView {
    /// A check without notes so far.
    pub fn new(title: &str, fine: impl Into<String>) -> Self {
        Self { title: title.to_owned(), fine: fine.into(), notes: Vec::new(), unknown: false }
    }
    /// With one more note.
    #[must_use]
    pub fn note(mut self, weight: Weight, text: impl Into<String>, link: Option<(&str, &str)>) -> Self {
        let link = link.map(|(path, words)| (path.to_owned(), words.to_owned()));
        self.notes.push(NoteView { weight, text: text.into(), link });
        self
    }
    /// A check that could not be made.
    #[must_use]
    pub fn unknown(title: &str) -> Self {
        Self { unknown: true, ..Self::new(title, "This could not be looked at just now.") }
    }
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_fine(&self) -> bool {
        self.notes.is_empty() && !self.unknown
    }
}

/// The first page of the settings in one read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OverviewPage {
    /// Who is looking.
    pub account: AccountView,
    /// Every check, in the order of the side bar.
    pub checks: Vec<CheckView>,
}
