//! An export of a Keycloak realm, or the list of its users: older installations kept keys in attributes of people.

use super::{
    ImportError,
    row::{OldRow, Source, Whose, moment, text},
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The rows of an export, and the e-mail address of each person in it, by their id.
///
/// # Errors
/// [`ImportError::Export`] when the text is not JSON with users in it.
pub fn read(export: &str) -> Result<(Vec<OldRow>, BTreeMap<String, String>), ImportError> {
    let export: Value = serde_json::from_str(export).map_err(|_| ImportError::Export)?;
    // The whole realm, one of the files of an export by directory, or what the administration API lists.
    let users = export.get("users").unwrap_or(&export).as_array().ok_or(ImportError::Export)?;
    let mut rows = Vec::new();
    let mut emails = BTreeMap::new();
    for user in users {
        let email = text(user.get("email")).or_else(|| text(user.get("username")).filter(|name| name.contains('@')));
        let Some(id) = text(user.get("id")).or_else(|| email.clone()) else { continue };
        if let Some(email) = email {
            emails.insert(id.clone(), email);
        }
        if let Some(attributes) = user.get("attributes").and_then(Value::as_object) {
            rows.extend(attributes.keys().filter_map(|name| key(&id, name, attributes)));
        }
    }
    Ok((rows, emails))
}

/// The key whose encrypted value is the attribute `byok_<provider>_key`.
fn key(user: &str, attribute: &str, attributes: &Map<String, Value>) -> Option<OldRow> {
    let provider = attribute.strip_prefix("byok_")?.strip_suffix("_key")?;
    let other = |name: &str| text(attributes.get(&format!("byok_{provider}_{name}")));
    Some(OldRow {
        source: Source::Keycloak,
        id: format!("{user}/{provider}"),
        whose: Whose::Person(user.to_owned()),
        name: provider.to_owned(),
        kind: None,
        token: text(attributes.get(attribute))?,
        label: other("label"),
        description: None,
        endpoint: other("endpoint"),
        enabled: true,
        deleted: false,
        added: other("added_date").as_deref().and_then(moment),
        expires: None,
        metadata: Map::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_people_are_found_by_their_attributes() {
        let export = serde_json::json!({"realm": "x", "users": [
            {"id": "u1", "email": "Ann@example.com", "attributes": {
                "byok_openai_key": ["gAAAAA1"], "byok_openai_label": ["Build"], "byok_openai_added_date": ["2025-01-02T03:04:05"],
                "byok_ollama_cloud_key": ["gAAAAA2"], "byok_groq_key": [], "subscription_tier": ["starter"]}},
            {"id": "u2", "username": "bob@example.com"}]});
        let (rows, emails) = read(&export.to_string()).expect("an export");
        let found: Vec<_> = rows.iter().map(|row| (row.id.as_str(), row.name.as_str(), row.label.as_deref())).collect();
        assert_eq!(found, [("u1/ollama_cloud", "ollama_cloud", None), ("u1/openai", "openai", Some("Build"))]);
        assert_eq!(emails["u1"], "Ann@example.com");
        assert_eq!(emails["u2"], "bob@example.com");
        assert!(read(&export["users"].to_string()).is_ok(), "a bare list of users");
    }

    #[test]
    fn what_is_no_export_is_refused() {
        for text in ["", "[", "7", r#"{"realm": "x"}"#] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
