//! The command line.
//!
//! The surprising rule: `relais` alone serves; every other word does one thing and ends.

use std::process::ExitCode;

use clap::Parser;
use relais::commands::{self, Command};
use relais::config::Config;
use relais::logging;

/// The project-management API for teams that run online communities.
///
/// Without a command it serves: on 127.0.0.1:8080, with its own database in ./relais-data.
/// Begin with `relais demo`, which fills the database with a team to look at.
#[derive(Parser)]
#[command(version, about, long_about, max_term_width = 100)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    config: Config,
}

fn main() -> ExitCode {
    let CommandLine { command, config } = CommandLine::parse();
    if let Err(error) = config.check() {
        return fail(&error);
    }
    logging::start(&config);
    let outcome = actix_web::rt::System::new()
        .block_on(commands::run(command.unwrap_or(Command::Serve), config));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

/// Says what went wrong in one line, also where a library tells it in several.
fn fail(error: &dyn std::error::Error) -> ExitCode {
    let line: Vec<String> = error
        .to_string()
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    eprintln!("relais: {}", line.join(" "));
    ExitCode::FAILURE
}
