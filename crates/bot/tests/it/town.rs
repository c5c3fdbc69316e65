//! A guild with people in it, the bot on it and a model that says what the test wants.
//!
//! When a town is dropped, everything that the bot sent to Discord is looked at once more: no violation of the
//! protocol, and no text that could ping anybody.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bot::{
    app::App,
    config::{Sources, load},
    lifecycle::Lifecycle,
    model::Model,
};
use local_discord::{
    LocalDiscord, Options, RecordedRequest,
    clock::Clock,
    gateway::{GatewayOptions, StartRules},
    members::{Member, Post, Watch},
    permissions::Permissions,
    world::{BotSeed, GuildSeed, Seeded, WorldBuilder, channel_type},
};
use serde_json::{Value, json};
use store::TurnId;
use tempfile::TempDir;
use testkit::{Dialect, ScriptedModel, model::MODEL};
use tokio::{sync::broadcast, task::JoinHandle};

/// A safety net for what would otherwise hang; no test depends on its length.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);

const BOT: &str = "acore";

/// Discord's own `OpenAPI` document, which is not ours to commit.
pub(crate) fn openapi() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/discord-openapi.json");
    std::env::var_os("DISCORD_OPENAPI").map(PathBuf::from).or(Some(beside)).filter(|path| path.exists())
}

/// How a town begins.
pub(crate) struct Builder {
    permissions: Permissions,
    message_content: bool,
    channels: Vec<String>,
    voices: Vec<String>,
    dialect: Dialect,
    settings: BTreeMap<String, String>,
    starts: StartRules,
    elsewhere: bool,
}

impl Builder {
    /// A second server, `Elsewhere`, with a channel of that name, where olga and alice are, too.
    pub(crate) fn elsewhere(mut self) -> Self {
        self.elsewhere = true;
        self
    }

    /// Discord's own pace for new sessions: one in five seconds.
    pub(crate) fn discords_pace(mut self) -> Self {
        self.starts = StartRules::default();
        self
    }

    pub(crate) fn permissions(mut self, permissions: Permissions) -> Self {
        self.permissions = permissions;
        self
    }

    pub(crate) fn without_message_content(mut self) -> Self {
        self.message_content = false;
        self
    }

    pub(crate) fn channels(mut self, names: impl IntoIterator<Item = String>) -> Self {
        self.channels.extend(names);
        self
    }

    /// A voice channel.
    pub(crate) fn voice(mut self, name: &str) -> Self {
        self.voices.push(name.to_owned());
        self
    }

