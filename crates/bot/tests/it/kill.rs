//! kill -9 at random points during a hundred conversations: nothing is lost and nothing is said twice.
//!
//! Discord and the model live in this process and survive; the bot is a child that is killed and started again.
//! `ACORE_KILLS` says how often (100 unless told otherwise), `ACORE_KILL_SEED` repeats a run.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use local_discord::members::Post;
use testkit::{Asked, Reply};

use crate::{
    acore::Acore,
    town::{PATIENCE, Town},
};

const CHANNELS: usize = 20;
const CONVERSATIONS: usize = 100;

/// A safety net for the last life, in which everything that is left is answered.
const LAST_LIFE: Duration = Duration::from_secs(150);

fn number(name: &str, default: u64) -> u64 {
    std::env::var_os(name).and_then(|text| text.to_str()?.parse().ok()).unwrap_or(default)
}

/// The question that a prompt ends with: its tag, as in `q042`.
fn tag(asked: &Asked) -> Option<String> {
    let said: String = asked
        .messages()
        .into_iter()
        .filter(|(role, _)| role == "user")
        .map(|(_, content)| content + "\n")
        .collect();
    let at = said.rfind("question q")? + "question ".len();
    said.get(at..at + 4).map(str::to_owned)
}

/// Words that belong to one question and one attempt to answer it: `q042w7a3` is the seventh of the third attempt.
/// A third of the replies comes at once, a third grows, and a third grows over several messages.
fn reply(tag: &str, attempt: u32) -> Reply {
    let kind: usize = tag[1..].parse::<usize>().unwrap() % 3;
    let words = length(tag);
    let text: Vec<String> = (0..words).map(|word| format!("{tag}w{word}a{attempt} ")).collect();
    let pieces: Vec<String> = text.chunks(words.div_ceil(8)).map(<[String]>::concat).collect();
    match kind {
        0 => Reply::text(&text.concat()),
        1 => Reply::paced(pieces.iter().map(String::as_str), Duration::from_millis(150)),
        _ => Reply::paced(pieces.iter().map(String::as_str), Duration::from_millis(250)),
    }
}

/// How many words answer a question.
fn length(tag: &str) -> usize {
    if tag[1..].parse::<usize>().unwrap() % 3 == 2 { 420 } else { 24 }
}

/// What stands in the channels, by question: the words in order.
fn answers(town: &Town) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for post in town.discord.sent() {
        for word in post.content.split_whitespace() {
            if let Some(tag) = word.get(..4) {
                found.entry(tag.to_owned()).or_default().push(word.to_owned());
            }
        }
    }
    found
}

/// What is wrong with the answer to a question: nothing, if every word came once, in order, from one attempt.
fn complaint(tag: &str, words: &[String]) -> Option<String> {
    let attempt = words.first().and_then(|word| word.rsplit_once('a')).map(|(_, attempt)| attempt.to_owned());
    let Some(attempt) = attempt else { return Some(format!("{tag}: lost")) };
    let wanted: Vec<String> = (0..length(tag)).map(|word| format!("{tag}w{word}a{attempt}")).collect();
    if words == wanted {
        return None;
    }
    let excess = if words.len() > wanted.len() { "duplicated" } else { "wrong" };
    Some(format!("{tag}: {excess}: {} words instead of {}: {}", words.len(), wanted.len(), words.join(" ")))
}

/// The people who ask, and what they have not asked yet.
struct Crowd {
    dice: fastrand::Rng,
    left: Vec<usize>,
    asked: Vec<Post>,
}

impl Crowd {
    async fn asks(&mut self, town: &Town, most: usize) {
        for _ in 0..self.dice.usize(0..=most) {
            let Some(question) = self.left.pop() else { return };
            // Two questions of one person to one character, close together, would be answered as one.
            let names = ["Sidony", "Zibbik", "Imke", "Pasko", "Ebba"];
            let text = format!("{}, question q{question:03}?", names[question / CHANNELS % names.len()]);
            let member = if question % 2 == 0 { town.alice() } else { town.bob() };
            self.asked
                .push(member.says(format!("#c{:02}", question % CHANNELS).as_str(), &text).await.unwrap());
        }
    }

