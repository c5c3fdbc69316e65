//! Which vectorised lore is like what was said, as an embedding model has it.
//!
//! Answers wait for it a moment at most: who cannot be asked in time is not asked, and the keys still count.

use std::{
    collections::{BTreeMap, HashMap},
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::Context as _;
use domain::{
    Timestamp,
    character::Lorebook,
    event::Message,
    lore::{LoreEntry, Settings},
    scene::Scene,
};
use llm::{ApiKey, Embedder, EmbedderKind, EmbedderSettings, LlmError, Timeouts};
use lru::LruCache;
use sha2::{Digest as _, Sha256};
use tokio::sync::{Semaphore, oneshot};

use crate::{
    config::{EmbeddingConfig, ModelConfig, ProviderKind},
    lifecycle::Lifecycle,
    model::OPENROUTER,
};

/// How long an answer waits for vectors. What comes later is kept for the next one.
const PATIENCE: Duration = Duration::from_secs(2);

/// For how long nobody is asked who just failed: not every answer is to wait in vain, nor the log to fill.
const REST_MILLIS: i64 = 30_000;

/// How long vectors may take in all: a model may have to be loaded first.
const LONGEST: Duration = Duration::from_mins(1);

/// Questions that are under way at most.
const AT_ONCE: usize = 4;

/// Vectors that are kept: 16 MB where they have 1,024 numbers, and never more than 128 MB.
const VECTORS: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();

/// Vectorised entries of a book that are compared, the first ones: several books of a size fit into what is kept.
const ENTRIES: usize = 1_000;

/// Characters of an entry, and of what was said, that are compared: models for vectors see a few hundred words.
const CHARS: usize = 2_000;

/// Messages that are compared at most, whatever a book says.
const MESSAGES: usize = 50;

/// The model that tells likeness, if there is one. A cheap handle.
#[derive(Clone)]
pub struct Likenesses(Option<Arc<Inner>>);

struct Inner {
    embedder: Embedder,
    /// From which cosine on a text is like another.
    least: f32,
    room: Arc<Semaphore>,
    state: Mutex<State>,
}

struct State {
    vectors: LruCache<Fingerprint, Arc<[f32]>>,
    /// Nobody is asked before.
    rests_until: Timestamp,
}

/// Which text it is.
type Fingerprint = [u8; 32];

/// Texts and their vectors, as far as they are known.
type Known = HashMap<Fingerprint, Arc<[f32]>>;

impl Likenesses {
    /// The model of the settings. Nobody is contacted.
    pub fn new(config: &EmbeddingConfig, chat: &ModelConfig) -> anyhow::Result<Self> {
        let Some(model) = config.model.clone() else { return Ok(Self(None)) };
        let (kind, usual) = match chat.resolved_provider() {
            ProviderKind::Ollama => (EmbedderKind::Ollama, Some(llm::OLLAMA_USUAL_BASE)),
            ProviderKind::OpenAi => (EmbedderKind::OpenAi, Some(OPENROUTER)),
            ProviderKind::Embedded | ProviderKind::Auto => (EmbedderKind::OpenAi, None),
        };
        let chat_base = chat.base_url.as_deref().or(usual);
        let base = config.base_url.as_deref().or(chat_base).context(
            "the embedded model makes no vectors: set ACORE_EMBEDDING_BASE_URL, or base_url under [embedding] in \
             acore.toml, to an OpenAI-compatible server that has the embedding model",
        )?;
        // A key goes nowhere but where it belongs.
        let same = chat_base == Some(base);
        let key = config.api_key.as_ref().or(chat.api_key.as_ref().filter(|_| same));
        let key = key.map(|key| ApiKey::new(key.reveal()));
        let settings = EmbedderSettings { kind, base: base.to_owned(), model, key };
        let timeouts = Timeouts { first_token: LONGEST, ..Timeouts::default() };
        let embedder = Embedder::new(settings, timeouts).context("the embedding model cannot be used")?;
        tracing::debug!(model = embedder.model(), "vectorised lore is compared with what is said");
        Ok(Self(Some(Arc::new(Inner {
            embedder,
            least: f32::from(config.likeness) / 100.0,
            room: Arc::new(Semaphore::new(AT_ONCE)),
            state: Mutex::new(State { vectors: LruCache::new(VECTORS), rests_until: Timestamp(i64::MIN) }),
        }))))
    }

    /// The entries of a book that are like what was said in a scene and in the message that is answered: their numbers,
    /// with the likeness. None if nobody can say so in time.
    pub async fn of(
        &self,
        life: &Lifecycle,
        book: Option<&Lorebook>,
        scene: &Scene<'_>,
        question: Option<&Message>,
        now: Timestamp,
    ) -> Vec<(usize, f32)> {
        let (Some(inner), Some(book)) = (&self.0, book) else { return Vec::new() };
        if !book.entries.iter().any(compared) {
            return Vec::new();
        }
        let before = scene.history.iter().rev();
        let before = before.filter(|line| question.is_none_or(|asked| line.message != Some(asked.id)));
        let newest: Vec<&str> = question
            .map(|asked| asked.content.raw())
            .into_iter()
            .chain(before.map(|line| line.text.raw()))
            .take(MESSAGES)
            .collect();
        inner.compare(life, book, &newest, now).await
    }
}

impl Inner {
    /// `newest` is what was said, the newest first.
    async fn compare(
        self: &Arc<Self>,
        life: &Lifecycle,
        book: &Lorebook,
        newest: &[&str],
        now: Timestamp,
    ) -> Vec<(usize, f32)> {
        let usual = book.scan_depth.unwrap_or(Settings::default().scan_depth);
        let mut texts = BTreeMap::new();
        let mut add = |text: &str| {
            let print: Fingerprint = Sha256::digest(text.as_bytes()).into();
            texts.entry(print).or_insert_with(|| text.to_owned());
            print
        };
        let mut said_by_depth = BTreeMap::new();
        let mut pairs = Vec::new();
        let entries = book.entries.iter().enumerate().filter(|(_, entry)| compared(entry)).take(ENTRIES);
        for (index, entry) in entries {
            let depth = entry.scan_depth.unwrap_or(usual);
            let said = said_by_depth
                .entry(depth)
                .or_insert_with(|| said(newest, depth as usize).map(|text| add(&text)));
            if let Some(said) = *said {
                pairs.push((index, add(beginning(entry.content.trim())), said));
            }
        }
        let Some(known) = self.vectors(life, texts, now).await else { return Vec::new() };
        let like = pairs.into_iter().filter_map(|(index, entry, said)| {
            let likeness = cosine(known.get(&entry)?, known.get(&said)?);
            (likeness >= self.least).then_some((index, likeness))
        });
        like.collect()
    }

    /// The vectors of all the texts, or nothing if they cannot be had in time.
    async fn vectors(
        self: &Arc<Self>,
        life: &Lifecycle,
        mut texts: BTreeMap<Fingerprint, String>,
        now: Timestamp,
    ) -> Option<Known> {
        let mut known = Known::new();
        {
            let mut state = self.lock();
            texts.retain(|print, _| match state.vectors.get(print) {
                Some(vector) => {
                    known.insert(*print, vector.clone());
                    false
                }
                None => true,
            });
            if texts.is_empty() {
                return Some(known);
            }
            if now < state.rests_until {
                return None;
            }
        }
        let permit = self.room.clone().try_acquire_owned().ok()?;
        let (tell, told) = oneshot::channel();
        let (inner, ending) = (self.clone(), life.clone());
        // Not in the turn: what takes longer than the turn waits is there for the next one.
        life.spawn("likeness", async move {
            let fresh = ending.unless_ended(inner.embed(texts, now)).await.flatten();
            drop(permit);
            // Nobody may wait any more.
            let _ = tell.send(fresh);
        });
        let Ok(fresh) = tokio::time::timeout(PATIENCE, told).await else {
            tracing::debug!("the embedding model takes long; this answer is written without it");
            return None;
        };
        known.extend(fresh.ok()??);
        Some(known)
    }

    /// Asks for vectors and keeps them.
    async fn embed(&self, texts: BTreeMap<Fingerprint, String>, now: Timestamp) -> Option<Known> {
        let (prints, texts): (Vec<_>, Vec<_>) = texts.into_iter().unzip();
        let asked = tokio::time::timeout(LONGEST, self.embedder.embed(llm::Purpose::Document, &texts)).await;
        let late = || LlmError::Timeout { which: llm::Waited::Idle };
        let mut state = self.lock();
        match asked.unwrap_or_else(|_| Err(late())) {
            Ok(vectors) => {
                let vectors = vectors.into_iter().map(|vector| Arc::<[f32]>::from(unit(vector)));
                let fresh: Known = prints.into_iter().zip(vectors).collect();
                for (print, vector) in &fresh {
                    state.vectors.put(*print, vector.clone());
                }
                Some(fresh)
            }
            Err(error) => {
                // One of those that were asked at once tells it.
                let rests_until = Timestamp(now.0.saturating_add(REST_MILLIS));
                if state.rests_until <= now {
                    tracing::warn!(
                        error.type = error.kind(),
                        %error,
                        model = self.embedder.model(),
                        "no likeness of lore for a while: the embedding model does not answer"
                    );
                }
                state.rests_until = rests_until;
                None
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether likeness can make a difference to an entry.
fn compared(entry: &LoreEntry) -> bool {
    entry.enabled && entry.vectorized && !entry.constant && !entry.content.trim().is_empty()
}

/// The newest messages as one text, the oldest of them first; nothing if there are none to be searched.
fn said(newest: &[&str], depth: usize) -> Option<String> {
    let mut some: Vec<&str> = newest.iter().take(depth).copied().collect();
    some.reverse();
    let text = some.join("\n");
    let text = text.trim();
    let start = text.char_indices().rev().nth(CHARS - 1).map_or(0, |(at, _)| at);
    Some(text[start..].to_owned()).filter(|text| !text.is_empty())
}

fn beginning(text: &str) -> &str {
    text.char_indices().nth(CHARS).map_or(text, |(end, _)| &text[..end])
}

/// The vector at the length of one; that of nothing stays nothing, which is like nothing.
fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    // In the wider type, as squares of large numbers are no numbers any more.
    let length = vector.iter().map(|number| f64::from(*number).powi(2)).sum::<f64>().sqrt();
    if length > 0.0 {
        for number in &mut vector {
            *number = (f64::from(*number) / length) as f32;
        }
    }
    vector
}

/// The cosine between two vectors of length one. Those of different models have none.
fn cosine(one: &[f32], other: &[f32]) -> f32 {
    if one.len() != other.len() {
        return 0.0;
    }
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

impl std::fmt::Debug for Likenesses {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let model = self.0.as_ref().map(|inner| inner.embedder.model());
        f.debug_struct("Likenesses").field("model", &model).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
