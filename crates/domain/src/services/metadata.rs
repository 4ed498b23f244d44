//! What is kept with a service credential and is no secret.

use crate::{FieldProblem, names::Description};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, net::Ipv4Addr};

/// The field that every service has: what the credential is for.
pub const DESCRIPTION: &str = "description";
/// The most characters of a text field whose entry in the catalogue does not say.
const LONGEST: usize = 200;

/// What a field may hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldKind {
    /// A line of text.
    #[default]
    Text,
    /// An IPv4 address.
    Ipv4,
    /// 32 hexadecimal digits.
    Hex32,
    /// Yes or no.
    Switch,
}

/// A field of a service's metadata.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetadataField {
    /// Its name in forms and JSON.
    pub id: String,
    /// Its name on the page.
    pub name: String,
    /// What to know about it.
    #[serde(default)]
    pub help: String,
    /// What it may hold.
    #[serde(default)]
    pub kind: FieldKind,
    /// Whether the service cannot be asked without it.
    #[serde(default)]
    pub required: bool,
    /// The most characters of a text; 200 when absent.
    pub longest: Option<usize>,
    /// The environment variable that answers when it is not stored.
    pub variable: Option<String>,
}

/// A value: a text, or yes or no.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum MetadataValue {
    /// Yes or no.
    Flag(bool),
    /// A text.
    Text(String),
}

/// Values by the names of their fields; a field without a value is absent.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metadata(pub BTreeMap<String, MetadataValue>);

