//! Texts as vectors whose directions say what they mean: by a server, or in this process.

mod purpose;

use std::{borrow::Cow, path::Path, sync::Arc};

pub use purpose::Purpose;
use serde::{Deserialize, Serialize};

#[cfg(feature = "recall")]
use crate::encoder::{Encoder, Input, Lane};
use crate::{ApiKey, LlmError, Timeouts, http::Server};

/// Texts of one request. With the longest vectors that are common (3,072 numbers of up to 22 characters), more would
/// not fit into the bytes of a body that is read whole.
const BATCH: usize = 32;

/// Numbers of a vector; models have a few thousand at most.
const DIMENSIONS: usize = 8_192;

/// Which dialect the server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmbedderKind {
    /// `POST /api/embed`: <https://github.com/ollama/ollama/blob/main/docs/api.md#generate-embeddings>.
    Ollama,
    /// `POST /embeddings`: <https://platform.openai.com/docs/api-reference/embeddings>.
    OpenAi,
}

/// Which model makes vectors of texts.
#[derive(Clone, Debug)]
pub struct EmbedderSettings {
    /// What its server speaks.
    pub kind: EmbedderKind,
    /// The server's address; that of [`EmbedderKind::OpenAi`] up to and with the version.
    pub base: String,
    /// The model's name there.
    pub model: String,
    /// The key; local servers need none.
    pub key: Option<ApiKey>,
}

/// The built-in model, named so that its vectors are not taken for those of another.
#[cfg(feature = "recall")]
const BUILT_IN: &str = "built-in/bge-small-en-v1.5-int8";

/// What the built-in model was trained as, for [`Purpose::prefix`].
#[cfg(feature = "recall")]
const TRAINED_AS: &str = "bge-small-en-v1.5";

/// Numbers of the built-in model's vectors.
#[cfg(feature = "recall")]
const BUILT_IN_DIMENSIONS: usize = 384;

/// A model that makes vectors of texts. A cheap handle.
#[derive(Clone, Debug)]
pub struct Embedder(Arc<Kind>);

#[derive(Debug)]
enum Kind {
    Server(AtServer),
    #[cfg(feature = "recall")]
    BuiltIn(Encoder),
}

/// A model behind a network.
#[derive(Debug)]
struct AtServer {
    server: Server,
    kind: EmbedderKind,
    model: String,
}

impl Embedder {
    /// A server's model. Checks the settings and makes the client; contacts nobody.
    ///
    /// # Errors
    /// [`LlmError::Setup`] when the settings cannot work.
    pub fn new(settings: EmbedderSettings, timeouts: Timeouts) -> Result<Self, LlmError> {
        let EmbedderSettings { kind, base, model, key } = settings;
        let server = Server::new(&base, key, timeouts)?;
        Ok(Self(Arc::new(Kind::Server(AtServer { server, kind, model }))))
    }

    /// The built-in model, BGE-small-en-v1.5 rounded to eight bits, from a folder with its `model.onnx` and
    /// `tokenizer.json`. It is loaded at its first use, reads 512 tokens of a text, and knows English.
    ///
    /// # Errors
    /// [`LlmError::Setup`] when a file is missing, or the build has no built-in models (cargo feature `recall`).
    #[cfg(feature = "recall")]
    pub fn built_in(folder: &Path) -> Result<Self, LlmError> {
        let encoder = Encoder::start(folder, &[Lane::Now, Lane::Later])?;
        Ok(Self(Arc::new(Kind::BuiltIn(encoder))))
    }

    /// The built-in model, which this build does not have.
    ///
    /// # Errors
    /// [`LlmError::Setup`], always.
    #[cfg(not(feature = "recall"))]
    pub fn built_in(_folder: &Path) -> Result<Self, LlmError> {
        Err(not_compiled_in())
    }

    /// The model's name at its server, or that of the built-in one. Vectors of models of different names cannot be
    /// compared.
    pub fn model(&self) -> &str {
        match &*self.0 {
            Kind::Server(at) => &at.model,
            #[cfg(feature = "recall")]
            Kind::BuiltIn(_) => BUILT_IN,
        }
    }

    /// How many numbers its vectors have, where that is known beforehand.
    pub fn dimensions(&self) -> Option<usize> {
        match &*self.0 {
            Kind::Server(_) => None,
            #[cfg(feature = "recall")]
            Kind::BuiltIn(_) => Some(BUILT_IN_DIMENSIONS),
        }
    }

    /// Whether it works in this process.
    pub fn is_built_in(&self) -> bool {
        !matches!(&*self.0, Kind::Server(_))
    }

    /// Whether it takes memory in this process now.
    pub fn is_loaded(&self) -> bool {
        match &*self.0 {
            Kind::Server(_) => false,
            #[cfg(feature = "recall")]
            Kind::BuiltIn(encoder) => encoder.is_loaded(),
        }
    }

