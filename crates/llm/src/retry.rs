//! Tries again, but never after the first piece of an answer was seen.

use std::time::Duration;

use async_trait::async_trait;
use backon::{ExponentialBuilder, Retryable};
use domain::chat::ChatRequest;
use domain::tokens::Counter;
use futures_util::{StreamExt, stream};

use crate::{ChatStream, Health, LlmError, ModelInfo, Provider};

/// Tries after the first one. A member waits meanwhile, so there are few.
const RETRIES: usize = 2;

/// The first pause, which doubles and is jittered so that channels do not come back in step.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// The longest pause. A provider that asks for a longer one gets no second try: the error, which names the time,
/// goes to the caller, who can turn to another model.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// A provider that is asked again after an error that may pass. Its `stream` ends with the first piece of the
/// answer in hand, because errors that come inside the stream before any text are tried again as well.
#[derive(Clone, Debug)]
pub struct Retrying<P> {
    inner: P,
    pauses: ExponentialBuilder,
}

impl<P: Provider> Retrying<P> {
    /// Wraps a provider.
    pub fn new(inner: P) -> Self {
        let pauses = ExponentialBuilder::new()
            .with_min_delay(FIRST_PAUSE)
            .with_max_delay(LONGEST_PAUSE)
            .with_max_times(RETRIES)
            .with_jitter();
        Self { inner, pauses }
    }

    /// Another first pause, for tests and for bots without members who wait.
    #[must_use]
    pub fn first_pause(mut self, pause: Duration) -> Self {
        self.pauses = self.pauses.with_min_delay(pause);
        self
    }

    /// Asks, and asks again as long as that may help.
    async fn insist(&self, request: ChatRequest) -> Result<ChatStream, LlmError> {
        (|| self.first_piece(request.clone()))
            .retry(self.pauses)
            .when(LlmError::retryable)
            .adjust(|error, pause| match (pause, error.retry_after()) {
                (Some(_), Some(asked)) if asked > LONGEST_PAUSE => None,
                (Some(pause), Some(asked)) => Some(asked.max(pause)),
                (pause, _) => pause,
            })
            .notify(|error, pause| {
                tracing::warn!(
                    error.type = error.kind(),
                    %error,
                    provider = self.name(),
                    model = self.model(),
                    pause_ms = pause.as_millis(),
                    "asking the model again"
                );
            })
            .await
    }

    async fn first_piece(&self, request: ChatRequest) -> Result<ChatStream, LlmError> {
        let mut rest = self.inner.stream(request).await?;
        match rest.next().await {
            Some(Ok(first)) => Ok(stream::once(async { Ok(first) }).chain(rest).boxed()),
            Some(Err(error)) => Err(error),
            None => Err(LlmError::CutStream { cause: "the stream was empty".to_owned() }),
        }
    }
}

/// The request without its pictures, and with a word on that; `None` if it has none.
fn without_pictures(request: &ChatRequest) -> Option<ChatRequest> {
    if request.messages.iter().all(|message| message.pictures.is_empty()) {
        return None;
    }
    let mut request = request.clone();
    for message in request.messages.iter_mut().filter(|message| !message.pictures.is_empty()) {
        message.pictures.clear();
        message
            .content
            .push_str("\n(You cannot see the pictures here. Say so if it matters, and do not guess.)");
    }
    Some(request)
}

#[async_trait]
impl<P: Provider> Provider for Retrying<P> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn model(&self) -> &str {
        self.inner.model()
    }

    /// A request that is turned down with pictures in it is made once more without: names do not always tell which
    /// models see.
    async fn stream(&self, request: ChatRequest) -> Result<ChatStream, LlmError> {
        let Some(without) = without_pictures(&request) else { return self.insist(request).await };
        match self.insist(request).await {
            Err(error @ (LlmError::BadRequest { .. } | LlmError::ModelMissing { .. })) => {
                tracing::warn!(
                    %error,
                    model = self.model(),
                    "the model may not take pictures and is asked without (model.vision = \"no\" spares this)"
                );
                self.insist(without).await
            }
            other => other,
        }
    }

    async fn health(&self) -> Result<Health, LlmError> {
        self.inner.health().await
    }

    async fn models(&self) -> Result<Vec<ModelInfo>, LlmError> {
        self.inner.models().await
    }

    async fn sees(&self) -> Result<Option<bool>, LlmError> {
        self.inner.sees().await
    }

    fn counter(&self) -> Counter {
        self.inner.counter()
    }
}
