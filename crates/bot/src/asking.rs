//! Asks the model for something short that nobody waits for: a yes or a no, notes, a summary.

use std::time::Duration;

use domain::chat::{ChatEvent, ChatRequest, Usage};
use futures_util::StreamExt as _;
use llm::LlmError;

use crate::{app::App, clock};

/// Characters of an answer that are read.
const ANSWER_CHARS: usize = 32_000;

/// The model gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unanswered {
    /// It failed.
    #[error(transparent)]
    Model(#[from] LlmError),
    /// It took too long.
    #[error("the model took longer than {0:?}")]
    Late(Duration),
    /// What it used could not be noted.
    #[error(transparent)]
    Store(#[from] store::StoreError),
}

/// The whole answer, of which what it used is counted.
pub(crate) async fn ask(app: &App, request: ChatRequest, patience: Duration) -> Result<String, Unanswered> {
    let provider = app.model.provider().clone();
    let answer = async move {
        let mut stream = provider.stream(request).await?;
        let (mut text, mut used) = (String::new(), Usage::default());
        while let Some(event) = stream.next().await {
            match event? {
                ChatEvent::Delta(more) if text.len() < ANSWER_CHARS => text.push_str(&more),
                ChatEvent::Delta(_) | ChatEvent::Reasoning(_) => {}
                ChatEvent::Done { usage, .. } => {
                    used = usage;
                    break;
                }
            }
        }
        Ok::<_, LlmError>((text, used))
    };
    let (text, used) =
        tokio::time::timeout(patience, answer).await.map_err(|_| Unanswered::Late(patience))??;
    app.spending.spend(used, clock::now()).await?;
    Ok(text)
}
