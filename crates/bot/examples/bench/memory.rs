//! How much of what is asked for comes to mind: evidence recall on conversations in the format of `LoCoMo`.
//!
//! The real way, without a gateway: a store in a file, messages observed and remembered, vectors made, and for each
//! question what the store finds, ranked. No language model has a part in it. The data is not part of the project.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use anyhow::{Context as _, ensure};
use domain::{
    ChannelId, GuildId, MessageId, Timestamp, UserId,
    audience::Audience,
    event::{Author, AuthorKind, ChannelKind, Message, Place},
    memory::{
        Detail, Draft, ItemId, Reach, Source,
        rank::{self, Cue, Found, Recalled, Weights},
        terms, when,
    },
    scene::Speaker,
    time::DISCORD_EPOCH_MS,
};
use llm::{Embedder, Purpose, Reranker};
use serde::Deserialize;
use store::{Probe, Query, Store, Unremembered};
use store_sqlite::SqliteStore;

use super::Metrics;

/// Turns that count for a question.
const TURNS: usize = 10;

/// Candidates that the re-ranking model reads.
const REREAD: usize = 20;

/// Kinds of questions in the data, and what their figures are called.
const CATEGORIES: [&str; 5] = ["single-hop", "multi-hop", "temporal", "open-domain", "adversarial"];

const GUILD: GuildId = GuildId(1);

/// Where the data is and what is to be tried.
#[derive(Debug)]
pub(super) struct Options {
    pub(super) data: PathBuf,
    /// The folder that holds the built-in models' folders.
    pub(super) models: PathBuf,
    /// Also with the re-ranking model, which takes minutes.
    pub(super) rerank: bool,
}

#[derive(Deserialize)]
struct Conversation {
    sessions: Vec<Session>,
    questions: Vec<Question>,
}

#[derive(Deserialize)]
struct Session {
    date_time: String,
    turns: Vec<Turn>,
}

#[derive(Deserialize)]
struct Turn {
    id: String,
    speaker: String,
    text: String,
    #[serde(default)]
    caption: String,
}

#[derive(Deserialize)]
struct Question {
    category: String,
    #[serde(rename = "question")]
    text: String,
    evidence: Vec<String>,
}

/// One row of the table: what takes part in the ranking.
struct Way {
    name: &'static str,
    words: bool,
    vectors: bool,
    reread: bool,
    weights: Weights,
}

fn ways(vectors: bool, rerank: bool) -> Vec<Way> {
    let all = Weights::default();
    let nothing = Weights {
        lexical: 0.0,
        similar: 0.0,
        speaker: 0.0,
        time: 0.0,
        conversation: 0.0,
        substance: 0.0,
        question: 0.0,
        recency: 0.0,
        importance: 0.0,
        link: 0.0,
        rerank: 0.0,
    };
    let fused = Weights { lexical: all.lexical, similar: all.similar, ..nothing };
    let of_line = Weights {
        speaker: all.speaker,
        time: all.time,
        substance: all.substance,
        question: all.question,
        recency: all.recency,
        ..fused
    };
    let way = |name, words, vectors, weights| Way { name, words, vectors, reread: false, weights };
    let mut ways = vec![way("lexical", true, false, fused)];
    if vectors {
        ways.extend([
            way("vector", false, true, fused),
            way("fused", true, true, fused),
            way("fused_and_person_time_substance", true, true, of_line),
        ]);
    }
    ways.push(way("lexical_with_everything_else", true, false, all));
    if vectors {
        ways.push(way("with_links", true, true, all));
    }
    if rerank && vectors {
        ways.push(Way { name: "with_reranking", words: true, vectors: true, reread: true, weights: all });
    }
    ways
}

/// Fractions of the evidence by category, and what it costs.
#[derive(Default)]
struct Score {
    fractions: HashMap<String, Vec<f64>>,
    /// Words in prompts, as four letters each.
    tokens: Vec<f64>,
    millis: Vec<f64>,
}

