//! The subcommands of the binary, but for `dev`: what an operator runs.

mod check_config;
mod migrate;
mod organizations;
mod serve;
mod token;

use clap::Subcommand;

use crate::config::{DatabaseArgs, ServeArgs};
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
            problems => problems.iter().try_for_each(|problem| writeln!(f, "- {problem}")),
        }
    }
}

/// What the binary can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Try it here and now: a database of its own, a small company, tokens, curl lines
    ///
    /// Needs nothing but PostgreSQL's programs on this machine. A second start keeps the data. Not for production.
    Dev(DevArgs),
    /// Serve, in production
    ///
    /// Refuses to start with a list of everything that is missing or weak.
    Serve(Box<ServeArgs>),
    /// Bring the schema up to date, as the role peer_coaching_owner
    Migrate(DatabaseArgs),
    /// Print the SQL that makes the two roles and the schema, to be run once by a superuser
    Roles,
    /// Found organizations
    #[command(subcommand)]
    Organizations(organizations::Organizations),
    /// Check the settings of `serve` without serving
    CheckConfig(Box<check_config::CheckConfigArgs>),
    /// Print the OpenAPI document
    Openapi,
    /// Print a token for a member of the `dev` company
    Token(token::TokenArgs),
}

impl Command {
    /// Runs it.
    ///
    /// # Errors
    /// Sentences that say what to do.
    pub fn run(self) -> Result<(), Failed> {
        match self {
            Self::Dev(args) => crate::dev::run(&args),
            Self::Serve(args) => serve::run(&args),
            Self::Migrate(args) => migrate::run(&args),
            Self::Roles => {
                print!("{}", crate::db::roles::SQL);
                Ok(())
            }
            Self::Organizations(command) => organizations::run(&command),
            Self::CheckConfig(args) => check_config::run(&args),
            Self::Openapi => {
                println!("{}", crate::openapi::pretty());
                Ok(())
            }
            Self::Token(args) => token::run(&args),
        }
    }

    /// What is logged where `LOG` does not say.
    pub fn default_log(&self) -> &'static str {
        match self {
            Self::Serve(_) => "info",
            _ => "warn",
        }
    }
}
