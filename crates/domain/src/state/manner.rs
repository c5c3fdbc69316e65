//! What a card says about its character's state. All of it may be absent.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    contexts::Context, curiosity::CuriosityLevel, framework::Framework, share::Share, verbosity::Verbosity,
};
use crate::CharacterId;

/// How a character behaves, as its card has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// How readily it asks back.
    pub curiosity: CuriosityLevel,
    /// What it does not like to talk about: it does not join in there.
    pub avoids: Vec<String>,
    /// How it adapts its framework; empty means our own rules.
    pub blend: Vec<BlendRule>,
    /// How long its answers are, where that differs from our table.
    pub replies: BTreeMap<Verbosity, ReplyLength>,
    /// How it grows, instead of our own sentences; ascending by `at`.
    pub stages: Vec<Stage>,
    /// What it falls out with other characters about.
    pub quarrels: Vec<Quarrel>,
}

/// In which context a character leans which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlendRule {
    /// The context.
    pub context: Context,
    /// The way.
    pub framework: Framework,
    /// How much: 0 is not at all, from 0.8 on it comes first.
    pub weight: Share,
}

/// The length of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyLength {
    /// 50 tokens.
    VeryShort,
    /// 100.
    Short,
    /// 200.
    Medium,
    /// 350.
    Long,
    /// 500.
    VeryLong,
}

impl ReplyLength {
    /// All of them, the shortest first.
    pub const ALL: [Self; 5] = [Self::VeryShort, Self::Short, Self::Medium, Self::Long, Self::VeryLong];

    /// The name in cards.
    pub const fn name(self) -> &'static str {
        match self {
            Self::VeryShort => "very_short",
            Self::Short => "short",
            Self::Medium => "medium",
            Self::Long => "long",
            Self::VeryLong => "very_long",
        }
    }

    /// The length of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|length| length.name() == name.trim())
    }

    /// Tokens.
    pub const fn tokens(self) -> u32 {
        match self {
            Self::VeryShort => 50,
            Self::Short => 100,
            Self::Medium => 200,
            Self::Long => 350,
            Self::VeryLong => 500,
        }
    }
}

/// A stage of a character's growth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stage {
    /// Answers given in the guild from which on it holds.
    pub at: u64,
    /// How it talks from then on.
    pub tone: String,
    /// What it does from then on.
    pub quirks: Vec<String>,
    /// What it knows from then on.
    pub knowledge: Vec<String>,
}

/// What two characters fall out about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarrel {
    /// With whom.
    pub with: CharacterId,
    /// Words and phrases; found as whole words.
    pub about: Vec<String>,
}
