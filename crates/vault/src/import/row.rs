//! Rows of the other system, read out of whichever shape its table has. Nothing in them is believed yet.

use domain::Timestamp;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::fmt;

/// Where a row stood.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Source {
    /// People's keys for providers.
    UserProviderKeys,
    /// Credentials of the installation, and of people, for services.
    ServiceCredentials,
    /// An earlier table for either.
    EncryptedCredentials,
    /// The installation's own keys, in the category `api_keys`.
    PlatformSettings,
    /// Attributes of people in an export of Keycloak.
    Keycloak,
}

impl Source {
    /// The tables of a database.
    pub const TABLES: [Self; 4] = [Self::UserProviderKeys, Self::ServiceCredentials, Self::EncryptedCredentials, Self::PlatformSettings];

    /// The table's name, or `keycloak`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UserProviderKeys => "user_provider_keys",
            Self::ServiceCredentials => "service_credentials",
            Self::EncryptedCredentials => "encrypted_credentials",
            Self::PlatformSettings => "platform_settings",
            Self::Keycloak => "keycloak",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Whose a row is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Whose {
    /// A person, by the id they had there.
    Person(String),
    /// The installation.
    Installation,
}

/// One row. Its `Debug` shows neither the encrypted value nor what people wrote.
#[derive(Clone)]
pub struct OldRow {
    /// Where it stood.
    pub source: Source,
    /// Its id there.
    pub id: String,
    /// Whose it is.
    pub whose: Whose,
    /// The provider or service, as it was called there.
    pub name: String,
    /// The kind of credential, where there were several.
    pub kind: Option<String>,
    /// The encrypted value.
    pub token: String,
    /// What its owner called it.
    pub label: Option<String>,
    /// What its owner said of it.
    pub description: Option<String>,
    /// The base URL it was for.
    pub endpoint: Option<String>,
    /// Whether it was in use.
    pub enabled: bool,
    /// Whether its owner deleted it; that system kept what was deleted.
    pub deleted: bool,
    /// When it was added.
    pub added: Option<Timestamp>,
    /// When it stops working at the provider.
    pub expires: Option<Timestamp>,
    /// What else stood with it.
    pub metadata: Map<String, Value>,
}

impl fmt::Debug for OldRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OldRow").field("source", &self.source).field("id", &self.id).finish_non_exhaustive()
    }
}

impl OldRow {
    /// Reads a row of a table, given as an object with its columns.
    #[must_use]
    pub fn of_table(source: Source, columns: &Map<String, Value>) -> Self {
        let metadata = object(columns.get("metadata"));
        let column = |names: &[&str]| names.iter().find_map(|name| text(columns.get(*name)));
        let either = |names: &[&str]| column(names).or_else(|| names.iter().find_map(|name| text(metadata.get(*name))));
        let truth = |name: &str| columns.get(name).and_then(Value::as_bool);
        let owner = column(&["user_id"]).filter(|owner| !matches!(owner.as_str(), "system" | "platform"));
        let owner = if truth("is_system_level") == Some(true) { None } else { owner };
        let active = truth("is_active");
        Self {
            source,
            id: column(&["id", "key"]).unwrap_or_default(),
            whose: owner.map_or(Whose::Installation, Whose::Person),
            name: column(&["provider", "service", "key"]).unwrap_or_default(),
            kind: column(&["credential_type"]),
            token: column(&["api_key_encrypted", "encrypted_api_key", "encrypted_value", "encrypted_key", "value"]).unwrap_or_default(),
            label: either(&["key_name", "name", "label"]),
            description: either(&["description"]),
            endpoint: either(&["endpoint", "base_url"]),
            enabled: truth("enabled").or(active).unwrap_or(true),
            // Deleting a credential there only cleared this mark; of a key it is the switch.
            deleted: source == Source::ServiceCredentials && active == Some(false),
            added: either(&["added_date", "created_at", "encrypted_at"]).as_deref().and_then(moment),
            expires: column(&["expires_at"]).as_deref().and_then(moment),
            metadata,
        }
    }

    /// What tells this version of the value from others: SHA-256 of it as it stood there.
    #[must_use]
    pub fn token_hash(&self) -> [u8; 32] {
        Sha256::digest(self.token.as_bytes()).into()
    }
}

/// The text of a value, trimmed; `None` for an empty one.
pub(super) fn text(value: Option<&Value>) -> Option<String> {
    let text = match value? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        // Keycloak has a list for every attribute.
        Value::Array(values) => return text(values.first()),
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

/// An object, or one that was stored as text.
fn object(value: Option<&Value>) -> Map<String, Value> {
    match value {
        Some(Value::Object(map)) => map.clone(),
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
        _ => Map::new(),
    }
}

/// Reads a time as that system wrote it: without an offset it is UTC, and PostgreSQL may put a space for the `T`.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim().replacen(' ', "T", 1);
    Timestamp::parse(&text).or_else(|| Timestamp::parse(&format!("{text}Z")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(source: Source, columns: &Value) -> OldRow {
        OldRow::of_table(source, columns.as_object().expect("a test writes an object"))
    }

    #[test]
    fn both_shapes_of_the_table_of_keys_are_read() {
        let one = row(
            Source::UserProviderKeys,
            &serde_json::json!({"id": "7d", "user_id": "u1", "provider": "openai", "api_key_encrypted": "gAAAAA1", "enabled": false,
                "metadata": {"name": "Build", "endpoint": "https://llm.example.com/v1", "added_date": "2025-10-20T08:09:10.123456"}}),
        );
        assert_eq!((one.token.as_str(), one.label.as_deref(), one.enabled), ("gAAAAA1", Some("Build"), false));
        assert_eq!(one.added, Timestamp::parse("2025-10-20T08:09:10.123456Z"));
        let other = row(
            Source::UserProviderKeys,
            &serde_json::json!({"id": 7, "user_id": "u1", "provider": "openai", "encrypted_api_key": "gAAAAA2", "key_name": "Prod",
                "is_active": true, "created_at": "2025-10-20 08:09:10+00:00", "metadata": null}),
        );
        assert_eq!((other.id.as_str(), other.token.as_str(), other.label.as_deref()), ("7", "gAAAAA2", Some("Prod")));
        assert!(other.enabled && !other.deleted && other.added.is_some());
    }

    #[test]
    fn a_credential_is_the_installations_unless_it_names_a_person() {
        let of = |columns: Value| row(Source::ServiceCredentials, &columns).whose;
        assert_eq!(of(serde_json::json!({"user_id": null, "service": "github"})), Whose::Installation);
        assert_eq!(of(serde_json::json!({"user_id": "u1", "is_system_level": true})), Whose::Installation);
        assert_eq!(of(serde_json::json!({"user_id": "u1", "is_system_level": false})), Whose::Person("u1".into()));
        assert!(row(Source::ServiceCredentials, &serde_json::json!({"is_active": false})).deleted);
    }

    #[test]
    fn a_row_says_nothing_of_its_value_in_debug_output() {
        let row = row(Source::PlatformSettings, &serde_json::json!({"key": "OPENAI_API_KEY", "value": "gAAAAAcanary"}));
        assert!(!format!("{row:?}").contains("canary"));
    }
}
