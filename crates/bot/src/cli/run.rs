//! `acore run`: the real Discord.

use std::sync::Arc;

use super::Failure;
use crate::{
    boot::{self, NoToken},
    config::Config,
    lifecycle::Lifecycle,
    model::Model,
};

pub(super) async fn run(config: Config) -> Result<(), Failure> {
    let life = Lifecycle::default();
    life.listen_for_signals()?;
    if config.discord.token.is_none() {
        return Err(NoToken.into());
    }
    let boot = async {
        let model = Arc::new(Model::connect(&config.model, &config.data.folder).await?);
        boot::connect(&config, model, &life).await
    };
    let Some(connected) = life.unless_ended(boot).await else { return Ok(()) };
    connected?.run().await?;
    Ok(())
}
