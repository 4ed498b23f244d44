//! A submitted form, field by field.

use domain::{FieldProblem, Problem, key_input::SecretInput};
use std::{borrow::Cow, fmt};
use url::form_urlencoded;

/// Fields that are never given back to the page.
const SECRET: [&str; 3] = ["key", "new_password", "password"];

/// Names and values as submitted, each name once and known to the form. Its `Debug` says nothing.
#[derive(Default)]
pub(crate) struct Fields(Vec<(Cow<'static, str>, String)>);

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fields(..)")
    }
}

impl Fields {
    /// Reads `application/x-www-form-urlencoded` (WHATWG URL, section 5).
    ///
    /// # Errors
    /// `UnsupportedBody` for what is not UTF-8 or names a field twice, `Invalid` for a field that the form does not have.
    pub(super) fn parse(body: &[u8], known: &'static [&'static str]) -> Result<Self, Problem> {
        Self::parse_with(body, known, None)
    }
    /// The same for a form that also has fields whose names begin so; whoever asks for them looks at what follows.
    ///
    /// # Errors
    /// As [`Fields::parse`].
    pub(super) fn parse_with(body: &[u8], known: &'static [&'static str], beginning: Option<&'static str>) -> Result<Self, Problem> {
        let mut fields: Vec<(Cow<'static, str>, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(body) {
            let own = known.iter().find(|known| **known == name).map(|known| Cow::Borrowed(*known));
            let begins = || beginning.filter(|beginning| name.starts_with(beginning)).map(|_| Cow::Owned(name.to_string()));
            let Some(name) = own.or_else(begins) else {
                let message = "The form has a field that this page does not. Reload the page and try again.";
                return Err(Problem::field(FieldProblem::new("form", "unknown_field", message)));
            };
            // The decoder puts U+FFFD where bytes are no UTF-8.
            if value.contains('\u{FFFD}') || fields.iter().any(|(seen, _)| *seen == name) {
                return Err(Problem::UnsupportedBody);
            }
            fields.push((name, value.into_owned()));
        }
        Ok(Self(fields))
    }
    /// What was typed into a form that nobody reads: without secrets, and without what is no UTF-8.
    pub(super) fn typed(body: &[u8]) -> Vec<(String, String)> {
        let pairs = form_urlencoded::parse(body).into_owned();
        pairs.filter(|(name, value)| !SECRET.contains(&name.as_str()) && !value.contains('\u{FFFD}')).collect()
    }
    /// Fields whose names begin so, by what follows.
    pub(super) fn beginning<'a>(&'a self, with: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(name, value)| Some((name.strip_prefix(with)?, value.as_str())))
    }
    /// The text of a field.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| *field == name).map(|(_, value)| value.as_str())
    }
    /// The text of a field; empty when it was not submitted.
    pub(super) fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default().to_owned()
    }
    /// Whether a checkbox was ticked.
    pub(super) fn is_ticked(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }
    /// Takes a secret out.
    pub(super) fn secret(&mut self, name: &str) -> SecretInput {
        let at = self.0.iter().position(|(field, _)| *field == name);
        SecretInput::new(at.map(|at| self.0.swap_remove(at).1).unwrap_or_default())
    }
    /// What the page may show again.
    pub(super) fn into_values(self) -> Vec<(String, String)> {
        let shown = self.0.into_iter().filter(|(name, _)| !SECRET.contains(&name.as_ref()));
        shown.map(|(name, value)| (name.into_owned(), value)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["key", "label", "password", "enabled"];

    fn parse(body: &str) -> Result<Fields, Problem> {
        Fields::parse(body.as_bytes(), KNOWN)
    }

    #[test]
    fn a_form_is_read_field_by_field() {
        let mut fields = parse("key=sk-a%2Bb&label=My+key&enabled=true").expect("a form");
        assert_eq!(fields.get("label"), Some("My key"));
        assert!(fields.is_ticked("enabled"));
        assert_eq!(fields.secret("key").verbatim(), "sk-a+b");
        assert!(fields.secret("key").is_empty());
    }

    #[test]
    fn no_secret_goes_back_to_the_page() {
        let values = parse("key=canary-1&password=canary-2&label=x").expect("a form").into_values();
        assert_eq!(values, [("label".to_owned(), "x".to_owned())]);
    }

    #[test]
    fn what_the_form_does_not_have_is_refused_without_repeating_it() {
        let problem = parse("label=x&owner_id=canary").expect_err("a refusal");
        assert_eq!(problem.status(), 422);
        assert!(!format!("{problem:?}").contains("owner_id"));
        assert_eq!(parse("label=x&label=y").err(), Some(Problem::UnsupportedBody));
        assert_eq!(parse("label=%ff").err(), Some(Problem::UnsupportedBody));
    }
}