impl Score {
    fn all(&self) -> f64 {
        mean(self.fractions.values().flatten().copied())
    }

    fn of(&self, category: &str) -> f64 {
        mean(self.fractions.get(category).into_iter().flatten().copied())
    }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, number) = values.fold((0.0, 0.0), |(sum, number), value| (sum + value, number + 1.0));
    if number > 0.0 { sum / number } else { f64::NAN }
}

/// The table, and the figures of what the bot does by default.
pub(super) async fn memory(options: &Options) -> anyhow::Result<Metrics> {
    let Ok(data) = std::fs::read(&options.data) else {
        println!("no figures: there are no conversations at {} (--data PATH)", options.data.display());
        return Ok(Metrics::new());
    };
    let conversations: Vec<Conversation> = serde_json::from_slice(&data)
        .with_context(|| format!("{} is not LoCoMo's format", options.data.display()))?;
    let embedder = Embedder::built_in(&options.models.join("bge-small-en-v1.5"));
    if let Err(error) = &embedder {
        println!("words only, no vectors: {error} (--models PATH: the folder of the built-in models)");
    }
    let embedder = embedder.ok();
    let reranker = options
        .rerank
        .then(|| Reranker::built_in(&options.models.join("ms-marco-minilm-l12-v2")))
        .transpose();
    let reranker = reranker.inspect_err(|error| println!("no re-ranking: {error}")).ok().flatten();
    let ways = ways(embedder.is_some(), reranker.is_some());
    let mut scores: Vec<Score> = ways.iter().map(|_| Score::default()).collect();
    let mut by_conversation = Vec::new();
    for conversation in &conversations {
        let told = Told::tell(conversation, embedder.as_ref()).await?;
        let before: Vec<_> = scores.iter().map(counted).collect();
        for question in &conversation.questions {
            told.ask(question, &ways, &mut scores, embedder.as_ref(), reranker.as_ref()).await?;
        }
        let now = scores.iter().map(counted);
        by_conversation
            .push(now.zip(before).map(|(now, then)| (now.0 - then.0) / (now.1 - then.1)).collect::<Vec<_>>());
    }
    print_table(&ways, &scores, &by_conversation);
    Ok(metrics(&ways, &scores))
}

fn counted(score: &Score) -> (f64, f64) {
    let all: Vec<f64> = score.fractions.values().flatten().copied().collect();
    (all.iter().sum(), all.len() as f64)
}

fn print_table(ways: &[Way], scores: &[Score], by_conversation: &[Vec<f64>]) {
    println!(
        "{:<34} {:>6} {} tokens  p95 ms  by conversation",
        "fraction@10",
        "all",
        CATEGORIES.map(|name| format!("{name:>11}")).join(" ")
    );
    for (at, (way, score)) in ways.iter().zip(scores).enumerate() {
        let categories = CATEGORIES.map(|category| format!("{:>11.3}", score.of(category))).join(" ");
        let conversations: Vec<_> = by_conversation.iter().map(|ways| format!("{:.3}", ways[at])).collect();
        println!(
            "{:<34} {:>6.3} {categories} {:>6.0} {:>7.1}  {}",
            way.name,
            score.all(),
            mean(score.tokens.iter().copied()),
            p95(&score.millis),
            conversations.join(" ")
        );
    }
}

fn metrics(ways: &[Way], scores: &[Score]) -> Metrics {
    let mut metrics = Metrics::new();
    // By default nothing is re-ranked.
    let usual = ways.iter().zip(scores).rfind(|(way, _)| !way.reread && (way.vectors || ways.len() < 3));
    if let Some((_, score)) = usual {
        metrics.push(("fraction_at_10".into(), score.all()));
        for category in CATEGORIES {
            metrics.push((format!("fraction_at_10_{}", category.replace('-', "_")), score.of(category)));
        }
        metrics.push(("tokens_per_query".into(), mean(score.tokens.iter().copied())));
        metrics.push(("recall_ms_p95".into(), p95(&score.millis)));
        metrics.push(("questions".into(), score.tokens.len() as f64));
    }
    for (way, score) in ways.iter().zip(scores) {
        metrics.push((format!("ablation_{}", way.name), score.all()));
        metrics.push((format!("ablation_{}_multi_hop", way.name), score.of("multi-hop")));
    }
    metrics
}

