//! `[embedding]`: which model tells likeness of meaning.

use super::{Secret, Setting, reader::Reader};

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "embedding.model",
        env: "ACORE_EMBEDDING_MODEL",
        default: "\"\"",
        takes: "a model's name",
        meaning: "The model that tells which vectorised lore is like what is said, as its provider calls it. Its \
                  provider is of the chat model's kind: `ollama`, else `openai`. Empty: none, and vectorised lore \
                  wakes by its keys only.",
    },
    Setting {
        key: "embedding.base_url",
        env: "ACORE_EMBEDDING_BASE_URL",
        default: "\"\"",
        takes: "a URL",
        meaning: "Where it is. Empty: where the chat model is.",
    },
    Setting {
        key: "embedding.api_key",
        env: "ACORE_EMBEDDING_API_KEY",
        default: "\"\"",
        takes: "a key",
        meaning: "Its key. Empty: the chat model's key, if both are at the same URL.",
    },
    Setting {
        key: "embedding.likeness",
        env: "ACORE_EMBEDDING_LIKENESS",
        default: "65",
        takes: "a whole number from 1 to 100",
        meaning: "How much lore must be like what is said, in percent. Models differ in what they call alike.",
    },
];

/// Which model tells likeness of meaning.
#[derive(Clone, Debug)]
pub struct EmbeddingConfig {
    /// Its name; without one there is none.
    pub model: Option<String>,
    /// Where it is, if not where the chat model is.
    pub base_url: Option<String>,
    /// Its key.
    pub api_key: Option<Secret>,
    /// Percent from which on a text is like another.
    pub likeness: u8,
}

impl EmbeddingConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            model: reader.optional("embedding.model"),
            base_url: reader.optional("embedding.base_url").map(|url| url.trim_end_matches('/').to_owned()),
            api_key: reader.optional("embedding.api_key").map(Secret::new),
            likeness: u8::try_from(reader.integer("embedding.likeness", 1..=100)).unwrap_or(100),
        }
    }
}
