//! The families whose vocabularies are published, and which models are theirs.

use std::path::Path;

use domain::tokens::Counter;

use super::cutting::Cuts;
use super::files::{self, VocabularyError};
use super::merging::Pieces;
use super::{bare, begins, memoised};

/// Models that share a vocabulary which is not built in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// Llama 2, and what was made of it; Phi-3.
    Llama2,
    /// Llama 3 to 3.3, and what was made of them.
    Llama3,
    /// Llama 4.
    Llama4,
    /// Mistral's models of 2023 and most of 2024: Mistral 7B, Mixtral, Mistral Large.
    Mistral,
    /// Mistral's models since Nemo.
    Tekken,
    /// Qwen up to 3, `QwQ`.
    Qwen,
    /// Qwen 3.5 and 3.6.
    Qwen35,
    /// `DeepSeek` V3, R1 and V4.
    DeepSeek,
    /// Gemma 3, and Gemini, which counts with the same.
    Gemma3,
}

/// Parts of models' names; the first that is found decides. `None` where the vocabulary is not published, or another
/// than the name seems to say.
///
/// Sources: the model cards, and the tags of Ollama's library.
const NAMES: &[(&str, Option<Family>)] = &[
    // R1 was also taught to small models of other families, which kept their vocabularies.
    ("distill-llama", Some(Family::Llama3)),
    ("llama-distill", Some(Family::Llama3)),
    ("distill-qwen", Some(Family::Qwen)),
    ("qwen-distill", Some(Family::Qwen)),
    ("deepseek-r1-0528-qwen3", Some(Family::Qwen)),
    ("deepseek-chat", Some(Family::DeepSeek)),
    ("deepseek-reasoner", Some(Family::DeepSeek)),
    ("deepseek-r1", Some(Family::DeepSeek)),
    ("deepseek-v3", Some(Family::DeepSeek)),
    ("deepseek-v4", Some(Family::DeepSeek)),
    ("deepseek", None),
    ("llama-4", Some(Family::Llama4)),
    ("llama4", Some(Family::Llama4)),
    ("llama-3", Some(Family::Llama3)),
    ("llama3", Some(Family::Llama3)),
    ("hermes3", Some(Family::Llama3)),
    ("hermes-4-70b", Some(Family::Llama3)),
    ("hermes-4-405b", Some(Family::Llama3)),
    ("dolphin3", Some(Family::Llama3)),
    ("tulu3", Some(Family::Llama3)),
    ("codellama", None),
    ("llama-2", Some(Family::Llama2)),
    ("llama2", Some(Family::Llama2)),
    ("tinyllama", Some(Family::Llama2)),
    ("vicuna", Some(Family::Llama2)),
    ("mythomax", Some(Family::Llama2)),
    ("phi-3", Some(Family::Llama2)),
    ("phi3", Some(Family::Llama2)),
    ("gemma3", Some(Family::Gemma3)),
    ("gemma-3", Some(Family::Gemma3)),
    ("gemini-2", Some(Family::Gemma3)),
    ("codeqwen", None),
    ("qwen3.5", Some(Family::Qwen35)),
    ("qwen3.6", Some(Family::Qwen35)),
    ("qwen3.", None),
    ("qwen", Some(Family::Qwen)),
    ("qwq", Some(Family::Qwen)),
    ("qvq", Some(Family::Qwen)),
    ("nemotron", None),
    ("nemo", Some(Family::Tekken)),
    ("rocinante", Some(Family::Tekken)),
    ("cydonia-24b", Some(Family::Tekken)),
    ("pixtral-large", Some(Family::Mistral)),
    ("pixtral", Some(Family::Tekken)),
    ("ministral", Some(Family::Tekken)),
    ("magistral", Some(Family::Tekken)),
    ("devstral", Some(Family::Tekken)),
    ("mistral-small:22b", Some(Family::Mistral)),
    ("mistral-small-2402", Some(Family::Mistral)),
    ("mistral-small-2409", Some(Family::Mistral)),
    ("mistral-small-instruct-2409", Some(Family::Mistral)),
    ("mistral-small", Some(Family::Tekken)),
    ("mistral-24b", Some(Family::Tekken)),
    ("mistral-large-3", Some(Family::Tekken)),
    ("mistral-large-2512", Some(Family::Tekken)),
    ("mistral-medium", None),
    ("mistral-saba", None),
    ("mistral", Some(Family::Mistral)),
    ("mixtral", Some(Family::Mistral)),
    ("mathstral", Some(Family::Mistral)),
    ("zephyr", Some(Family::Mistral)),
    ("openhermes", Some(Family::Mistral)),
];

/// The expressions are those that the families publish beside their vocabularies, without what [`Cuts`] does itself.
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+";
const LLAMA4: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+";
const TEKKEN: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+";
const QWEN: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+";
const QWEN35: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+";
const DEEPSEEK: &[&str] = &[
    r"\p{N}{1,3}",
    "[一-龥぀-ゟ゠-ヿ]+",
    r"[[:punct:]][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+",
];

/// The character that stands for a space in sentencepiece's vocabularies.
const SPACE: &str = "\u{2581}";

