//! What the bot costs: its own process, measured from outside, on a local Discord with a scripted model; and what a
//! decision costs by itself.
//!
//! `script/bench [NAME…] [--json FILE]` builds both in release mode and runs this. Names: `deciding`, `start`, `idle`,
//! `latency`, `throughput`, `memory` (`--data FILE`, `--models FOLDER`, `--rerank`), `discord-memory`, `memory-scale`
//! (`--items NUMBER`, also several times); without a name all of them run. The local Discord and the scripted model live in this process;
//! the figures of processor time and memory are those of the bot's process alone, but for the memory's.

#![expect(clippy::print_stdout, reason = "the figures are what a bench is for")]

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use local_discord::{
    LocalDiscord, Options,
    clock::Clock,
    gateway::{GatewayOptions, StartRules},
    members::Watch,
    permissions::Permissions,
    world::{BotSeed, GuildSeed, WorldBuilder, channel_type},
};
use testkit::ScriptedModel;
use tokio::{
    process::{Child, Command},
    sync::Semaphore,
};

mod deciding;
mod memory;
mod parlour;
mod quay;
mod scale;

/// How long anything may take before the bench gives up.
const PATIENCE: Duration = Duration::from_mins(1);

/// Channels that members write in: more than the messages on their way, so that turns run side by side.
const CHANNELS: usize = 100;

/// Servers that these channels lie in, each with members of its own: a person and a server get so many answers a
/// minute and no more ([`domain::rules::Rates::MOST`]).
const SERVERS: usize = 20;

/// Members of a server. They take turns: what one person says at once, nobody between, is one question.
const MEMBERS: usize = 2;

/// What can be measured, in the order of the report.
const BENCHES: [&str; 8] =
    ["deciding", "start", "idle", "latency", "throughput", "memory", "discord-memory", "memory-scale"];

/// Names and values, in the order of the report.
type Metrics = Vec<(String, f64)>;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut names = Vec::new();
    let mut json = None;
    let mut recall =
        memory::Options { data: memory::usual_data(), models: PathBuf::from(".cache/models"), rerank: false };
    let mut sizes = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--json" => json = Some(PathBuf::from(arguments.next().context("--json takes a file")?)),
            "--data" => recall.data = arguments.next().context("--data takes a file")?.into(),
            "--models" => recall.models = arguments.next().context("--models takes a folder")?.into(),
            "--rerank" => recall.rerank = true,
            "--items" => sizes.push(arguments.next().context("--items takes a number")?.parse()?),
            name if BENCHES.contains(&name) => names.push(argument),
            other => bail!("`{other}` is no bench; there are: {}", BENCHES.join(", ")),
        }
    }
    let name = if names.is_empty() { "all".to_owned() } else { names.join("+") };
    if names.is_empty() {
        names = BENCHES.map(str::to_owned).to_vec();
    }
    let mut metrics = Metrics::new();
    for name in &names {
        println!("== {name}");
        let figures = match name.as_str() {
            "deciding" => deciding::deciding(),
            "start" => start().await,
            "idle" => idle().await,
            "latency" => latency().await,
            "memory" => memory::memory(&recall).await,
            "discord-memory" => discord_memory(&recall.models).await,
            "memory-scale" => scale::scale(&sizes).await,
            _ => throughput().await,
        }?;
        for (metric, value) in &figures {
            println!("{metric:<40} {value:>12.3}");
        }
        metrics.extend(figures);
    }
    if let Some(path) = json {
        let metrics: serde_json::Map<_, _> =
            metrics.into_iter().map(|(name, value)| (name, value.into())).collect();
        let report = serde_json::json!({ "name": name, "metrics": metrics });
        std::fs::write(&path, serde_json::to_string_pretty(&report)?)?;
    }
    Ok(())
}

