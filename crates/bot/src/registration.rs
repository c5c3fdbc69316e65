//! Slash commands are registered only when they changed: Discord counts every registration.

use domain::GuildId;
use sha2::{Digest as _, Sha256};

use crate::{app::App, commands};

const SCOPE: &str = "registration";

/// Registers the commands unless Discord has exactly these already.
pub async fn register_if_changed(app: &App, guild: Option<GuildId>) -> anyhow::Result<()> {
    let specs: Vec<_> = commands::all().iter().map(|command| (command.spec)(app.cast.everybody())).collect();
    let payload = discord::commands_payload(&specs).to_string();
    let digest: String = format!("{:x}", Sha256::digest(payload));
    let key = match guild {
        Some(guild) => format!("{}/{guild}", app.speaker.identity().application),
        None => format!("{}/global", app.speaker.identity().application),
    };
    if app.store.setting(SCOPE, &key).await?.as_deref() == Some(&digest) {
        return Ok(());
    }
    match guild {
        Some(guild) => app.speaker.register_in(guild, &specs).await?,
        None => app.speaker.register(&specs).await?,
    }
    app.store.set_setting(SCOPE, &key, Some(&digest)).await?;
    tracing::info!(commands = specs.len(), "slash commands registered");
    Ok(())
}
