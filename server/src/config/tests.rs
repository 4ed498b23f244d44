use super::*;
use std::collections::BTreeMap;

fn read(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let found: BTreeMap<_, _> = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Config::read(&Environment::checked(found)?, None)
}

fn refused(variables: &[(&str, &str)]) -> String {
    read(variables).expect_err("these settings do not hold").0
}

#[test]
fn nothing_set_gives_the_documented_defaults() {
    let config = read(&[]).expect("defaults hold");
    assert_eq!(config.listen.to_string(), "127.0.0.1:3000");
    assert_eq!(config.public_url.origin(), "http://127.0.0.1:3000");
    assert_eq!(config.vault.database.file(), Some(std::path::Path::new("./data/keyward.db")));
    assert_eq!(config.vault.session_idle, Duration::from_secs(1_800));
    assert_eq!(config.vault.session_max, Duration::from_secs(43_200));
    assert_eq!(config.vault.tier_limits[&Tier::Starter], Some(10));
    assert_eq!(config.vault.tier_limits[&Tier::Enterprise], None);
    assert!(matches!(config.root_key, RootKeySource::DataFolder));
}

#[test]
fn an_unknown_name_is_refused_by_name() {
    assert!(refused(&[("KEYWARD_LISTN", "x")]).contains("KEYWARD_LISTN is not a setting of Keyward. Did you mean KEYWARD_LISTEN?"));
    assert!(refused(&[("KEYWARD_NONSENSE", "x")]).starts_with("KEYWARD_NONSENSE is not"));
    assert!(refused(&[("KEYWARD_LISTEN_FILE", "x")]).starts_with("KEYWARD_LISTEN_FILE is not"));
}

#[test]
fn settings_of_features_that_are_missing_are_refused_and_not_ignored() {
    for name in names::UNSUPPORTED {
        assert!(refused(&[(name, "x")]).starts_with(name), "{name}");
    }
    assert!(refused(&[("KEYWARD_OIDC_CLIENT_SECRET_FILE", "/x")]).contains("does not support"));
    assert!(refused(&[("KEYWARD_AUDIT_STRICT", "true")]).contains("KEYWARD_AUDIT_SINK"));
    assert!(refused(&[("KEYWARD_AUDIT_STRICT", "yes"), ("KEYWARD_AUDIT_SINK", "/x")]).contains("KEYWARD_AUDIT_STRICT"));
    assert!(read(&[("KEYWARD_AUDIT_STRICT", "true"), ("KEYWARD_AUDIT_SINK", "/x")]).expect("both").vault.audit.strict);
    read(&[("KEYWARD_AUDIT_STRICT", "false"), ("KEYWARD_VECTORS", "/x"), ("KEYWARD_METRICS_LISTEN", "")]).expect("these change nothing");
}

#[test]
fn no_error_repeats_a_secret() {
    for (name, value) in [
        ("KEYWARD_DATABASE_URL", "postgres://u:canary@h/d?x=canary"),
        ("KEYWARD_DATABASE_URL", "canary"),
        ("KEYWARD_OIDC_CLIENT_SECRET", "canary"),
    ] {
        assert!(!refused(&[(name, value)]).contains("canary"), "{name}");
    }
    let config = read(&[("KEYWARD_DATABASE_URL", "postgres://u:canary@h/d")]).expect("this is an address");
    assert!(format!("{config:?}").contains("database d at h:5432") && !format!("{config:?}").contains("canary"));
    let config = read(&[("KEYWARD_ROOT_KEY", "canary")]).expect("the key itself is read later");
    assert!(!format!("{config:?}").contains("canary"));
}

#[test]
fn variables_that_stand_in_for_service_credentials_are_read_by_name_or_file_and_never_shown() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("key");
    std::fs::write(&file, "canary-in-a-file\n").expect("the folder is ours");
    let config = read(&[("CLOUDFLARE_API_TOKEN", "canary-in-a-variable"), ("NAMECHEAP_API_KEY_FILE", &file.display().to_string())]);
    let config = config.expect("these are read");
    let found = &config.vault.fallbacks.0;
    assert_eq!(found["CLOUDFLARE_API_TOKEN"].verbatim(), "canary-in-a-variable");
    assert_eq!(found["NAMECHEAP_API_KEY"].tidied(), "canary-in-a-file");
    assert_eq!(found.len(), 2);
    assert!(!format!("{config:?}").contains("canary"));
    assert!(refused(&[("GITHUB_API_TOKEN", "a"), ("GITHUB_API_TOKEN_FILE", "b")]).contains("Keep one"));
    assert!(read(&[("STRIPE_SECRET_KEY", "")]).expect("an empty one counts as unset").vault.fallbacks.0.is_empty());
}

#[test]
fn a_plain_http_address_of_another_machine_is_refused() {
    assert!(refused(&[("KEYWARD_PUBLIC_URL", "http://keys.example.com")]).contains("plain http"));
    for text in ["keys.example.com", "https://keys.example.com/sub", "https://u@keys.example.com", "ftp://x", "https://x/?a"] {
        assert!(refused(&[("KEYWARD_PUBLIC_URL", text)]).starts_with("KEYWARD_PUBLIC_URL"), "{text}");
    }
    for text in ["http://127.0.0.1:4000", "http://localhost:4000", "http://[::1]:4000", "https://keys.example.com"] {
        let config = read(&[("KEYWARD_PUBLIC_URL", text)]).expect("this origin holds");
        assert_eq!(config.public_url.origin(), text);
    }
    assert_eq!(read(&[("KEYWARD_PUBLIC_URL", "https://a.example:443/")]).expect("an origin").public_url.origin(), "https://a.example");
}

#[test]
fn spans_have_a_unit_and_limits() {
    assert_eq!(values::duration("30m"), Some(Duration::from_secs(1_800)));
    assert_eq!(values::duration("2d"), Some(Duration::from_secs(172_800)));
    for text in ["", "30", "m", "0s", "-1m", "1.5h", "99999999999999999999d", "20y", "30 m", "4000d", "3é"] {
        assert_eq!(values::duration(text), None, "{text}");
    }
}

#[test]
fn a_root_key_comes_from_one_place() {
    assert!(refused(&[("KEYWARD_ROOT_KEY", "a"), ("KEYWARD_ROOT_KEY_FILE", "b")]).contains("Keep one"));
    assert!(refused(&[("KEYWARD_ROOT_KEY", " ")]).contains("is empty"));
    let config = read(&[("KEYWARD_ROOT_KEY_FILE", "/run/root.key")]).expect("a file is named");
    assert!(matches!(config.root_key, RootKeySource::File(path) if path.as_os_str() == "/run/root.key"));
}

#[test]
fn lists_are_read_entry_by_entry() {
    let config = read(&[
        ("KEYWARD_ALLOW_ENDPOINTS", "http://127.0.0.1:11434, https://a.example:8443"),
        ("KEYWARD_TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
        ("KEYWARD_BYOK_TIERS", "free"),
    ])
    .expect("lists hold");
    assert_eq!(config.vault.allow_endpoints.len(), 2);
    assert_eq!(config.trusted_proxies.len(), 2);
    assert_eq!(config.vault.byok_tiers, [Tier::Free]);
    assert!(refused(&[("KEYWARD_TRUSTED_PROXIES", "10.0.0.0/99")]).contains("KEYWARD_TRUSTED_PROXIES"));
    assert!(refused(&[("KEYWARD_TIER_LIMITS", "starter=many")]).contains("KEYWARD_TIER_LIMITS"));
    assert!(refused(&[("KEYWARD_BYOK_TIERS", "gold")]).contains("KEYWARD_BYOK_TIERS"));
}
