//! The command line: one file per subcommand, one exit code per kind of end.
//!
//! 0: done. 1: something failed on the way, and another start may help. 2: the arguments or the configuration are
//! wrong, the bot token and what Discord allows the bot included: only a person can help.

mod character;
mod chat;
mod config;
mod model;
mod play;
mod privacy;
mod run;

use std::{io::IsTerminal as _, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::{
    boot::NoToken,
    cast::CastError,
    config::{Config, LogFormat, Problem, Problems, Sources, load},
};

/// A cast of AI characters for your Discord server.
///
/// Without a command: serves Discord when a token is set, else starts the playground.
#[derive(Debug, Parser)]
#[command(name = "acore", version, max_term_width = 100)]
struct Arguments {
    /// The configuration file [default: acore.toml, if there is one].
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the real Discord; needs a token.
    Run,
    /// Start the playground: a Discord of your own in the browser, no token, no key, no server.
    Play,
    /// Talk to a character here in the terminal; lines that are piped in are answered on standard output.
    Chat(chat::Arguments),
    /// Look at the cast, bring characters in and take them out.
    #[command(subcommand)]
    Character(character::Command),
    /// Look at the configuration.
    #[command(subcommand)]
    Config(config::Command),
    /// Look after the embedded model.
    #[command(subcommand)]
    Model(model::Command),
    /// See, export and erase what is kept about a person, while the bot is stopped.
    #[command(subcommand)]
    Privacy(privacy::Command),
}

/// What a subcommand ends with when it fails.
#[derive(Debug)]
enum Failure {
    /// The configuration is wrong; every problem is named.
    Config(Problems),
    /// Anything else, with its causes.
    Other(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

/// Runs the program.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match start(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Config(problems)) => {
            complain(&format!("The configuration has {} problem(s):\n{problems}", problems.0.len()));
            ExitCode::from(2)
        }
        Err(Failure::Other(error)) => {
            complain(&format!("acore: {}", one_line(&error)));
            ExitCode::from(if needs_a_person(&error) { 2 } else { 1 })
        }
    }
}

fn start(arguments: Arguments) -> Result<(), Failure> {
    // The reference needs no valid configuration.
    if let Some(Command::Config(config::Command::Reference)) = arguments.command {
        return config::reference();
    }
    if let Some(Command::Privacy(privacy::Command::Page)) = arguments.command {
        return privacy::page();
    }
    let sources = Sources::gather(arguments.config.as_deref()).map_err(Failure::Config)?;
    let mut config = load(&sources).map_err(Failure::Config)?;
    config.characters.settle(&config.data.folder);
    let command = arguments.command.unwrap_or(if config.discord.token.is_some() {
        Command::Run
    } else {
        Command::Play
    });
    let quiet = matches!(command, Command::Chat(_) | Command::Character(_) | Command::Privacy(_));
    log_to_stderr(&config, quiet)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(async {
        match command {
            Command::Run => run::run(config).await,
            Command::Play => play::play(config).await,
            Command::Chat(arguments) => chat::chat(config, arguments).await,
            Command::Character(command) => character::character(&config, &command),
            Command::Config(command) => config::check(&config, &command),
            Command::Model(command) => model::model(&config, &command).await,
            Command::Privacy(command) => privacy::privacy(&config, &command).await,
        }
    });
    // A thread that waits for a line of standard input cannot be called back and would hold the end up.
    runtime.shutdown_background();
    ended
}

fn log_to_stderr(config: &Config, quiet: bool) -> Result<(), Failure> {
    use tracing_subscriber::EnvFilter;
    // In a terminal conversation only what is wrong may interrupt.
    let level = if quiet && config.log.level == "info" { "warn" } else { &config.log.level };
    let filter = EnvFilter::try_new(level).map_err(|error| {
        let text = format!("is `{level}`, but takes a tracing filter such as `info` ({error})");
        Failure::Config(Problems(vec![Problem {
            place: "ACORE_LOG or the file".to_owned(),
            key: "log.level".to_owned(),
            text,
        }]))
    })?;
    let mut builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    // A file or a journal is no place for colours; in a terminal, NO_COLOR still has the word.
    if !std::io::stderr().is_terminal() {
        builder = builder.with_ansi(false);
    }
    match config.log.format {
        LogFormat::Pretty => builder.compact().init(),
        LogFormat::Json => builder.json().init(),
    }
    Ok(())
}

/// Whether starting again cannot help before somebody changed a setting, here or at Discord.
fn needs_a_person(error: &anyhow::Error) -> bool {
    use discord::{ConnectError as Connect, GatewayError as Gateway};
    error.chain().any(|cause| {
        let refused = matches!(
            cause.downcast_ref(),
            Some(Connect::WrongToken | Connect::MissingIntents { .. } | Connect::BadAddress { .. })
        );
        let closed =
            matches!(cause.downcast_ref(), Some(Gateway::WrongToken | Gateway::MissingIntents { .. }));
        refused || closed || cause.is::<NoToken>() || cause.is::<CastError>()
    })
}

/// An error and its causes in one line, outermost first, without saying anything twice.
fn one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain() {
        let text = cause.to_string();
        if !line.contains(&text) {
            if !line.is_empty() {
                line.push_str(": ");
            }
            line.push_str(&text);
        }
    }
    line
}

#[expect(clippy::print_stderr, reason = "the one sentence that a failing program owes its user")]
fn complain(text: &str) {
    eprintln!("{text}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_help_is_this() {
        insta::assert_snapshot!(Arguments::command().render_long_help());
    }

    #[test]
    fn the_exit_code_says_whether_another_start_can_help() {
        use discord::{ConnectError, GatewayError};
        let unreachable = ConnectError::Unreachable { what: "Discord".into(), cause: "no route".into() };
        assert!(!needs_a_person(&unreachable.into()));
        assert!(!needs_a_person(&GatewayError::ShardingRequired.into()));
        assert!(needs_a_person(&anyhow::Error::from(ConnectError::WrongToken).context("connecting")));
        assert!(needs_a_person(&GatewayError::WrongToken.into()));
        assert!(needs_a_person(&NoToken.into()));
    }

    #[test]
    fn an_error_is_one_line_that_says_nothing_twice() {
        let error =
            anyhow::anyhow!("the socket is closed").context("cannot reach Discord: the socket is closed");
        assert_eq!(one_line(&error), "cannot reach Discord: the socket is closed");
    }
}
