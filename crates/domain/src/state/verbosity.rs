//! How long an answer should be: read from what is answered and from how long people write here.

use serde::{Deserialize, Serialize};

use super::{
    lexicon::{Marks, Reading},
    mind::Mind,
};
use crate::character::Character;

/// Characters of a mean message that make a channel one of long messages.
const LONG_MEAN: usize = 100;
/// Messages from which on there is a mean.
const FOR_A_MEAN: usize = 3;
/// Words of an open question from which on it is a detailed one.
const DETAILED_WORDS: usize = 6;
/// Words of a question that yes or no would answer from which on it is a detailed one.
const DETAILED_YES_OR_NO: usize = 10;

/// The kind of answer that fits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verbosity {
    /// A word back.
    QuickReply,
    /// Everyday talk.
    #[default]
    CasualChat,
    /// A question that deserves a real answer.
    DetailedQuestion,
    /// A story, a description, a scene.
    Storytelling,
}

impl Verbosity {
    /// All of them, the shortest first.
    pub const ALL: [Self; 4] =
        [Self::QuickReply, Self::CasualChat, Self::DetailedQuestion, Self::Storytelling];

    /// The name in cards.
    pub const fn name(self) -> &'static str {
        match self {
            Self::QuickReply => "quick_reply",
            Self::CasualChat => "casual_chat",
            Self::DetailedQuestion => "detailed_question",
            Self::Storytelling => "storytelling",
        }
    }

    /// The tokens of an answer.
    pub const fn tokens(self) -> u32 {
        match self {
            Self::QuickReply => 75,
            Self::CasualChat => 150,
            Self::DetailedQuestion => 300,
            Self::Storytelling => 450,
        }
    }

    /// What a character is told; follows "Length:".
    pub(super) const fn line(self) -> &'static str {
        match self {
            Self::QuickReply => "a few words or one short sentence, as one answers in passing.",
            Self::CasualChat => "one to three sentences, as in a chat.",
            Self::DetailedQuestion => {
                "as much as the question needs, up to two short paragraphs, the answer first."
            }
            Self::Storytelling => "take your time, up to three or four paragraphs.",
        }
    }

    pub(super) fn of(reading: &Reading, usual: Option<usize>) -> Self {
        if reading.has(Marks::BRIEF) {
            return Self::QuickReply;
        }
        let words = reading.words();
        let light = !reading.has(Marks::SUPPORT) && !reading.has(Marks::SORROW);
        let short = reading.chars < 20 || words <= 3;
        if short && light && (reading.has(Marks::SHORT) || words == 0) && !reading.asks() {
            return Self::QuickReply;
        }
        if (reading.has(Marks::STORY) && !reading.has(Marks::JOKE)) || reading.has(Marks::AT_LENGTH) {
            return Self::Storytelling;
        }
        let enough = if reading.asks_openly() { DETAILED_WORDS } else { DETAILED_YES_OR_NO };
        let asks = reading.asks() || reading.asks_openly();
        if reading.has(Marks::DEPTH) || (asks && words >= enough) || reading.questions_asked() > 1 {
            return Self::DetailedQuestion;
        }
        match usual {
            Some(usual) if usual > LONG_MEAN => Self::DetailedQuestion,
            _ => Self::CasualChat,
        }
    }
}

/// The mean length of the last messages, if there are enough of them.
pub(super) fn usual(lengths: impl ExactSizeIterator<Item = usize>) -> Option<usize> {
    let count = lengths.len();
    (count >= FOR_A_MEAN).then(|| lengths.sum::<usize>() / count)
}

/// How many tokens the answer to `text` should have; `None` when there is no text to go by.
pub fn reply_tokens(character: &Character, mind: &Mind, text: &str) -> Option<u32> {
    let verbosity = mind.verbosity(text)?;
    let own = character.manner.replies.get(&verbosity).map(|length| length.tokens());
    Some(own.unwrap_or_else(|| verbosity.tokens()))
}
