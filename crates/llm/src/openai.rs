//! The chat-completions dialect of `OpenAI`, which `OpenRouter`, vLLM, llama.cpp's server, LM Studio and many
//! others speak: <https://platform.openai.com/docs/api-reference/chat-streaming>, and for keep-alive comments
//! and errors inside a stream <https://openrouter.ai/docs/api-reference/streaming>.

mod wire;

use async_trait::async_trait;
use domain::chat::{ChatEvent, ChatRequest};
use domain::tokens::Counter;
use eventsource_stream::{EventStreamError, Eventsource};
use futures_util::stream::{self, Stream, StreamExt};
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use tokio::time::{Instant, timeout_at};

use crate::body::{Begun, answer, chunks};
use crate::counting::counter_for;
use crate::http::{Server, bounded_body};
use crate::{ChatStream, Health, LlmError, ModelInfo, OpenAiSettings, Provider, Timeouts, Waited};
use wire::{Body, Models, Reader};

/// Hosts whose name in telemetry is registered (OpenTelemetry's `gen_ai.provider.name`) or well known.
const KNOWN_HOSTS: &[(&str, &str)] = &[
    ("api.openai.com", OPENAI),
    ("openrouter.ai", "openrouter"),
    ("api.deepseek.com", "deepseek"),
    ("api.groq.com", "groq"),
    ("api.mistral.ai", "mistral_ai"),
    ("api.perplexity.ai", "perplexity"),
    ("api.x.ai", "x_ai"),
];
const OPENAI: &str = "openai";

/// A model behind a server that speaks this dialect.
#[derive(Clone, Debug)]
pub struct OpenAi {
    server: Server,
    name: &'static str,
    model: String,
    counter: Counter,
}

impl OpenAi {
    /// Checks the settings and makes the client; contacts nobody.
    pub fn new(settings: OpenAiSettings, timeouts: Timeouts) -> Result<Self, LlmError> {
        let OpenAiSettings { base, model, key } = settings;
        let server = Server::new(&base, key, timeouts)?;
        let name = KNOWN_HOSTS
            .iter()
            .find_map(|(host, name)| (*host == server.host()).then_some(*name))
            .unwrap_or("openai_compatible");
        let counter = counter_for(&model);
        Ok(Self { server, name, model, counter })
    }

    async fn ask(&self, request: &ChatRequest, deadline: Instant) -> Result<Response, LlmError> {
        let body = Body::new(&self.model, request, self.name == OPENAI);
        self.server.send(self.server.post("chat/completions").json(&body), deadline).await
    }
}

#[async_trait]
impl Provider for OpenAi {
    fn name(&self) -> &str {
        self.name
    }

    fn model(&self) -> &str {
        &self.model
    }

    async fn stream(&self, mut request: ChatRequest) -> Result<ChatStream, LlmError> {
        let deadline = Instant::now() + self.server.timeouts().first_token;
        let mut response = self.ask(&request, deadline).await;
        if let Err(LlmError::BadRequest { .. }) = &response
            && request.schema.take().is_some()
        {
            // Many servers of this dialect do not know schemas; whoever asked reads the answer with care anyway.
            response = self.ask(&request, deadline).await;
        }
        let response = response?;
        let begun = Begun::default();
        let reader = Reader::new(self.server.clone());
        if is_json(&response) {
            let events = unstreamed(response, reader, deadline).await?;
            return Ok(answer(stream::iter(events), begun, deadline));
        }
        let bytes = chunks(response, self.server.timeouts().idle, begun.clone());
        Ok(answer(events(bytes, reader), begun, deadline))
    }

    async fn health(&self) -> Result<Health, LlmError> {
        let models = self.models().await?;
        Ok(Health { version: None, model_listed: models.iter().any(|model| model.id == self.model) })
    }

    async fn models(&self) -> Result<Vec<ModelInfo>, LlmError> {
        let list: Models = self.server.read(self.server.get("models")).await?;
        Ok(list.into())
    }

    async fn sees(&self) -> Result<Option<bool>, LlmError> {
        let models = self.models().await?;
        Ok(models.into_iter().find(|model| model.id == self.model).and_then(|model| model.vision))
    }

    fn counter(&self) -> Counter {
        self.counter.clone()
    }
}

fn is_json(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/json"))
}

/// The answer of a server that does not stream, or its error under the status 200.
async fn unstreamed(
    response: Response,
    mut reader: Reader,
    deadline: Instant,
) -> Result<Vec<Result<ChatEvent, LlmError>>, LlmError> {
    let body = timeout_at(deadline, bounded_body(response))
        .await
        .map_err(|_| LlmError::Timeout { which: Waited::FirstToken })?
        .map_err(|cause| LlmError::CutStream { cause })?;
    let mut events = reader.read(&String::from_utf8_lossy(&body))?;
    events.extend(reader.end_of_stream());
    Ok(events.into_iter().map(Ok).collect())
}

/// The events of a stream of server-sent events, up to `[DONE]` or the end of the connection.
fn events(
    bytes: impl Stream<Item = Result<bytes::Bytes, LlmError>> + Send + Unpin + 'static,
    reader: Reader,
) -> impl Stream<Item = Result<ChatEvent, LlmError>> + Send + 'static {
    let lines = bytes.eventsource();
    stream::unfold(Some((lines, reader)), |state| async move {
        let (mut lines, mut reader) = state?;
        let (read, more) = match lines.next().await {
            Some(Ok(line)) if line.data.trim() == "[DONE]" => (Ok(reader.done()), false),
            Some(Ok(line)) => {
                let read = reader.read(&line.data);
                let more = read.is_ok();
                (read, more)
            }
            Some(Err(error)) => (reader.end_of_stream_or(from_sse(error)), false),
            None => (Ok(reader.end_of_stream()), false),
        };
        let events: Vec<_> = match read {
            Ok(events) => events.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        };
        Some((stream::iter(events), more.then_some((lines, reader))))
    })
    .flatten()
}

fn from_sse(error: EventStreamError<LlmError>) -> LlmError {
    match error {
        EventStreamError::Transport(error) => error,
        EventStreamError::Utf8(_) => LlmError::Malformed { cause: "not UTF-8".to_owned() },
        EventStreamError::Parser(_) => LlmError::Malformed { cause: "not an event stream".to_owned() },
    }
}
