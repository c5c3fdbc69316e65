//! Finds a server that runs already, for the offer to use it.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use serde_json::json;
use tokio::time::timeout;

use super::wire::{Show, Tags, Version};
use crate::http::Server;
use crate::{LlmError, ModelInfo, Timeouts};

/// Where an Ollama server listens unless told otherwise.
pub const USUAL_BASE: &str = "http://127.0.0.1:11434";

/// How long the search may take in all: it happens while somebody waits for a page.
const PATIENCE: Duration = Duration::from_millis(300);

/// Models whose abilities are asked for; the rest of a long list is left out.
const MODELS: usize = 32;

/// Requests at the same time.
const AT_ONCE: usize = 8;

/// A server that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundOllama {
    /// Its address.
    pub base: String,
    /// Its version.
    pub version: String,
    /// Its models that can chat, in its own order (the one that was changed last comes first).
    pub models: Vec<ModelInfo>,
}

/// Looks for a server at `base` (usually [`USUAL_BASE`]) for 300 ms. `None` means that there is none, or none
/// that answers in time.
pub async fn detect(base: &str) -> Option<FoundOllama> {
    detect_within(base, PATIENCE).await
}

/// [`detect`] with another patience.
pub async fn detect_within(base: &str, patience: Duration) -> Option<FoundOllama> {
    timeout(patience, look(base)).await.ok()?.ok()
}

async fn look(base: &str) -> Result<FoundOllama, LlmError> {
    let server = Server::new(base, None, Timeouts::default())?;
    let Version { version } = server.read(server.get("api/version")).await?;
    let tags: Tags = server.read(server.get("api/tags")).await?;
    let models: Vec<ModelInfo> = tags.into();
    let server = &server;
    let models = stream::iter(models.into_iter().take(MODELS))
        .map(|model| async move {
            let chats = can_chat(server, &model.id).await;
            (model, chats)
        })
        .buffered(AT_ONCE)
        .filter_map(|(model, chats)| async move { chats.then_some(model) })
        .collect()
        .await;
    Ok(FoundOllama { base: base.trim().trim_end_matches('/').to_owned(), version, models })
}

/// Models that only embed are left out; where the server does not tell, the name decides.
async fn can_chat(server: &Server, model: &str) -> bool {
    match capabilities(server, model).await {
        Ok(Some(capabilities)) => capabilities.iter().any(|one| one == "completion"),
        Ok(None) | Err(_) => !model.contains("embed"),
    }
}

/// What a model can do, where the server tells.
pub(super) async fn capabilities(server: &Server, model: &str) -> Result<Option<Vec<String>>, LlmError> {
    let request = server.post("api/show").json(&json!({ "model": model }));
    let Show { capabilities } = server.read(request).await?;
    Ok(capabilities)
}
