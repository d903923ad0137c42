//! Addresses: of webhooks, and where a call is joined. What is accepted leads to the public network over https, holds
//! nobody's name or password, and is accepted again as it is kept.

#![no_main]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use libfuzzer_sys::fuzz_target;
use peer_coaching::text::is_https_url;
use peer_coaching::webhooks::guard::{address, is_public};
use peer_coaching::webhooks::rules::Reach;
use url::{Host, Url};

/// What the standard library knows of addresses that are nobody else's business.
fn check(address: IpAddr) {
    if !is_public(address) {
        return;
    }
    assert!(!address.is_loopback() && !address.is_multicast() && !address.is_unspecified(), "{address}");
    match address {
        IpAddr::V4(v4) => {
            assert!(!v4.is_private() && !v4.is_link_local() && !v4.is_broadcast() && !v4.is_documentation(), "{v4}");
        }
        IpAddr::V6(v6) => {
            assert!(!v6.is_unique_local() && !v6.is_unicast_link_local() && v6.to_ipv4_mapped().is_none(), "{v6}");
        }
    }
}

fuzz_target!(|data: &[u8]| {
    if let Ok(bytes) = <[u8; 4]>::try_from(data) {
        check(Ipv4Addr::from(bytes).into());
    }
    if let Ok(bytes) = <[u8; 16]>::try_from(data) {
        check(Ipv6Addr::from(bytes).into());
    }
    let Ok(text) = str::from_utf8(data) else { return };
    if is_https_url(text) {
        let url = Url::parse(text).expect("an address");
        assert!(url.scheme() == "https" && url.has_host() && url.username().is_empty() && url.password().is_none());
        assert!(text.is_ascii());
    }
    let (public, anywhere) = (address(text, Reach::Public), address(text, Reach::Anywhere));
    for (url, reach) in [(&public, Reach::Public), (&anywhere, Reach::Anywhere)] {
        let Ok(url) = url else { continue };
        assert!(["http", "https"].contains(&url.scheme()) && url.has_host() && url.as_str().len() <= 2000);
        assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none());
        assert_eq!(address(url.as_str(), reach).as_ref(), Ok(url), "it is accepted as it is kept");
    }
    let Ok(url) = public else { return };
    assert_eq!(anywhere.as_ref(), Ok(&url));
    assert_eq!(url.scheme(), "https");
    assert!([None, Some(8443)].contains(&url.port()));
    match url.host().expect("a host") {
        Host::Ipv4(v4) => check_accepted(v4.into()),
        Host::Ipv6(v6) => check_accepted(v6.into()),
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            assert!(name != "localhost" && !name.ends_with(".localhost") && name.parse::<IpAddr>().is_err(), "{name}");
        }
    }
});

fn check_accepted(address: IpAddr) {
    assert!(is_public(address), "{address}");
    check(address);
}
