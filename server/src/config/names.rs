//! The names of all settings.

use domain::services::VARIABLES;

const PLAIN: [&str; 17] = [
    "KEYWARD_ALLOW_ENDPOINTS",
    "KEYWARD_AUDIT_SINK",
    "KEYWARD_AUDIT_STRICT",
    "KEYWARD_BYOK_TIERS",
    "KEYWARD_CATALOGUE",
    "KEYWARD_DATA_DIR",
    "KEYWARD_DEFAULT_TIER",
    "KEYWARD_LISTEN",
    "KEYWARD_LOG",
    "KEYWARD_LOG_FORMAT",
    "KEYWARD_PUBLIC_URL",
    "KEYWARD_SESSION_IDLE",
    "KEYWARD_SESSION_MAX",
    "KEYWARD_TIER_LIMITS",
    "KEYWARD_TRUSTED_PROXIES",
    // Read by the build script.
    "KEYWARD_SITE",
    // Read by the set-up scripts.
    "KEYWARD_TOOLS",
];

/// Names that belong to the tests of the sealed format.
const TEST_ONLY: [&str; 1] = ["KEYWARD_VECTORS"];

/// Each can also be given as `NAME_FILE`.
const SECRET: [&str; 4] = ["KEYWARD_DATABASE_URL", "KEYWARD_OIDC_CLIENT_SECRET", "KEYWARD_ROOT_KEY", "KEYWARD_ROOT_KEY_PREVIOUS"];

/// Settings of features that this version does not have.
pub(super) const UNSUPPORTED: [&str; 9] = [
    "KEYWARD_JWT_AUDIENCE",
    "KEYWARD_METRICS_LISTEN",
    "KEYWARD_OIDC_ADMIN_ROLE",
    "KEYWARD_OIDC_CLIENT_ID",
    "KEYWARD_OIDC_CLIENT_SECRET",
    "KEYWARD_OIDC_ISSUER",
    "KEYWARD_OIDC_ROLE_CLAIM",
    "KEYWARD_OIDC_SCOPES",
    "KEYWARD_OIDC_TIER_CLAIM",
];

/// The variable that names a file with the secret instead.
pub(super) fn file_variant(name: &str) -> String {
    format!("{name}_FILE")
}

fn all() -> impl Iterator<Item = &'static str> {
    PLAIN.into_iter().chain(TEST_ONLY).chain(SECRET).chain(UNSUPPORTED)
}

/// Whether a variable answers while no service credential is stored, by itself or with a file.
pub(super) fn is_fallback(name: &str) -> bool {
    VARIABLES.contains(&name) || name.strip_suffix("_FILE").is_some_and(|name| VARIABLES.contains(&name))
}

/// Whether a variable means anything.
pub(super) fn is_known(name: &str) -> bool {
    is_fallback(name) || all().any(|known| known == name) || name.strip_suffix("_FILE").is_some_and(|name| SECRET.contains(&name))
}

/// The setting that an unknown name most likely means: the one with at most two other letters.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    all().map(|known| (distance(name, known), known)).min().filter(|(distance, _)| *distance <= 2).map(|(_, known)| known)
}

/// Levenshtein's distance, in bytes.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
