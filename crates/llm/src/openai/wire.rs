//! The JSON of the dialect.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::chat::{
    AnswerSchema, ChatEvent, ChatMessage, ChatRequest, Finish, Picture, Role, Sampling, Usage,
};
use serde::{Deserialize, Serialize};

use crate::http::{Explanation, Server};
use crate::reasoning::Thinking;
use crate::{LlmError, ModelInfo};

/// Stop texts that `OpenAI` itself takes; more are an error there.
const OPENAI_STOPS: usize = 4;

/// What is sent. Fields beyond the original dialect (`top_k`, `min_p`, `repetition_penalty`) are sent only when
/// set, because strict servers reject what they do not know.
#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    stream: bool,
    stream_options: StreamOptions,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_k: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_p: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repetition_penalty: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    stop: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<ResponseFormat<'a>>,
}

/// Source: <https://platform.openai.com/docs/guides/structured-outputs>.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ResponseFormat<'a> {
    JsonSchema { json_schema: JsonSchema<'a> },
}

#[derive(Debug, Serialize)]
struct JsonSchema<'a> {
    name: &'a str,
    strict: bool,
    schema: &'a serde_json::Value,
}

impl<'a> From<&'a AnswerSchema> for ResponseFormat<'a> {
    fn from(AnswerSchema { name, schema }: &'a AnswerSchema) -> Self {
        Self::JsonSchema { json_schema: JsonSchema { name, strict: true, schema } }
    }
}

#[derive(Debug, Serialize)]
struct Message<'a> {
    role: Role,
    content: Content<'a>,
}

