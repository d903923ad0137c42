//! Where an issuer's keys come from, and how they are read: short, small, and from nowhere else.

use std::io::Read;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::header::ACCEPT;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use serde_json::Value;

use super::json;
use super::keys::{KeySet, NotAKeySet};

/// How long one answer may take, from the name's resolution to the last byte.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The largest key set or discovery document that is read. Those of the large providers stay below 20 KiB.
const LARGEST: usize = 64 * 1024;

/// Where keys come from.
pub(super) enum Source {
    /// Keys that came with the configuration: there is nothing to read again.
    Fixed,
    /// A JWK set in a file.
    File(PathBuf),
    /// A JWK set at an address.
    Address(Client, Url),
    /// A discovery document of this issuer's, which says where the JWK set is (OpenID Connect Discovery, section 4).
    Discovery(Client, Url, String),
}

/// Why keys could not be had: a sentence for operators, without anything of the answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    #[error("{0} could not be read: {1}")]
    File(PathBuf, std::io::Error),
    #[error("{0} could not be connected to")]
    Unreachable(Url),
    #[error("{0} did not answer within {limit} seconds", limit = TIMEOUT.as_secs())]
    Slow(Url),
    #[error("{0} broke off its answer")]
    Broken(Url),
    #[error("{0} answered {1} instead of 200 (redirects are not followed)")]
    Status(Url, u16),
    #[error("{0} is larger than {limit} KiB", limit = LARGEST / 1024)]
    Large(String),
    #[error("{0} {1}")]
    Keys(String, NotAKeySet),
    #[error("{0} is not a JSON object in which every name appears once")]
    Document(Url),
    #[error("{0} says that it belongs to another issuer; \"issuer\" must be spelled exactly as there")]
    OtherIssuer(Url),
    #[error("{0} names no \"jwks_uri\" that keys may be read from (https)")]
    NoAddress(Url),
}

impl Source {
    /// Whether keys come over the network, so that at first there are none.
    pub fn is_remote(&self) -> bool {
        matches!(self, Self::Address(..) | Self::Discovery(..))
    }

    /// Reads the keys anew.
    pub async fn read(&self) -> Result<KeySet, Problem> {
        match self {
            Self::Fixed => Ok(KeySet::default()),
            Self::File(path) => {
                let reading = tokio::task::spawn_blocking({
                    let path = path.clone();
                    move || file(&path)
                });
                reading.await.unwrap_or_else(|error| Err(Problem::File(path.clone(), std::io::Error::other(error))))
            }
            Self::Address(client, url) => keys_at(client, url).await,
            Self::Discovery(client, url, issuer) => {
                let document = json::object(&get(client, url).await?).ok_or_else(|| Problem::Document(url.clone()))?;
                // OpenID Connect Discovery, section 4.3: identical, or the document is an impostor's.
                if document.get("issuer").and_then(Value::as_str) != Some(issuer) {
                    return Err(Problem::OtherIssuer(url.clone()));
                }
                let named = document.get("jwks_uri").and_then(Value::as_str).and_then(|text| text.parse().ok());
                // Only an issuer on this very machine may send us back to this machine.
                let near = |there: &Url| is_loopback(there) && is_loopback(url);
                let allowed = |there: &Url| is_plain(there) && (there.scheme() == "https" || near(there));
                let there = named.filter(allowed).ok_or_else(|| Problem::NoAddress(url.clone()))?;
                keys_at(client, &there).await
            }
        }
    }
}

/// The keys in a file.
pub(super) fn file(path: &Path) -> Result<KeySet, Problem> {
    let unreadable = |error| Problem::File(path.to_owned(), error);
    let mut text = Vec::new();
    std::fs::File::open(path)
        .map_err(unreadable)?
        .take(LARGEST as u64 + 1)
        .read_to_end(&mut text)
        .map_err(unreadable)?;
    if text.len() > LARGEST {
        return Err(Problem::Large(path.display().to_string()));
    }
    KeySet::parse(&text).map_err(|error| Problem::Keys(path.display().to_string(), error))
}

/// A client for one issuer's addresses.
///
/// Connections are not kept: a fetch runs on whichever worker asked first, and a kept connection would die with it.
pub(super) fn client(url: &Url) -> Result<Client, reqwest::Error> {
    let client = Client::builder()
        .user_agent(concat!("peer-coaching/", env!("CARGO_PKG_VERSION")))
        .timeout(TIMEOUT)
        .redirect(Policy::none())
        .referer(false)
        .pool_max_idle_per_host(0)
        .https_only(!is_loopback(url));
    // The way to the outside may lead through the company's proxy; the way to this machine does not.
    if is_loopback(url) { client.no_proxy().build() } else { client.build() }
}

/// Whether an address is this machine, where plain HTTP meets nobody on its way.
pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether an address is of the web and carries no credentials.
pub(super) fn is_plain(url: &Url) -> bool {
    matches!(url.scheme(), "https" | "http") && url.username().is_empty() && url.password().is_none()
}

async fn keys_at(client: &Client, url: &Url) -> Result<KeySet, Problem> {
    KeySet::parse(&get(client, url).await?).map_err(|error| Problem::Keys(url.to_string(), error))
}

/// The body of a 200, whatever type it says it has.
async fn get(client: &Client, url: &Url) -> Result<Vec<u8>, Problem> {
    let failed = |error: reqwest::Error| match () {
        () if error.is_timeout() => Problem::Slow(url.clone()),
        () if error.is_connect() => Problem::Unreachable(url.clone()),
        () => Problem::Broken(url.clone()),
    };
    let mut answer = client.get(url.clone()).header(ACCEPT, "application/json").send().await.map_err(failed)?;
    if answer.status() != reqwest::StatusCode::OK {
        return Err(Problem::Status(url.clone(), answer.status().as_u16()));
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > LARGEST {
            return Err(Problem::Large(url.to_string()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_few_names() {
        for near in ["http://localhost:1/x", "http://127.0.0.1", "http://127.9.9.9", "http://[::1]:8/"] {
            assert!(is_loopback(&near.parse().unwrap()), "{near}");
        }
        for far in ["http://127.0.0.1.example.com", "http://localhost.example.com", "http://10.0.0.1", "http://0.0.0.0"]
        {
            assert!(!is_loopback(&far.parse().unwrap()), "{far}");
        }
    }
}