    /// Mostly soon, sometimes late enough for a reply to be seen growing.
    async fn a_while(&mut self) {
        let milliseconds =
            if self.dice.u8(0..4) == 0 { self.dice.u64(300..2_500) } else { self.dice.u64(5..300) };
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_loses_nothing_and_says_nothing_twice() {
    let kills = number("ACORE_KILLS", 100);
    let seed = number("ACORE_KILL_SEED", u64::from(std::process::id()));
    eprintln!("{kills} kills, seed {seed} (ACORE_KILLS, ACORE_KILL_SEED)");
    let begun = Instant::now();
    let channels = (0..CHANNELS).map(|n| format!("c{n:02}"));
    let town = Town::build().channels(channels).setting("ACORE_LOG", "info,bot=debug");
    // Two people ask a hundred questions in two minutes.
    let mut town = town.setting("ACORE_RATE_USER", "600").setting("ACORE_RATE_GUILD", "600").open().await;
    let attempts = AtomicU32::new(0);
    town.model.reply_with(move |asked| match tag(asked) {
        Some(tag) => reply(&tag, attempts.fetch_add(1, Ordering::Relaxed)),
        None => Reply::text("Nobody asked."),
    });
    let mut dice = fastrand::Rng::with_seed(seed);
    let mut left: Vec<usize> = (0..CONVERSATIONS).collect();
    dice.shuffle(&mut left);
    let mut crowd = Crowd { dice, left, asked: Vec::new() };
    let per_life = CONVERSATIONS.div_ceil(usize::try_from(kills).unwrap().max(1)) * 2;

    // A bot that has never seen this guild owes nobody an answer: it gets to know it in peace.
    town.expect_bot();
    let mut acore = Acore::run(&town);
    town.bot_is_online().await;
    let hello = town.discord.next_message(PATIENCE, |post| post.content == "Nobody asked.");
    town.alice().says("#general", "Sidony, hello").await.unwrap();
    hello.await.unwrap();
    acore.kill().await;

    for _ in 0..kills {
        town.expect_bot();
        let mut acore = Acore::run(&town);
        if crowd.dice.u8(0..4) > 0 {
            town.bot_is_online().await;
        }
        crowd.asks(&town, per_life).await;
        crowd.a_while().await;
        acore.kill().await;
        crowd.asks(&town, per_life / 2).await;
    }

    town.expect_bot();
    let mut acore = Acore::run(&town);
    town.bot_is_online().await;
    while !crowd.left.is_empty() {
        crowd.asks(&town, CONVERSATIONS).await;
    }
    all_answered(&town, &mut acore).await;
    acore.signal("TERM");
    assert_eq!(acore.ended().await.code, Some(0));

    let answers = answers(&town);
    let nothing = Vec::new();
    let complaints: Vec<String> = (0..CONVERSATIONS)
        .map(|question| format!("q{question:03}"))
        .filter_map(|tag| complaint(&tag, answers.get(&tag).unwrap_or(&nothing)))
        .collect();
    let took = begun.elapsed();
    eprintln!(
        "{} questions, {kills} kills, {} model requests, {} posts, {} s: {} wrong",
        crowd.asked.len(),
        town.model.requests_seen(),
        town.discord.sent().len(),
        took.as_secs(),
        complaints.len()
    );
    assert!(complaints.is_empty(), "seed {seed}:\n{}\n{}", complaints.join("\n"), tail(&acore.log()));
}

/// Waits until every question has an answer that is whole, or the bot is silent for too long.
async fn all_answered(town: &Town, acore: &mut Acore) {
    let mut watch = town.discord.watch();
    let deadline = Instant::now() + LAST_LIFE;
    loop {
        let answers = answers(town);
        let whole = |question: usize| {
            let tag = format!("q{question:03}");
            answers.get(&tag).is_some_and(|words| words.len() >= length(&tag))
        };
        if (0..CONVERSATIONS).all(whole) {
            return;
        }
        assert!(acore.is_running(), "{}", tail(&acore.log()));
        let left = deadline.saturating_duration_since(Instant::now());
        if watch.message(left, |_| true).await.is_err() {
            return;
        }
    }
}

fn tail(log: &str) -> String {
    let lines: Vec<_> = log.lines().collect();
    lines[lines.len().saturating_sub(60)..].join("\n")
}
