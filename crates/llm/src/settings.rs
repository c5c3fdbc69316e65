//! Which model is asked, and how long it may take. Plain data: reading it from a file or the environment is the
//! caller's business.

use std::path::PathBuf;
use std::time::Duration;

use crate::ApiKey;

/// Everything [`crate::connect`] needs.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    /// Where the model is.
    pub kind: ProviderKind,
    /// How long it may take.
    pub timeouts: Timeouts,
}

/// Where the model is.
#[derive(Clone, Debug)]
pub enum ProviderKind {
    /// In this process (feature `embedded`).
    Embedded(EmbeddedSettings),
    /// Behind an Ollama server's native interface.
    Ollama(OllamaSettings),
    /// Behind a server that speaks the chat-completions dialect of `OpenAI`.
    OpenAi(OpenAiSettings),
}

/// A model file that is run in this process.
#[derive(Clone, Debug)]
pub struct EmbeddedSettings {
    /// The GGUF file.
    pub path: PathBuf,
    /// Tokens of prompt and answer together.
    pub context_tokens: u32,
    /// Threads that compute; `None` is one less than the cores, at least one. More threads than free cores make
    /// generation slower by an order of magnitude, because llama.cpp's threads spin while they wait.
    pub threads: Option<usize>,
    /// Requests that may wait; more are turned away as overloaded.
    pub queue: usize,
}

impl EmbeddedSettings {
    /// The usual settings for a file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), context_tokens: 2_048, threads: None, queue: 16 }
    }
}

/// A model of an Ollama server.
#[derive(Clone, Debug)]
pub struct OllamaSettings {
    /// The server's address, such as `http://127.0.0.1:11434`.
    pub base: String,
    /// The model's name there.
    pub model: String,
    /// Tokens of prompt and answer together. It is sent with every request and must not vary: a change makes
    /// the server load the model again.
    pub num_ctx: u32,
    /// How long the server keeps the model in memory after a request: "10m", "-1" for ever.
    pub keep_alive: String,
    /// Whether a model that can think does so before it answers.
    pub think: bool,
}

impl OllamaSettings {
    /// The usual settings for a model.
    pub fn new(base: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            base: base.into(),
            model: model.into(),
            num_ctx: 8_192,
            keep_alive: "30m".to_owned(),
            think: false,
        }
    }
}

/// A model of a server that speaks the chat-completions dialect.
#[derive(Clone, Debug)]
pub struct OpenAiSettings {
    /// The address up to and with the version, such as `https://openrouter.ai/api/v1`.
    pub base: String,
    /// The model's name there.
    pub model: String,
    /// The key; local servers need none.
    pub key: Option<ApiKey>,
}

impl OpenAiSettings {
    /// The usual settings for a model.
    pub fn new(base: impl Into<String>, model: impl Into<String>, key: Option<ApiKey>) -> Self {
        Self { base: base.into(), model: model.into(), key }
    }
}

/// How long each part of an answer may take. There is no limit for the whole: a slow answer that keeps coming is
/// an answer; the caller has a deadline for the turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Until the connection stands.
    pub connect: Duration,
    /// From the request to the first piece of the answer; loading a model happens inside it.
    pub first_token: Duration,
    /// Between two chunks once the answer has begun.
    pub idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            first_token: Duration::from_mins(1),
            idle: Duration::from_mins(1),
        }
    }
}
