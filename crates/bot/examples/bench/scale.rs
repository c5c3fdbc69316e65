//! What recall costs when there is much to remember: made-up lines of a busy server with the frequencies of words and
//! the clusters of meanings that texts have.

use std::{path::Path, sync::Arc, time::Instant};

use anyhow::Context as _;
use domain::{
    ChannelId, GuildId, MessageId, Timestamp, UserId,
    audience::Audience,
    memory::{
        Detail, Draft, ItemId, Reach, Source,
        rank::{self, Cue, Weights},
    },
    time::DISCORD_EPOCH_MS,
};
use store::{Probe, Query, Store};
use store_sqlite::SqliteStore;

use super::Metrics;

const GUILD: GuildId = GuildId(1);
const MODEL: &str = "made-up";
const DIMENSIONS: usize = 384;

/// Different words. The n-th one is as frequent as one by n.
const WORDS: usize = 100_000;

/// Meanings that lines cluster about.
const TOPICS: usize = 2_000;

const ROOMS: u64 = 40;
const PEOPLE: u64 = 500;

/// Rooms that the audience can see.
const SEEN: u64 = 30;

const QUERIES: usize = 300;

/// Items of one transaction.
const BATCH: usize = 2_000;

pub(super) async fn scale(sizes: &[usize]) -> anyhow::Result<Metrics> {
    let mut metrics = Metrics::new();
    for size in if sizes.is_empty() { &[100_000] } else { sizes } {
        metrics.extend(at(*size).await?);
    }
    Ok(metrics)
}

/// What made-up lines are made of.
struct Language {
    words: Vec<String>,
    /// Up to which share of all words each one goes.
    shares: Vec<f64>,
    topics: Vec<Vec<f32>>,
    random: fastrand::Rng,
}

impl Language {
    fn new() -> Self {
        let mut random = fastrand::Rng::with_seed(7);
        let letters = ["ba", "de", "fi", "go", "ku", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "zo"];
        let words = (0..WORDS).map(|number| {
            let mut word = String::new();
            let mut rest = number + letters.len();
            while rest > 0 {
                word.push_str(letters[rest % letters.len()]);
                rest /= letters.len();
            }
            word
        });
        let words = words.collect();
        let mut sum = 0.0;
        let mut shares: Vec<f64> = (0..WORDS)
            .map(|number| {
                sum += 1.0 / (number as f64 + 2.7);
                sum
            })
            .collect();
        for share in &mut shares {
            *share /= sum;
        }
        let topics = (0..TOPICS).map(|_| vector(&mut random, 1.0)).collect();
        Self { words, shares, topics, random }
    }

    fn word(&mut self) -> usize {
        let at = self.random.f64();
        self.shares.partition_point(|share| *share < at).min(WORDS - 1)
    }

    fn line(&mut self) -> String {
        let length = 3 + self.random.usize(0..18);
        let words: Vec<usize> = (0..length).map(|_| self.word()).collect();
        words.into_iter().map(|word| self.words[word].as_str()).collect::<Vec<_>>().join(" ")
    }

    fn meaning(&mut self) -> Vec<f32> {
        let topic = self.random.usize(0..TOPICS);
        let own = vector(&mut self.random, 0.8);
        // A part that all have in common, as real models' vectors do.
        self.topics[topic].iter().zip(own).map(|(topic, own)| topic + own + 0.5).collect()
    }

    /// Words as a question has them: none of the most frequent ones, which are left out of questions.
    fn question(&mut self) -> Vec<String> {
        let count = 3 + self.random.usize(0..5);
        let mut words = Vec::new();
        while words.len() < count {
            let word = self.word();
            if word >= 100 {
                words.push(self.words[word].clone());
            }
        }
        words
    }
}

/// Roughly normal numbers.
fn vector(random: &mut fastrand::Rng, wide: f32) -> Vec<f32> {
    (0..DIMENSIONS).map(|_| ((0..4).map(|_| random.f32()).sum::<f32>() - 2.0) * 1.7 * wide).collect()
}

fn draft(number: u64, text: String) -> Draft {
    let at = Timestamp(1_600_000_000_000 + 60_000 * number as i64);
    let position = ((at.0 - DISCORD_EPOCH_MS) as u64) << 22;
    let room = ChannelId(10 + number / 50 % ROOMS);
    let user = number * 7 % PEOPLE;
    Draft {
        reach: Reach::Room { guild: Some(GUILD), room },
        channel: Some(room),
        character: None,
        owner: Some(UserId(1_000 + user)),
        about: None,
        who: format!("person{user}").into(),
        text: text.into(),
        at,
        until: None,
        position,
        detail: Detail::Line,
        sources: vec![Source::Message(MessageId(position))],
    }
}

