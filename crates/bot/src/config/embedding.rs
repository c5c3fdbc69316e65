//! `[embedding]`: which model tells likeness of meaning.

use std::path::PathBuf;

use super::{Secret, Setting, reader::Reader};

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "embedding.provider",
        env: "ACORE_EMBEDDING_PROVIDER",
        default: "\"auto\"",
        takes: "one of `auto`, `built-in`, `ollama`, `openai`, `none`",
        meaning: "Who tells what is like what is said. `built-in`: a small English model in this process, fetched once, \
                  in the background (73 MB). `auto`: where a model is named, a server of the chat model's kind \
                  (`ollama`, else `openai`); else the built-in one. `none`: nobody, and vectorised lore wakes by its \
                  keys only.",
    },
    Setting {
        key: "embedding.model",
        env: "ACORE_EMBEDDING_MODEL",
        default: "\"\"",
        takes: "a model's name",
        meaning: "A server's embedding model, as the server calls it. The built-in one needs no name.",
    },
    Setting {
        key: "embedding.base_url",
        env: "ACORE_EMBEDDING_BASE_URL",
        default: "\"\"",
        takes: "a URL",
        meaning: "Where the server is. Empty: where the chat model is, if that speaks the same dialect; else the \
                  provider's usual place.",
    },
    Setting {
        key: "embedding.api_key",
        env: "ACORE_EMBEDDING_API_KEY",
        default: "\"\"",
        takes: "a key",
        meaning: "Its key. Empty: the chat model's key, if both are at the same URL.",
    },
    Setting {
        key: "embedding.folder",
        env: "ACORE_EMBEDDING_FOLDER",
        default: "\"\"",
        takes: "a path to a folder",
        meaning: "Where the built-in models' folders are. Empty: below the data folder; what is missing is fetched \
                  there.",
    },
    Setting {
        key: "embedding.likeness",
        env: "ACORE_EMBEDDING_LIKENESS",
        default: "0",
        takes: "a whole number from 0 to 100",
        meaning: "How much lore must be like what is said, in percent. Models differ in what they call alike. 0: 50 \
                  with the built-in model, 65 with others.",
    },
];

/// Who makes vectors of texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmbeddingProvider {
    /// A server where a model is named, else the built-in one.
    Auto,
    /// The model in this process.
    BuiltIn,
    /// Ollama's own dialect.
    Ollama,
    /// The dialect of most other servers.
    OpenAi,
    /// Nobody.
    None,
}

/// Which model tells likeness of meaning.
#[derive(Clone, Debug)]
pub struct EmbeddingConfig {
    /// Who makes the vectors.
    pub provider: EmbeddingProvider,
    /// A server's model.
    pub model: Option<String>,
    /// Where the server is, if not where the chat model is.
    pub base_url: Option<String>,
    /// Its key.
    pub api_key: Option<Secret>,
    /// Where the built-in models are, if not below the data folder.
    pub folder: Option<PathBuf>,
    /// Percent from which on a text is like another; nothing where the model decides.
    pub likeness: Option<u8>,
}

impl EmbeddingConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let providers = [
            ("auto", EmbeddingProvider::Auto),
            ("built-in", EmbeddingProvider::BuiltIn),
            ("ollama", EmbeddingProvider::Ollama),
            ("openai", EmbeddingProvider::OpenAi),
            ("none", EmbeddingProvider::None),
        ];
        Self {
            provider: reader.choice("embedding.provider", &providers),
            model: reader.optional("embedding.model"),
            base_url: reader.optional("embedding.base_url").map(|url| url.trim_end_matches('/').to_owned()),
            api_key: reader.optional("embedding.api_key").map(Secret::new),
            folder: reader.optional("embedding.folder").map(PathBuf::from),
            likeness: u8::try_from(reader.integer("embedding.likeness", 0..=100))
                .ok()
                .filter(|&share| share > 0),
        }
    }
}
