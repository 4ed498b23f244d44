//! Values with a form of their own: lists, spans, networks, tiers.

use super::ConfigError;
use domain::person::Tier;
use ipnet::IpNet;
use std::{collections::BTreeMap, net::IpAddr, time::Duration};

/// What a tier can be.
pub(super) const TIERS: &str = "one of trial, free, starter, professional, enterprise";

/// The entries of a comma list, trimmed; none for no text.
pub(super) fn list(text: Option<&str>) -> Vec<String> {
    entries(text.unwrap_or_default()).map(str::to_owned).collect()
}

fn entries(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|entry| !entry.is_empty())
}

/// # Errors
/// When an entry is no tier.
pub(super) fn tiers(text: &str) -> Result<Vec<Tier>, ConfigError> {
    let parsed = entries(text).map(str::parse).collect::<Result<_, _>>();
    parsed.map_err(|_| ConfigError(format!("KEYWARD_BYOK_TIERS must be a comma list, each {TIERS}.")))
}

/// # Errors
/// When an entry is not `tier=number` or `tier=unlimited`.
pub(super) fn tier_limits(text: &str) -> Result<BTreeMap<Tier, Option<u32>>, ConfigError> {
    let parse = |entry: &str| {
        let (tier, limit) = entry.split_once('=')?;
        let limit = match limit.trim() {
            "unlimited" => None,
            number => Some(number.parse().ok()?),
        };
        Some((tier.trim().parse().ok()?, limit))
    };
    let fault = || ConfigError("KEYWARD_TIER_LIMITS must be like starter=10,professional=50,enterprise=unlimited.".into());
    entries(text).map(|entry| parse(entry).ok_or_else(fault)).collect()
}

/// # Errors
/// When an entry is neither a network nor an address.
pub(super) fn networks(text: Option<&str>) -> Result<Vec<IpNet>, ConfigError> {
    let parse = |entry: &str| entry.parse().ok().or_else(|| entry.parse::<IpAddr>().ok().map(IpNet::from));
    let fault = || ConfigError("KEYWARD_TRUSTED_PROXIES must be a comma list of networks, like 10.0.0.0/8.".into());
    entries(text.unwrap_or_default()).map(|entry| parse(entry).ok_or_else(fault)).collect()
}

/// A span of at least a second and at most ten years, as a number and one of `s`, `m`, `h`, `d`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
    let seconds = number.checked_mul(match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    })?;
    (1..=3_650 * 86_400).contains(&seconds).then(|| Duration::from_secs(seconds))
}
