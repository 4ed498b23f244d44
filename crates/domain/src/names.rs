//! What people write about a key: its label and description.

use crate::FieldProblem;
use serde::{Deserialize, Serialize};

/// A key's label: 1 to 100 characters, trimmed, without control characters. An empty field means no label.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Label(String);

/// A key's description: 1 to 1,000 characters, trimmed; line breaks and tabs are its only control characters.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Description(String);

/// An API token's name: 1 to 100 characters, trimmed, without control characters.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenName(String);

fn bounded(field: &'static str, noun: &str, text: &str, limit: usize, multiline: bool) -> Result<Option<String>, FieldProblem> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if text.chars().count() > limit {
        return Err(FieldProblem::new(field, "too_long", format!("The {noun} can have at most {limit} characters.")));
    }
    if text.chars().any(|c| c.is_control() && !(multiline && matches!(c, '\n' | '\r' | '\t'))) {
        return Err(FieldProblem::new(field, "control_characters", format!("The {noun} contains characters that cannot be shown.")));
    }
    Ok(Some(text.to_owned()))
}

impl Label {
    /// Parses a field; `None` when it is empty.
    ///
    /// # Errors
    /// A [`FieldProblem`] on `label` when the text is over 100 characters or has control characters.
    pub fn parse(text: &str) -> Result<Option<Self>, FieldProblem> {
        Ok(bounded("label", "label", text, 100, false)?.map(Self))
    }
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl TokenName {
    /// Parses a field.
    ///
    /// # Errors
    /// A [`FieldProblem`] on `name` when the text is empty, over 100 characters or has control characters.
    pub fn parse(text: &str) -> Result<Self, FieldProblem> {
        let missing = || FieldProblem::new("name", "required", "Say what the token is for, like Deploy script.");
        bounded("name", "name", text, 100, false)?.map(Self).ok_or_else(missing)
    }
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl Description {
    /// Parses a field; `None` when it is empty.
    ///
    /// # Errors
    /// A [`FieldProblem`] on `description` when the text is over 1,000 characters or has control characters.
    pub fn parse(text: &str) -> Result<Option<Self>, FieldProblem> {
        Ok(bounded("description", "description", text, 1_000, true)?.map(Self))
    }
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_field_means_no_label() {
        assert_eq!(Label::parse("  \t "), Ok(None));
    }

    #[test]
    fn a_label_counts_characters_and_not_bytes() {
        assert!(Label::parse(&"é".repeat(100)).is_ok());
        assert_eq!(Label::parse(&"é".repeat(101)).map_err(|p| p.code), Err("too_long".into()));
    }

    #[test]
    fn only_a_description_may_have_line_breaks() {
        assert!(Description::parse("a\nb").is_ok());
        assert!(Label::parse("a\nb").is_err());
        assert!(Description::parse("a\u{1b}[31m").is_err());
    }
}
