//! `acore model`: look after the embedded model.

use clap::Subcommand;

use super::Failure;
use crate::{config::Config, weights};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Fetch the small default model now instead of at the first start.
    Fetch,
}

pub(super) async fn model(config: &Config, command: &Command) -> Result<(), Failure> {
    match command {
        Command::Fetch => {
            let path = weights::ensure(&config.data.folder).await?;
            print(&format!("{}\n", path.display()));
            Ok(())
        }
    }
}

#[expect(clippy::print_stdout, reason = "the path is the command's answer")]
fn print(text: &str) {
    print!("{text}");
}
