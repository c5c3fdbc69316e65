//! `acore model`: look after the embedded model.

use clap::Subcommand;

use super::Failure;
use crate::{
    config::Config,
    weights::{self, Progress},
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Fetch the small default model now instead of at the first start, and the one that finds what is alike.
    Fetch,
}

pub(super) async fn model(config: &Config, command: &Command) -> Result<(), Failure> {
    match command {
        Command::Fetch => {
            let path = weights::chat(&config.data.folder).await?;
            print(&format!("{}\n", path.display()));
            if cfg!(feature = "recall") {
                let folder = weights::folder(&config.data.folder);
                weights::RECALL.ensure(&folder, Progress::Shown).await?;
                for model in [weights::EMBEDDER, weights::RERANKER] {
                    print(&format!("{}\n", folder.join(model).display()));
                }
            }
            Ok(())
        }
    }
}

#[expect(clippy::print_stdout, reason = "the path is the command's answer")]
fn print(text: &str) {
    print!("{text}");
}
