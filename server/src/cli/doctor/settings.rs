//! What the configuration says, beyond what is refused when it is read.

use super::Finding;
use crate::config::{Config, RootKeySource};
use std::path::Path;
use vault::egress::EndpointPolicy;

pub(super) fn check(config: &Config) -> Vec<Finding> {
    let mut findings = vec![Finding::fine("configuration", "every setting can be read")];
    findings.push(public_address(config));
    findings.push(proxies(config));
    findings.push(outbound(config));
    findings.extend(sessions(config));
    findings.extend(tiers(config));
    findings.extend(environment(config));
    findings.extend(metrics(config));
    findings.extend(checkpoints(config));
    findings
}

fn public_address(config: &Config) -> Finding {
    let origin = config.public_url.origin();
    if config.public_url.is_https() {
        return Finding::fine("public address", format!("{origin}; cookies are Secure and bound to the host"));
    }
    if config.listen.ip().is_loopback() {
        return Finding::fine("public address", format!("{origin}, for browsers on this machine"));
    }
    Finding::problem(
        "public address",
        format!("it listens on {}, which other machines reach, but browsers are told {origin}, which is this machine only", config.listen),
        "Set KEYWARD_PUBLIC_URL to the https address of the proxy in front, or KEYWARD_LISTEN to an address of this machine, like 127.0.0.1:3000.",
    )
}

fn proxies(config: &Config) -> Finding {
    let check = "trusted proxies";
    if let Some(network) = config.trusted_proxies.iter().find(|network| network.prefix_len() == 0) {
        return Finding::problem(
            check,
            format!("{network} is everybody: any client can say that it has another address, and pass every limit by address"),
            "List only the addresses of your proxies in KEYWARD_TRUSTED_PROXIES, like 10.0.0.5.",
        );
    }
    match (config.public_url.is_https(), config.trusted_proxies.len()) {
        (true, 0) => Finding::problem(
            check,
            "browsers come through a proxy that ends TLS, and none is trusted: all clients seem to have its address and share the limits of one",
            "Set KEYWARD_TRUSTED_PROXIES to the address from which the proxy connects, like 127.0.0.1.",
        ),
        (_, 0) => Finding::fine(check, "none, and none is needed"),
        (_, n) => Finding::fine(check, format!("{n} listed")),
    }
}

fn outbound(config: &Config) -> Finding {
    let check = "outbound policy";
    let listed = &config.vault.allow_endpoints;
    if let Err(error) = EndpointPolicy::new(listed, config.vault.own_addresses.clone()) {
        return Finding::problem(
            check,
            error.to_string(),
            "Correct KEYWARD_ALLOW_ENDPOINTS: exact scheme://host:port, with commas between.",
        );
    }
    let local = |entry: &&String| ["http://127.", "http://localhost", "http://[::1]"].iter().any(|begin| entry.starts_with(begin));
    if let Some(open) = listed.iter().filter(|entry| entry.starts_with("http://")).find(|entry| !local(entry)) {
        return Finding::advice(
            check,
            format!("keys for {open} travel unprotected"),
            "Use https for what is on another machine, or make sure that nobody else is on that network.",
        );
    }
    match listed.len() {
        0 => Finding::fine(check, "public https addresses only"),
        n => Finding::fine(check, format!("public https addresses, and {n} listed")),
    }
}

fn sessions(config: &Config) -> Option<Finding> {
    (config.vault.session_idle > config.vault.session_max).then(|| {
        Finding::problem(
            "sessions",
            "KEYWARD_SESSION_IDLE is longer than KEYWARD_SESSION_MAX, so it has no effect",
            "Make KEYWARD_SESSION_IDLE the shorter one, like 30m and 12h.",
        )
    })
}

fn tiers(config: &Config) -> Option<Finding> {
    let tier = config.vault.default_tier;
    (!config.vault.byok_tiers.contains(&tier)).then(|| {
        Finding::advice(
            "tiers",
            format!("new accounts get the tier {tier}, which may not add keys"),
            "Add that tier to KEYWARD_BYOK_TIERS, or set another KEYWARD_DEFAULT_TIER, unless you mean it.",
        )
    })
}

fn checkpoints(config: &Config) -> Option<Finding> {
    let sink = config.vault.audit.sink.as_ref()?;
    let folder = sink.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Some(if folder.is_dir() {
        Finding::fine("checkpoints", format!("the audit trail leaves them in {}", sink.display()))
    } else {
        let found = format!("KEYWARD_AUDIT_SINK names {}, and its folder is not there", sink.display());
        Finding::problem("checkpoints", found, "Make that folder, on another disk than the database, for the user that serves.")
    })
}

fn metrics(config: &Config) -> Option<Finding> {
    let address = config.metrics_listen.filter(|address| !address.ip().is_loopback())?;
    Some(Finding::advice(
        "metrics",
        format!("{address} tells everybody who reaches it how much this installation is used; nothing asks who they are"),
        "Let KEYWARD_METRICS_LISTEN be an address that only the collector reaches, like 127.0.0.1:9464.",
    ))
}

fn environment(config: &Config) -> Option<Finding> {
    let RootKeySource::Given { variable, .. } = &config.root_key else { return None };
    Some(Finding::advice(
        "root key",
        format!("{variable} stays readable in the environment of the process for as long as it runs"),
        format!("Put the key into a file that only its user can read, and name it in {variable}_FILE."),
    ))
}
