//! `health`: whether the service on this machine is ready, for a container that has nothing else to ask with.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use clap::Args;
use serde_json::Value;

use super::Failed;

/// How long is waited for an answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Which service.
#[derive(Args, Debug)]
pub struct HealthArgs {
    /// The address that `serve` listens on; where that is every address, it is asked on the loopback
    #[arg(long, env = "LISTEN", hide_env_values = true, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    listen: SocketAddr,
}

/// Asks it; prints that it is ready.
///
/// # Errors
/// When it is not, with the reasons that it gives, or does not answer.
pub fn run(args: &HealthArgs) -> Result<(), Failed> {
    let url = format!("http://{}/readyz", near(args.listen));
    let because = actix_web::rt::System::new().block_on(because(&url)).map_err(|error| {
        let what = if error.is_timeout() { "does not answer in time" } else { "cannot be reached" };
        format!("{url} {what}; is `serve` running, and is LISTEN the same?")
    })?;
    match because {
        None => {
            println!("ready");
            Ok(())
        }
        Some(because) => Err(Failed(because)),
    }
}

/// Why it is not ready; nothing where it is.
async fn because(url: &str) -> reqwest::Result<Option<Vec<String>>> {
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
    let answer = client.get(url).send().await?;
    if answer.status().is_success() {
        return Ok(None);
    }
    let status = answer.status();
    let said = answer.json::<Value>().await.unwrap_or_default();
    let reasons = said["because"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
    let reasons = reasons.collect::<Vec<_>>();
    Ok(Some(if reasons.is_empty() { vec![format!("{url} answers {status}")] } else { reasons }))
}

/// The same service, as this machine reaches it.
fn near(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
