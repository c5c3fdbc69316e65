//! Streams a provider-neutral chat request ([`domain::chat::ChatRequest`]) from any model.
//!
//! This crate is the only one that knows a provider's JSON. There are three providers: [`OpenAi`] (every server
//! that speaks the chat-completions dialect, `OpenRouter` included), [`Ollama`] (its native dialect, because only
//! that one takes the size of the context) and, with the feature `embedded`, a model in this process.
//! [`connect`] makes the one that the settings name.
//!
//! Beside them are [`Embedder`], which makes vectors of texts, for likeness of meaning, and [`Reranker`], which weighs
//! texts against a question. With the feature `recall` both work in this process.
//!
//! Suggested reading order: [`provider`](Provider), [`LlmError`], `openai`, `ollama`, `embedded`, `retry`.

mod body;
mod connect;
mod counting;
#[cfg(feature = "embedded")]
mod embedded;
mod embedder;
#[cfg(feature = "recall")]
mod encoder;
mod error;
mod http;
mod ollama;
mod openai;
mod provider;
mod reasoning;
mod reranker;
mod retry;
mod secret;
mod settings;
pub mod stop;
mod vision;

pub use connect::connect;
pub use counting::{Family, VocabularyError, counter_for};
#[cfg(feature = "embedded")]
pub use embedded::{Embedded, EmbeddedStats};
pub use embedder::{Embedder, EmbedderKind, EmbedderSettings, Purpose};
pub use error::{LlmError, Waited};
pub use ollama::{
    FoundOllama, Ollama, USUAL_BASE as OLLAMA_USUAL_BASE, detect as detect_ollama,
    detect_within as detect_ollama_within,
};
pub use openai::OpenAi;
pub use provider::{ChatStream, Health, ModelInfo, Provider};
pub use reranker::Reranker;
pub use retry::Retrying;
pub use secret::ApiKey;
pub use settings::{
    EmbeddedSettings, OllamaSettings, OpenAiSettings, ProviderKind, ProviderSettings, Timeouts,
};
pub use vision::sees_by_name;
