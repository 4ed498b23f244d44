//! The form of a dialog.
#![allow(missing_docs, reason = "the island macro makes a struct of the props and takes no documentation for it")]

use leptos::prelude::*;

/// What a dialog is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Task {
    /// Add a key.
    Add,
    /// Replace a key's secret.
    Replace,
    /// Change what is said about a key.
    Edit,
    /// Delete a key.
    Delete,
}

impl Task {
    /// The word the form carries as `data-task`; its key's id is `data-key`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Replace => "replace",
            Self::Edit => "edit",
            Self::Delete => "delete",
        }
    }
    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Add, Self::Replace, Self::Edit, Self::Delete].into_iter().find(|task| task.as_str() == word)
    }
}

/// Sends the dialog's form without leaving the page, so that a refusal costs nothing that was typed, the secret included;
/// holds the focus inside, and closes on Escape.
#[island]
pub fn DialogForm() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    crate::browser::dialog::start();
}
