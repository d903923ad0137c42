//! The binary: reads the command line, starts the log, runs one subcommand.

use std::process::ExitCode;

use clap::Parser;
use peer_coaching::commands::Command;
use peer_coaching::telemetry::{self, LogFormat};

/// A peer-coaching service for companies: a private, stateless HTTP API over PostgreSQL
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,

    /// What to log to standard error, e.g. info,peer_coaching=debug [default: info for serve, else warn]
    #[arg(long, env = "LOG", hide_env_values = true, global = true, value_name = "FILTER")]
    log: Option<String>,

    /// How to log [default: json for serve, else text]
    #[arg(long, env = "LOG_FORMAT", hide_env_values = true, global = true, value_enum, value_name = "FORMAT")]
    log_format: Option<LogFormat>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    // In production a machine reads the log; everywhere else a person does.
    let (filter, format) = match cli.command {
        Command::Serve(_) => ("info", LogFormat::Json),
        _ => ("warn", LogFormat::Text),
    };
    let (filter, format) = (cli.log.as_deref().unwrap_or(filter), cli.log_format.unwrap_or(format));
    let outcome = telemetry::start(filter, format).map_err(Into::into).and_then(|()| cli.command.run());
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            eprintln!("peer-coaching: {failed}");
            ExitCode::FAILURE
        }
    }
}
