//! Which model answers, and what its prompts look like.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::Duration,
};

use anyhow::{Context as _, bail};
use domain::{
    chat::{Sampling, Usage},
    prompt::{Profile, Style},
    tokens::Counter,
};
use llm::{
    ApiKey, EmbeddedSettings, Family, OllamaSettings, OpenAiSettings, Provider, ProviderSettings, Timeouts,
};

use crate::{
    config::{ModelConfig, ProviderKind},
    weights,
};

/// Where `OpenRouter` is: the default of `openai` with a key and no address.
pub(crate) const OPENROUTER: &str = "https://openrouter.ai/api/v1";

/// How long a provider may take to say whether its model can see.
const VISION_PATIENCE: Duration = Duration::from_secs(3);

/// A model and how to write for it.
pub struct Model {
    provider: Arc<dyn Provider>,
    profile: Profile,
    /// The same, once there is a counter that was not there at the start.
    counted: OnceLock<Profile>,
    /// The family whose vocabulary would count better, and the folder of models' files.
    uncounted: Option<(Family, PathBuf)>,
    toy: bool,
    prices: (f64, f64),
}

impl Model {
    /// Connects the configured model. The embedded one is fetched first where it is missing, which shows progress.
    pub async fn connect(config: &ModelConfig, data: &Path) -> anyhow::Result<Self> {
        let kind = config.resolved_provider();
        let toy = kind == ProviderKind::Embedded && config.file.is_none();
        let context_tokens = config.context_tokens.unwrap_or(if toy { 2_048 } else { 8_192 });
        let settings = ProviderSettings {
            kind: provider_kind(kind, config, data, context_tokens).await?,
            timeouts: Timeouts { first_token: config.timeout, idle: config.timeout, ..Timeouts::default() },
        };
        let provider = llm::connect(settings).await.context("the model cannot be used")?;
        let vision = match config.vision {
            Some(vision) => vision,
            None => sees(provider.as_ref()).await,
        };
        let small = config.small.unwrap_or(toy);
        let profile = Profile {
            context_tokens,
            reply_tokens: config.reply_tokens.unwrap_or(if small { 48 } else { 400 }),
            style: if small { Style::Small } else { Style::Full },
            sampling: Sampling { temperature: Some(0.8), ..Sampling::default() },
            vision,
            counter: provider.counter(),
        };
        tracing::debug!(
            model = provider.model(),
            counter = profile.counter.name(),
            vision,
            "prompts are written for the model"
        );
        // A model in this process brings its own.
        let family = Family::of(provider.model())
            .filter(|_| config.vocabulary && !matches!(kind, ProviderKind::Embedded | ProviderKind::Auto));
        let uncounted = family.map(|family| (family, weights::folder(data)));
        Ok(Self { provider, profile, counted: OnceLock::new(), uncounted, toy, prices: config.prices })
    }

    /// What an answer cost in US dollars, where prices are known.
    pub fn cost(&self, usage: Usage) -> Option<f64> {
        let (read, written) = self.prices;
        let millionths = read * f64::from(usage.input_tokens) + written * f64::from(usage.output_tokens);
        (read + written > 0.0).then_some(millionths / 1_000_000.0)
    }

    /// The model itself.
    pub fn provider(&self) -> &Arc<dyn Provider> {
        &self.provider
    }

    /// What its prompts look like. Ask once for each prompt: the counter can change in between.
    pub fn profile(&self) -> &Profile {
        self.counted.get().unwrap_or(&self.profile)
    }

    /// The family whose vocabulary would count better than what counts now, and the folder of models' files.
    pub(crate) fn uncounted(&self) -> Option<(Family, &Path)> {
        self.uncounted.as_ref().map(|(family, folder)| (*family, folder.as_path()))
    }

    /// From now on this counts; the first that comes stays.
    pub(crate) fn count_with(&self, counter: Counter) {
        let _ = self.counted.set(Profile { counter, ..self.profile.clone() });
    }

    /// Whether this is the tiny default model, about which members are told the truth.
    pub fn is_toy(&self) -> bool {
        self.toy
    }
}

/// Whether the model takes pictures: as its provider says, else as its name does. A provider that is away now does
/// not delay the start.
async fn sees(provider: &dyn Provider) -> bool {
    let told = match tokio::time::timeout(VISION_PATIENCE, provider.sees()).await {
        Ok(Ok(told)) => told,
        Ok(Err(error)) => {
            tracing::debug!(%error, "the provider does not say whether the model can see; its name decides");
            None
        }
        Err(_) => None,
    };
    told.unwrap_or_else(|| llm::sees_by_name(provider.model()))
}

async fn provider_kind(
    kind: ProviderKind,
    config: &ModelConfig,
    data: &Path,
    context_tokens: u32,
) -> anyhow::Result<llm::ProviderKind> {
    Ok(match kind {
        ProviderKind::Embedded | ProviderKind::Auto => {
            let path = match &config.file {
                Some(path) => path.clone(),
                None => weights::chat(data).await?,
            };
            let mut settings = EmbeddedSettings::new(path);
            settings.context_tokens = context_tokens;
            settings.threads = config.threads.and_then(|threads| usize::try_from(threads).ok());
            llm::ProviderKind::Embedded(settings)
        }
        ProviderKind::Ollama => {
            let base = config.base_url.clone().unwrap_or_else(|| llm::OLLAMA_USUAL_BASE.to_owned());
            let model = match &config.name {
                Some(name) => name.clone(),
                None => first_ollama_model(&base).await?,
            };
            let mut settings = OllamaSettings::new(base, model);
            settings.num_ctx = context_tokens;
            llm::ProviderKind::Ollama(settings)
        }
        ProviderKind::OpenAi => {
            let base = config.base_url.clone().unwrap_or_else(|| OPENROUTER.to_owned());
            let Some(model) = &config.name else {
                bail!(
                    "no model is named: set ACORE_MODEL, or name under [model] in acore.toml, to a model of {base}"
                );
            };
            let key = config.api_key.as_ref().map(|key| ApiKey::new(key.reveal()));
            llm::ProviderKind::OpenAi(OpenAiSettings::new(base, model, key))
        }
    })
}

async fn first_ollama_model(base: &str) -> anyhow::Result<String> {
    let found = llm::detect_ollama(base).await.with_context(|| {
        format!("no Ollama server answers at {base}: start it, or set ACORE_MODEL_BASE_URL")
    })?;
    match found.models.first() {
        Some(model) => Ok(model.id.clone()),
        None => bail!("the Ollama server at {base} has no chat model yet: `ollama pull` one"),
    }
}
