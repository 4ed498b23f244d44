//! What the words of the audit trail mean to a person.

/// An action in words; the action itself when this page does not know it.
pub(crate) fn action(action: &str) -> Option<&'static str> {
    Some(match action {
        "account.add" => "Account added",
        "account.change_password" => "Password changed",
        "account.disable" => "Account disabled",
        "account.enable" => "Account enabled",
        "account.end_sessions" => "Sessions of an account ended",
        "account.reset_link" => "Link for a new password made",
        "account.reset_password" => "New password set through a link",
        "account.set_role" => "Role changed",
        "account.set_tier" => "Tier changed",
        "audit.export" => "Audit trail exported",
        "audit.verify" => "Audit trail verified",
        "key.add" => "Provider key added",
        "key.delete" => "Provider key deleted",
        "key.edit" => "Provider key changed",
        "key.replace" => "Provider key replaced",
        "key.test.result" => "Provider key tested",
        "key.test.use" => "Provider key opened for a test",
        "session.begin" => "Sign-in",
        "session.confirm" => "Password given again",
        "session.end" => "Session ended",
        "session.end_others" => "Other sessions ended",
        "setup.complete" => "First administrator made",
        "setup_link.create" => "Set-up link made",
        "token.create" => "API token made",
        "token.revoke" => "API token revoked",
        "vault.create" => "Vault made",
        _ => return None,
    })
}

/// A kind of thing in words.
pub(crate) fn kind(kind: &str) -> String {
    match kind {
        "api_token" => "API token".to_owned(),
        other => {
            let words = other.replace('_', " ");
            let mut letters = words.chars();
            letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
        }
    }
}

/// Class and word of an outcome.
pub(crate) fn outcome(outcome: &str) -> (&'static str, &'static str) {
    match outcome {
        "success" => ("state state--works", "Done"),
        "refused" => ("state state--rejected", "Refused"),
        "failed" => ("state state--no-credit", "Failed"),
        _ => ("state state--untested", "Started"),
    }
}

/// The details of an event as name and value; they are words and numbers of ours.
pub(crate) fn details(text: &str) -> Vec<(String, String)> {
    let Ok(serde_json::Value::Object(details)) = serde_json::from_str(text) else { return Vec::new() };
    let value = |value: serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    details.into_iter().map(|(name, one)| (name.replace('_', " "), value(one))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_named_and_details_are_read() {
        assert_eq!((kind("provider_key").as_str(), kind("api_token").as_str(), kind("").as_str()), ("Provider key", "API token", ""));
        let read = details(r#"{"sessions_ended":2,"verdict":"valid"}"#);
        assert_eq!(read, [("sessions ended".to_owned(), "2".to_owned()), ("verdict".to_owned(), "valid".to_owned())]);
        assert_eq!(details("no json"), []);
    }
}
