//! The command line.
//!
//! The surprising rule: `relais` alone serves; every other word does one thing and ends.

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
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
    let CommandLine { command, config } = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(error) if is_help(&error) => error.exit(),
        Err(error) => return tell(&reason(&error)),
    };
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

/// Help and the version are asked for, or shown where a command lacks its second word.
fn is_help(error: &clap::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
            | ErrorKind::DisplayVersion
    )
}

/// What is wrong with the command line, without the usage that clap shows below it.
fn reason(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let lines = text
        .trim_start_matches("error: ")
        .lines()
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
    lines.collect::<Vec<_>>().join("\n")
}

fn fail(error: &dyn std::error::Error) -> ExitCode {
    tell(&error.to_string())
}

/// Says what went wrong in one line, also where a library tells it in several.
fn tell(problem: &str) -> ExitCode {
    let line: Vec<&str> = problem.split_whitespace().collect();
    eprintln!("relais: {}", line.join(" "));
    ExitCode::FAILURE
}
