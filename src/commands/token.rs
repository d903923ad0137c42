//! `token`: a token for somebody of the `dev` company.

use clap::Args;

use super::Failed;
use crate::dev::issuer::DevIssuer;

/// For whom.
#[derive(Args, Debug)]
pub struct TokenArgs {
    /// The external id of a member, e.g. ana; whoever is not in the directory yet becomes a member
    #[arg(value_name = "WHO")]
    who: String,
    /// Make them an administrator
    #[arg(long)]
    administrator: bool,
    /// For how many hours it is good
    #[arg(long, default_value = "12", value_name = "N", value_parser = clap::value_parser!(u8).range(1..=24))]
    hours: u8,
}

/// Prints it.
///
/// # Errors
/// When `dev` has not been started here yet.
pub fn run(args: &TokenArgs) -> Result<(), Failed> {
    let issuer = DevIssuer::of_this_project()?;
    println!("{}", issuer.member(&args.who, &args.who, args.administrator, args.hours));
    Ok(())
}
