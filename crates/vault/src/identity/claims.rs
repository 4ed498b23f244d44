//! What the provider's claims mean here: role, tier and name of an account.

use super::IdentitySettings;
use domain::person::{Email, Role, Tier};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The value at a path of names with dots between them. A name that itself has dots (such as a URL) is found as it stands, first.
fn at<'a>(claims: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    if let Some(value) = claims.get(path) {
        return Some(value);
    }
    let (first, rest) = path.split_once('.')?;
    at(claims.get(first)?.as_object()?, rest)
}

/// The role: an administrator's where the claim, one word or a list of words, holds the configured one; a user's in every other case.
pub(super) fn role(claims: &Map<String, Value>, settings: &IdentitySettings) -> Role {
    let wanted = |value: &Value| value.as_str() == Some(settings.admin_role.as_str());
    let is_admin = match at(claims, &settings.role_claim) {
        Some(Value::Array(all)) => all.iter().any(wanted),
        Some(one) => wanted(one),
        None => false,
    };
    if is_admin { Role::Admin } else { Role::User }
}

/// Whether the claims say anything about the role.
pub(super) fn say_role(claims: &Map<String, Value>, settings: &IdentitySettings) -> bool {
    at(claims, &settings.role_claim).is_some()
}

/// The tier, where the claim says one that there is. Keycloak gives an attribute of several values as a list; the first counts.
pub(super) fn tier(claims: &Map<String, Value>, settings: &IdentitySettings) -> Option<Tier> {
    let value = at(claims, &settings.tier_claim)?;
    let value = value.as_array().map_or(Some(value), |all| all.first())?;
    let known = value.as_str().and_then(|word| word.trim().to_lowercase().parse().ok());
    if known.is_none() {
        tracing::warn!(claim = settings.tier_claim, "the OpenID provider names a tier that there is not; the account keeps its own");
    }
    known
}

/// Whether every claim that matters here is there, so that nothing more has to be asked for.
pub(super) fn are_complete(claims: &Map<String, Value>, settings: &IdentitySettings) -> bool {
    ["email", &settings.role_claim, &settings.tier_claim].iter().all(|path| at(claims, path).is_some())
}

/// A name for an account: the e-mail address the provider tells, unless it says that nobody verified it, or one that is made up from
/// issuer and subject. Commands and imports go by names, so nobody may take one that is not theirs.
pub(super) fn name(claims: &Map<String, Value>, issuer: &str, subject: &str) -> Option<Email> {
    let unverified = match claims.get("email_verified") {
        Some(Value::Bool(verified)) => !verified,
        Some(Value::String(word)) => word != "true",
        _ => false,
    };
    let told = claims.get("email").and_then(Value::as_str).filter(|_| !unverified).and_then(|text| Email::parse(text).ok());
    told.or_else(|| {
        let host = url::Url::parse(issuer).ok()?.host_str()?.to_owned();
        let digest = Sha256::digest(format!("{issuer}\0{subject}").as_bytes());
        let mut local = String::from("subject-");
        for byte in &digest[..10] {
            write!(local, "{byte:02x}").ok()?;
        }
        Email::parse(&format!("{local}@{host}")).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn settings() -> IdentitySettings {
        IdentitySettings::new("https://id.example.com".into(), "keyward".into(), "https://keys.example.com")
    }

    fn claims(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().expect("an object")
    }

    /// Seen red with the word looked for anywhere in the claims, and inside longer words.
    #[test]
    fn only_the_configured_word_in_the_configured_place_makes_an_admin() {
        let of = |value: &Value| role(&claims(value), &settings());
        assert_eq!(of(&json!({"realm_access": {"roles": ["user", "admin"]}})), Role::Admin);
        assert_eq!(of(&json!({"realm_access": {"roles": "admin"}})), Role::Admin);
        assert_eq!(of(&json!({"realm_access.roles": ["admin"]})), Role::Admin, "a name with dots");
        for other in [
            json!({}),
            json!({"roles": ["admin"]}),
            json!({"realm_access": {"roles": ["administrator", "Admin", "not admin"]}}),
            json!({"realm_access": {"roles": [["admin"]]}}),
            json!({"realm_access": {"roles": {"admin": true}}}),
            json!({"realm_access": "admin"}),
            json!({"resource_access": {"other": {"roles": ["admin"]}}}),
            json!({"realm_access": {"roles": [true, 1, null]}}),
        ] {
            assert_eq!(of(&other), Role::User, "{other}");
        }
    }

    #[test]
    fn a_tier_is_a_word_or_the_first_of_a_list() {
        let of = |value: &Value| tier(&claims(value), &settings());
        assert_eq!(of(&json!({"subscription_tier": "professional"})), Some(Tier::Professional));
        assert_eq!(of(&json!({"subscription_tier": ["Enterprise"]})), Some(Tier::Enterprise));
        for none in [json!({}), json!({"subscription_tier": "gold"}), json!({"subscription_tier": []}), json!({"subscription_tier": 3})] {
            assert_eq!(of(&none), None, "{none}");
        }
    }

    #[test]
    fn an_account_without_an_address_has_a_name_of_its_own() {
        let told = name(&claims(&json!({"email": "Ann@Example.com"})), "https://id.example.com", "1").expect("a name");
        assert_eq!(told.as_str(), "ann@example.com");
        for unverified in [json!(false), json!("false")] {
            let told = json!({"email": "ann@example.com", "email_verified": unverified});
            assert!(name(&claims(&told), "https://id.example.com", "1").expect("a name").as_str().starts_with("subject-"), "{told}");
        }
        let made = |subject: &str| name(&Map::new(), "https://id.example.com/realms/x", subject).expect("a name").to_string();
        assert!(made("A").starts_with("subject-") && made("A").ends_with("@id.example.com"));
        assert_ne!(made("A"), made("a"));
    }
}
