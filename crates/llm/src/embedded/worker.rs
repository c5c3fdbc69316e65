//! The thread that owns the model.

use std::num::NonZeroU32;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, OnceLock};

use domain::chat::{ChatEvent, ChatMessage, ChatRequest, Finish, Usage};
use domain::tokens::{Counter, estimate};
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::model::{LlamaChatMessage, LlamaChatTemplate, LlamaModel};
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::{LogOptions, send_logs_to_tracing};
use tokio::sync::{mpsc, oneshot};

use super::utf8::Utf8Pieces;
use super::{Job, Shared, check_file, prompt, sampler};
use crate::counting::memoised;
use crate::reasoning::Thinking;
use crate::stop::StopFilter;
use crate::{EmbeddedSettings, LlmError, ModelInfo};

/// Prompt tokens that are computed in one go. Between two of them the thread looks whether anybody still
/// listens, so this bounds how long a cancelled request keeps it.
const BATCH: usize = 64;

/// The only sequence of the context.
const SEQUENCE: u32 = 0;

/// The template for models that bring none, or none that llama.cpp knows.
const FALLBACK_TEMPLATE: &str = "chatml";
const FALLBACK_STOP: &str = "<|im_end|>";

/// Loads the model, says so, and answers until nobody can ask any more.
pub(super) fn run(
    settings: &EmbeddedSettings,
    progress: impl FnMut(f32) + 'static,
    ready: oneshot::Sender<Result<(ModelInfo, Counter), LlmError>>,
    jobs: &Receiver<Job>,
    shared: &Arc<Shared>,
) {
    let loaded = backend().and_then(|backend| Ok((backend, load(backend, settings, progress, shared)?)));
    let (backend, model) = match loaded {
        Ok((backend, model)) => (backend, Arc::new(model)),
        Err(error) => {
            let _ = ready.send(Err(error));
            return;
        }
    };
    let mut session = match Session::new(backend, &model, settings, shared) {
        Ok(session) => session,
        Err(error) => {
            let _ = ready.send(Err(error));
            return;
        }
    };
    let info = ModelInfo {
        id: String::new(),
        parameters: Some(prompt::in_words(model.n_params())),
        size_bytes: Some(model.size()),
        context: Some(session.context.n_ctx()),
        vision: Some(false),
    };
    if ready.send(Ok((info, counter(&model)))).is_err() {
        return;
    }
    for Job { request, events } in jobs {
        let listener = Listener { events, shared };
        match session.answer(&request, &listener) {
            Ok(done) => listener.tell(done),
            Err(Ended::Failed(error)) => {
                let _ = listener.events.try_send(Err(error));
            }
            Err(Ended::NobodyListens) => Shared::add(&shared.cancelled, 1),
        }
    }
}

/// Counts with the model's own vocabulary, from any thread, as long as the model is there: looking things up in it
/// changes nothing.
fn counter(model: &Arc<LlamaModel>) -> Counter {
    let model = Arc::downgrade(model);
    memoised("the model's own tokenizer", move |text| match model.upgrade() {
        Some(model) => model.vocab().tokenize(text.as_bytes(), false, false).len(),
        None => estimate(text) as usize,
    })
}

/// llama.cpp can be started once per process.
fn backend() -> Result<&'static LlamaBackend, LlmError> {
    static BACKEND: OnceLock<Result<LlamaBackend, String>> = OnceLock::new();
    let start = || {
        // It is talkative: its lines are of use only to somebody who debugs it.
        let wanted = tracing::enabled!(target: "llama-cpp-2", tracing::Level::DEBUG);
        send_logs_to_tracing(LogOptions::default().with_logs_enabled(wanted));
        LlamaBackend::init().map_err(|error| error.to_string())
    };
    BACKEND.get_or_init(start).as_ref().map_err(|cause| LlmError::Setup { cause: cause.clone() })
}

fn load(
    backend: &LlamaBackend,
    settings: &EmbeddedSettings,
    mut progress: impl FnMut(f32) + 'static,
    shared: &Arc<Shared>,
) -> Result<LlamaModel, LlmError> {
    check_file(&settings.path)?;
    let shared = Arc::clone(shared);
    let params = LlamaModelParams::default().with_progress_callback(move |share| {
        progress(share);
        !shared.stopping()
    });
    LlamaModel::load_from_file(backend, &settings.path, &params)
        .map_err(|error| LlmError::Setup { cause: format!("{}: {error}", settings.path.display()) })
}

/// Why an answer ended without its end.
enum Ended {
    NobodyListens,
    Failed(LlmError),
}

