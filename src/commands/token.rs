//! `token`: a token for somebody of the `dev` company.

use std::path::PathBuf;

use clap::Args;

use super::Failed;
use crate::dev::issuer::DevIssuer;

/// For whom.
#[derive(Args, Debug)]
pub struct TokenArgs {
    /// The external id of a member, e.g. ana; whoever is not in the directory yet becomes a member
    #[arg(value_name = "WHO", value_parser = name)]
    who: String,
    /// Make them an administrator
    #[arg(long, conflicts_with = "scopes")]
    administrator: bool,
    /// Make it the token of an integration with these scopes, separated by commas, e.g. members:read,members:write
    #[arg(long, value_delimiter = ',', value_name = "SCOPES")]
    scopes: Vec<String>,
    /// For how many hours it is good
    #[arg(long, default_value = "12", value_name = "N", value_parser = clap::value_parser!(u8).range(1..=24))]
    hours: u8,
    /// The folder of the project, as given to `dev`
    #[arg(long, default_value = ".", value_name = "FOLDER")]
    project: PathBuf,
}

/// Prints it.
///
/// # Errors
/// When `dev` has not been started there yet.
pub fn run(args: &TokenArgs) -> Result<(), Failed> {
    let issuer = DevIssuer::of_project(&args.project)?;
    let token = if args.scopes.is_empty() {
        issuer.member(&args.who, &args.who, args.administrator, args.hours)
    } else {
        issuer.integration(&args.who, &args.scopes, args.hours)
    };
    println!("{token}");
    Ok(())
}

/// Else the service would refuse the token, and would not say why.
fn name(text: &str) -> Result<String, String> {
    let plain = (1..=120).contains(&text.chars().count()) && !text.contains(char::is_control) && text.trim() == text;
    if plain { Ok(text.to_owned()) } else { Err("must be one line of 1 to 120 characters".to_owned()) }
}
