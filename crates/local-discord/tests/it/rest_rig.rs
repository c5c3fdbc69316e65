//! A running server with one guild, and a client that speaks REST as the bot.

use std::path::{Path, PathBuf};
use std::time::Duration;

use local_discord::clock::Clock;
use local_discord::permissions::Permissions;
use local_discord::world::{BotSeed, GuildSeed, Seeded, WorldBuilder, channel_type};
use local_discord::{LocalDiscord, Options};
use reqwest::Method;
use serde_json::{Value, json};

/// 2026-11-22, when most of this was written.
const START_MS: u64 = 1_795_000_000_000;

pub(crate) struct Rig {
    pub(crate) discord: LocalDiscord,
    pub(crate) clock: Clock,
    pub(crate) http: reqwest::Client,
    pub(crate) seeded: Seeded,
    pub(crate) token: String,
}

/// Discord's document, where there is one: by `DISCORD_OPENAPI`, or beside the checkout.
pub(crate) fn openapi() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/discord-openapi.json");
    let path = std::env::var_os("DISCORD_OPENAPI").map_or(beside, PathBuf::from);
    path.exists().then_some(path)
}

/// A guild `home` owned by `olga`, with `alice`; the bot `bot` has these permissions beyond those of everybody.
pub(crate) async fn rig_with(permissions: Permissions, options: impl FnOnce(Options) -> Options) -> Rig {
    let clock = Clock::manual(START_MS);
    let guild = GuildSeed::new("home")
        .member("olga")
        .member("alice")
        .channel("general", channel_type::TEXT)
        .channel("secret", channel_type::TEXT)
        .channel("talk", channel_type::VOICE)
        .channel("forum", channel_type::FORUM)
        .hidden("secret");
    let bot = BotSeed::new("bot").permissions(permissions);
    let (world, seeded) = WorldBuilder::new().bot(bot).guild(guild).build(clock.clone());
    let options = options(Options::new(world).rate_limits(None).openapi(openapi()));
    let discord = LocalDiscord::start(options).await.expect("a server");
    // Another test of the same process may have been first; either way there is a provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().expect("a client");
    let token = seeded.bots["bot"].2.clone();
    Rig { discord, clock, http, seeded, token }
}

pub(crate) async fn rig() -> Rig {
    rig_with(Permissions::ADMINISTRATOR, |options| options).await
}

impl Rig {
    pub(crate) fn channel(&self, name: &str) -> u64 {
        self.seeded.channels[name]
    }

    pub(crate) fn user(&self, name: &str) -> u64 {
        self.seeded.users[name]
    }

    pub(crate) fn guild(&self) -> u64 {
        self.seeded.guilds["home"]
    }

    pub(crate) fn application(&self) -> u64 {
        self.seeded.bots["bot"].0
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.discord.api_base());
        self.http.request(method, url).header("authorization", format!("Bot {}", self.token))
    }

    /// Sends and gives status and JSON (null for an empty body).
    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> (u16, Value) {
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        let text = response.text().await.expect("a body");
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(self.request(Method::PATCH, path).json(&body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(self.request(Method::PUT, path).json(&body)).await
    }

    pub(crate) async fn put_empty(&self, path: &str) -> (u16, Value) {
        self.send(self.request(Method::PUT, path)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> (u16, Value) {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Posts a message in `general` and gives it.
    pub(crate) async fn say(&self, content: &str) -> Value {
        let path = format!("/channels/{}/messages", self.channel("general"));
        let (status, message) = self.post(&path, json!({"content": content})).await;
        assert_eq!(status, 200, "{message}");
        message
    }

    /// Nothing that was sent or answered may differ from the documentation.
    pub(crate) fn assert_faithful(&self) {
        let violations = self.discord.violations();
        assert!(violations.is_empty(), "{violations:#?}");
    }
}

/// The code of an answer's first form error at a path like `/content`.
pub(crate) fn form_error<'a>(body: &'a Value, path: &str) -> &'a str {
    body["errors"].pointer(path).and_then(|node| node["_errors"][0]["code"].as_str()).unwrap_or("")
}