impl From<LlmError> for Ended {
    fn from(error: LlmError) -> Self {
        Self::Failed(error)
    }
}

/// Whoever asked.
struct Listener<'a> {
    events: mpsc::Sender<Result<ChatEvent, LlmError>>,
    shared: &'a Shared,
}

impl Listener<'_> {
    /// The channel has room for a whole answer; an error means that nobody listens, which is noticed elsewhere.
    fn tell(&self, event: ChatEvent) {
        let _ = self.events.try_send(Ok(event));
    }

    fn check(&self) -> Result<(), Ended> {
        let over = self.events.is_closed() || self.shared.stopping();
        if over { Err(Ended::NobodyListens) } else { Ok(()) }
    }
}

/// The model at work.
struct Session<'a> {
    model: &'a LlamaModel,
    context: LlamaContext<'a>,
    /// The tokens whose computation is in the cache of the context, in order.
    cached: Vec<LlamaToken>,
    template: LlamaChatTemplate,
    /// Texts that the tokenizer would take for the template's own marks.
    markers: Vec<String>,
    /// Whether the template is not the model's own.
    fallback: bool,
    shared: &'a Shared,
}

impl<'a> Session<'a> {
    fn new(
        backend: &LlamaBackend,
        model: &'a LlamaModel,
        settings: &EmbeddedSettings,
        shared: &'a Shared,
    ) -> Result<Self, LlmError> {
        let setup = |cause: String| LlmError::Setup { cause };
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = settings.threads.unwrap_or_else(|| cores() - 1).clamp(1, 256) as i32;
        let tokens = settings.context_tokens.min(model.n_ctx_train());
        let params = LlamaContextParams::default()
            .with_n_ctx(NonZeroU32::new(tokens))
            .with_n_batch(BATCH as u32)
            .with_n_ubatch(BATCH as u32)
            .with_n_threads(threads)
            .with_n_threads_batch(threads)
            .with_no_perf(true);
        let context = model.new_context(backend, params).map_err(|error| setup(error.to_string()))?;
        let (template, fallback) = template(model)?;
        let markers = markers(model);
        let cached = Vec::new();
        Ok(Self { model, context, cached, template, markers, fallback, shared })
    }

    /// Answers one request; the text goes to the listener and the end is returned.
    fn answer(&mut self, request: &ChatRequest, listener: &Listener<'_>) -> Result<ChatEvent, Ended> {
        listener.check()?;
        let context = self.context.n_ctx() as usize;
        let answer_tokens = request.max_tokens as usize;
        let limit = context - answer_tokens.min(context / 2);
        let prompt = prompt::fit(&request.messages, limit, |messages| self.tokenize(messages))?;
        self.read_prompt(&prompt, listener)?;

        let mut sampler = sampler::sampler(&request.sampling, self.model.n_vocab());
        let fallback_stop = self.fallback.then(|| FALLBACK_STOP.to_owned());
        let mut text = Text::new(request.stop.iter().cloned().chain(fallback_stop));
        let mut generated = 0;
        let finish = loop {
            if generated == answer_tokens || self.cached.len() == context {
                break Finish::Length;
            }
            listener.check()?;
            let token = sampler.sample(&self.context, -1);
            if self.model.vocab().is_eog(token) {
                break Finish::Stop;
            }
            generated += 1;
            Shared::add(&self.shared.generated, 1);
            text.push(&self.model.vocab().token_to_piece(token, false, None), listener);
            if text.stops.stopped() {
                break Finish::Stop;
            }
            self.compute(&[token], true)?;
        };
        text.finish(listener);
        let usage = Usage { input_tokens: prompt.len() as u32, output_tokens: generated as u32 };
        Ok(ChatEvent::Done { finish, usage })
    }

    /// Brings the prompt into the cache, starting where it differs from what is there.
    fn read_prompt(&mut self, prompt: &[LlamaToken], listener: &Listener<'_>) -> Result<(), Ended> {
        let same = self.cached.iter().zip(prompt).take_while(|(cached, wanted)| cached == wanted).count();
        // The last token is computed again in any case: what follows it is what is asked.
        let mut keep = same.min(prompt.len().saturating_sub(1));
        if keep < self.cached.len() {
            let cleared = self.context.clear_kv_cache_seq(Some(SEQUENCE), Some(keep as u32), None);
            if cleared != Ok(true) {
                // Recurrent models cannot forget a part.
                self.context.clear_kv_cache();
                keep = 0;
            }
            self.cached.truncate(keep);
        }
        Shared::add(&self.shared.prompt_reused, keep);
        let mut rest = prompt[keep..].chunks(BATCH).peekable();
        while let Some(batch) = rest.next() {
            listener.check()?;
            self.compute(batch, rest.peek().is_none())?;
            Shared::add(&self.shared.prompt_evaluated, batch.len());
        }
        Ok(())
    }

