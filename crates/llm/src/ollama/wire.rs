//! The JSON of the dialect.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::chat::{ChatEvent, ChatMessage, ChatRequest, Finish, Role, Sampling, Usage};
use serde::{Deserialize, Serialize};

use crate::http::Explanation;
use crate::reasoning::Thinking;
use crate::{LlmError, ModelInfo, OllamaSettings};

/// What is sent.
#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    messages: Vec<Said<'a>>,
    stream: bool,
    think: bool,
    keep_alive: KeepAlive<'a>,
    /// A JSON Schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<&'a serde_json::Value>,
    options: Options<'a>,
}

#[derive(Debug, Serialize)]
struct Said<'a> {
    role: Role,
    content: &'a str,
    /// Base64, without a word on what they are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    images: Vec<String>,
}

impl<'a> Said<'a> {
    fn of(message: &'a ChatMessage) -> Self {
        let images = message.pictures.iter().map(|picture| STANDARD.encode(&picture.bytes)).collect();
        Self { role: message.role, content: &message.content, images }
    }
}

/// A number of seconds is sent as a number, everything else ("10m") as text.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum KeepAlive<'a> {
    Seconds(i64),
    Text(&'a str),
}

#[derive(Debug, Serialize)]
struct Options<'a> {
    num_ctx: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    num_predict: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_k: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_p: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repeat_penalty: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    stop: &'a [String],
}

impl<'a> Body<'a> {
    pub(super) fn new(settings: &'a OllamaSettings, request: &'a ChatRequest) -> Self {
        let Sampling { temperature, top_p, top_k, min_p, repeat_penalty, seed } = request.sampling;
        let keep_alive = settings.keep_alive.trim();
        Self {
            model: &settings.model,
            messages: request.messages.iter().map(Said::of).collect(),
            stream: true,
            think: settings.think,
            keep_alive: keep_alive.parse().map_or(KeepAlive::Text(keep_alive), KeepAlive::Seconds),
            format: request.schema.as_ref().map(|wanted| &wanted.schema),
            options: Options {
                num_ctx: settings.num_ctx,
                num_predict: (request.max_tokens > 0).then_some(request.max_tokens),
                temperature,
                top_p,
                top_k,
                min_p,
                repeat_penalty,
                seed,
                stop: &request.stop,
            },
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Version {
    pub(super) version: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Tags {
    models: Vec<Tag>,
}

#[derive(Debug, Deserialize)]
struct Tag {
    name: String,
    size: Option<u64>,
    #[serde(default)]
    details: Details,
}

#[derive(Debug, Default, Deserialize)]
struct Details {
    parameter_size: Option<String>,
}

impl From<Tags> for Vec<ModelInfo> {
    fn from(tags: Tags) -> Self {
        let info = |tag: Tag| ModelInfo {
            id: tag.name,
            parameters: tag.details.parameter_size.filter(|size| !size.is_empty()),
            size_bytes: tag.size,
            ..ModelInfo::default()
        };
        tags.models.into_iter().map(info).collect()
    }
}

/// What a model can do; servers before 0.6.4 do not say.
#[derive(Debug, Deserialize)]
pub(super) struct Show {
    pub(super) capabilities: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct Line {
    error: Option<serde_json::Value>,
    message: Option<Message>,
    #[serde(default)]
    done: bool,
    done_reason: Option<String>,
    #[serde(default)]
    prompt_eval_count: u32,
    #[serde(default)]
    eval_count: u32,
}

#[derive(Debug, Deserialize)]
struct Message {
    #[serde(default)]
    content: String,
    #[serde(default)]
    thinking: String,
}

/// Turns the lines of one stream into events.
#[derive(Debug, Default)]
pub(super) struct Reader {
    thinking: Thinking,
}

impl Reader {
    /// One line.
    pub(super) fn read(&mut self, line: &str) -> Result<Vec<ChatEvent>, LlmError> {
        let line: Line = serde_json::from_str(line).map_err(|error| {
            let cause = format!("line: {error}");
            if error.is_eof() { LlmError::CutStream { cause } } else { LlmError::Malformed { cause } }
        })?;
        if let Some(error) = line.error {
            let Explanation { message, status, model_missing } = Explanation::of(&error);
            return Err(LlmError::from_status(status.unwrap_or(500), None, model_missing, &message));
        }
        let mut events = Vec::new();
        if let Some(message) = line.message {
            if !message.thinking.is_empty() {
                events.push(ChatEvent::Reasoning(message.thinking));
            }
            if !message.content.is_empty() {
                events.extend(self.thinking.push(&message.content));
            }
        }
        if line.done {
            let finish = match line.done_reason.as_deref() {
                Some("length") => Finish::Length,
                // An empty prompt only loads or unloads the model; a chat never means that.
                Some(reason @ ("load" | "unload")) => {
                    let cause = format!("the model was {reason}ed instead of asked");
                    return Err(LlmError::Malformed { cause });
                }
                _ => Finish::Stop,
            };
            events.extend(self.thinking.finish());
            let usage = Usage { input_tokens: line.prompt_eval_count, output_tokens: line.eval_count };
            events.push(ChatEvent::Done { finish, usage });
        }
        Ok(events)
    }
}
