//! Where deliveries may go: public addresses, looked at after the name was resolved, and connected to as they were looked at.

use std::error::Error;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::rules::Reach;

/// What the IANA has set apart of IPv4: the network, and how many bits name it (registry of special-purpose addresses,
/// multicast and what is reserved).
const SPECIAL_V4: &[([u8; 4], u32)] = &[
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 31, 196, 0], 24),
    ([192, 52, 193, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([192, 175, 48, 0], 24),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// All that is routed of IPv6.
const UNICAST_V6: ([u16; 8], u32) = ([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// What is set apart within that. Two of them, 6to4 and Teredo, lead to addresses of IPv4.
const SPECIAL_V6: &[([u16; 8], u32)] = &[
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16),
    ([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48),
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
];

/// Whether an address belongs to the public network, so that a webhook may be there.
pub fn is_public(address: IpAddr) -> bool {
    let within_v4 = |address: Ipv4Addr, (network, bits): ([u8; 4], u32)| {
        (address.to_bits() ^ Ipv4Addr::from(network).to_bits()) >> (32 - bits) == 0
    };
    let within_v6 = |address: Ipv6Addr, (network, bits): ([u16; 8], u32)| {
        (address.to_bits() ^ Ipv6Addr::from(network).to_bits()) >> (128 - bits) == 0
    };
    match address {
        IpAddr::V4(address) => !SPECIAL_V4.iter().any(|network| within_v4(address, *network)),
        IpAddr::V6(address) => {
            within_v6(address, UNICAST_V6) && !SPECIAL_V6.iter().any(|network| within_v6(address, *network))
        }
    }
}

/// That a name stands for an address which is not public.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the name stands for an address that webhooks do not reach")]
pub struct Forbidden;

/// On which ports a receiver may listen.
const PORTS: [u16; 2] = [443, 8443];

/// How long an address may be, in characters.
const LONGEST: usize = 2000;

/// An address that webhooks reach.
///
/// # Errors
/// What is wrong with it: a code, and a sentence.
pub fn address(text: &str, reach: Reach) -> Result<Url, (&'static str, &'static str)> {
    let url = Url::parse(text).map_err(|_| ("wrong_format", "must be an absolute URL"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(("wrong_format", "must hold no user name and no password"));
    }
    if url.fragment().is_some() {
        return Err(("wrong_format", "must hold no fragment"));
    }
    // it is kept as it was read: with a path
    if url.as_str().len() > LONGEST {
        return Err(("too_long", "must have at most 2000 characters, with its path"));
    }
    let forbidden = Err(("forbidden_address", "must be a public address: webhooks do not reach private networks"));
    match (url.scheme(), url.host()) {
        ("http" | "https", Some(_)) if reach == Reach::Anywhere => Ok(url),
        ("https", Some(host)) => match host {
            _ if !url.port_or_known_default().is_some_and(|port| PORTS.contains(&port)) => {
                Err(("forbidden_port", "must be on port 443 or 8443"))
            }
            Host::Ipv4(address) if !is_public(IpAddr::V4(address)) => forbidden,
            Host::Ipv6(address) if !is_public(IpAddr::V6(address)) => forbidden,
            Host::Domain(name) if name.trim_end_matches('.').rsplit('.').next() == Some("localhost") => forbidden,
            Host::Ipv4(_) | Host::Ipv6(_) | Host::Domain(_) => Ok(url),
        },
        _ => Err(("wrong_format", "must begin with https://")),
    }
}

type Found = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// How names become addresses.
pub type Lookup = Arc<dyn Fn(String) -> Found + Send + Sync>;

/// Resolves names; where any of a name's addresses is not public, there is none at all.
#[derive(Clone)]
pub struct Guard {
    reach: Reach,
    lookup: Lookup,
}

impl Guard {
    /// One that asks the system.
    pub fn new(reach: Reach) -> Self {
        Self::with(reach, Arc::new(|name| Box::pin(system(name))))
    }

    /// One that looks names up in another way.
    pub fn with(reach: Reach, lookup: Lookup) -> Self {
        Self { reach, lookup }
    }
}

async fn system(name: String) -> io::Result<Vec<IpAddr>> {
    Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (reach, found) = (self.reach, (self.lookup)(name.as_str().to_owned()));
        Box::pin(async move {
            let found = found.await?;
            if reach == Reach::Public && !found.iter().all(|address| is_public(*address)) {
                return Err(Box::new(Forbidden) as Box<dyn Error + Send + Sync>);
            }
            Ok(Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}
