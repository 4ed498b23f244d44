//! What the words of the audit trail mean to a person.

/// An action in words; the action itself when this page does not know it.
pub(crate) fn action(action: &str) -> Option<&'static str> {
    Some(match action {
        "access.deny" => "Request refused",
        "account.add" => "Account added",
        "account.change_password" => "Password changed",
        "account.disable" => "Account disabled",
        "account.enable" => "Account enabled",
        "account.end_sessions" => "Sessions of an account ended",
        "account.import" => "Account imported",
        "account.reset_link" => "Link for a new password made",
        "account.reset_password" => "New password set through a link",
        "account.set_role" => "Role changed",
        "account.set_theme" => "Theme changed",
        "account.set_tier" => "Tier changed",
        "audit.export" => "Audit trail exported",
        "audit.prune" => "Old events taken out of the trail",
        "audit.verify" => "Audit trail verified",
        "backup.result" => "Backup made",
        "backup.use" => "Secrets opened for a backup",
        "cloudflare.record.change" => "DNS record changed",
        "cloudflare.record.change.use" => "Token opened to change a DNS record",
        "cloudflare.record.create" => "DNS record added",
        "cloudflare.record.create.use" => "Token opened to add a DNS record",
        "cloudflare.record.delete" => "DNS record deleted",
        "cloudflare.record.delete.use" => "Token opened to delete a DNS record",
        "cloudflare.record.list" => "DNS records listed",
        "cloudflare.zone.check" => "Zone looked at again",
        "cloudflare.zone.check.use" => "Token opened to have a zone looked at",
        "cloudflare.zone.create" => "Zone created",
        "cloudflare.zone.create.use" => "Token opened to create a zone",
        "cloudflare.zone.delete" => "Zone deleted",
        "cloudflare.zone.delete.use" => "Token opened to delete a zone",
        "cloudflare.zone.list" => "Zones listed",
        "cloudflare.zone.read" => "Zone looked up",
        "credential.add" => "Service credential added",
        "credential.delete" => "Service credential deleted",
        "credential.import" => "Service credential imported",
        "credential.move" => "Service credential moved from the environment",
        "credential.replace" => "Service credential replaced",
        "credential.result" => "Service credential used",
        "credential.test.result" => "Service credential tested",
        "credential.test.use" => "Service credential opened for a test",
        "credential.test_candidate.result" => "Service credential tried before saving",
        "credential.test_candidate.use" => "Service credential about to be tried",
        "credential.use" => "Service credential opened for a call",
        "decrypt_failed" => "Secret could not be opened",
        "import" => "Import begun",
        "import.result" => "Import finished",
        "key.add" => "Provider key added",
        "key.delete" => "Provider key deleted",
        "key.disable" => "Provider key switched off",
        "key.edit" => "Provider key changed",
        "key.import" => "Provider key imported",
        "key.replace" => "Provider key replaced",
        "key.test.result" => "Provider key tested",
        "key.test.use" => "Provider key opened for a test",
        "key.test_candidate.result" => "Provider key tried before saving",
        "key.test_candidate.use" => "Provider key about to be tried",
        "keyring.activate" => "New data key taken into use",
        "keyring.rekey_root" => "Root key changed",
        "keyring.reseal" => "Secrets sealed under the new data key",
        "keyring.retire" => "Old data key destroyed",
        "keyring.root_key.served" => "Root key in use",
        "keyring.rotate" => "Rotation of the data key",
        "keyring.rotate.resume" => "Rotation gone on with",
        "session.begin" => "Sign-in",
        "session.confirm" => "Identity confirmed again",
        "session.end" => "Session ended",
        "session.end_others" => "Other sessions ended",
        "setup.complete" => "First administrator made",
        "setup_link.create" => "Set-up link made",
        "token.create" => "API token made",
        "token.revoke" => "API token revoked",
        "vault.create" => "Vault made",
        "vault.restore" => "Vault restored from a backup",
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
    use std::{collections::BTreeSet, fs, path::Path};

    /// Literals that look like an action and are none: names of limits, what a MAC is bound to, a purpose with an ending to come.
    const OTHERS: [&str; 4] = ["audit.checkpoint", "audit.mark", "key.change", "key.test"];
    const BEGINNINGS: [&str; 14] = [
        "access",
        "account",
        "audit",
        "backup",
        "cloudflare",
        "credential",
        "import",
        "key",
        "keyring",
        "session",
        "setup",
        "setup_link",
        "token",
        "vault",
    ];

    /// Every literal below a folder of sources, tests left out, that looks like an action.
    fn actions(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).expect("a folder of sources").map(|entry| entry.expect("an entry").path()) {
            let name = entry.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            if entry.is_dir() {
                actions(&entry, found);
            } else if name.ends_with(".rs") && !name.contains("tests") {
                let source = fs::read_to_string(&entry).expect("a source");
                let code = source.split("#[cfg(test)]").next().unwrap_or_default();
                let literals = code.split('"').filter(|text| text.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '.' | '_')));
                let acts = literals
                    .filter(|text| text.split_once('.').is_some_and(|(begin, rest)| BEGINNINGS.contains(&begin) && !rest.is_empty()));
                found.extend(acts.map(str::to_owned));
                let named = code.split("Event::new(\"").skip(1).filter_map(|rest| rest.split_once('"'));
                found.extend(named.map(|(action, _)| action.to_owned()));
            }
        }
    }

    /// Seen red without "cloudflare.record.create" and without "decrypt_failed": the page showed what programs call it.
    #[test]
    fn every_action_that_is_recorded_has_words() {
        let mut found = BTreeSet::new();
        actions(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/vault/src"), &mut found);
        assert!(found.len() > 60, "{}", found.len());
        let silent: Vec<_> = found.iter().filter(|one| action(one).is_none() && !OTHERS.contains(&one.as_str())).collect();
        assert_eq!(silent, Vec::<&String>::new());
    }

    #[test]
    fn kinds_are_named_and_details_are_read() {
        assert_eq!((kind("provider_key").as_str(), kind("api_token").as_str(), kind("").as_str()), ("Provider key", "API token", ""));
        let read = details(r#"{"sessions_ended":2,"verdict":"valid"}"#);
        assert_eq!(read, [("sessions ended".to_owned(), "2".to_owned()), ("verdict".to_owned(), "valid".to_owned())]);
        assert_eq!(details("no json"), []);
    }
}
