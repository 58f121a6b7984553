//! From a host name to all its addresses.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::OnceLock;

use hickory_resolver::TokioResolver;

use crate::net::Pending;

/// Finds the addresses of a host. It answers all of them, in the order they should be tried.
pub trait Resolve: fmt::Debug + Send + Sync + 'static {
    /// Every address of `host`; never an empty list.
    fn resolve<'a>(&'a self, host: &'a str) -> Pending<'a, io::Result<Vec<IpAddr>>>;
}

/// Every address of `host`, asking `resolver` only for what is a name: IP literals and `localhost` need none.
///
/// # Errors
/// The resolver's failure, with the host in its text.
pub async fn addresses(
    resolver: &dyn Resolve,
    host: &str,
    port: u16,
) -> io::Result<Vec<SocketAddr>> {
    let found = match literal(host) {
        Some(found) => found,
        None => resolver
            .resolve(host)
            .await
            .map_err(|cause| io::Error::new(cause.kind(), format!("resolving {host}: {cause}")))?,
    };
    if found.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            format!("resolving {host}: no addresses"),
        ));
    }
    Ok(found
        .into_iter()
        .map(|address| SocketAddr::new(address, port))
        .collect())
}

/// Asks the name servers of `/etc/resolv.conf` itself, after `/etc/hosts`.
///
/// musl's own resolver gives up on answers that are cut off, on search lists that some clusters have, and it asks one
/// question at a time.
#[derive(Debug, Default)]
pub struct Hickory {
    resolver: OnceLock<TokioResolver>,
}

impl Hickory {
    fn resolver(&self) -> io::Result<&TokioResolver> {
        if let Some(resolver) = self.resolver.get() {
            return Ok(resolver);
        }
        let built = TokioResolver::builder_tokio().and_then(|builder| builder.build());
        let resolver = built
            .map_err(|cause| io::Error::other(format!("reading /etc/resolv.conf: {cause}")))?;
        Ok(self.resolver.get_or_init(|| resolver))
    }
}

impl Resolve for Hickory {
    fn resolve<'a>(&'a self, host: &'a str) -> Pending<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let found = self
                .resolver()?
                .lookup_ip(host)
                .await
                .map_err(io::Error::other)?;
            Ok(found.iter().collect())
        })
    }
}

/// Asks the operating system (`getaddrinfo`), which knows sources such as NIS or mDNS where libc has them.
#[derive(Debug, Clone, Copy, Default)]
pub struct System;

impl Resolve for System {
    fn resolve<'a>(&'a self, host: &'a str) -> Pending<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            Ok(tokio::net::lookup_host((host, 0))
                .await?
                .map(|address| address.ip())
                .collect())
        })
    }
}

/// RFC 6761 gives `localhost` to the loopback addresses, whatever a resolver says.
fn literal(host: &str) -> Option<Vec<IpAddr>> {
    if let Ok(address) = host.parse() {
        return Some(vec![address]);
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    name.eq_ignore_ascii_case("localhost")
        .then(|| vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Fixed(Vec<IpAddr>);

    impl Resolve for Fixed {
        fn resolve<'a>(&'a self, _host: &'a str) -> Pending<'a, io::Result<Vec<IpAddr>>> {
            Box::pin(async move { Ok(self.0.clone()) })
        }
    }

    #[derive(Debug)]
    struct Unreachable;

    impl Resolve for Unreachable {
        fn resolve<'a>(&'a self, _host: &'a str) -> Pending<'a, io::Result<Vec<IpAddr>>> {
            Box::pin(async { Err(io::Error::other("no name server")) })
        }
    }

    #[tokio::test]
    async fn literals_and_localhost_need_no_resolver() {
        let of = |host: &'static str| async move { addresses(&Unreachable, host, 1).await };
        assert_eq!(
            of("127.0.0.1").await.unwrap(),
            ["127.0.0.1:1".parse().unwrap()]
        );
        assert_eq!(of("::1").await.unwrap(), ["[::1]:1".parse().unwrap()]);
        assert_eq!(of("LocalHost.").await.unwrap().len(), 2);
        let error = of("kafka.example").await.unwrap_err();
        assert_eq!(error.to_string(), "resolving kafka.example: no name server");
    }

    #[tokio::test]
    async fn every_address_is_answered() {
        let two = Fixed(vec![
            "10.0.0.1".parse().unwrap(),
            "10.0.0.2".parse().unwrap(),
        ]);
        assert_eq!(addresses(&two, "kafka", 9092).await.unwrap().len(), 2);
        assert!(addresses(&Fixed(Vec::new()), "kafka", 9092).await.is_err());
    }
}
