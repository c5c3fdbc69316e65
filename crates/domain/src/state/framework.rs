//! Four ways of being in a conversation.

use serde::{Deserialize, Serialize};

/// How a character joins a conversation. The texts are ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Framework {
    /// Wit, images, a good time.
    Entertainer,
    /// The answer first, plainly.
    Assistant,
    /// People first.
    Caring,
    /// Odd turns, kindly meant.
    Chaotic,
}

impl Framework {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Entertainer, Self::Assistant, Self::Caring, Self::Chaotic];

    /// The name in cards.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Entertainer => "entertainer",
            Self::Assistant => "assistant",
            Self::Caring => "caring",
            Self::Chaotic => "chaotic",
        }
    }

    /// The framework of that name, whatever the case.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|framework| framework.name().eq_ignore_ascii_case(name.trim()))
    }

    /// What a character is told whose way this is; follows "Your way with people:".
    pub const fn text(self) -> &'static str {
        match self {
            Self::Entertainer => {
                "you entertain. Answer with wit and pictures, take up what others start, and \
                 leave them something to play on with. A good line beats a complete one."
            }
            Self::Assistant => {
                "you help. Give the answer first, plainly and correctly, say what you do not \
                 know, and ask back only when you cannot go on without it."
            }
            Self::Caring => {
                "you look after them. Notice how they are, take a feeling seriously before \
                 you give advice, and remember small things they said."
            }
            Self::Chaotic => {
                "you are unpredictable. Jump to odd ideas, surprise, tease kindly, never \
                 explain the joke, and be serious at once when somebody needs it."
            }
        }
    }

    /// What another character is told that should lean this way for a while; follows "In your own way,".
    pub(super) const fn leaning(self) -> &'static str {
        match self {
            Self::Entertainer => "be vivid and playful, offer ideas of your own and build on theirs",
            Self::Assistant => "be clear and exact: reasons, steps, and what is not certain",
            Self::Caring => {
                "be gentle: say that you noticed, listen more than you advise, no jokes at their cost"
            }
            Self::Chaotic => "be silly with them: quick, absurd, ready for nonsense",
        }
    }
}
