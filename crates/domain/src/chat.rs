//! A provider-neutral chat request and what comes back.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

/// Who says a line of the prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Instructions.
    System,
    /// Everybody who is not the character.
    User,
    /// The character.
    Assistant,
}

/// One line of the prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatMessage {
    /// Who says it.
    pub role: Role,
    /// What.
    pub content: String,
    /// Pictures that belong to it; only models that can see get any. They are not written anywhere.
    #[serde(skip)]
    pub pictures: Vec<Picture>,
}

impl ChatMessage {
    /// A line without pictures.
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Self { role, content: content.into(), pictures: Vec::new() }
    }
}

/// A picture for a model: checked, of a harmless size and encoded by ourselves.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// How its bytes are encoded.
    pub format: PictureFormat,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// The encoded bytes.
    pub bytes: Arc<[u8]>,
}

/// The encodings that every model that can see takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PictureFormat {
    /// For photographs.
    Jpeg,
    /// For drawings, and where something is see-through.
    Png,
}

impl PictureFormat {
    /// The MIME type.
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
}

/// Pixels on a side of the squares that models cut a picture into: those of the model families that make the most
/// of a picture.
const PATCH_PIXELS: u32 = 28;

/// Tokens around a picture.
const PICTURE_FRAME: u32 = 16;

impl Picture {
    /// Tokens that it costs, rather too many than too few.
    pub fn tokens(&self) -> u32 {
        let patches = self.width.div_ceil(PATCH_PIXELS).saturating_mul(self.height.div_ceil(PATCH_PIXELS));
        patches.saturating_add(PICTURE_FRAME)
    }
}

/// Says what it is and not its bytes.
impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { format, width, height, bytes } = self;
        write!(f, "Picture({}, {width}×{height}, {} bytes)", format.mime(), bytes.len())
    }
}

/// How the next token is chosen. `None` leaves the provider's default; 0.0 is a value, not an absence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// 0.0 (always the likeliest) to 2.0.
    pub temperature: Option<f32>,
    /// Nucleus: the smallest set of tokens with this summed probability.
    pub top_p: Option<f32>,
    /// The k likeliest tokens.
    pub top_k: Option<u32>,
    /// Tokens at least this share as likely as the likeliest.
    pub min_p: Option<f32>,
    /// Above 1.0 makes repetition less likely.
    pub repeat_penalty: Option<f32>,
    /// Makes a run repeatable where the provider can.
    pub seed: Option<u64>,
}

/// What a model is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChatRequest {
    /// The prompt; the stable part comes first so that providers can cache it.
    pub messages: Vec<ChatMessage>,
    /// How to sample.
    pub sampling: Sampling,
    /// Texts that end the answer; they are not part of it.
    pub stop: Vec<String>,
    /// Tokens of the answer at most.
    pub max_tokens: u32,
    /// The JSON that the answer is to be. It is asked for where the provider can be asked for it; whoever reads the answer
    /// reads it as something from outside all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<AnswerSchema>,
}

/// What an answer in JSON looks like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnswerSchema {
    /// A name of letters, digits and underscores.
    pub name: String,
    /// A JSON Schema. Providers that keep to it want every property required and no others allowed.
    pub schema: serde_json::Value,
}

/// A piece of a model's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatEvent {
    /// More text.
    Delta(String),
    /// More of the model's thinking, which nobody is shown.
    Reasoning(String),
    /// The answer is whole.
    Done {
        /// Why it ended.
        finish: Finish,
        /// What it cost in tokens, where the provider tells.
        usage: Usage,
    },
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Finish {
    /// The model was done, or a stop text came.
    Stop,
    /// `max_tokens` were reached.
    Length,
    /// The provider withheld the rest.
    Filtered,
}

/// Tokens used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of the prompt.
    pub input_tokens: u32,
    /// Tokens of the answer.
    pub output_tokens: u32,
}
