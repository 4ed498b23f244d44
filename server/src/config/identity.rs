//! The OpenID provider, if there is one.

use super::{ConfigError, Environment, PublicUrl};
use domain::key_input::SecretInput;
use std::net::IpAddr;
use url::{Host, Url};
use vault::identity::IdentitySettings;

/// Settings that mean something only beside an issuer.
const BESIDE: [&str; 7] = [
    "KEYWARD_JWT_AUDIENCE",
    "KEYWARD_OIDC_ADMIN_ROLE",
    "KEYWARD_OIDC_CLIENT_ID",
    "KEYWARD_OIDC_CLIENT_SECRET",
    "KEYWARD_OIDC_ROLE_CLAIM",
    "KEYWARD_OIDC_SCOPES",
    "KEYWARD_OIDC_TIER_CLAIM",
];

/// Reads them.
///
/// # Errors
/// A sentence that names the variable.
pub(super) fn read(env: &Environment, public_url: &PublicUrl) -> Result<Option<IdentitySettings>, ConfigError> {
    let secret = env.secret("KEYWARD_OIDC_CLIENT_SECRET")?;
    let Some(issuer) = env.get("KEYWARD_OIDC_ISSUER") else {
        let alone = BESIDE.into_iter().find(|name| env.get(name).is_some() || *name == "KEYWARD_OIDC_CLIENT_SECRET" && secret.is_some());
        return match alone {
            None => Ok(None),
            Some(name) => Err(ConfigError(format!("{name} is set, but KEYWARD_OIDC_ISSUER is not. Set both or neither."))),
        };
    };
    check(issuer)?;
    let client = env.get("KEYWARD_OIDC_CLIENT_ID");
    let client = client.ok_or_else(|| ConfigError("KEYWARD_OIDC_ISSUER needs KEYWARD_OIDC_CLIENT_ID beside it.".into()))?;
    let mut settings = IdentitySettings::new(issuer.to_owned(), client.to_owned(), public_url.origin());
    settings.client_secret = secret.map(|secret| SecretInput::new(secret.verbatim().trim().to_owned()));
    for (name, setting) in [
        ("KEYWARD_OIDC_ROLE_CLAIM", &mut settings.role_claim),
        ("KEYWARD_OIDC_ADMIN_ROLE", &mut settings.admin_role),
        ("KEYWARD_OIDC_TIER_CLAIM", &mut settings.tier_claim),
        ("KEYWARD_JWT_AUDIENCE", &mut settings.jwt_audience),
    ] {
        if let Some(text) = env.get(name) {
            *setting = text.to_owned();
        }
    }
    if let Some(text) = env.get("KEYWARD_OIDC_SCOPES") {
        settings.scopes = text.split([',', ' ']).filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
        if !settings.scopes.iter().any(|scope| scope == "openid") {
            settings.scopes.insert(0, "openid".to_owned());
        }
    }
    Ok(Some(settings))
}

/// An issuer is an https address without query and fragment (OpenID Connect Core 1.0, section 2); on this machine http will do.
fn check(issuer: &str) -> Result<(), ConfigError> {
    let fault = |what: &str| ConfigError(format!("KEYWARD_OIDC_ISSUER {what}"));
    let url = Url::parse(issuer).map_err(|_| fault("is not an address, like https://id.example.com/realms/main."))?;
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
        return Err(fault("must be scheme, host and path only, like https://id.example.com/realms/main."));
    }
    let loopback = match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    match url.scheme() {
        "https" => Ok(()),
        "http" if loopback => Ok(()),
        _ => Err(fault("must begin with https:// (or http:// on this machine).")),
    }
}
