//! The prompt: everything a model is told, and the receipt of what that was.

use serde::{Deserialize, Serialize};

use crate::chat::Sampling;

mod receipt;

pub use receipt::{LoreNote, Receipt, Section, SectionName, SpeakerNote};

/// The shape of a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// The whole character, its lore, its examples, the people, the history.
    Full,
    /// A few words and a few lines, for models of less than about a billion parameters.
    Small,
}

/// What a model can take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Profile {
    /// Tokens of prompt and answer together.
    pub context_tokens: u32,
    /// Tokens of an answer at most.
    pub reply_tokens: u32,
    /// The shape of the prompt.
    pub style: Style,
    /// Sampling where the card says nothing.
    pub sampling: Sampling,
}