fn p95(millis: &[f64]) -> f64 {
    let mut sorted = millis.to_vec();
    sorted.sort_by(f64::total_cmp);
    super::percentile(&sorted, 0.95)
}

/// A conversation that was said and remembered.
struct Told {
    store: Arc<dyn Store>,
    /// Which turn an item is.
    turns: HashMap<ItemId, String>,
    audience: Audience,
    /// When the questions are asked: a day after the last turn.
    now: Timestamp,
    /// Gone with the store.
    _folder: tempfile::TempDir,
}

impl Told {
    async fn tell(conversation: &Conversation, embedder: Option<&Embedder>) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(folder.path().join("acore.db")).await?);
        let channel = ChannelId(10);
        let place = Place { guild: Some(GUILD), channel, parent: None, kind: ChannelKind::Text };
        let mut speakers: Vec<&str> = Vec::new();
        let mut said: HashMap<Source, &str> = HashMap::new();
        let mut last = Timestamp(0);
        for session in &conversation.sessions {
            let began = moment(&session.date_time)?;
            for (at, turn) in session.turns.iter().enumerate() {
                let speaker = speakers.iter().position(|name| *name == turn.speaker).unwrap_or_else(|| {
                    speakers.push(&turn.speaker);
                    speakers.len() - 1
                });
                last = Timestamp(began.0 + 20_000 * at as i64);
                let id = MessageId(((last.0 - DISCORD_EPOCH_MS) as u64) << 22 | at as u64);
                let mut text = turn.text.clone();
                if !turn.caption.is_empty() {
                    text.push_str("\n[image: ");
                    text.push_str(&turn.caption);
                    text.push(']');
                }
                let user = UserId(100 + speaker as u64);
                let author = Author { id: user, name: turn.speaker.as_str().into(), kind: AuthorKind::Human };
                let message = Message {
                    id,
                    place,
                    author,
                    content: text.into(),
                    mentions: Vec::new(),
                    reply_to: None,
                    attachments: Vec::new(),
                    pictures: Vec::new(),
                    replied_pictures: Vec::new(),
                    age_restricted: false,
                    sent_at: last,
                };
                store.observe(&message).await?;
                said.insert(Source::Message(id), &turn.id);
            }
        }
        let mut turns = HashMap::new();
        loop {
            let lines = store.unremembered(256).await?;
            if lines.is_empty() {
                break;
            }
            let drafts: Vec<_> =
                lines.into_iter().filter_map(|line| Some((line.row, Some(draft(line)?)))).collect();
            let items = store.remember(&drafts).await?;
            let sources = drafts.iter().filter_map(|(_, draft)| draft.as_ref()?.sources.first());
            for (item, source) in items.into_iter().zip(sources) {
                turns.insert(item, said.get(source).context("a line without its turn")?.to_string());
            }
        }
        if let Some(embedder) = embedder {
            make_vectors(&*store, embedder).await?;
        }
        ensure!(turns.len() == said.len(), "{} of {} turns were remembered", turns.len(), said.len());
        let audience = Audience { guild: Some(GUILD), rooms: vec![channel], alone: None, character: None };
        Ok(Self { store, turns, audience, now: Timestamp(last.0 + 86_400_000), _folder: folder })
    }

    async fn ask(
        &self,
        question: &Question,
        ways: &[Way],
        scores: &mut [Score],
        embedder: Option<&Embedder>,
        reranker: Option<&Reranker>,
    ) -> anyhow::Result<()> {
        let text = question.text.as_str();
        let vector = match embedder {
            Some(embedder) => embedder.embed(Purpose::Query, &[text]).await?.pop(),
            None => None,
        };
        let probe = embedder
            .zip(vector)
            .map(|(embedder, vector)| Probe { model: embedder.model().to_owned(), vector: vector.into() });
        let during = when::spans(text, self.now, 0);
        let cue = Cue { text, asker: None, during: &during, now: self.now };
        for (way, score) in ways.iter().zip(scores) {
            let query = Query {
                audience: self.audience.clone(),
                terms: if way.words { terms::query_terms(text) } else { Vec::new() },
                vector: probe.clone().filter(|_| way.vectors),
                kinds: Vec::new(),
                about: Vec::new(),
                during: Vec::new(),
                shown: None,
            };
            let began = Instant::now();
            let found = self.store.recall(&query).await?;
            let mut recalled =
                rank::rank(&cue, &found, &way.weights, if way.reread { REREAD } else { TURNS });
            if let Some(reranker) = reranker.filter(|_| way.reread) {
                reread(reranker, text, &found, &mut recalled, &way.weights).await?;
            }
            score.millis.push(began.elapsed().as_secs_f64() * 1_000.0);
            recalled.truncate(TURNS);
            self.count(question, &recalled, score);
        }
        Ok(())
    }

    fn count(&self, question: &Question, recalled: &[Recalled], score: &mut Score) {
        let turns: Vec<&str> =
            recalled.iter().filter_map(|one| self.turns.get(&one.item.id)).map(String::as_str).collect();
        let found = question.evidence.iter().filter(|id| turns.contains(&id.as_str())).count();
        let fraction = found as f64 / question.evidence.len().max(1) as f64;
        score.fractions.entry(question.category.clone()).or_default().push(fraction);
        let letters: usize = recalled
            .iter()
            .map(|one| one.item.draft.who.raw().len() + 2 + one.item.draft.text.raw().len())
            .sum();
        score.tokens.push(letters as f64 / 4.0);
    }
}

