//! `acore config`: look at the configuration.

use clap::Subcommand;

use super::Failure;
use crate::{
    cast::Cast,
    config::{self, ProviderKind},
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Name every problem with its file, key and what would be right; exit code 2 if there is one.
    Check,
    /// Print the reference of every setting as Markdown.
    Reference,
}

/// Reading the configuration was the check; what is left is what it points to.
pub(super) fn check(config: &config::Config, _: &Command) -> Result<(), Failure> {
    let cast = Cast::load(&config.characters)?;
    let serves = match &config.discord.token {
        Some(_) => format!("Discord at {}", config.discord.api_base),
        None => "the playground (no token is set)".to_owned(),
    };
    let model = match config.model.resolved_provider() {
        ProviderKind::Ollama => "Ollama",
        ProviderKind::OpenAi => "an OpenAI-compatible server",
        ProviderKind::Auto | ProviderKind::Embedded => "embedded, in this process",
    };
    print(&format!(
        "The configuration is right.\nserves: {serves}\nmodel: {model}\ncharacters: {}\ndata: {}\n",
        cast.characters().len(),
        config.data.folder.display(),
    ));
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "every subcommand ends the same way")]
pub(super) fn reference() -> Result<(), Failure> {
    print(&config::reference());
    Ok(())
}

#[expect(clippy::print_stdout, reason = "what the command is for")]
fn print(text: &str) {
    print!("{text}");
}
