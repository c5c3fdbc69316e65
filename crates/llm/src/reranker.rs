//! How well texts answer a question: slower than comparing vectors, and better for the few that those found.

use std::path::Path;
#[cfg(feature = "recall")]
use std::sync::Arc;

use crate::LlmError;
#[cfg(feature = "recall")]
use crate::encoder::{Encoder, Input, Lane};

/// A model that weighs texts against a question. A cheap handle.
///
/// The built-in one is `cross-encoder/ms-marco-MiniLM-L-12-v2`, rounded to eight bits. English; 512 tokens of question
/// and text together are read.
#[derive(Clone, Debug)]
pub struct Reranker {
    #[cfg(feature = "recall")]
    encoder: Arc<Encoder>,
    #[cfg(not(feature = "recall"))]
    never: std::convert::Infallible,
}

impl Reranker {
    /// The built-in model, from a folder with its `model.onnx` and `tokenizer.json`. It is loaded at its first use.
    ///
    /// # Errors
    /// [`LlmError::Setup`] when a file is missing, or the build has no built-in models (cargo feature `recall`).
    #[cfg(feature = "recall")]
    pub fn built_in(folder: &Path) -> Result<Self, LlmError> {
        Ok(Self { encoder: Arc::new(Encoder::start(folder, &[Lane::Now])?) })
    }

    /// The built-in model, which this build does not have.
    ///
    /// # Errors
    /// [`LlmError::Setup`], always.
    #[cfg(not(feature = "recall"))]
    pub fn built_in(_folder: &Path) -> Result<Self, LlmError> {
        Err(crate::embedder::not_compiled_in())
    }

    /// A score for every text, in their order: the higher, the better it answers. They are logits: only their order
    /// and their distances say something. A caller who gives up ends the work.
    ///
    /// # Errors
    /// [`LlmError::Overloaded`] when too many wait; [`LlmError::Setup`] when the files are no such model.
    #[cfg(feature = "recall")]
    pub async fn rank<T: AsRef<str> + Sync>(&self, query: &str, texts: &[T]) -> Result<Vec<f32>, LlmError> {
        let pair = |text: &T| Input { text: query.to_owned(), beside: Some(text.as_ref().to_owned()) };
        let scores = self.encoder.run(Lane::Now, texts.iter().map(pair).collect()).await?;
        Ok(scores.iter().map(|score| score.first().copied().unwrap_or(f32::MIN)).collect())
    }

    /// Never called: nobody has one in this build.
    ///
    /// # Errors
    /// None.
    #[cfg(not(feature = "recall"))]
    #[expect(clippy::unused_async, reason = "as in builds that have the model")]
    pub async fn rank<T: AsRef<str> + Sync>(&self, _query: &str, _texts: &[T]) -> Result<Vec<f32>, LlmError> {
        match self.never {}
    }

    /// Whether it is in memory now.
    pub fn is_loaded(&self) -> bool {
        #[cfg(feature = "recall")]
        return self.encoder.is_loaded();
        #[cfg(not(feature = "recall"))]
        match self.never {}
    }
}
