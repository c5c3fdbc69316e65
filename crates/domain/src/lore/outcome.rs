//! What an activation found, and why.

use super::{Logic, LoreEntry, Timers};

/// What fired and what did not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Activation<'a> {
    /// What there is room for, in the order of the prompt.
    pub fired: Vec<Fired<'a>>,
    /// Everything else, in the book's order.
    pub rejected: Vec<Rejected<'a>>,
    /// What must be remembered for the next time.
    pub timers: Timers,
    /// Tokens that entries could have.
    pub budget: u32,
    /// Whether something fired without room for it.
    pub overflow: bool,
    /// Whether the search was ended because it took too much work.
    pub exhausted: bool,
}

impl<'a> Activation<'a> {
    /// Tokens of all that fired.
    pub fn tokens(&self) -> u32 {
        self.fired.iter().map(|fired| fired.tokens).sum()
    }

    /// Why the entry of this number did not fire; `None` if it did.
    pub fn why_not(&self, index: usize) -> Option<&Reason<'a>> {
        self.rejected.iter().find(|rejected| rejected.index == index).map(|rejected| &rejected.reason)
    }

    /// What fired without room for it.
    pub fn crowded_out(&self) -> impl Iterator<Item = &Rejected<'a>> {
        self.rejected
            .iter()
            .filter(|rejected| matches!(rejected.reason, Reason::Budget { .. } | Reason::TooLarge { .. }))
    }
}

/// An entry that fired.
#[derive(Clone, Debug, PartialEq)]
pub struct Fired<'a> {
    /// The entry.
    pub entry: &'a LoreEntry,
    /// Its number in the book.
    pub index: usize,
    /// Why.
    pub why: Why<'a>,
    /// 0 if the messages woke it, else the number of the sweep through other entries' texts.
    pub level: u32,
    /// The label of the entry whose text held the key.
    pub woken_by: Option<&'a str>,
    /// Keys that came up, as groups count them.
    pub score: u32,
    /// Tokens, by our estimate.
    pub tokens: u32,
}

/// Why an entry fired.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Why<'a> {
    /// It is always in.
    Constant,
    /// A decorator says so.
    Decorator,
    /// It fired a few messages ago and stays.
    Sticky,
    /// It fired once and stays for good.
    Kept,
    /// What was said is like it.
    Semantic {
        /// How much, 0.0–1.0.
        score: f32,
    },
    /// A key came up.
    Key {
        /// Which.
        key: &'a str,
        /// The second key that had to come up too.
        secondary: Option<&'a str>,
    },
}

/// An entry that did not fire.
#[derive(Clone, Debug, PartialEq)]
pub struct Rejected<'a> {
    /// The entry.
    pub entry: &'a LoreEntry,
    /// Its number in the book.
    pub index: usize,
    /// Why it would have fired, if it came up.
    pub why: Option<Why<'a>>,
    /// Why not.
    pub reason: Reason<'a>,
}

/// Why an entry did not fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason<'a> {
    /// It is switched off.
    Disabled,
    /// It has no text.
    Empty,
    /// It is for another kind of answer.
    Trigger,
    /// It is for other characters.
    Character,
    /// The chat is too young.
    Delay {
        /// Messages that the chat must have.
        needs: u32,
    },
    /// It fired lately.
    Cooldown {
        /// It cannot fire until the chat has more messages than this.
        until: u64,
    },
    /// A decorator of this name forbids it.
    Decorator(&'static str),
    /// No key came up.
    NoKey,
    /// A key came up, but the secondary keys were not as they should be.
    Secondary {
        /// The key that came up.
        key: &'a str,
        /// How the secondary keys count.
        logic: Logic,
    },
    /// A key came up, and one that it may not come up with.
    Excluded {
        /// The one that may not.
        key: &'a str,
    },
    /// It waits for other entries to wake it, and none did.
    Recursion,
    /// Another entry of its group was kept.
    Group {
        /// The group.
        group: &'a str,
        /// The label of the one that was kept.
        winner: &'a str,
    },
    /// The dice were against it.
    Chance {
        /// Percent of its chances.
        probability: u8,
        /// What was rolled, 0–99: it fires below its probability.
        rolled: u8,
    },
    /// There was no room left behind more important ones.
    Budget {
        /// Its tokens.
        needs: u32,
        /// Tokens that were left.
        left: u32,
    },
    /// It is larger than all the room there is.
    TooLarge {
        /// Its tokens.
        needs: u32,
    },
}

impl std::fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Disabled => f.write_str("switched off"),
            Self::Empty => f.write_str("no text"),
            Self::Trigger => f.write_str("for another kind of answer"),
            Self::Character => f.write_str("for other characters"),
            Self::Delay { needs } => write!(f, "waits until the chat has {needs} messages"),
            Self::Cooldown { until } => write!(f, "rests until message {until}"),
            Self::Decorator(name) => write!(f, "@@{name}"),
            Self::NoKey => f.write_str("no key came up"),
            Self::Secondary { key, .. } => write!(f, "“{key}” came up, its secondary keys were not right"),
            Self::Excluded { key } => write!(f, "“{key}” came up"),
            Self::Recursion => f.write_str("waits for other entries"),
            Self::Group { group, winner } => write!(f, "group “{group}” went to “{winner}”"),
            Self::Chance { probability, rolled } => {
                write!(f, "rolled {rolled}, needed less than {probability}")
            }
            Self::Budget { needs, left } => write!(f, "no room: needs {needs} tokens, {left} were left"),
            Self::TooLarge { needs } => write!(f, "too large: {needs} tokens"),
        }
    }
}
