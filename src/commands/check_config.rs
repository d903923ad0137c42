//! `check-config`: everything that `serve` would refuse, without serving.

use clap::Args;

use super::{Failed, online};
use crate::config::ServeArgs;

/// What to check.
#[derive(Args, Debug)]
pub struct CheckConfigArgs {
    #[command(flatten)]
    serve: ServeArgs,
    /// Also ask the database and the identity providers
    #[arg(long)]
    online: bool,
}

/// Checks, and says that all is well.
///
/// # Errors
/// Everything that is not.
pub fn run(args: &CheckConfigArgs) -> Result<(), Failed> {
    let ready = args.serve.check().map_err(Failed)?;
    for warning in &ready.warnings {
        println!("warning: {warning}");
    }
    if args.online {
        let problems = actix_web::rt::System::new().block_on(online::everything(ready));
        if !problems.is_empty() {
            return Err(Failed(problems));
        }
    }
    println!("the configuration is good");
    Ok(())
}
