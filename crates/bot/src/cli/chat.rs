//! `acore chat`: a conversation in the terminal, or an answer for each line of a pipe.

use std::sync::Arc;

use anyhow::Context as _;

use super::Failure;
use crate::{config::Config, lifecycle::Lifecycle, model::Model, playground::Playground, terminal};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Whom to talk to, by id, name or alias [default: the first of the cast].
    #[arg(long, value_name = "NAME")]
    character: Option<String>,
}

pub(super) async fn chat(config: Config, arguments: Arguments) -> Result<(), Failure> {
    let life = Lifecycle::default();
    life.listen_for_signals()?;
    let folder = config.data.folder.join("terminal");
    let boot = async {
        let model = Arc::new(Model::connect(&config.model, &config.data.folder).await?);
        Playground::open(config, &folder, 0, model, String::new(), &life).await
    };
    let Some(playground) = life.unless_ended(boot).await else { return Ok(()) };
    let playground = playground?;
    let app = playground.bot.app().clone();
    let character = match &arguments.character {
        Some(name) => app.cast.everybody().by_name(name).with_context(|| {
            let known = app
                .cast
                .everybody()
                .characters()
                .iter()
                .map(|c| c.name.as_str())
                .collect::<Vec<_>>()
                .join(", ");
            format!("nobody is called `{name}`; there are: {known}")
        }),
        None => app.cast.everybody().characters().first().context("the cast is empty"),
    };
    let Playground { discord, bot } = playground;
    let talking = async {
        let talked = match character {
            Ok(character) => terminal::talk(&app, &discord, character).await,
            Err(error) => Err(error),
        };
        life.soft().cancel();
        talked
    };
    let running = async {
        let ran = bot.run().await;
        // Without the bot nobody answers: do not wait for further lines.
        life.soft().cancel();
        ran
    };
    let (ran, talked) = tokio::join!(running, talking);
    discord.shutdown().await;
    ran?;
    talked?;
    Ok(())
}
