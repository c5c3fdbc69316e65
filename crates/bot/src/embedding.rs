//! Texts as vectors, by the model that the settings name; out of the box by one in this process, whose files are
//! fetched in the background.
//!
//! Answers wait for it a moment at most: who cannot be asked in time is not asked.

use std::{
    num::NonZeroUsize,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use llm::{ApiKey, Embedder, EmbedderKind, EmbedderSettings, LlmError, Purpose, Reranker, Timeouts};
use lru::LruCache;
use sha2::{Digest as _, Sha256};
use tokio::{
    sync::{Semaphore, oneshot, watch},
    time::Instant,
};

use crate::{
    config::{Config, EmbeddingConfig, EmbeddingProvider, ModelConfig, ProviderKind},
    lifecycle::Lifecycle,
    model::OPENROUTER,
    weights::{self, Progress},
};

/// How long an answer waits for a server. What comes later is kept for the next one.
const SERVER_PATIENCE: Duration = Duration::from_secs(2);

/// How long it waits for the built-in model, which needs ten milliseconds for a question.
const PATIENCE: Duration = Duration::from_millis(300);

/// How long, where that has to be loaded first, or texts to be found were never read before.
pub(crate) const LOADING_PATIENCE: Duration = Duration::from_millis(1_500);

/// For how long nobody is asked who just failed: not every answer is to wait in vain, nor the log to fill.
const REST: Duration = Duration::from_secs(30);

/// How long vectors may take in all: a server may have to load its model first.
const LONGEST: Duration = Duration::from_mins(1);

/// Questions that are under way at most.
const AT_ONCE: usize = 4;

/// Vectors that are kept: 6 MB of the built-in model's, 16 MB where they have 1,024 numbers, and never more than
/// 128 MB.
const VECTORS: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();

/// Pauses before the files are tried again: an hour in the end, for as long as it takes.
const PAUSES: [Duration; 4] =
    [Duration::from_mins(1), Duration::from_mins(5), Duration::from_mins(20), Duration::from_hours(1)];

/// The model that makes vectors, if there is one. A cheap handle.
#[derive(Clone)]
pub struct Embedding(Option<Arc<Inner>>);

struct Inner {
    life: Lifecycle,
    /// Where the built-in models' files are to be; nothing with a server.
    folder: Option<PathBuf>,
    /// Nothing until the files are there.
    models: watch::Sender<Option<Models>>,
    /// The built-in model, where a server's has taken its place and its files are still there.
    previous: Option<Embedder>,
    /// Whether memories are still found by the vectors of that one.
    behind: AtomicBool,
    /// From which cosine on texts are taken for alike.
    least: f32,
    room: Arc<Semaphore>,
    state: Mutex<State>,
}

#[derive(Clone)]
struct Models {
    embedder: Embedder,
    reranker: Option<Reranker>,
}

struct State {
    vectors: LruCache<Fingerprint, Arc<[f32]>>,
    /// Nobody is asked before.
    rests_until: Option<Instant>,
}

/// Which text it is, and what for.
type Fingerprint = [u8; 32];

impl Embedding {
    /// The model of the settings. Nobody is contacted and nothing fetched: [`Embedding::start`] does that.
    pub fn new(config: &Config, life: &Lifecycle) -> anyhow::Result<Self> {
        let (chat, wanted) = (&config.model, &config.embedding);
        let provider = match wanted.provider {
            EmbeddingProvider::Auto if wanted.model.is_some() => match chat.resolved_provider() {
                ProviderKind::Ollama => EmbeddingProvider::Ollama,
                _ => EmbeddingProvider::OpenAi,
            },
            EmbeddingProvider::Auto if cfg!(feature = "recall") => EmbeddingProvider::BuiltIn,
            EmbeddingProvider::Auto => {
                tracing::debug!(
                    "no embedding model: none is named, and none is compiled in (feature `recall`)"
                );
                EmbeddingProvider::None
            }
            named => named,
        };
        let (folder, models) = match provider {
            EmbeddingProvider::None | EmbeddingProvider::Auto => return Ok(Self(None)),
            EmbeddingProvider::BuiltIn => {
                anyhow::ensure!(
                    cfg!(feature = "recall"),
                    "the built-in embedding model is not compiled in: build with the feature `recall`, or set \
                     ACORE_EMBEDDING_PROVIDER to `ollama`, `openai` or `none`"
                );
                let folder = wanted.folder.clone().unwrap_or_else(|| weights::folder(&config.data.folder));
                (Some(folder), None)
            }
            EmbeddingProvider::Ollama => (None, Some(server(EmbedderKind::Ollama, wanted, chat)?)),
            EmbeddingProvider::OpenAi => (None, Some(server(EmbedderKind::OpenAi, wanted, chat)?)),
        };
        // Measured with lore and questions that mean it in other words, and those that do not (the tests below).
        let usual = if folder.is_some() { 50 } else { 65 };
        let folder_is_none = folder.is_none();
        let inner = Inner {
            life: life.clone(),
            folder,
            models: watch::Sender::new(models.map(|embedder| Models { embedder, reranker: None })),
            previous: previous(config, folder_is_none),
            behind: AtomicBool::new(false),
            least: f32::from(wanted.likeness.unwrap_or(usual)) / 100.0,
            room: Arc::new(Semaphore::new(AT_ONCE)),
            state: Mutex::new(State { vectors: LruCache::new(VECTORS), rests_until: None }),
        };
        if inner.folder.as_ref().is_some_and(|folder| weights::RECALL.is_whole(folder)) {
            inner.take_up()?;
        }
        Ok(Self(Some(Arc::new(inner))))
    }

    /// Without a model.
    pub const fn none() -> Self {
        Self(None)
    }

    /// Fetches the built-in models' files in the background, where they are not there yet.
    pub fn start(&self) {
        let Some(inner) = self.0.clone().filter(|inner| inner.folder.is_some() && inner.models().is_none())
        else {
            return;
        };
        inner.life.clone().spawn("fetching the embedding model", async move {
            inner.life.unless_ended(inner.fetch()).await;
        });
    }

    /// The model's name, which vectors are kept under: those of different models cannot be compared. Nothing where
    /// there is none, or none yet.
    pub fn model(&self) -> Option<String> {
        self.0.as_ref()?.models().map(|models| models.embedder.model().to_owned())
    }

    /// Whether a question's vector can be had at once: the model is a server's, or is loaded.
    pub fn is_loaded(&self) -> bool {
        let models = self.0.as_ref().and_then(|inner| inner.models());
        models.is_some_and(|models| !models.embedder.is_built_in() || models.embedder.is_loaded())
    }

    /// Waits until there is a model and gives its name; nothing, at once, where there will be none.
    pub async fn ready(&self) -> Option<String> {
        let mut models = self.0.as_ref()?.models.subscribe();
        let models = models.wait_for(Option::is_some).await.ok()?;
        models.as_ref().map(|models| models.embedder.model().to_owned())
    }

    /// From which cosine on texts are alike, as the settings or the model have it.
    pub fn least_likeness(&self) -> f32 {
        self.0.as_ref().map_or(1.0, |inner| inner.least)
    }

    /// The vector of a text to find others by, of length one; nothing if it cannot be had in time. Asking again is
    /// free.
    pub async fn query(&self, text: &str) -> Option<Arc<[f32]>> {
        let inner = self.0.as_ref()?;
        let Models { embedder, .. } = inner.models()?;
        inner.vectors(&embedder, Purpose::Query, &[text]).await?.pop()
    }

    /// The vector to find memories by, with the model that they have vectors of: after a change to a server's model that is
    /// the built-in one until all of them have the new one's.
    pub async fn probe(&self, text: &str) -> Option<(String, Arc<[f32]>)> {
        let inner = self.0.as_ref()?;
        let behind = inner.previous.as_ref().filter(|_| inner.behind.load(Ordering::Relaxed));
        let embedder = match behind {
            Some(previous) => previous.clone(),
            None => inner.models()?.embedder,
        };
        let vector = inner.vectors(&embedder, Purpose::Query, &[text]).await?.pop()?;
        Some((embedder.model().to_owned(), vector))
    }

    /// The model that may still serve while another one's vectors are made.
    pub fn previous(&self) -> Option<&str> {
        self.0.as_ref()?.previous.as_ref().map(Embedder::model)
    }

    /// Notes whether memories are still to be found by the previous model's vectors.
    pub(crate) fn falls_behind(&self, behind: bool) {
        if let Some(inner) = &self.0 {
            inner.behind.store(behind && inner.previous.is_some(), Ordering::Relaxed);
        }
    }

    /// The vectors of texts to be found, each of length one, for work in the background: it waits for as long as it
    /// takes.
    ///
    /// # Errors
    /// There is no model, or none yet; or what the model says.
    pub async fn documents(&self, texts: &[String]) -> anyhow::Result<Vec<Vec<f32>>> {
        let models =
            self.0.as_ref().and_then(|inner| inner.models()).context("there is no embedding model")?;
        let vectors = models.embedder.embed(Purpose::Document, texts).await?;
        Ok(vectors.into_iter().map(unit).collect())
    }

    /// The vectors of texts to be found that somebody waits for, in their order; nothing if they cannot be had in
    /// time. They are kept, so that the next one who waits finds them.
    pub async fn documents_in_time(&self, texts: &[&str]) -> Option<Vec<Arc<[f32]>>> {
        let inner = self.0.as_ref()?;
        let Models { embedder, .. } = inner.models()?;
        inner.vectors(&embedder, Purpose::Document, texts).await
    }

    /// What weighs texts against a question, if there is such a model.
    pub fn reranker(&self) -> Option<Reranker> {
        self.0.as_ref()?.models()?.reranker
    }
}

/// The built-in model, where its files are there and another one is used.
fn previous(config: &Config, another: bool) -> Option<Embedder> {
    let folder = config.embedding.folder.clone().unwrap_or_else(|| weights::folder(&config.data.folder));
    let there = another && cfg!(feature = "recall") && weights::RECALL.is_whole(&folder);
    // It is a help and no more: without it words find memories until all have the new model's vectors.
    there.then(|| Embedder::built_in(&folder.join(weights::EMBEDDER)).ok()).flatten()
}

/// A server's model.
fn server(kind: EmbedderKind, config: &EmbeddingConfig, chat: &ModelConfig) -> anyhow::Result<Embedder> {
    let model = config.model.clone().context(
        "no embedding model is named: set ACORE_EMBEDDING_MODEL, or model under [embedding] in acore.toml, to one \
         that the server has",
    )?;
    let chat_base = match (kind, chat.resolved_provider()) {
        (EmbedderKind::Ollama, ProviderKind::Ollama) => {
            chat.base_url.as_deref().or(Some(llm::OLLAMA_USUAL_BASE))
        }
        (EmbedderKind::OpenAi, ProviderKind::OpenAi) => chat.base_url.as_deref().or(Some(OPENROUTER)),
        _ => None,
    };
    let usual = match (kind, config.provider) {
        (EmbedderKind::Ollama, _) => Some(llm::OLLAMA_USUAL_BASE),
        // Nobody said that it is there.
        (EmbedderKind::OpenAi, EmbeddingProvider::Auto) => None,
        (EmbedderKind::OpenAi, _) => Some(OPENROUTER),
    };
    let base = config.base_url.as_deref().or(chat_base).or(usual).context(
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
    tracing::debug!(model = embedder.model(), "an embedding model tells likeness");
    Ok(embedder)
}

impl Inner {
    fn models(&self) -> Option<Models> {
        self.models.borrow().clone()
    }

    /// Takes the built-in models from their folder. They are loaded when they are first needed.
    fn take_up(&self) -> anyhow::Result<()> {
        let folder = self.folder.as_ref().context("no folder")?;
        let embedder = Embedder::built_in(&folder.join(weights::EMBEDDER))?;
        let reranker = Some(Reranker::built_in(&folder.join(weights::RERANKER))?);
        self.models.send_replace(Some(Models { embedder, reranker }));
        Ok(())
    }

    /// Tries until the files are there.
    async fn fetch(&self) {
        let Some(folder) = &self.folder else { return };
        for attempt in 0_usize.. {
            let fetched = weights::RECALL.ensure(folder, Progress::Quiet).await.and_then(|()| self.take_up());
            let Err(error) = fetched else { return };
            let pause = PAUSES[attempt.min(PAUSES.len() - 1)];
            let error = format!("{error:#}");
            if attempt == 0 {
                tracing::warn!(
                    error,
                    "no likeness of meaning yet: its model cannot be fetched; it is tried again now and then"
                );
            } else {
                tracing::debug!(error, pause = ?pause, "the embedding model still cannot be fetched");
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// A vector for every text, or nothing if they cannot be had in time.
    async fn vectors(
        self: &Arc<Self>,
        embedder: &Embedder,
        purpose: Purpose,
        texts: &[&str],
    ) -> Option<Vec<Arc<[f32]>>> {
        let print = |text: &&str| fingerprint(embedder.model(), purpose, text);
        let prints: Vec<Fingerprint> = texts.iter().map(print).collect();
        let mut found: Vec<Option<Arc<[f32]>>>;
        let mut missing: Vec<(Fingerprint, String)> = Vec::new();
        {
            let mut state = self.lock();
            found = prints.iter().map(|print| state.vectors.get(print).cloned()).collect();
            for ((print, text), _) in
                prints.iter().zip(texts).zip(&found).filter(|(_, found)| found.is_none())
            {
                if missing.iter().all(|(known, _)| known != print) {
                    missing.push((*print, (*text).to_owned()));
                }
            }
            if missing.is_empty() {
                return found.into_iter().collect();
            }
            if state.rests_until.is_some_and(|until| Instant::now() < until) {
                return None;
            }
        }
        let patience = match purpose {
            _ if !embedder.is_built_in() => SERVER_PATIENCE,
            Purpose::Query if embedder.is_loaded() => PATIENCE,
            _ => LOADING_PATIENCE,
        };
        let permit = self.room.clone().try_acquire_owned().ok()?;
        let (tell, told) = oneshot::channel();
        let (inner, embedder, missing_prints) =
            (self.clone(), embedder.clone(), missing.iter().map(|(print, _)| *print).collect::<Vec<_>>());
        // Not in the turn: what takes longer than the turn waits is there for the next one.
        self.life.spawn("embedding", async move {
            let fresh = inner.life.unless_ended(inner.embed(&embedder, purpose, missing)).await.flatten();
            drop(permit);
            // Nobody may wait any more.
            let _ = tell.send(fresh);
        });
        let Ok(fresh) = tokio::time::timeout(patience, told).await else {
            tracing::debug!("the embedding model takes long; this answer is written without it");
            return None;
        };
        let fresh = fresh.ok()??;
        for (print, slot) in prints.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
            let place = missing_prints.iter().position(|missing| missing == print)?;
            *slot = fresh.get(place).cloned();
        }
        found.into_iter().collect()
    }

    /// Asks for vectors and keeps them.
    async fn embed(
        &self,
        embedder: &Embedder,
        purpose: Purpose,
        texts: Vec<(Fingerprint, String)>,
    ) -> Option<Vec<Arc<[f32]>>> {
        let (prints, texts): (Vec<_>, Vec<_>) = texts.into_iter().unzip();
        let asked = tokio::time::timeout(LONGEST, embedder.embed(purpose, &texts)).await;
        let late = || LlmError::Timeout { which: llm::Waited::Idle };
        let mut state = self.lock();
        match asked.unwrap_or_else(|_| Err(late())) {
            Ok(vectors) => {
                let fresh: Vec<Arc<[f32]>> =
                    vectors.into_iter().map(|vector| Arc::from(unit(vector))).collect();
                for (print, vector) in prints.into_iter().zip(&fresh) {
                    state.vectors.put(print, vector.clone());
                }
                Some(fresh)
            }
            Err(error) => {
                let now = Instant::now();
                // One of those that were asked at once tells it.
                if state.rests_until.is_none_or(|until| until <= now) {
                    tracing::warn!(
                        error.type = error.kind(),
                        %error,
                        model = embedder.model(),
                        "no likeness of meaning for a while: the embedding model does not answer"
                    );
                }
                state.rests_until = Some(now + REST);
                None
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn fingerprint(model: &str, purpose: Purpose, text: &str) -> Fingerprint {
    let mut hash = Sha256::new();
    hash.update(model.as_bytes());
    hash.update([u8::from(purpose == Purpose::Query)]);
    hash.update(text.as_bytes());
    hash.finalize().into()
}

/// The vector at the length of one; that of nothing stays nothing, which is like nothing.
pub(crate) fn unit(mut vector: Vec<f32>) -> Vec<f32> {
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
pub(crate) fn cosine(one: &[f32], other: &[f32]) -> f32 {
    if one.len() != other.len() {
        return 0.0;
    }
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

impl std::fmt::Debug for Embedding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Embedding").field("model", &self.model()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
