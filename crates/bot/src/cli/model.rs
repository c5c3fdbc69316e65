//! `acore model`: look after the embedded model, and after what counts tokens.

use clap::Subcommand;

use super::Failure;
use crate::{
    config::Config,
    vocabularies,
    weights::{self, Progress},
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Fetch the small default model now instead of at the first start, and the one that finds what is alike.
    Fetch,
    /// Fetch what counts tokens as a model does now instead of when the model is first configured.
    Vocabulary {
        /// The model, as its provider calls it.
        model: String,
    },
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
        Command::Vocabulary { model } => {
            let path = vocabularies::fetch(model, &weights::folder(&config.data.folder)).await?;
            print(&format!("{}\n", path.display()));
            Ok(())
        }
    }
}

#[expect(clippy::print_stdout, reason = "the path is the command's answer")]
fn print(text: &str) {
    print!("{text}");
}