/// Our own conversations and questions, by words alone and with the built-in model's vectors.
async fn discord_memory(models: &Path) -> anyhow::Result<Metrics> {
    const DATA: &str = include_str!("../../tests/data/memory/quay.txt");
    // So that what is asked for is one line in ten.
    const TALK: usize = 120;
    let mut metrics = Metrics::new();
    let words = quay::run(DATA, TALK, None).await?;
    metrics.extend(words.metrics.into_iter().map(|(name, value)| (format!("{name}_by_words_alone"), value)));
    match llm::Embedder::built_in(&models.join("bge-small-en-v1.5")) {
        Ok(embedder) => {
            let all = quay::run(DATA, TALK, Some(&embedder)).await?;
            all.misses.iter().for_each(|miss| println!("{miss}"));
            metrics.extend(all.metrics);
        }
        Err(error) => {
            words.misses.iter().for_each(|miss| println!("{miss}"));
            println!("no vectors: {error} (--models PATH: the folder of the built-in models)");
        }
    }
    Ok(metrics)
}

/// A local Discord, a scripted model that answers at once with the question's tag, and a folder for the bot.
struct Stage {
    discord: LocalDiscord,
    model: ScriptedModel,
    token: String,
    data: tempfile::TempDir,
}

impl Stage {
    async fn set() -> anyhow::Result<Self> {
        let mut world =
            WorldBuilder::new().bot(BotSeed::new("bench").permissions(Permissions::ADMINISTRATOR));
        for server in 0..SERVERS {
            let mut guild = GuildSeed::new(format!("bench {server}"));
            for member in 0..MEMBERS {
                guild = guild.member(&name(server, member));
            }
            for channel in (server..CHANNELS).step_by(SERVERS) {
                guild = guild.channel(&format!("c{channel}"), channel_type::TEXT);
            }
            world = world.guild(guild);
        }
        let (world, seeded) = world.build(Clock::system());
        let (_, _, token) = seeded.bots.get("bench").context("the bot is seeded")?.clone();
        let starts = StartRules { interval: Duration::ZERO, ..StartRules::default() };
        let gateway = GatewayOptions { starts, ..GatewayOptions::default() };
        let options = Options::new(world).rate_limits(None).record_requests(false).gateway(gateway);
        let model = ScriptedModel::start().await?;
        model.answer_with(|asked| {
            let prompt: String = asked.messages().into_iter().map(|message| message.1 + "\n").collect();
            let tag =
                prompt.split_whitespace().rev().find(|word| word.starts_with("tag")).unwrap_or("nothing");
            format!("I heard {tag}.")
        });
        Ok(Self { discord: LocalDiscord::start(options).await?, model, token, data: tempfile::tempdir()? })
    }

    fn start_bot(&self) -> anyhow::Result<Bot> {
        let child = Command::new(binary()?)
            .arg("run")
            .env("DISCORD_TOKEN", &self.token)
            .env("DISCORD_API_BASE", self.discord.api_base())
            .env("DISCORD_REQUESTS_PER_SECOND", "0")
            .env("ACORE_DATA", self.data.path())
            .env("ACORE_MODEL_PROVIDER", "openai")
            .env("ACORE_MODEL_BASE_URL", self.model.base_openai())
            .env("ACORE_MODEL", "scripted")
            // Nothing is fetched in the background while something is measured.
            .env("ACORE_EMBEDDING_PROVIDER", "none")
            .env("ACORE_LOG", "warn")
            .env("ACORE_RATE_USER", "600")
            .env("ACORE_RATE_CHANNEL", "600")
            .env("ACORE_RATE_GUILD", "600")
            .current_dir(self.data.path())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("starting the bot")?;
        Ok(Bot { child })
    }

    /// Somebody asks a character something: in the channels by turns, and in each of them the members by turns.
    async fn ask(&self, number: usize, tag: &str) -> anyhow::Result<()> {
        let channel = number % CHANNELS;
        let member = self.discord.member(&name(channel % SERVERS, number / CHANNELS % MEMBERS));
        member.says(format!("#c{channel}").as_str(), &format!("hey Zibbik, {tag}")).await?;
        Ok(())
    }

