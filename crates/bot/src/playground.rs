//! A local Discord with the bot on it: what `acore play` shows in the browser and `acore chat` in the terminal.
//!
//! The bot connects over loopback like to the real Discord; only the settings that say where Discord is differ.

use std::{io::ErrorKind, path::Path, sync::Arc};

use anyhow::Context as _;
use domain::{GuildId, character::Character};
use local_discord::{
    Loaded, LocalDiscord, Options, StartError,
    clock::Clock,
    control::{CastAvatar, CastMember, Playground as Page, PlaygroundInfo},
    permissions::Permissions,
    world::{BotSeed, GuildSeed, WorldBuilder, channel_type},
};

use crate::{
    app::App,
    boot::{self, Connected},
    cast::Cast,
    config::{Config, Secret},
    lifecycle::Lifecycle,
    model::Model,
};

/// The bot's account on the local Discord.
const BOT: &str = "acore";

/// What a bot needs to let a cast speak; the README names the same permissions for the real Discord.
pub fn permissions() -> Permissions {
    Permissions::VIEW_CHANNEL
        | Permissions::SEND_MESSAGES
        | Permissions::SEND_MESSAGES_IN_THREADS
        | Permissions::EMBED_LINKS
        | Permissions::ATTACH_FILES
        | Permissions::READ_MESSAGE_HISTORY
        | Permissions::ADD_REACTIONS
        | Permissions::MANAGE_WEBHOOKS
}

/// The local Discord and the bot that is connected to it.
pub struct Playground {
    /// The server; dropping it stops it.
    pub discord: LocalDiscord,
    /// The bot.
    pub bot: Connected,
}

impl Playground {
    /// Starts both in `folder`, where they keep what must survive a restart.
    pub async fn open(
        mut config: Config,
        folder: &Path,
        port: u16,
        model: Arc<Model>,
        notice: String,
        life: &Lifecycle,
    ) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot create the folder {}", folder.display()))?;
        let cast = Cast::load(&config.characters)?;
        let (world, _) = WorldBuilder::new()
            .bot(BotSeed::new(BOT).permissions(permissions()))
            .guild(
                GuildSeed::new("Dryhithe")
                    .channel("general", channel_type::TEXT)
                    .channel("the-ladle", channel_type::TEXT)
                    .channel("workshop", channel_type::TEXT)
                    .channel("night-watch", channel_type::TEXT)
                    .channel("Speaking Tubes", channel_type::VOICE)
                    .member("you"),
            )
            .build(Clock::system());
        let options = Options::new(world)
            .port(port)
            .record_requests(false)
            .snapshot(Some(folder.join("discord.json")))
            .playground(info(&cast, notice));
        let discord = LocalDiscord::start(options).await.map_err(|error| match &error {
            StartError::Listen { source, .. } if source.kind() == ErrorKind::AddrInUse => {
                anyhow::Error::new(error)
                    .context("the port is taken; `ACORE_PLAYGROUND_PORT=0` takes any free one")
            }
            _ => anyhow::Error::new(error),
        })?;
        if let Loaded::Broken { kept, why } = discord.loaded() {
            tracing::warn!(kept = %kept.display(), why, "the playground's state could not be read; it begins anew");
        }
        let token = discord
            .world()
            .read(|state| {
                state.applications.values().find(|app| app.name == BOT).map(|app| app.token.clone())
            })
            .context("the playground's state has no bot any more: delete discord.json in the data folder")?;
        config.discord.token = Some(Secret::new(token));
        config.discord.api_base = discord.api_base();
        config.discord.gateway_url = None;
        config.discord.command_guild = None;
        folder.clone_into(&mut config.data.folder);
        let bot = boot::connect(&config, model, life).await?;
        let guild = discord.world().read(|state| state.guilds.keys().next().copied());
        if let (Some(page), Some(guild)) = (discord.playground(), guild) {
            life.spawn("the page's cast", show_cast(bot.app().clone(), page, GuildId(guild)));
        }
        Ok(Self { discord, bot })
    }
}

/// Shows on the page who is in its server's cast, also those whom somebody imports, until the program ends.
async fn show_cast(app: App, page: Page, guild: GuildId) {
    let mut changes = app.cast.changes();
    let mut shown = app.cast.everybody().clone();
    loop {
        changes.mark_unchanged();
        match app.cast.of(Some(guild)).await {
            Ok(cast) if !Arc::ptr_eq(&cast, &shown) => {
                page.set_cast(members(&cast));
                shown = cast;
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the page shows an older cast"),
        }
        tokio::select! {
            () = app.life.soft().cancelled() => return,
            changed = changes.changed() => if changed.is_err() { return },
        }
    }
}

fn members(cast: &Cast) -> Vec<CastMember> {
    let member = |character: &Arc<Character>| CastMember {
        name: character.name.clone(),
        tagline: character.tagline.clone(),
        avatar: cast.face(&character.id).map(|face| CastAvatar::png(face.to_vec())),
        color: character.color,
    };
    cast.characters().iter().map(member).collect()
}

fn info(cast: &Cast, notice: String) -> PlaygroundInfo {
    // A cast of one's own may lack them: then its first speaks for all.
    let starter = |id: &str, question: &str| {
        let character = cast.by_name(id).or(cast.characters().first())?;
        Some(format!("hey {}, {question}", character.name))
    };
    PlaygroundInfo {
        title: "acore playground".to_owned(),
        cast: members(cast),
        notice,
        starters: [
            starter("sidony", "who are you?"),
            starter("pasko", "what is for dinner?"),
            starter("zibbik", "what are you building?"),
        ]
        .into_iter()
        .flatten()
        .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_invites_with_exactly_these_permissions() {
        let readme = include_str!("../../../README.md");
        assert!(readme.contains(&format!("permissions={}`", permissions().0)));
    }
}