    /// A vector for every text, in their order and all of one length; those of the built-in model have the length one
    /// as a direction, too. Texts to find others by ([`Purpose::Query`]) do not wait behind those to be found. A
    /// caller who gives up ends the work.
    ///
    /// A server's request has the time of [`Timeouts::first_token`]; many texts take several, one after the other.
    ///
    /// # Errors
    /// What the network or the server says; [`LlmError::Malformed`] when the vectors are not as many as the texts, not
    /// alike in length, or not made of numbers. Of the built-in model: [`LlmError::Overloaded`] when too many wait,
    /// [`LlmError::Setup`] when the files are no such model.
    pub async fn embed<T: AsRef<str> + Sync>(
        &self,
        purpose: Purpose,
        texts: &[T],
    ) -> Result<Vec<Vec<f32>>, LlmError> {
        match &*self.0 {
            Kind::Server(at) => at.embed(purpose, texts).await,
            #[cfg(feature = "recall")]
            Kind::BuiltIn(encoder) => {
                let lane = match purpose {
                    Purpose::Query => Lane::Now,
                    Purpose::Document => Lane::Later,
                };
                let prefix = purpose.prefix(TRAINED_AS);
                let input = |text: &T| Input { text: format!("{prefix}{}", text.as_ref()), beside: None };
                encoder.run(lane, texts.iter().map(input).collect()).await
            }
        }
    }
}

impl AtServer {
    async fn embed<T: AsRef<str> + Sync>(
        &self,
        purpose: Purpose,
        texts: &[T],
    ) -> Result<Vec<Vec<f32>>, LlmError> {
        let prefix = purpose.prefix(&self.model);
        let mut vectors: Vec<Vec<f32>> = Vec::with_capacity(texts.len());
        for batch in texts.chunks(BATCH) {
            let texts = batch.iter().map(AsRef::as_ref);
            let input: Vec<Cow<'_, str>> = if prefix.is_empty() {
                texts.map(Cow::Borrowed).collect()
            } else {
                texts.map(|text| Cow::Owned(format!("{prefix}{text}"))).collect()
            };
            let body = Body { model: &self.model, input: &input };
            let patience = self.server.timeouts().first_token;
            let some = match self.kind {
                EmbedderKind::Ollama => {
                    let request = self.server.post("api/embed").json(&body);
                    self.server.read_within::<Embedded>(request, patience).await?.embeddings
                }
                EmbedderKind::OpenAi => {
                    let request = self.server.post("embeddings").json(&body);
                    self.server.read_within::<List>(request, patience).await?.in_order()?
                }
            };
            check(&some, batch.len(), vectors.first())?;
            vectors.extend(some);
        }
        Ok(vectors)
    }
}

/// What is said where the built-in models are not.
#[cfg(not(feature = "recall"))]
pub(crate) fn not_compiled_in() -> LlmError {
    LlmError::Setup {
        cause: "this build has no built-in embedding model (cargo feature `recall`)".to_owned(),
    }
}

/// What both dialects are asked.
#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    input: &'a [Cow<'a, str>],
}

/// What Ollama answers.
#[derive(Deserialize)]
struct Embedded {
    embeddings: Vec<Vec<f32>>,
}

/// What the other dialect answers.
#[derive(Deserialize)]
struct List {
    data: Vec<Numbered>,
}

#[derive(Deserialize)]
struct Numbered {
    index: usize,
    embedding: Vec<f32>,
}

impl List {
    /// The vectors by their numbers, which must be those of the texts.
    fn in_order(mut self) -> Result<Vec<Vec<f32>>, LlmError> {
        self.data.sort_by_key(|one| one.index);
        if self.data.iter().enumerate().any(|(place, one)| one.index != place) {
            return Err(malformed("the vectors are not numbered like the texts"));
        }
        Ok(self.data.into_iter().map(|one| one.embedding).collect())
    }
}

/// Looks for what no vectors of so many texts would be.
fn check(vectors: &[Vec<f32>], texts: usize, before: Option<&Vec<f32>>) -> Result<(), LlmError> {
    if vectors.len() != texts {
        return Err(malformed(&format!("{} vectors for {texts} texts", vectors.len())));
    }
    let length = before.or(vectors.first()).map_or(0, Vec::len);
    if length == 0 || length > DIMENSIONS {
        return Err(malformed(&format!("vectors of {length} numbers")));
    }
    if vectors.iter().any(|vector| vector.len() != length) {
        return Err(malformed("vectors of different lengths"));
    }
    // A number that is too large for its type is read as infinite.
    if vectors.iter().flatten().any(|number| !number.is_finite()) {
        return Err(malformed("a vector with something that is no number"));
    }
    Ok(())
}

fn malformed(cause: &str) -> LlmError {
    LlmError::Malformed { cause: cause.to_owned() }
}
