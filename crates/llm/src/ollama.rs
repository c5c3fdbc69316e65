//! Ollama's native dialect: <https://github.com/ollama/ollama/blob/main/docs/api.md>. Its chat-completions
//! dialect ignores the size of the context and cuts long prompts silently, so it is not used.

mod detect;
mod wire;

use async_trait::async_trait;
use domain::chat::{ChatEvent, ChatRequest};
use domain::tokens::Counter;
use futures_util::stream::{self, BoxStream, Stream, StreamExt};
use futures_util::{TryStreamExt, future};
use tokio::time::Instant;
use tokio_util::codec::{FramedRead, LinesCodec, LinesCodecError};
use tokio_util::io::StreamReader;

use crate::body::{Begun, LINE_BYTES, answer, chunks};
use crate::counting::counter_for;
use crate::http::Server;
use crate::{ChatStream, Health, LlmError, ModelInfo, OllamaSettings, Provider, Timeouts};
pub use detect::{FoundOllama, USUAL_BASE, detect, detect_within};
use wire::{Body, Reader, Tags, Version};

/// A model of an Ollama server.
#[derive(Clone, Debug)]
pub struct Ollama {
    server: Server,
    settings: OllamaSettings,
    counter: Counter,
}

impl Ollama {
    /// Checks the settings and makes the client; contacts nobody.
    pub fn new(settings: OllamaSettings, timeouts: Timeouts) -> Result<Self, LlmError> {
        let counter = counter_for(&settings.model);
        Ok(Self { server: Server::new(&settings.base, None, timeouts)?, settings, counter })
    }
}

#[async_trait]
impl Provider for Ollama {
    fn name(&self) -> &'static str {
        "ollama"
    }

    fn model(&self) -> &str {
        &self.settings.model
    }

    async fn stream(&self, request: ChatRequest) -> Result<ChatStream, LlmError> {
        let deadline = Instant::now() + self.server.timeouts().first_token;
        let body = Body::new(&self.settings, &request);
        let response = self.server.send(self.server.post("api/chat").json(&body), deadline).await?;
        let begun = Begun::default();
        let bytes = chunks(response, self.server.timeouts().idle, begun.clone());
        Ok(answer(events(bytes), begun, deadline))
    }

    async fn health(&self) -> Result<Health, LlmError> {
        let version: Version = self.server.read(self.server.get("api/version")).await?;
        let models = self.models().await?;
        // "nova" means "nova:latest".
        let asked = &self.settings.model;
        let model_listed =
            models.iter().any(|model| model.id == *asked || model.id.strip_suffix(":latest") == Some(asked));
        Ok(Health { version: Some(version.version), model_listed })
    }

    async fn models(&self) -> Result<Vec<ModelInfo>, LlmError> {
        let tags: Tags = self.server.read(self.server.get("api/tags")).await?;
        Ok(tags.into())
    }

    async fn sees(&self) -> Result<Option<bool>, LlmError> {
        let capabilities = detect::capabilities(&self.server, &self.settings.model).await?;
        Ok(capabilities.map(|can| can.iter().any(|one| one == "vision")))
    }

    fn counter(&self) -> Counter {
        self.counter.clone()
    }
}

/// The events of a stream of lines, one JSON document each.
fn events(
    bytes: BoxStream<'static, Result<bytes::Bytes, LlmError>>,
) -> impl Stream<Item = Result<ChatEvent, LlmError>> + Send + 'static {
    let reader = StreamReader::new(bytes.map_err(std::io::Error::other));
    let lines = FramedRead::new(reader, LinesCodec::new_with_max_length(LINE_BYTES))
        .try_filter(|line| future::ready(!line.trim().is_empty()));
    stream::unfold(Some((lines, Reader::default())), |state| async move {
        let (mut lines, mut reader) = state?;
        let (read, more) = match lines.next().await? {
            Ok(line) => {
                let read = reader.read(&line);
                let more = read.is_ok();
                (read, more)
            }
            Err(error) => (Err(from_lines(error)), false),
        };
        let events: Vec<_> = match read {
            Ok(events) => events.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        };
        Some((stream::iter(events), more.then_some((lines, reader))))
    })
    .flatten()
}

/// The error of the chunks, which travelled through the line reader as an I/O error.
fn from_lines(error: LinesCodecError) -> LlmError {
    match error {
        LinesCodecError::MaxLineLengthExceeded => {
            LlmError::Malformed { cause: format!("a line has more than {LINE_BYTES} bytes") }
        }
        LinesCodecError::Io(error) => match error.downcast::<LlmError>() {
            Ok(error) => error,
            Err(error) => LlmError::Malformed { cause: error.to_string() },
        },
    }
}
