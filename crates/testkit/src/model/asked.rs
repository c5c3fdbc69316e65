//! What a client asked.

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
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
        let text = |value: &Value| match value {
            Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
            _ => value.as_str().unwrap_or_default().to_owned(),
        };
        messages.iter().map(|message| (text(&message["role"]), text(&message["content"]))).collect()
    }

    /// The content of the last message of the prompt.
    pub fn last_message(&self) -> String {
        self.messages().pop().map(|(_, content)| content).unwrap_or_default()
    }

    /// The pictures of the prompt: the number of the message that has it, and the bytes.
    pub fn pictures(&self) -> Vec<(usize, Vec<u8>)> {
        let json = self.json();
        let messages = json["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut pictures = Vec::new();
        for (index, message) in messages.iter().enumerate() {
            let parts = message["content"].as_array().map(Vec::as_slice).unwrap_or_default();
            let urls = parts.iter().filter_map(|part| part["image_url"]["url"].as_str());
            let of_urls = urls.filter_map(|url| url.split_once(";base64,")).map(|(_, data)| data);
            let images = message["images"].as_array().map(Vec::as_slice).unwrap_or_default();
            let encoded = of_urls.chain(images.iter().filter_map(Value::as_str));
            pictures.extend(encoded.filter_map(|data| Some((index, STANDARD.decode(data).ok()?))));
        }
        pictures
    }

    /// Bytes of the body.
    pub fn body_bytes(&self) -> usize {
        self.body.len()
    }
}
