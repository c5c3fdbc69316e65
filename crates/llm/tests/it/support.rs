//! What the tests share: a scripted server and a provider that asks it.

use std::sync::Arc;
use std::time::Duration;

use domain::chat::{ChatEvent, ChatMessage, ChatRequest, Finish, Role, Sampling, Usage};
use futures_util::StreamExt;
use llm::{ApiKey, ChatStream, LlmError, Ollama, OllamaSettings, OpenAi, OpenAiSettings, Provider, Timeouts};
use testkit::ScriptedModel;

/// A dialect, as the tests are repeated for both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    OpenAi,
    Ollama,
}

pub(crate) const BOTH: [Wire; 2] = [Wire::OpenAi, Wire::Ollama];

pub(crate) fn patient() -> Timeouts {
    let long = Duration::from_secs(30);
    Timeouts { connect: long, first_token: long, idle: long }
}

/// Time-outs that run out in a test that expects them to.
pub(crate) fn impatient() -> Timeouts {
    Timeouts { first_token: Duration::from_millis(150), idle: Duration::from_millis(150), ..patient() }
}

impl Wire {
    pub(crate) fn provider(self, server: &ScriptedModel, timeouts: Timeouts) -> Arc<dyn Provider> {
        match self {
            Self::OpenAi => Arc::new(openai(server, timeouts)),
            Self::Ollama => {
                let settings = OllamaSettings::new(server.base_ollama(), "scripted");
                Arc::new(Ollama::new(settings, timeouts).unwrap())
            }
        }
    }
}

pub(crate) fn openai(server: &ScriptedModel, timeouts: Timeouts) -> OpenAi {
    let key = Some(ApiKey::new("sk-test"));
    OpenAi::new(OpenAiSettings::new(server.base_openai(), "scripted", key), timeouts).unwrap()
}

pub(crate) fn request() -> ChatRequest {
    let message = |role, content: &str| ChatMessage::new(role, content);
    ChatRequest {
        messages: vec![
            message(Role::System, "You are Nova."),
            message(Role::User, "alice: hi"),
            message(Role::Assistant, "Hi!"),
            message(Role::User, "alice: how are \"you\"?\n"),
        ],
        sampling: Sampling { temperature: Some(0.0), ..Sampling::default() },
        stop: vec!["\nalice:".to_owned()],
        max_tokens: 64,
        schema: None,
    }
}

/// A whole answer.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) text: String,
    pub(crate) reasoning: String,
    pub(crate) deltas: usize,
    pub(crate) end: Option<(Finish, Usage)>,
    pub(crate) error: Option<LlmError>,
}

impl Told {
    pub(crate) fn error_kind(&self) -> &'static str {
        self.error.as_ref().map_or("none", LlmError::kind)
    }
}

pub(crate) async fn listen(mut stream: ChatStream) -> Told {
    let mut told = Told::default();
    while let Some(event) = stream.next().await {
        assert!(told.end.is_none() && told.error.is_none(), "something follows the end: {event:?}");
        match event {
            Ok(ChatEvent::Delta(text)) => {
                told.text.push_str(&text);
                told.deltas += 1;
            }
            Ok(ChatEvent::Reasoning(text)) => told.reasoning.push_str(&text),
            Ok(ChatEvent::Done { finish, usage }) => told.end = Some((finish, usage)),
            Err(error) => told.error = Some(error),
        }
    }
    told
}

/// Asks and listens to the end; an error at the door counts as one in the stream.
pub(crate) async fn ask(provider: &dyn Provider) -> Told {
    match provider.stream(request()).await {
        Ok(stream) => listen(stream).await,
        Err(error) => Told { error: Some(error), ..Told::default() },
    }
}
