//! From a configuration to a program that runs, and in order to its end.

use std::sync::Arc;

use anyhow::Context as _;
use discord::Gateway;
use domain::rules::Rules;
use store::Store;
use store_sqlite::SqliteStore;
use tokio::sync::{broadcast, watch};

use crate::{
    app::App,
    audiences::Audiences,
    cast::{Cast, Casts},
    clock,
    commands::{Desk, Pauses},
    config::Config,
    conversation::Strays,
    cues::Cues,
    dispatch,
    embedding::Embedding,
    ensemble::Scenes,
    jobs,
    knowledge::Knowledge,
    learning::Setbacks,
    lifecycle::Lifecycle,
    likeness::Likenesses,
    lore::Lore,
    minds::Minds,
    model::Model,
    playbills::Playbills,
    presence::Presences,
    privacy::OptedOut,
    registration,
    rules::RuleBook,
    spending::Spending,
    unasked::Unasked,
};

/// Endings that a listener may be behind.
const ENDINGS: usize = 256;

/// Who is calling, for Discord's `User-Agent`. Discord documentation, "API Reference", section "User Agent".
const HOMEPAGE: &str = "https://example.org/acore";

/// Nothing says as whom to connect.
#[derive(Debug, thiserror::Error)]
#[error(
    "no Discord token is set: put it into DISCORD_TOKEN or under [discord] token in acore.toml \
     (README, \"On the real Discord\"), or start the playground with `acore play`"
)]
pub struct NoToken;

/// The program, connected and ready to run.
pub struct Connected {
    app: App,
    gateway: Gateway,
}

/// Builds everything, in boot order: cast, store, model, Discord, commands.
pub async fn connect(config: &Config, model: Arc<Model>, life: &Lifecycle) -> anyhow::Result<Connected> {
    let started_at = clock::now();
    let cast = Cast::load(&config.characters)?;
    tracing::info!(phase = "cast", characters = cast.characters().len(), "boot");
    let embedding = Embedding::new(config, life)?;

    std::fs::create_dir_all(&config.data.folder)
        .with_context(|| format!("cannot create the data folder {}", config.data.folder.display()))?;
    let path = config.data.folder.join("acore.db");
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path).await?);
    tracing::info!(phase = "store", path = %path.display(), "boot");
    tracing::info!(
        phase = "model",
        provider = model.provider().name(),
        model = model.provider().model(),
        "boot"
    );

    let (gateway, speaker) = match discord::connect(
        discord_config(config)?,
        life.tasks(),
        // Turns that are under way may still speak after the first signal.
        life.hard().clone(),
    )
    .await
    {
        Ok(connected) => connected,
        Err(error) => {
            store.close().await?;
            return Err(error.into());
        }
    };
    tracing::info!(phase = "discord", api = %config.discord.api_base, "boot");

    let app = App {
        cast: Casts::new(cast, store.clone()),
        minds: Minds::new(store.clone()),
        spending: Spending::new(store.clone(), config.model.tokens_per_day),
        memory: config.memory,
        setbacks: Setbacks::default(),
        opted_out: OptedOut::load(store.clone()).await?,
        presences: Presences::default(),
        audiences: Audiences::default(),
        rules: RuleBook::new(store.clone(), Rules { rates: config.rates, ..Rules::default() }),
        lore: Lore::new(store.clone()),
        knowledge: Knowledge::new(store.clone(), Some(config.knowledge.watched(&config.data.folder))),
        likeness: Likenesses::new(embedding.clone()),
        embedding,
        desk: Desk::default(),
        pauses: Pauses::default(),
        cues: Cues::default(),
        scenes: Scenes::new(store.clone()),
        strays: Strays::new(store.clone()),
        playbills: Playbills::default(),
        unasked: Unasked::new(store.clone()),
        store,
        model,
        speaker,
        life: life.clone(),
        endings: broadcast::Sender::new(ENDINGS),
        listening: watch::Sender::new(false),
        started_at,
    };
    match registration::register_if_changed(&app, config.discord.command_guild).await {
        Ok(()) => tracing::info!(phase = "commands", "boot"),
        // Those that are registered go on working, and so do the conversations.
        Err(error) => tracing::error!(
            error = format!("{error:#}"),
            "the slash commands could not be registered; the next start tries again"
        ),
    }
    Ok(Connected { app, gateway })
}

impl Connected {
    /// The handles, for whoever looks in from outside (the playground, `acore chat`).
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Works until the soft token is pulled or Discord closes for good, then ends in order.
    pub async fn run(self) -> anyhow::Result<()> {
        let Self { app, mut gateway } = self;
        app.embedding.start();
        crate::vocabularies::start(&app.model, &app.life);
        jobs::start(&app);
        let worked = dispatch::run(&app, &mut gateway).await;
        // Both at once: the time between the first signal and the end is counted from here.
        let (_, drained) = tokio::join!(gateway.close(), app.life.drain());
        app.store.close().await.context("closing the database")?;
        tracing::info!(in_time = drained.in_time, "ended");
        anyhow::ensure!(!drained.crashed, "a task died; the log says which");
        worked
    }
}

fn discord_config(config: &Config) -> anyhow::Result<discord::Config> {
    let token = config.discord.token.as_ref().ok_or(NoToken)?;
    let mut wanted = discord::Config::new(discord::Token::new(token.reveal()));
    wanted.api_base.clone_from(&config.discord.api_base);
    wanted.gateway_url.clone_from(&config.discord.gateway_url);
    wanted.global_limit = config.discord.requests_per_second.and_then(std::num::NonZeroU16::new);
    HOMEPAGE.clone_into(&mut wanted.homepage);
    wanted.presences = config.discord.presences;
    wanted.members = config.discord.members;
    wanted.presence = Some("say hey to a character".to_owned());
    wanted.seed = u64::try_from(clock::now().as_millis()).unwrap_or_default();
    Ok(wanted)
}