impl Family {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Llama2,
        Self::Llama3,
        Self::Llama4,
        Self::Mistral,
        Self::Tekken,
        Self::Qwen,
        Self::Qwen35,
        Self::DeepSeek,
        Self::Gemma3,
    ];

    /// The family of a model, as its provider calls it.
    pub fn of(model: &str) -> Option<Self> {
        let name = bare(model);
        // Ollama's library has the small models under R1's own name, and its 8b unless another is asked for.
        if let Some(size) = name.strip_prefix("deepseek-r1").filter(|_| !model.contains('/')) {
            match size {
                _ if size.contains("671b") || size.contains("llama") => {}
                _ if size.contains("70b") => return Some(Self::Llama3),
                _ if size.is_empty() || size.starts_with(':') => return Some(Self::Qwen),
                _ => {}
            }
        }
        // `l3.3-euryale-70b` and its like.
        if ["l3", "l3.1", "l3.2", "l3.3"].iter().any(|start| begins(&name, start)) {
            return Some(Self::Llama3);
        }
        NAMES.iter().find(|(part, _)| name.contains(part)).and_then(|(_, family)| *family)
    }

    /// What its counter is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Llama2 => "llama2",
            Self::Llama3 => "llama3",
            Self::Llama4 => "llama4",
            Self::Mistral => "mistral",
            Self::Tekken => "tekken",
            Self::Qwen => "qwen",
            Self::Qwen35 => "qwen3.5",
            Self::DeepSeek => "deepseek",
            Self::Gemma3 => "gemma3",
        }
    }

    /// Pieces of its vocabulary, marks not counted.
    fn pieces(self) -> usize {
        match self {
            Self::Llama3 => 128_000,
            Self::Llama4 => 200_000,
            Self::Llama2 | Self::Mistral => 31_741,
            Self::Tekken => 130_072,
            Self::Qwen => 151_643,
            Self::Qwen35 => 248_044,
            Self::DeepSeek => 127_997,
            Self::Gemma3 => 255_566,
        }
    }

    /// A counter from the file in which the family publishes its vocabulary. Takes a moment and some 20 MB of memory.
    ///
    /// Texts are counted as they come. Qwen's own tokenizer composes characters first, Ollama does not; for composed
    /// text, which is what Discord sends, it is the same.
    pub fn load(self, file: &Path) -> Result<Counter, VocabularyError> {
        let vocabulary = self.read(&std::fs::read(file)?)?;
        Ok(memoised(self.name(), move |text| vocabulary.count(text)))
    }

    fn read(self, file: &[u8]) -> Result<Vocabulary, VocabularyError> {
        let text = || std::str::from_utf8(file).map_err(|_| VocabularyError::Form("not a text"));
        let words = |expressions| Cuts::new(expressions).map(Stretches::Words);
        let (pieces, stretches) = match self {
            Self::Llama3 => (files::ranked_lines(text()?)?, words(&[LLAMA3])?),
            Self::Llama4 => (files::ranked_lines(text()?)?, words(&[LLAMA4])?),
            Self::Tekken => (files::tekken(text()?)?, words(&[TEKKEN])?),
            Self::Qwen => (files::ranked_lines(text()?)?, words(&[QWEN])?),
            Self::Qwen35 => (files::ranked_lines(text()?)?, words(&[QWEN35])?),
            Self::DeepSeek => (files::tokenizer_of_bytes(text()?)?, words(DEEPSEEK)?),
            Self::Llama2 => {
                (files::tokenizer_of_characters(text()?)?, Stretches::Spaced { space_before: true })
            }
            Self::Gemma3 => {
                (files::tokenizer_of_characters(text()?)?, Stretches::Spaced { space_before: false })
            }
            Self::Mistral => {
                let read = files::sentencepiece(file)?;
                (read.pieces, Stretches::Spaced { space_before: read.space_before })
            }
        };
        if pieces.len() == self.pieces() {
            Ok(Vocabulary { pieces, stretches })
        } else {
            Err(VocabularyError::Size { found: pieces.len(), expected: self.pieces() })
        }
    }
}

struct Vocabulary {
    pieces: Pieces,
    stretches: Stretches,
}

/// What is encoded by itself.
enum Stretches {
    /// What expressions find, byte by byte.
    Words(Cuts),
    /// The whole text with its spaces made visible, character by character.
    Spaced {
        /// Whether it begins with a space that is not written.
        space_before: bool,
    },
}

impl Vocabulary {
    fn count(&self, text: &str) -> usize {
        let mut tokens = 0;
        match &self.stretches {
            Stretches::Words(cuts) => cuts.each(text, &mut |word| {
                let word = word.as_bytes();
                tokens += if self.pieces.has(word) { 1 } else { self.pieces.count(word, 0..word.len()) };
            }),
            Stretches::Spaced { space_before } => {
                let visible = text.replace(' ', SPACE);
                let visible = if *space_before { format!("{SPACE}{visible}") } else { visible };
                tokens = self.pieces.count(visible.as_bytes(), visible.char_indices().map(|(at, _)| at));
            }
        }
        tokens
    }
}