    /// Asks in every channel once, so that webhooks exist and everything is warm.
    async fn warm_up(&self) -> anyhow::Result<()> {
        let mut watch = self.discord.world().watch();
        for channel in 0..CHANNELS {
            self.ask(channel, &format!("tagw{channel}")).await?;
        }
        for _ in 0..CHANNELS {
            watch.message(PATIENCE, |post| post.content.starts_with("I heard tagw")).await?;
        }
        Ok(())
    }
}

/// What a server's member is called.
fn name(server: usize, member: usize) -> String {
    format!("member {member} of {server}")
}

fn binary() -> anyhow::Result<PathBuf> {
    let here = std::env::current_exe()?;
    let folder = here.parent().and_then(Path::parent).context("examples lie below the target folder")?;
    let binary = folder.join("acore");
    ensure!(binary.exists(), "{} is missing: use script/bench, which builds it", binary.display());
    Ok(binary)
}

/// The bot's process.
struct Bot {
    child: Child,
}

impl Bot {
    fn proc_file(&self, name: &str) -> anyhow::Result<String> {
        let id = self.child.id().context("the bot ended")?;
        Ok(std::fs::read_to_string(format!("/proc/{id}/{name}"))?)
    }

    /// Processor seconds, user and system.
    fn cpu_seconds(&self) -> anyhow::Result<f64> {
        let stat = self.proc_file("stat")?;
        let after_name = stat.rsplit(')').next().unwrap_or_default();
        let fields = after_name.split_whitespace().skip(11).take(2);
        // Linux reports in hundredths of a second on every architecture that we build for.
        Ok(fields.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / 100.0)
    }

    fn resident_mib(&self) -> anyhow::Result<f64> {
        let status = self.proc_file("status")?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
        let kib: f64 = line.split_whitespace().nth(1).context("VmRSS")?.parse()?;
        Ok(kib / 1024.0)
    }

    async fn stop(mut self) -> anyhow::Result<()> {
        self.child.kill().await?;
        Ok(())
    }
}

/// From the process's start to its first reply in the channel, with a question that waits for it already.
async fn start() -> anyhow::Result<Metrics> {
    let stage = Stage::set().await?;
    let bot = stage.start_bot()?;
    wait_for_session(&stage).await?;
    stage.warm_up().await?;
    bot.stop().await?;
    let mut times = Vec::new();
    for run in 0..11 {
        stage.ask(0, &format!("tagstart{run}")).await?;
        let mut watch = stage.discord.world().watch();
        let began = Instant::now();
        let bot = stage.start_bot()?;
        let wanted = format!("I heard tagstart{run}.");
        watch.message(PATIENCE, |post| post.content == wanted).await?;
        times.push(began.elapsed().as_secs_f64() * 1_000.0);
        // A bot that dies right after a post has to look whether it was made: that is another figure.
        tokio::time::sleep(Duration::from_millis(200)).await;
        bot.stop().await?;
    }
    times.sort_by(f64::total_cmp);
    Ok(vec![
        ("start_to_first_reply_ms_median".into(), percentile(&times, 0.5)),
        ("start_to_first_reply_ms_max".into(), percentile(&times, 1.0)),
    ])
}

/// Resident memory of a bot that does nothing: fresh, and after it has answered in a hundred channels.
async fn idle() -> anyhow::Result<Metrics> {
    let stage = Stage::set().await?;
    let bot = stage.start_bot()?;
    wait_for_session(&stage).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let fresh = bot.resident_mib()?;
    stage.warm_up().await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let before = bot.cpu_seconds()?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let figures = vec![
        ("idle_resident_mib".into(), fresh),
        ("idle_resident_mib_after_100_channels".into(), bot.resident_mib()?),
        ("idle_cpu_ms_per_second".into(), (bot.cpu_seconds()? - before) * 1_000.0 / 5.0),
    ];
    bot.stop().await?;
    Ok(figures)
}

