//! Texts as vectors whose directions say what they mean.

use serde::{Deserialize, Serialize};

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

/// A model that makes vectors of texts.
#[derive(Clone, Debug)]
pub struct Embedder {
    server: Server,
    kind: EmbedderKind,
    model: String,
}

impl Embedder {
    /// Checks the settings and makes the client; contacts nobody.
    ///
    /// # Errors
    /// [`LlmError::Setup`] when the settings cannot work.
    pub fn new(settings: EmbedderSettings, timeouts: Timeouts) -> Result<Self, LlmError> {
        let EmbedderSettings { kind, base, model, key } = settings;
        Ok(Self { server: Server::new(&base, key, timeouts)?, kind, model })
    }

    /// The model's name at its server.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// A vector for every text, in their order and all of one length. A request has the time of
    /// [`Timeouts::first_token`]; many texts take several, one after the other.
    ///
    /// # Errors
    /// What the network or the server says; [`LlmError::Malformed`] when the vectors are not as many as the texts, not
    /// alike in length, or not made of numbers.
    pub async fn embed<T: AsRef<str> + Sync>(&self, texts: &[T]) -> Result<Vec<Vec<f32>>, LlmError> {
        let mut vectors: Vec<Vec<f32>> = Vec::with_capacity(texts.len());
        for batch in texts.chunks(BATCH) {
            let input: Vec<&str> = batch.iter().map(AsRef::as_ref).collect();
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

/// What both dialects are asked.
#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    input: &'a [&'a str],
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