    pub(crate) fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// An environment variable of the bot.
    pub(crate) fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Discord and model, without the bot.
    pub(crate) async fn open(self) -> Town {
        let mut guild = GuildSeed::new("Dryhithe").member("olga").member("alice").member("bob");
        for name in &self.channels {
            guild = guild.channel(name, channel_type::TEXT);
        }
        for name in &self.voices {
            guild = guild.channel(name, channel_type::VOICE);
        }
        let mut seed = BotSeed::new(BOT).permissions(self.permissions);
        seed.message_content = self.message_content;
        let mut world = WorldBuilder::new()
            .bot(seed)
            .bot(BotSeed::new("stranger").permissions(bot::playground::permissions()))
            .guild(guild);
        if self.elsewhere {
            let other = GuildSeed::new("Elsewhere").member("olga").member("alice");
            world = world.guild(other.channel("elsewhere", channel_type::TEXT));
        }
        let (world, seeded) = world.build(Clock::system());
        let gateway = GatewayOptions { starts: self.starts, ..GatewayOptions::default() };
        let options = Options::new(world).openapi(openapi()).gateway(gateway);
        let discord = LocalDiscord::start(options).await.unwrap();
        let model = ScriptedModel::start().await.unwrap();
        let data = tempfile::tempdir().unwrap();
        let (provider, base) = match self.dialect {
            Dialect::OpenAi => ("openai", model.base_openai()),
            Dialect::Ollama => ("ollama", model.base_ollama()),
        };
        let mut settings: BTreeMap<String, String> = [
            ("DISCORD_TOKEN", seeded.bots[BOT].2.clone()),
            ("DISCORD_API_BASE", discord.api_base()),
            ("DISCORD_GATEWAY_URL", discord.gateway_url()),
            ("ACORE_DATA", data.path().join("data").display().to_string()),
            ("ACORE_MODEL_PROVIDER", provider.to_owned()),
            ("ACORE_MODEL_BASE_URL", base),
            ("ACORE_MODEL", MODEL.to_owned()),
            // Tests that want it do it when they want it.
            ("ACORE_MEMORY_LEARNING", "no".to_owned()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        // Tests fetch nothing; those that want vectors say whose.
        if !self.settings.keys().any(|name| name.starts_with("ACORE_EMBEDDING_")) {
            settings.insert("ACORE_EMBEDDING_PROVIDER".to_owned(), "none".to_owned());
        }
        settings.extend(self.settings);
        Town { discord, model, seeded, data, settings, running: None, seen: None }
    }

    /// Everything, with the bot listening.
    pub(crate) async fn start(self) -> Town {
        let mut town = self.open().await;
        town.start().await;
        town
    }
}

struct Running {
    life: Lifecycle,
    app: App,
    task: JoinHandle<anyhow::Result<()>>,
}

/// See the module.
pub(crate) struct Town {
    pub(crate) discord: LocalDiscord,
    pub(crate) model: ScriptedModel,
    pub(crate) seeded: Seeded,
    pub(crate) data: TempDir,
    pub(crate) settings: BTreeMap<String, String>,
    running: Option<Running>,
    /// Made before the bot starts, so that its coming online is not missed.
    seen: Option<Watch>,
}

impl Town {
    pub(crate) fn build() -> Builder {
        Builder {
            permissions: bot::playground::permissions(),
            message_content: true,
            channels: vec!["general".to_owned(), "workshop".to_owned()],
            voices: Vec::new(),
            dialect: Dialect::OpenAi,
            settings: BTreeMap::new(),
            // Tests start bots more often than anybody may in earnest.
            starts: StartRules { interval: Duration::ZERO, ..StartRules::default() },
            elsewhere: false,
        }
    }

    /// The usual one, with the bot listening.
    pub(crate) async fn new() -> Self {
        Self::build().start().await
    }

    /// Starts the bot in this process and waits until it listens.
    pub(crate) async fn start(&mut self) {
        self.expect_bot();
        let config = load(&Sources { file: None, env: self.settings.clone() }).unwrap();
        let life = Lifecycle::default();
        let model = Arc::new(Model::connect(&config.model, &config.data.folder).await.unwrap());
        let connected = bot::boot::connect(&config, model, &life).await.unwrap();
        let app = connected.app().clone();
        let task = tokio::spawn(connected.run());
        self.running = Some(Running { life, app, task });
        self.bot_is_online().await;
    }

    /// Call it before the bot is started by other means than [`Self::start`].
    pub(crate) fn expect_bot(&mut self) {
        self.seen = Some(self.discord.watch());
    }

    /// Waits until a bot that was expected has its session.
    pub(crate) async fn bot_is_online(&mut self) {
        let bot = self.bot().to_string();
        let mut seen = self.seen.take().expect("expect_bot comes first");
        let online = |event: &local_discord::dispatch::Dispatch| {
            event.name == "PRESENCE_UPDATE"
                && event.data["user"]["id"] == bot.as_str()
                && event.data["status"] == "online"
        };
        seen.event(PATIENCE, online).await.unwrap();
        // The presence comes a moment before the session, and there is no event for that.
        while self.discord.faults().sockets().1 == 0 {
            tokio::task::yield_now().await;
        }
    }

    /// Ends the bot in good order.
    pub(crate) async fn stop(&mut self) {
        let running = self.running.take().expect("a bot that runs");
        running.life.soft().cancel();
        tokio::time::timeout(PATIENCE, running.task).await.unwrap().unwrap().unwrap();
    }

    pub(crate) fn app(&self) -> &App {
        &self.running.as_ref().expect("a bot that runs").app
    }

    pub(crate) fn bot(&self) -> u64 {
        self.seeded.bots[BOT].1
    }

    pub(crate) fn stranger(&self) -> u64 {
        self.seeded.bots["stranger"].1
    }

    pub(crate) fn guild(&self) -> u64 {
        self.seeded.guilds["Dryhithe"]
    }

    /// The bytes of a message's first file.
    pub(crate) async fn file(&self, post: &Post) -> Vec<u8> {
        let address = post.files().into_iter().next().expect("a file");
        self.app().speaker.fetch_file(&address, 16 * 1024 * 1024).await.unwrap().to_vec()
    }

    pub(crate) fn channel(&self, name: &str) -> u64 {
        self.seeded.channels[name]
    }

    pub(crate) fn alice(&self) -> Member {
        self.discord.member("alice")
    }

    pub(crate) fn bob(&self) -> Member {
        self.discord.member("bob")
    }

    /// Begins to listen for turns that end.
    pub(crate) fn endings(&self) -> Endings {
        Endings(self.app().endings.subscribe())
    }

    /// Alice says something, and the turn is waited for: what was answered after it.
    pub(crate) async fn asks(&self, place: &str, text: &str) -> Answered {
        let mut endings = self.endings();
        let question = self.alice().says(place, text).await.unwrap();
        endings.of(question.id).await;
        let posts = self.said_after(&question);
        Answered { question, posts }
    }

    /// What applications said in a message's channel after it.
    pub(crate) fn said_after(&self, question: &Post) -> Vec<Post> {
        let all = self.discord.channel(question.channel_id).unwrap().messages();
        all.into_iter().filter(|post| post.id > question.id && post.from_app && !post.ephemeral).collect()
    }

    /// Waits until applications said just this in a place, each line as `name: text`, and nothing else.
    pub(crate) async fn comes_to(&self, place: &str, wanted: &[&str]) {
        let mut watch = self.discord.watch();
        loop {
            let said = self.lines(place);
            if said == wanted {
                return;
            }
            if let Err(error) = watch.event(PATIENCE, |_| true).await {
                panic!("{error}: {place} has {said:#?} instead of {wanted:#?}");
            }
        }
    }

    /// What applications said in a place, each line as `name: text`.
    pub(crate) fn lines(&self, place: &str) -> Vec<String> {
        let all = self.discord.channel(place).unwrap().messages();
        let said = all.iter().filter(|post| post.from_app && !post.ephemeral);
        said.map(|post| format!("{}: {}", post.author, post.content)).collect()
    }

    /// Waits until nothing waits for an answer any more, and nobody's turn follows from another's.
    pub(crate) async fn rests(&self) {
        let rest = async {
            while self.app().store.counts().await.unwrap().pending > 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, rest).await.expect("everything to come to rest");
    }

    /// Ends the bot where it is, as a second signal does: whatever is under way is dropped.
    pub(crate) async fn breaks_off(&mut self) {
        self.app().life.soft().cancel();
        self.app().life.hard().cancel();
        self.stop().await;
    }

    /// What the bot asked of Discord's REST API, by method and path after the version.
    pub(crate) fn requests(&self, method: &str, part: &str) -> Vec<RecordedRequest> {
        let all = self.discord.requests();
        all.into_iter().filter(|r| r.method == method && r.path.contains(part)).collect()
    }

    /// Everything that is wrong with what the bot sent so far.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let violations = self.discord.violations();
        let violations = violations.iter().map(|v| format!("{} {}: {}", v.method, v.path, v.what));
        let requests = self.discord.requests();
        let loud = requests.iter().filter(|request| request.body.as_ref().is_some_and(can_ping));
        violations.chain(loud.map(|r| format!("{} {} could ping: {:?}", r.method, r.path, r.body))).collect()
    }
}

/// A text, in a message or in an interaction's answer, without "nobody is pinged".
fn can_ping(body: &Value) -> bool {
    let message = if body["data"].is_object() { &body["data"] } else { body };
    message["content"].as_str().is_some_and(|content| !content.is_empty())
        && message["allowed_mentions"] != json!({"parse": []})
}

impl Drop for Town {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // Database and log tell what happened.
            self.data.disable_cleanup(true);
            eprintln!("left behind for you: {}", self.data.path().display());
            return;
        }
        let complaints = self.complaints();
        assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    }
}