/// From a member's message to the reply's arrival at Discord, at three rates. The scripted model answers at once, but
/// its HTTP request is in the figure, and so are both directions through the local Discord.
async fn latency() -> anyhow::Result<Metrics> {
    let stage = Stage::set().await?;
    let bot = stage.start_bot()?;
    wait_for_session(&stage).await?;
    stage.warm_up().await?;
    let mut figures = Metrics::new();
    for (rate, seconds) in [(1, 20), (10, 15), (50, 15)] {
        let times = at_rate(&stage, rate, rate * seconds).await?;
        for (name, share) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
            figures.push((format!("framework_ms_{name}_at_{rate}_per_second"), percentile(&times, share)));
        }
    }
    bot.stop().await?;
    Ok(figures)
}

async fn at_rate(stage: &Stage, rate: usize, count: usize) -> anyhow::Result<Vec<f64>> {
    let watch = stage.discord.world().watch();
    let collecting = tokio::spawn(collect(watch, format!("tagr{rate}x"), count));
    let mut asked = Vec::with_capacity(count);
    let mut ticks = tokio::time::interval(Duration::from_secs_f64(1.0 / rate as f64));
    for index in 0..count {
        ticks.tick().await;
        let began = Instant::now();
        stage.ask(index, &format!("tagr{rate}x{index}")).await?;
        asked.push(began);
    }
    let answered = collecting.await??;
    let mut times: Vec<f64> = asked
        .iter()
        .enumerate()
        .filter_map(|(index, began)| {
            Some(answered.get(&index)?.duration_since(*began).as_secs_f64() * 1_000.0)
        })
        .collect();
    ensure!(times.len() == count, "{} of {count} questions were answered", times.len());
    times.sort_by(f64::total_cmp);
    Ok(times)
}

async fn collect(mut watch: Watch, tag: String, count: usize) -> anyhow::Result<HashMap<usize, Instant>> {
    let mut answered = HashMap::with_capacity(count);
    let prefix = format!("I heard {tag}");
    while answered.len() < count {
        let post = watch.message(PATIENCE, |post| post.content.starts_with(&prefix)).await?;
        let index = post.content[prefix.len()..].trim_end_matches('.').parse()?;
        ensure!(answered.insert(index, Instant::now()).is_none(), "answered twice: {}", post.content);
    }
    Ok(answered)
}

/// As many replies as the bot can give, with a bounded number of questions waiting.
async fn throughput() -> anyhow::Result<Metrics> {
    const REPLIES: usize = 8_000;
    const WAITING: usize = 96;
    let stage = Stage::set().await?;
    let bot = stage.start_bot()?;
    wait_for_session(&stage).await?;
    stage.warm_up().await?;
    let cpu = bot.cpu_seconds()?;
    let began = Instant::now();
    let gate = Arc::new(Semaphore::new(WAITING));
    let mut watch = stage.discord.world().watch();
    let opened = gate.clone();
    let counting = tokio::spawn(async move {
        for _ in 0..REPLIES {
            watch.message(PATIENCE, |post| post.content.starts_with("I heard tagt")).await?;
            opened.add_permits(1);
        }
        anyhow::Ok(())
    });
    for index in 0..REPLIES {
        gate.acquire().await?.forget();
        stage.ask(index, &format!("tagt{index}")).await?;
    }
    counting.await??;
    let seconds = began.elapsed().as_secs_f64();
    let figures = vec![
        ("replies_per_second".into(), REPLIES as f64 / seconds),
        ("cpu_seconds_per_1000_replies".into(), (bot.cpu_seconds()? - cpu) * 1_000.0 / REPLIES as f64),
        ("resident_mib_under_load".into(), bot.resident_mib()?),
    ];
    bot.stop().await?;
    Ok(figures)
}

/// Until the bot's gateway session is there.
async fn wait_for_session(stage: &Stage) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while stage.discord.faults().sockets().1 == 0 {
        ensure!(Instant::now() < deadline, "the bot did not connect");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // READY is on its way to the bot when the session exists.
    tokio::time::sleep(Duration::from_millis(100)).await;
    Ok(())
}

fn percentile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get((share * last as f64).round() as usize).copied().unwrap_or(f64::NAN)
}
