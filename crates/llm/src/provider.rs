//! What every model can do.

use async_trait::async_trait;
use domain::chat::{ChatEvent, ChatRequest};
use domain::tokens::Counter;
use futures_util::stream::BoxStream;

use crate::LlmError;

/// The pieces of one answer in order. The last item is [`ChatEvent::Done`] or an error; nothing follows it.
/// Dropping the stream cancels the request.
pub type ChatStream = BoxStream<'static, Result<ChatEvent, LlmError>>;

/// A model that can be asked.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Who runs the model, as in OpenTelemetry's `gen_ai.provider.name`.
    fn name(&self) -> &str;

    /// The model that is asked, as the provider calls it.
    fn model(&self) -> &str;

    /// Asks. The future ends once the provider accepted the request (or, behind [`crate::Retrying`], once the
    /// first piece of the answer is there).
    async fn stream(&self, request: ChatRequest) -> Result<ChatStream, LlmError>;

    /// Whether the provider answers at all; costs no tokens.
    async fn health(&self) -> Result<Health, LlmError>;

    /// What can be asked there.
    async fn models(&self) -> Result<Vec<ModelInfo>, LlmError>;

    /// Whether the model takes pictures, if the provider says so; [`crate::sees_by_name`] guesses otherwise.
    async fn sees(&self) -> Result<Option<bool>, LlmError>;

    /// Counts tokens as the model does, as far as that is known.
    fn counter(&self) -> Counter;
}

/// How a provider that answers is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// The server's version, where it tells.
    pub version: Option<String>,
    /// Whether the model of the settings is in its list.
    pub model_listed: bool,
}

/// A model that a provider offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelInfo {
    /// The name to ask for.
    pub id: String,
    /// The number of parameters in the provider's words ("3.2B").
    pub parameters: Option<String>,
    /// Bytes of the weights.
    pub size_bytes: Option<u64>,
    /// Tokens of the context.
    pub context: Option<u32>,
    /// Whether it takes pictures, where the list tells.
    pub vision: Option<bool>,
}
