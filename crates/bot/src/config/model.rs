//! `[model]`: which model answers.

use std::{path::PathBuf, time::Duration};

use super::{Secret, Setting, reader::Reader};

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "model.provider",
        env: "ACORE_MODEL_PROVIDER",
        default: "\"auto\"",
        takes: "one of `auto`, `embedded`, `ollama`, `openai`",
        meaning: "Who runs the model. `auto`: `openai` when a base URL or key is set, else the embedded model. \
                  `openai` is any OpenAI-compatible server: OpenRouter, llama.cpp, vLLM, LM Studio, …",
    },
    Setting {
        key: "model.name",
        env: "ACORE_MODEL",
        default: "\"\"",
        takes: "a model's name",
        meaning: "The model, as the provider calls it. Empty with `ollama`: the first chat model it has.",
    },
    Setting {
        key: "model.base_url",
        env: "ACORE_MODEL_BASE_URL",
        default: "\"\"",
        takes: "a URL",
        meaning: "Where the provider is. Empty: Ollama on its usual port, or OpenRouter.",
    },
    Setting {
        key: "model.api_key",
        env: "ACORE_MODEL_API_KEY",
        default: "\"\"",
        takes: "a key",
        meaning: "The provider's key.",
    },
    Setting {
        key: "model.file",
        env: "ACORE_MODEL_FILE",
        default: "\"\"",
        takes: "a path to a .gguf file",
        meaning: "The embedded model's weights. Empty: a small model that is fetched once into the data folder.",
    },
    Setting {
        key: "model.context_tokens",
        env: "ACORE_MODEL_CONTEXT_TOKENS",
        default: "0",
        takes: "a whole number from 0 to 1000000",
        meaning: "How many tokens the model can see, answer included. 0: 2048 embedded, 8192 elsewhere.",
    },
    Setting {
        key: "model.reply_tokens",
        env: "ACORE_MODEL_REPLY_TOKENS",
        default: "0",
        takes: "a whole number from 0 to 8192",
        meaning: "Tokens of a reply at most. 0: 70 for the small embedded model, 400 elsewhere.",
    },
    Setting {
        key: "model.profile",
        env: "ACORE_MODEL_PROFILE",
        default: "\"auto\"",
        takes: "one of `auto`, `small`, `full`",
        meaning: "How prompts are written. `small` is for models below about a billion parameters. `auto`: small for \
                  the embedded default model, full for everything else.",
    },
    Setting {
        key: "model.vocabulary",
        env: "ACORE_MODEL_VOCABULARY",
        default: "\"auto\"",
        takes: "one of `auto`, `none`",
        meaning: "What counts tokens. `auto`: the vocabulary of the model's family, where it is published; what is not \
                  built in is fetched once, in the background. `none`: nothing is fetched, and what is not built in \
                  is estimated.",
    },
    Setting {
        key: "model.vision",
        env: "ACORE_MODEL_VISION",
        default: "\"auto\"",
        takes: "one of `auto`, `yes`, `no`",
        meaning: "Whether the model is shown pictures. `auto`: if its provider says that it can see, else by its name. \
                  The embedded model cannot.",
    },
    Setting {
        key: "model.timeout_seconds",
        env: "ACORE_MODEL_TIMEOUT_SECONDS",
        default: "60",
        takes: "a whole number from 1 to 600",
        meaning: "How long the first piece of an answer, and each further one, may take.",
    },
    Setting {
        key: "model.price_input",
        env: "ACORE_PRICE_INPUT",
        default: "0.0",
        takes: "a number from 0 to 100000",
        meaning: "US dollars for a million tokens that the model reads: `/why` shows what an answer cost.",
    },
    Setting {
        key: "model.price_output",
        env: "ACORE_PRICE_OUTPUT",
        default: "0.0",
        takes: "a number from 0 to 100000",
        meaning: "US dollars for a million tokens that the model writes.",
    },
    Setting {
        key: "model.tokens_per_day",
        env: "ACORE_TOKENS_PER_DAY",
        default: "0",
        takes: "a whole number from 0 to 1000000000000",
        meaning: "Tokens, read and written, that the model may use in a day (UTC); then nobody answers until the next. \
                  0: no limit.",
    },
    Setting {
        key: "model.threads",
        env: "ACORE_MODEL_THREADS",
        default: "0",
        takes: "a whole number from 0 to 256",
        meaning: "Threads of the embedded model. 0: one less than the machine has cores, at least one.",
    },
];

