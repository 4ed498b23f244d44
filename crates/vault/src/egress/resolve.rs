//! Names to addresses: one lookup a request, by our own resolver.

use async_trait::async_trait;
use hickory_resolver::{
    TokioResolver,
    config::{LookupIpStrategy, ResolveHosts},
};
use std::{net::IpAddr, sync::OnceLock};

/// The name has no address, or the lookup failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the name could not be resolved")]
pub struct NotResolved;

/// Looks names up.
#[async_trait]
pub trait Resolve: Send + Sync {
    /// Every A and AAAA answer for `name`; the hosts file of this machine counts only when `hosts_file` says so.
    ///
    /// # Errors
    /// [`NotResolved`] when there is no answer.
    async fn resolve(&self, name: &str, hosts_file: bool) -> Result<Vec<IpAddr>, NotResolved>;
}

/// Asks the name servers of `/etc/resolv.conf`, without search domains.
#[derive(Default)]
pub struct SystemResolver {
    dns: OnceLock<Option<TokioResolver>>,
    hosts_then_dns: OnceLock<Option<TokioResolver>>,
}

fn build(hosts: ResolveHosts) -> Option<TokioResolver> {
    let mut builder = TokioResolver::builder_tokio().ok()?;
    let options = builder.options_mut();
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    options.use_hosts_file = hosts;
    options.positive_max_ttl = Some(std::time::Duration::from_secs(60));
    options.negative_max_ttl = Some(std::time::Duration::from_secs(5));
    builder.build().ok()
}

#[async_trait]
impl Resolve for SystemResolver {
    async fn resolve(&self, name: &str, hosts_file: bool) -> Result<Vec<IpAddr>, NotResolved> {
        let resolver = if hosts_file {
            self.hosts_then_dns.get_or_init(|| build(ResolveHosts::Always))
        } else {
            self.dns.get_or_init(|| build(ResolveHosts::Never))
        };
        let resolver = resolver.as_ref().ok_or(NotResolved)?;
        let answer = resolver.lookup_ip(format!("{name}.")).await.map_err(|_| NotResolved)?;
        Ok(answer.iter().collect())
    }
}