async fn at(size: usize) -> anyhow::Result<Metrics> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("acore.db");
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path).await?);
    let mut language = Language::new();
    let began = Instant::now();
    let mut made = 0.0;
    let mut ids: Vec<ItemId> = Vec::with_capacity(size);
    while ids.len() < size {
        let count = BATCH.min(size - ids.len());
        let start = Instant::now();
        let drafts: Vec<_> = (0..count).map(|at| draft((ids.len() + at) as u64, language.line())).collect();
        made += start.elapsed().as_secs_f64();
        ids.extend(store.add_items(&drafts).await?);
    }
    let writing = began.elapsed().as_secs_f64() - made;
    let began = Instant::now();
    let mut made = 0.0;
    for some in ids.chunks(BATCH) {
        let start = Instant::now();
        let vectors: Vec<_> = some.iter().map(|id| (*id, language.meaning())).collect();
        made += start.elapsed().as_secs_f64();
        store.keep_vectors(MODEL, &vectors).await?;
    }
    let keeping = began.elapsed().as_secs_f64() - made;
    drop(ids);
    let one = Instant::now();
    for number in 0..200 {
        store.add_items(&[draft((size + number) as u64, language.line())]).await?;
    }
    let one = one.elapsed().as_secs_f64() * 1_000.0 / 200.0;
    let before = resident_mib()?;
    let began = Instant::now();
    while store.warm(MODEL).await? {}
    let warming = began.elapsed().as_secs_f64();
    let after = resident_mib()?;
    let mut both = ask(&*store, &mut language, true, true).await?;
    let mut words = ask(&*store, &mut language, true, false).await?;
    let mut meanings = ask(&*store, &mut language, false, true).await?;
    let bytes = std::fs::metadata(&path)?.len();
    let mut metrics = Metrics::new();
    let mut add = |name: &str, value: f64| metrics.push((format!("items_{size}_{name}"), value));
    for (name, millis) in [("", &mut both), ("_words", &mut words), ("_meaning", &mut meanings)] {
        millis.sort_by(f64::total_cmp);
        add(&format!("recall{name}_ms_p50"), super::percentile(millis, 0.5));
        add(&format!("recall{name}_ms_p95"), super::percentile(millis, 0.95));
    }
    add("vectors_into_memory_seconds", warming);
    add("vectors_resident_mib", after - before);
    add("write_us_per_item_in_batches", writing * 1e6 / size as f64);
    add("vector_us_per_item_in_batches", keeping * 1e6 / size as f64);
    add("write_ms_of_one_item_durable", one);
    add("file_mib", bytes as f64 / 1_048_576.0);
    store.close().await?;
    Ok(metrics)
}

/// How long questions take, in milliseconds: finding and ranking.
async fn ask(
    store: &dyn Store,
    language: &mut Language,
    words: bool,
    meaning: bool,
) -> anyhow::Result<Vec<f64>> {
    let audience = Audience {
        guild: Some(GUILD),
        rooms: (0..SEEN).map(|room| ChannelId(10 + room)).collect(),
        alone: None,
        character: None,
    };
    let mut millis = Vec::with_capacity(QUERIES);
    for _ in 0..QUERIES {
        let terms = if words { language.question() } else { Vec::new() };
        let vector = meaning.then(|| Probe { model: MODEL.to_owned(), vector: language.meaning().into() });
        let text = terms.join(" ");
        let query = Query {
            audience: audience.clone(),
            terms,
            vector,
            kinds: Vec::new(),
            about: Vec::new(),
            during: Vec::new(),
            shown: None,
        };
        let began = Instant::now();
        let found = store.recall(&query).await?;
        let cue = Cue { text: &text, asker: None, during: &[], now: Timestamp(1_700_000_000_000) };
        let recalled = rank::rank(&cue, &found, &Weights::default(), 10);
        millis.push(began.elapsed().as_secs_f64() * 1_000.0);
        anyhow::ensure!(!recalled.is_empty(), "nothing was found");
    }
    Ok(millis)
}

fn resident_mib() -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(Path::new("/proc/self/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
    let kib: f64 = line.split_whitespace().nth(1).context("VmRSS")?.parse()?;
    Ok(kib / 1024.0)
}