    /// Computes tokens behind those in the cache; `ask` makes the next token known.
    fn compute(&mut self, tokens: &[LlamaToken], ask: bool) -> Result<(), LlmError> {
        let mut batch = LlamaBatch::new(tokens.len(), 1);
        let result = tokens
            .iter()
            .enumerate()
            .try_for_each(|(index, &token)| {
                let position = (self.cached.len() + index) as i32;
                let last = ask && index + 1 == tokens.len();
                batch.add(token, position, &[SEQUENCE as i32], last).map_err(|error| error.to_string())
            })
            .and_then(|()| self.context.decode(&mut batch).map_err(|error| error.to_string()));
        match result {
            Ok(()) => {
                self.cached.extend_from_slice(tokens);
                Ok(())
            }
            Err(cause) => {
                // Nobody knows what is in the cache now.
                self.context.clear_kv_cache();
                self.cached.clear();
                Err(LlmError::Server { status: 500, cause })
            }
        }
    }

    fn tokenize(&self, messages: &[&ChatMessage]) -> Result<Vec<LlamaToken>, LlmError> {
        let bad = |cause: String| LlmError::BadRequest { status: 400, cause };
        let chat = messages
            .iter()
            .map(|message| {
                let content = prompt::defuse(&message.content, &self.markers);
                LlamaChatMessage::new(prompt::role(message.role).to_owned(), content)
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| bad(error.to_string()))?;
        let text = self
            .model
            .apply_chat_template(&self.template, &chat, true)
            .map_err(|error| bad(error.to_string()))?;
        Ok(self.model.vocab().tokenize(text.as_bytes(), true, true))
    }
}

/// From tokens to the text that is told: whole characters, thinking apart, nothing after a stop text.
struct Text {
    utf8: Utf8Pieces,
    thinking: Thinking,
    stops: StopFilter,
}

impl Text {
    fn new(stops: impl Iterator<Item = String>) -> Self {
        Self { utf8: Utf8Pieces::default(), thinking: Thinking::default(), stops: StopFilter::new(stops) }
    }

    fn push(&mut self, token: &[u8], listener: &Listener<'_>) {
        let piece = self.utf8.push(token);
        for event in self.thinking.push(&piece) {
            self.tell(event, listener);
        }
    }

    fn finish(mut self, listener: &Listener<'_>) {
        let piece = self.utf8.finish();
        let mut events = self.thinking.push(&piece);
        events.extend(self.thinking.finish());
        for event in events {
            self.tell(event, listener);
        }
        let rest = self.stops.finish();
        if !rest.is_empty() {
            listener.tell(ChatEvent::Delta(rest));
        }
    }

    fn tell(&mut self, event: ChatEvent, listener: &Listener<'_>) {
        let event = match event {
            ChatEvent::Delta(text) => ChatEvent::Delta(self.stops.push(&text)),
            other => other,
        };
        if !matches!(&event, ChatEvent::Delta(text) if text.is_empty()) {
            listener.tell(event);
        }
    }
}

/// The model's own template if llama.cpp knows it. The flag says that it does not.
fn template(model: &LlamaModel) -> Result<(LlamaChatTemplate, bool), LlmError> {
    let setup = |cause: String| LlmError::Setup { cause };
    let hello = LlamaChatMessage::new("user".to_owned(), "hello".to_owned())
        .map_err(|error| setup(error.to_string()))?;
    if let Ok(own) = model.chat_template(None) {
        if model.apply_chat_template(&own, std::slice::from_ref(&hello), true).is_ok() {
            return Ok((own, false));
        }
        tracing::warn!("llama.cpp does not know the model's chat template; ChatML is used");
    }
    let fallback = LlamaChatTemplate::new(FALLBACK_TEMPLATE).map_err(|error| setup(error.to_string()))?;
    Ok((fallback, true))
}

fn markers(model: &LlamaModel) -> Vec<String> {
    let vocab = model.vocab();
    let mut markers: Vec<String> = vocab
        .tokens()
        .filter(|&token| vocab.is_control(token) || vocab.is_eog(token))
        .filter_map(|token| Some(vocab.text(token)?.to_str().ok()?.to_owned()))
        .chain(["<|im_start|>".to_owned(), FALLBACK_STOP.to_owned()])
        // A marker of one letter would be every such letter.
        .filter(|marker| marker.chars().count() > 1)
        .collect();
    markers.sort_unstable();
    markers.dedup();
    markers
}
