//! Where webhooks may lead: to public addresses over TLS, unless the operator allows private ones.
//!
//! A webhook makes the server itself send requests, so whoever may create one could reach what only the server can: the metadata
//! service of a cloud, an admin port on loopback. The URL is checked when it is given, and the addresses that are really
//! connected to are checked at each delivery, because a name can lead elsewhere a moment later.

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use thiserror::Error;
use tokio::net::lookup_host;

/// Why a webhook must not lead there, in MLflow's words.
#[derive(Debug, Error)]
pub enum AddressError {
    #[error("Webhook URL cannot be empty or just whitespace: '{0}'")]
    Empty(String),
    #[error("Invalid webhook URL '{url}': {reason}")]
    Unreadable { url: String, reason: String },
    #[error("Invalid webhook URL scheme: '{scheme}'. Allowed schemes are: {allowed}.")]
    Scheme { scheme: String, allowed: &'static str },
    #[error("Webhook URL must include a hostname: '{0}'")]
    NoHost(String),
    #[error("Cannot resolve Webhook URL hostname '{host}': {reason}")]
    Unresolved { host: String, reason: String },
    #[error(
        "Webhook URL must not resolve to a non-public IP address. '{host}' resolves to {ip}. An operator can allow it with \
         --private-webhooks."
    )]
    Private { host: String, ip: IpAddr },
}

/// Checks a URL that somebody wants to be called. `private` allows plain HTTP and addresses that are not public.
pub async fn check_url(url: &str, private: bool) -> Result<(), AddressError> {
    if url.trim().is_empty() {
        return Err(AddressError::Empty(url.to_owned()));
    }
    let parsed = match Url::parse(url) {
        Ok(parsed) => parsed,
        Err(error) if !url.contains("://") => {
            let scheme = url.split_once(':').map(|(scheme, _)| scheme).unwrap_or_default();
            tracing::debug!(%error, "a webhook's URL has no scheme");
            return Err(AddressError::Scheme { scheme: scheme.to_owned(), allowed: allowed(private) });
        }
        Err(error) => return Err(AddressError::Unreadable { url: url.to_owned(), reason: error.to_string() }),
    };
    if parsed.scheme() != "https" && !(private && parsed.scheme() == "http") {
        return Err(AddressError::Scheme { scheme: parsed.scheme().to_owned(), allowed: allowed(private) });
    }
    let Some(host) = parsed.host_str().filter(|host| !host.is_empty()) else {
        return Err(AddressError::NoHost(url.to_owned()));
    };
    if private {
        return Ok(());
    }
    if let Some(ip) = literal(&parsed) {
        return if is_public(ip) { Ok(()) } else { Err(AddressError::Private { host: host.to_owned(), ip }) };
    }
    let unresolved = |reason: String| AddressError::Unresolved { host: host.to_owned(), reason };
    let found = lookup_host((host, 443)).await.map_err(|error| unresolved(error.to_string()))?;
    match found.map(|address| address.ip()).find(|ip| !is_public(*ip)) {
        Some(ip) => Err(AddressError::Private { host: host.to_owned(), ip }),
        None => Ok(()),
    }
}

/// The address that stands in the URL instead of a name.
pub(crate) fn literal(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_matches(['[', ']']).parse().ok()
}

/// Finds public addresses only; it is what a connection is then made to, so no second look-up can lead elsewhere.
#[derive(Debug)]
pub(crate) struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = lookup_host((name.as_str(), 0)).await?.collect();
            if let Some(private) = found.iter().find(|address| !is_public(address.ip())) {
                let error = AddressError::Private { host: name.as_str().to_owned(), ip: private.ip() };
                return Err(Box::from(error));
            }
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}

/// Whether the address belongs to the public internet (IANA's registries of special addresses). What carries an IPv4 address
/// inside is judged by that.
pub(crate) fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => embedded(ip).map_or_else(|| is_public_v6(ip), is_public_v4),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_broadcast()
        || ip.is_documentation()
        || ip.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19)))
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [first, second, ..] = ip.segments();
    // Only 2000::/3 is given out; of it, documentation and benchmarking are not reachable.
    first & 0xe000 == 0x2000
        && !(first == 0x2001 && second < 0x200)
        && !(first == 0x2001 && second == 0xdb8)
        && first != 0x3fff
}

/// The IPv4 address in a mapped (`::ffff:0:0/96`), 6to4 (`2002::/16`) or NAT64 (`64:ff9b::/96`) address.
fn embedded(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let [first, second, third, rest @ ..] = ip.segments();
    let of = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match (first, second) {
        (0x2002, high) => Some(of(high, third)),
        (0x64, 0xff9b) => Some(of(rest[3], rest[4])),
        _ => ip.to_ipv4_mapped(),
    }
}

fn allowed(private: bool) -> &'static str {
    if private { "https, http" } else { "https" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_public_internet_is_public() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.0.1",
            "::1",
            "fe80::1",
            "fc00::1",
            "::ffff:127.0.0.1",
            "2002:7f00:1::",
            "64:ff9b::7f00:1",
            "2001:db8::1",
            "ff02::1",
            "::",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[tokio::test]
    async fn urls_are_refused_with_the_reason() {
        for (url, message) in [
            (" ", "cannot be empty"),
            ("http://example.org/", "scheme: 'http'. Allowed schemes are: https."),
            ("ftp://example.org/", "scheme: 'ftp'"),
            ("example.org/hook", "scheme: ''"),
            ("https://127.0.0.1/", "'127.0.0.1' resolves to 127.0.0.1"),
            ("https://[::1]:8443/", "resolves to ::1"),
            ("https://localhost/", "must not resolve to a non-public IP address. 'localhost' resolves to"),
            ("https://2130706433/", "resolves to 127.0.0.1"),
        ] {
            let error = check_url(url, false).await.unwrap_err().to_string();
            assert!(error.contains(message), "{url}: {error}");
        }
        assert!(check_url("http://127.0.0.1:9/", true).await.is_ok());
        assert!(check_url("file:///etc/passwd", true).await.is_err());
    }
}