/// A question and what was said after it.
pub(crate) struct Answered {
    pub(crate) question: Post,
    pub(crate) posts: Vec<Post>,
}

impl Answered {
    /// The one message that answers.
    #[track_caller]
    pub(crate) fn one(&self) -> &Post {
        let [post] = self.posts.as_slice() else {
            panic!("one answer to {:?}, not {:#?}", self.question.content, texts(&self.posts))
        };
        post
    }
}

pub(crate) fn texts(posts: &[Post]) -> Vec<&str> {
    posts.iter().map(|post| post.content.as_str()).collect()
}

/// Turns that end, from the moment when this was made.
pub(crate) struct Endings(broadcast::Receiver<TurnId>);

impl Endings {
    /// Waits for the end of the turn that a message or a command began.
    pub(crate) async fn of(&mut self, id: u64) {
        self.of_all([id]).await;
    }

    /// Waits for the ends of several turns, in whatever order they come.
    pub(crate) async fn of_all(&mut self, ids: impl IntoIterator<Item = u64>) {
        let mut open: BTreeSet<u64> = ids.into_iter().collect();
        let ended = async {
            while !open.is_empty() {
                match self.0.recv().await {
                    Ok(TurnId(turn)) => _ = open.remove(&turn),
                    Err(error) => panic!("the endings cannot be followed: {error}"),
                }
            }
        };
        tokio::time::timeout(PATIENCE, ended).await.expect("the turn to end");
    }
}