impl Metadata {
    /// A field's text; `None` for one that is absent or no text.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        match self.0.get(field) {
            Some(MetadataValue::Text(text)) => Some(text),
            _ => None,
        }
    }
    /// Whether a switch is on.
    #[must_use]
    pub fn flag(&self, field: &str) -> bool {
        matches!(self.0.get(field), Some(MetadataValue::Flag(true)))
    }
    /// What the credential is for.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.text(DESCRIPTION)
    }
    /// Checks submitted values against a service's fields: texts are trimmed, empty ones and switches that are off are left out.
    ///
    /// # Errors
    /// A fault for each field that the service does not have or whose value does not fit, named `metadata.{field}`.
    pub fn parse(submitted: &Self, fields: &[MetadataField]) -> Result<Self, Vec<FieldProblem>> {
        let mut faults = Vec::new();
        let mut parsed = BTreeMap::new();
        for (name, value) in &submitted.0 {
            let value = if name == DESCRIPTION {
                described(value)
            } else if let Some(field) = fields.iter().find(|field| field.id == *name) {
                field.parse(value)
            } else {
                // The name was submitted, so it is not repeated.
                Err(FieldProblem::new("metadata", "unknown_field", "The metadata has a field that this service does not have."))
            };
            match value {
                Ok(Some(value)) => drop(parsed.insert(name.clone(), value)),
                Ok(None) => {}
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() { Ok(Self(parsed)) } else { Err(faults) }
    }
    /// Fields without which the service cannot be asked, and which are absent here.
    ///
    /// # Errors
    /// A fault for each.
    pub fn require(&self, fields: &[MetadataField]) -> Result<(), Vec<FieldProblem>> {
        let missing = |field: &&MetadataField| field.required && !self.0.contains_key(&field.id);
        let faults: Vec<_> = fields
            .iter()
            .filter(missing)
            .map(|field| field.fault("required", format!("{} is needed to ask this service.", field.name)))
            .collect();
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

fn described(value: &MetadataValue) -> Result<Option<MetadataValue>, FieldProblem> {
    let of_metadata = |fault: FieldProblem| FieldProblem { field: format!("metadata.{DESCRIPTION}").into(), ..fault };
    match value {
        MetadataValue::Flag(_) => Err(of_metadata(FieldProblem::new(DESCRIPTION, "not_text", "The description has to be a text."))),
        MetadataValue::Text(text) => {
            let parsed = Description::parse(text).map_err(of_metadata)?;
            Ok(parsed.map(|text| MetadataValue::Text(text.as_str().to_owned())))
        }
    }
}

impl MetadataField {
    fn fault(&self, code: &'static str, message: String) -> FieldProblem {
        FieldProblem { field: format!("metadata.{}", self.id).into(), code: code.into(), message: message.into() }
    }
    /// Reads a value; `None` for an empty text and a switch that is off.
    ///
    /// # Errors
    /// A fault of the field `metadata.{id}`.
    pub fn parse(&self, value: &MetadataValue) -> Result<Option<MetadataValue>, FieldProblem> {
        match (self.kind, value) {
            (FieldKind::Switch, MetadataValue::Flag(on)) => Ok(on.then_some(MetadataValue::Flag(true))),
            (FieldKind::Switch, MetadataValue::Text(text)) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "on" | "yes" | "1" => Ok(Some(MetadataValue::Flag(true))),
                "" | "false" | "off" | "no" | "0" => Ok(None),
                _ => Err(self.fault("not_a_switch", format!("{} has to be true or false.", self.name))),
            },
            (_, MetadataValue::Flag(_)) => Err(self.fault("not_text", format!("{} has to be a text.", self.name))),
            (kind, MetadataValue::Text(text)) => {
                let text = text.trim();
                if text.is_empty() { Ok(None) } else { self.line(kind, text).map(|()| Some(MetadataValue::Text(text.to_owned()))) }
            }
        }
    }
    fn line(&self, kind: FieldKind, text: &str) -> Result<(), FieldProblem> {
        let longest = self.longest.unwrap_or(LONGEST);
        if text.chars().count() > longest {
            return Err(self.fault("too_long", format!("{} can have at most {longest} characters.", self.name)));
        }
        if text.chars().any(char::is_control) {
            return Err(self.fault("control_characters", format!("{} contains characters that cannot be shown.", self.name)));
        }
        match kind {
            FieldKind::Ipv4 if text.parse::<Ipv4Addr>().is_err() => {
                Err(self.fault("not_an_address", format!("{} has to be an IPv4 address, like 203.0.113.7.", self.name)))
            }
            FieldKind::Hex32 if text.len() != 32 || !text.bytes().all(|b| b.is_ascii_hexdigit()) => {
                Err(self.fault("not_an_id", format!("{} has 32 digits and letters from a to f.", self.name)))
            }
            FieldKind::Text | FieldKind::Ipv4 | FieldKind::Hex32 | FieldKind::Switch => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(id: &str, kind: FieldKind) -> MetadataField {
        MetadataField { id: id.into(), name: id.into(), help: String::new(), kind, required: true, longest: Some(20), variable: None }
    }

    fn parse(values: &[(&str, &str)]) -> Result<Metadata, Vec<FieldProblem>> {
        let fields =
            [field("user", FieldKind::Text), field("ip", FieldKind::Ipv4), field("id", FieldKind::Hex32), field("on", FieldKind::Switch)];
        let text = |value: &str| MetadataValue::Text(value.to_owned());
        Metadata::parse(&Metadata(values.iter().map(|(name, value)| ((*name).to_owned(), text(value))).collect()), &fields)
    }

    #[test]
    fn values_are_trimmed_and_empty_ones_are_left_out() {
        let parsed = parse(&[("user", " ann "), ("ip", ""), ("on", "true"), ("description", " For DNS ")]).expect("these hold");
        assert_eq!((parsed.text("user"), parsed.flag("on"), parsed.description()), (Some("ann"), true, Some("For DNS")));
        assert_eq!(parsed.0.len(), 3);
        assert!(!parse(&[("on", "off")]).expect("a switch").flag("on"));
    }

    #[test]
    fn a_value_that_does_not_fit_is_a_fault_of_its_field() {
        let codes = |values: &[(&str, &str)]| {
            let faults = parse(values).expect_err("these do not hold");
            faults.into_iter().map(|fault| format!("{} {}", fault.field, fault.code)).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(codes(&[("user", "a name that is far too long")]), "metadata.user too_long");
        assert_eq!(codes(&[("user", "a\nb")]), "metadata.user control_characters");
        assert_eq!(codes(&[("ip", "999.1.1.1")]), "metadata.ip not_an_address");
        assert_eq!(codes(&[("ip", "::1")]), "metadata.ip not_an_address");
        assert_eq!(codes(&[("id", "zz")]), "metadata.id not_an_id");
        assert_eq!(codes(&[("on", "perhaps"), ("ip", "x")]), "metadata.ip not_an_address, metadata.on not_a_switch");
        assert_eq!(codes(&[("canary", "x")]), "metadata unknown_field", "what was submitted is not repeated");
    }

    #[test]
    fn what_a_service_cannot_be_asked_without_is_named() {
        let empty = Metadata::default();
        let fields = [field("user", FieldKind::Text)];
        assert_eq!(empty.require(&fields).expect_err("nothing is there")[0].field, "metadata.user");
        assert!(parse(&[("user", "ann")]).expect("a name").require(&fields).is_ok());
    }
}
