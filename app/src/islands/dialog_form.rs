//! The form of a dialog.

use domain::ids::KeyId;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What a dialog is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
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

/// Sends the dialog's form without leaving the page, so that a refusal costs nothing that was typed, the secret included;
/// holds the focus inside, and closes on Escape.
#[island]
pub fn DialogForm(task: Task, id: Option<KeyId>) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    crate::browser::dialog::start(task, id);
    #[cfg(not(feature = "hydrate"))]
    let _ = (task, id);
}
