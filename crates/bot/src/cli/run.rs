//! `acore run`: the real Discord.

use std::sync::Arc;

use super::Failure;
use crate::{app::App, config::Config, lifecycle::Lifecycle, model::Model};

pub(super) async fn run(config: Config) -> Result<(), Failure> {
    let life = Lifecycle::default();
    life.listen_for_signals()?;
    if config.discord.token.is_none() {
        return Err(anyhow::anyhow!(
            "no Discord token is set: put it into DISCORD_TOKEN or under [discord] token in acore.toml \
             (README, \"On the real Discord\"), or start the playground with `acore play`"
        )
        .into());
    }
    let model = Arc::new(Model::connect(&config.model, &config.data.folder).await?);
    let connected = App::build(&config, model, &life).await?;
    connected.run().await?;
    Ok(())
}