/// What is remembered of a line, as the bot does it.
fn draft(read: Unremembered) -> Option<Draft> {
    let Speaker::Person { id, name } = read.line.who else { return None };
    Some(Draft {
        reach: Reach::Room { guild: read.place.guild, room: read.place.channel },
        channel: Some(read.place.channel),
        character: None,
        owner: Some(id),
        about: None,
        who: name,
        text: read.line.text,
        at: read.line.at,
        until: None,
        position: read.position,
        detail: Detail::Line,
        sources: vec![read.source],
    })
}

async fn make_vectors(store: &dyn Store, embedder: &Embedder) -> anyhow::Result<()> {
    loop {
        let items = store.without_vector(embedder.model(), 64).await?;
        if items.is_empty() {
            return Ok(());
        }
        let words: Vec<String> = items.iter().map(bot::vectors::words).collect();
        let vectors = embedder.embed(Purpose::Document, &words).await?;
        let vectors: Vec<_> = items.iter().map(|item| item.id).zip(vectors).collect();
        store.keep_vectors(embedder.model(), &vectors).await?;
    }
}

async fn reread(
    reranker: &Reranker,
    question: &str,
    found: &Found,
    recalled: &mut [Recalled],
    weights: &Weights,
) -> anyhow::Result<()> {
    let texts: Vec<String> = recalled.iter().map(|one| rank::in_context(found, one.item.id)).collect();
    let opinions = reranker.rank(question, &texts).await?;
    rank::reread(recalled, &opinions, weights);
    Ok(())
}

/// "1:56 pm on 8 May, 2023".
fn moment(text: &str) -> anyhow::Result<Timestamp> {
    let read =
        jiff::civil::DateTime::strptime("%I:%M %p on %d %B, %Y", text.to_uppercase().replace(" ON ", " on "));
    let read = read.with_context(|| format!("`{text}` is no date"))?;
    Ok(Timestamp(read.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp().as_millisecond()))
}

/// Where the data is if nobody says so.
pub(super) fn usual_data() -> PathBuf {
    Path::new("../shared/data/locomo/development.json").to_owned()
}