/// Who runs the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderKind {
    /// What fits the other settings.
    Auto,
    /// In this process.
    Embedded,
    /// Ollama's own API.
    Ollama,
    /// Any OpenAI-compatible server.
    OpenAi,
}

/// Which model answers.
#[derive(Clone, Debug)]
pub struct ModelConfig {
    /// Who runs it.
    pub provider: ProviderKind,
    /// Its name.
    pub name: Option<String>,
    /// Where the provider is.
    pub base_url: Option<String>,
    /// The provider's key.
    pub api_key: Option<Secret>,
    /// Weights of the embedded model.
    pub file: Option<PathBuf>,
    /// Tokens that the model can see.
    pub context_tokens: Option<u32>,
    /// Tokens of a reply.
    pub reply_tokens: Option<u32>,
    /// Whether prompts are written for a small model; `None` decides by the provider.
    pub small: Option<bool>,
    /// Whether the vocabulary of the model's family is fetched.
    pub vocabulary: bool,
    /// Whether the model is shown pictures; `None` finds out.
    pub vision: Option<bool>,
    /// Longest silence of a provider.
    pub timeout: Duration,
    /// US dollars for a million tokens: read, written.
    pub prices: (f64, f64),
    /// Tokens of a day.
    pub tokens_per_day: Option<u64>,
    /// Threads of the embedded model.
    pub threads: Option<u32>,
}

impl ModelConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let mut number =
            |key, most| u32::try_from(reader.integer(key, 0..=most)).ok().filter(|number| *number > 0);
        let (context_tokens, reply_tokens, threads) = (
            number("model.context_tokens", 1_000_000),
            number("model.reply_tokens", 8_192),
            number("model.threads", 256),
        );
        Self {
            provider: reader.choice(
                "model.provider",
                &[
                    ("auto", ProviderKind::Auto),
                    ("embedded", ProviderKind::Embedded),
                    ("ollama", ProviderKind::Ollama),
                    ("openai", ProviderKind::OpenAi),
                ],
            ),
            name: reader.optional("model.name"),
            base_url: reader.optional("model.base_url").map(|url| url.trim_end_matches('/').to_owned()),
            api_key: reader.optional("model.api_key").map(Secret::new),
            file: reader.optional("model.file").map(PathBuf::from),
            context_tokens,
            reply_tokens,
            small: reader
                .choice("model.profile", &[("auto", None), ("small", Some(true)), ("full", Some(false))]),
            vocabulary: reader.choice("model.vocabulary", &[("auto", true), ("none", false)]),
            vision: reader
                .choice("model.vision", &[("auto", None), ("yes", Some(true)), ("no", Some(false))]),
            timeout: Duration::from_secs(reader.integer("model.timeout_seconds", 1..=600).unsigned_abs()),
            prices: (
                reader.decimal("model.price_input", 0.0..=100_000.0),
                reader.decimal("model.price_output", 0.0..=100_000.0),
            ),
            tokens_per_day: Some(
                reader.integer("model.tokens_per_day", 0..=1_000_000_000_000).unsigned_abs(),
            )
            .filter(|cap| *cap > 0),
            threads,
        }
    }

    /// The provider that the settings amount to.
    pub fn resolved_provider(&self) -> ProviderKind {
        match self.provider {
            ProviderKind::Auto if self.base_url.is_some() || self.api_key.is_some() => ProviderKind::OpenAi,
            ProviderKind::Auto => ProviderKind::Embedded,
            chosen => chosen,
        }
    }
}
