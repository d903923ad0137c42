//! The subcommands of the binary, but for `dev`: what an operator runs.

mod check_config;
mod erasures;
mod health;
mod keys;
mod migrate;
mod online;
mod organizations;
mod serve;
#[cfg(feature = "dev")]
mod token;

use clap::Subcommand;

use crate::config::{DatabaseArgs, ServeArgs};
#[cfg(feature = "dev")]
use crate::dev::DevArgs;

/// Why a command gave up: sentences that say what to do.
#[derive(Debug)]
pub struct Failed(pub Vec<String>);

impl From<String> for Failed {
    fn from(problem: String) -> Self {
        Self(vec![problem])
    }
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.as_slice() {
            [problem] => write!(f, "{problem}"),
            problems => {
                write!(f, "{} things are missing or wrong", problems.len())?;
                problems.iter().try_for_each(|problem| write!(f, "\n- {problem}"))
            }
        }
    }
}

/// What the binary can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Try it here and now: a database of its own, a small company, tokens, curl lines
    ///
    /// Needs nothing but PostgreSQL's programs on this machine. A second start keeps the data. Ctrl-c stops everything.
    /// Not for production.
    #[cfg(feature = "dev")]
    Dev(DevArgs),
    /// Serve, in production
    ///
    /// Refuses to start with a list of everything that is missing or weak. SIGTERM lets the requests under way finish.
    Serve(Box<ServeArgs>),
    /// Tell whether the service on this machine is ready
    ///
    /// Prints `ready`, or why not, and then fails: for the health check of a container.
    Health(health::HealthArgs),
    /// Bring the schema up to date, as the role peer_coaching_owner
    ///
    /// Prints what was applied. Several may run at once: one works, the others wait. Running it again does no harm.
    Migrate(DatabaseArgs),
    /// Print the SQL that makes the two roles and the schema, to be run once by a superuser
    Roles,
    /// Found organizations
    #[command(subcommand)]
    Organizations(organizations::Organizations),
    /// Change the master key
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Erase again, after a restore, whoever was erased
    #[command(subcommand)]
    Erasures(erasures::Erasures),
    /// Check the settings of `serve` without serving
    ///
    /// Takes what `serve` takes, and prints everything that is missing or weak.
    CheckConfig(Box<check_config::CheckConfigArgs>),
    /// Print the OpenAPI document
    Openapi,
    /// Print a token for a member, or an integration, of the `dev` company
    ///
    /// For use beside a running `dev`, in the same folder; `serve` trusts no such token.
    #[cfg(feature = "dev")]
    Token(token::TokenArgs),
}

impl Command {
    /// Runs it.
    ///
    /// # Errors
    /// Sentences that say what to do.
    pub fn run(self) -> Result<(), Failed> {
        match self {
            #[cfg(feature = "dev")]
            Self::Dev(args) => crate::dev::run(&args),
            Self::Serve(args) => serve::run(&args),
            Self::Health(args) => health::run(&args),
            Self::Migrate(args) => migrate::run(&args),
            Self::Roles => {
                print!("{}", crate::db::roles::SQL);
                Ok(())
            }
            Self::Organizations(command) => organizations::run(&command),
            Self::Keys(command) => keys::run(&command),
            Self::Erasures(command) => erasures::run(&command),
            Self::CheckConfig(args) => check_config::run(&args),
            Self::Openapi => {
                println!("{}", crate::openapi::pretty());
                Ok(())
            }
            #[cfg(feature = "dev")]
            Self::Token(args) => token::run(&args),
        }
    }
}