/// Plain text unless there are pictures: not every server knows the longer form.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Text(&'a str),
    Parts(Vec<Part<'a>>),
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part<'a> {
    Text { text: &'a str },
    ImageUrl { image_url: ImageUrl },
}

#[derive(Debug, Serialize)]
struct ImageUrl {
    url: String,
}

impl<'a> Message<'a> {
    fn of(message: &'a ChatMessage) -> Self {
        let ChatMessage { role, content, pictures } = message;
        if pictures.is_empty() {
            return Self { role: *role, content: Content::Text(content) };
        }
        let part = |picture: &Picture| {
            let url = format!("data:{};base64,{}", picture.format.mime(), STANDARD.encode(&picture.bytes));
            Part::ImageUrl { image_url: ImageUrl { url } }
        };
        let parts = std::iter::once(Part::Text { text: content }).chain(pictures.iter().map(part));
        Self { role: *role, content: Content::Parts(parts.collect()) }
    }
}

#[derive(Debug, Serialize)]
struct StreamOptions {
    include_usage: bool,
}

impl<'a> Body<'a> {
    /// `strict` is for `OpenAI`'s own servers, which renamed `max_tokens` and cap the stop texts.
    pub(super) fn new(model: &'a str, request: &'a ChatRequest, strict: bool) -> Self {
        let Sampling { temperature, top_p, top_k, min_p, repeat_penalty, seed } = request.sampling;
        let limit = (request.max_tokens > 0).then_some(request.max_tokens);
        let stops = if strict { request.stop.len().min(OPENAI_STOPS) } else { request.stop.len() };
        Self {
            model,
            messages: request.messages.iter().map(Message::of).collect(),
            stream: true,
            stream_options: StreamOptions { include_usage: true },
            max_tokens: limit.filter(|_| !strict),
            max_completion_tokens: limit.filter(|_| strict),
            temperature,
            top_p,
            top_k,
            min_p,
            repetition_penalty: repeat_penalty,
            seed,
            stop: &request.stop[..stops],
            response_format: request.schema.as_ref().map(ResponseFormat::from),
        }
    }
}

/// The list of models.
#[derive(Debug, Deserialize)]
pub(super) struct Models {
    data: Vec<Model>,
}

#[derive(Debug, Deserialize)]
struct Model {
    id: String,
    /// Sent by `OpenRouter`.
    context_length: Option<u32>,
    /// Sent by vLLM.
    max_model_len: Option<u32>,
    /// Sent by `OpenRouter`.
    architecture: Option<Architecture>,
}

#[derive(Debug, Deserialize)]
struct Architecture {
    input_modalities: Option<Vec<String>>,
}

impl From<Models> for Vec<ModelInfo> {
    fn from(models: Models) -> Self {
        let info = |model: Model| ModelInfo {
            id: model.id,
            context: model.context_length.or(model.max_model_len),
            vision: model
                .architecture
                .and_then(|architecture| architecture.input_modalities)
                .map(|takes| takes.iter().any(|kind| kind == "image")),
            ..ModelInfo::default()
        };
        models.data.into_iter().map(info).collect()
    }
}

#[derive(Debug, Deserialize)]
struct Chunk {
    error: Option<serde_json::Value>,
    #[serde(default)]
    choices: Vec<Choice>,
    usage: Option<Tokens>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    /// Called `message` by servers that do not stream.
    #[serde(default, alias = "message")]
    delta: Option<Delta>,
    finish_reason: Option<String>,
    error: Option<serde_json::Value>,
}

#[derive(Debug, Default, Deserialize)]
struct Delta {
    content: Option<String>,
    /// `OpenRouter`, newer vLLM.
    reasoning: Option<String>,
    /// `DeepSeek`, llama.cpp, older vLLM.
    reasoning_content: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Tokens {
    #[serde(default)]
    prompt_tokens: u32,
    #[serde(default)]
    completion_tokens: u32,
}

/// Turns the documents of one stream into events.
#[derive(Debug)]
pub(super) struct Reader {
    server: Server,
    thinking: Thinking,
    finish: Option<Finish>,
    usage: Usage,
}

impl Reader {
    pub(super) fn new(server: Server) -> Self {
        Self { server, thinking: Thinking::default(), finish: None, usage: Usage::default() }
    }

    /// One document.
    pub(super) fn read(&mut self, document: &str) -> Result<Vec<ChatEvent>, LlmError> {
        let chunk: Chunk = serde_json::from_str(document)
            .map_err(|error| LlmError::Malformed { cause: format!("chunk: {error}") })?;
        if let Some(error) = chunk.error {
            return Err(self.error(&error));
        }
        if let Some(tokens) = chunk.usage {
            self.usage =
                Usage { input_tokens: tokens.prompt_tokens, output_tokens: tokens.completion_tokens };
        }
        let mut events = Vec::new();
        // Only one answer is asked for, so there is never a second choice.
        let Some(choice) = chunk.choices.into_iter().next() else { return Ok(events) };
        if let Some(error) = choice.error {
            return Err(self.error(&error));
        }
        let delta = choice.delta.unwrap_or_default();
        let thought = delta.reasoning.or(delta.reasoning_content).filter(|thought| !thought.is_empty());
        events.extend(thought.map(ChatEvent::Reasoning));
        if let Some(text) = delta.content.filter(|text| !text.is_empty()) {
            events.extend(self.thinking.push(&text));
        }
        match choice.finish_reason.as_deref() {
            None | Some("") => {}
            Some("length") => self.finish = Some(Finish::Length),
            Some("content_filter") => self.finish = Some(Finish::Filtered),
            Some("error") => {
                let cause = "it ended the answer with an error".to_owned();
                return Err(LlmError::Server { status: 200, cause });
            }
            Some(_) => self.finish = Some(Finish::Stop),
        }
        Ok(events)
    }

    /// `[DONE]` came.
    pub(super) fn done(&mut self) -> Vec<ChatEvent> {
        self.finish.get_or_insert(Finish::Stop);
        self.end_of_stream()
    }

    /// The connection ended: fine after a reason to finish, otherwise the answer has no end.
    pub(super) fn end_of_stream(&mut self) -> Vec<ChatEvent> {
        let mut events: Vec<ChatEvent> = self.thinking.finish().into_iter().collect();
        events.extend(self.finish.map(|finish| ChatEvent::Done { finish, usage: self.usage }));
        events
    }

    /// The connection broke, which matters only before a reason to finish.
    pub(super) fn end_of_stream_or(&mut self, error: LlmError) -> Result<Vec<ChatEvent>, LlmError> {
        if self.finish.is_some() { Ok(self.end_of_stream()) } else { Err(error) }
    }

    fn error(&self, error: &serde_json::Value) -> LlmError {
        let Explanation { message, status, model_missing } = Explanation::of(error);
        LlmError::from_status(status.unwrap_or(500), None, model_missing, &self.server.redact(&message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timeouts;

    fn reader() -> Reader {
        Reader::new(Server::new("http://localhost/v1", None, Timeouts::default()).unwrap())
    }

    fn finished(reason: &str) -> Reader {
        let mut reader = reader();
        let chunk = format!(r#"{{"choices":[{{"delta":{{"content":null}},"finish_reason":"{reason}"}}]}}"#);
        assert_eq!(reader.read(&chunk).unwrap(), []);
        reader
    }

    fn done(finish: Finish) -> Vec<ChatEvent> {
        vec![ChatEvent::Done { finish, usage: Usage::default() }]
    }

    #[test]
    fn the_end_counts_even_if_its_mark_is_lost() {
        let broken = || LlmError::CutStream { cause: "reset".to_owned() };
        assert_eq!(finished("stop").end_of_stream(), done(Finish::Stop));
        assert_eq!(finished("stop").end_of_stream_or(broken()), Ok(done(Finish::Stop)));
        assert_eq!(reader().end_of_stream_or(broken()), Err(broken()));
        assert_eq!(reader().end_of_stream(), []);
        assert_eq!(reader().done(), done(Finish::Stop));
    }

    #[test]
    fn reasons_to_finish() {
        for (reason, finish) in [
            ("length", Finish::Length),
            ("content_filter", Finish::Filtered),
            ("tool_calls", Finish::Stop),
            ("eos", Finish::Stop),
        ] {
            assert_eq!(finished(reason).done(), done(finish), "{reason}");
        }
        let error = reader().read(r#"{"choices":[{"delta":{},"finish_reason":"error"}]}"#).unwrap_err();
        assert_eq!(error.kind(), "server");
    }

    #[test]
    fn both_names_of_reasoning_are_known() {
        for field in ["reasoning", "reasoning_content"] {
            let chunk = format!(r#"{{"choices":[{{"delta":{{"{field}":"hm","content":""}}}}]}}"#);
            assert_eq!(reader().read(&chunk).unwrap(), [ChatEvent::Reasoning("hm".to_owned())]);
        }
    }

    #[test]
    fn strict_servers_get_their_own_names_and_no_more_stops_than_they_take() {
        let request = ChatRequest {
            stop: ["a", "b", "c", "d", "e"].map(str::to_owned).to_vec(),
            max_tokens: 9,
            ..ChatRequest::default()
        };
        let body = serde_json::to_value(Body::new("m", &request, true)).unwrap();
        assert_eq!(body["max_completion_tokens"], 9);
        assert_eq!(body.get("max_tokens"), None);
        assert_eq!(body["stop"].as_array().unwrap().len(), 4);
        let body = serde_json::to_value(Body::new("m", &request, false)).unwrap();
        assert_eq!(body["max_tokens"], 9);
        assert_eq!(body["stop"].as_array().unwrap().len(), 5);
    }
}
