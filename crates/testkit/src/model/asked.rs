//! What a client asked.

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use serde_json::Value;

/// Which dialect a request was in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Chat completions.
    OpenAi,
    /// Ollama's own.
    Ollama,
}

/// One chat request. The body is read only when somebody asks, so that remembering requests costs a benchmark
/// next to nothing.
#[derive(Clone, Debug)]
pub struct Asked {
    dialect: Dialect,
    key: Option<String>,
    body: Bytes,
}

impl Asked {
    pub(super) fn new(dialect: Dialect, headers: &HeaderMap, body: Bytes) -> Self {
        let header = headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok());
        let key = header.and_then(|header| header.strip_prefix("Bearer ")).map(str::to_owned);
        Self { dialect, key, body }
    }

    /// Which dialect it was in.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The bearer key.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// The body, `null` if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Role and content of every message of the prompt.
    pub fn messages(&self) -> Vec<(String, String)> {
        let json = self.json();
        let messages = json["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        messages.iter().map(|message| (text(&message["role"]), text(&message["content"]))).collect()
    }

    /// The content of the last message of the prompt.
    pub fn last_message(&self) -> String {
        self.messages().pop().map(|(_, content)| content).unwrap_or_default()
    }

    /// Bytes of the body.
    pub fn body_bytes(&self) -> usize {
        self.body.len()
    }
}
