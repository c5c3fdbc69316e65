//! What kind of conversation it is, and how a character's framework adapts to it.

use serde::{Deserialize, Serialize};

use super::{
    framework::Framework,
    lexicon::{Marks, Reading},
    manner::{BlendRule, Manner},
    share::Share,
};
use crate::{Timestamp, character::Character};

/// A kind of conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Context {
    /// Somebody is not well.
    EmotionalSupport,
    /// Something is being made up.
    CreativeTask,
    /// Something is being worked out.
    AnalyticalTask,
    /// Fun.
    PlayfulChat,
    /// Opinions against each other.
    Debate,
}

impl Context {
    /// All of them; where two are as strong, the first one holds.
    pub const ALL: [Self; 5] =
        [Self::EmotionalSupport, Self::CreativeTask, Self::AnalyticalTask, Self::PlayfulChat, Self::Debate];

    /// The name in cards.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EmotionalSupport => "emotional_support",
            Self::CreativeTask => "creative_task",
            Self::AnalyticalTask => "analytical_task",
            Self::PlayfulChat => "playful_chat",
            Self::Debate => "debate",
        }
    }

    /// The context of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|context| context.name() == name.trim())
    }

    const fn mark(self) -> Marks {
        match self {
            Self::EmotionalSupport => Marks::SUPPORT,
            Self::CreativeTask => Marks::CREATIVE,
            Self::AnalyticalTask => Marks::ANALYSIS,
            Self::PlayfulChat => Marks::PLAY,
            Self::Debate => Marks::DEBATE,
        }
    }

    /// What a character is told about it; begins a sentence.
    const fn told(self) -> &'static str {
        match self {
            Self::EmotionalSupport => "Somebody here is not well.",
            Self::CreativeTask => "Something is being made up here.",
            Self::AnalyticalTask => "Something is being worked out here.",
            Self::PlayfulChat => "People are playing around.",
            Self::Debate => "Opinions are being weighed here.",
        }
    }
}

/// What one message with one word of a context makes of it; two make it certain.
const HIT: Share = Share::percent(50);
/// What is left of it when the next message says nothing of the kind.
const KEPT: Share = Share::percent(60);
/// A context weaker than this is over.
const LEAST: Share = Share::percent(25);
/// What it loses per hour: all within a quarter of an hour.
const FADES: Share = Share::ALL;
/// How many hours that quarter counts as.
const HASTE: u32 = 4;
/// Our own blending, for cards without rules.
const RULES: [(Context, Framework, Share); 5] = [
    (Context::EmotionalSupport, Framework::Caring, Share::percent(85)),
    (Context::CreativeTask, Framework::Entertainer, Share::percent(50)),
    (Context::AnalyticalTask, Framework::Assistant, Share::percent(60)),
    (Context::PlayfulChat, Framework::Chaotic, Share::percent(30)),
    (Context::Debate, Framework::Assistant, Share::percent(50)),
];

/// How strongly each kind of conversation has been going on in a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Contexts {
    strength: [Share; Context::ALL.len()],
    at: Timestamp,
}

impl Contexts {
    pub(super) fn hear(&mut self, reading: &Reading, at: Timestamp) {
        let faded = self.at(at);
        for (context, (strength, left)) in Context::ALL.iter().zip(self.strength.iter_mut().zip(faded)) {
            let hits = (0..reading.count(context.mark()).min(2)).fold(Share::NONE, |sum, _| sum.plus(HIT));
            *strength = left.times(KEPT).plus(hits);
        }
        self.at = self.at.max(at);
    }

    fn at(&self, now: Timestamp) -> [Share; Context::ALL.len()] {
        let gone = FADES.hourly(now.since(self.at).saturating_mul(HASTE));
        self.strength.map(|strength| strength.less(gone))
    }

    /// The strongest that holds.
    pub(super) fn strongest(&self, now: Timestamp) -> Option<(Context, Share)> {
        let strengths = Context::ALL.into_iter().zip(self.at(now));
        let best = strengths.rev().max_by_key(|(_, strength)| *strength)?;
        (best.1 >= LEAST).then_some(best)
    }
}

/// A character's framework as it is right now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Blend {
    /// The character's own.
    pub base: Option<Framework>,
    /// What kind of conversation it is.
    pub context: Option<Context>,
    /// Where the character leans because of that.
    pub target: Option<Framework>,
    /// How much.
    pub weight: Share,
}

impl Blend {
    pub(super) fn of(character: &Character, contexts: &Contexts, now: Timestamp) -> Self {
        let base = character.framework.as_deref().and_then(Framework::named);
        let Some((context, strength)) = contexts.strongest(now) else {
            return Self { base, ..Self::default() };
        };
        let rule = rule(&character.manner, context).filter(|rule| Some(rule.framework) != base);
        // One word is half a sign: from there on the rule's whole weight holds.
        let certain = strength.plus(strength);
        let weight = rule.map_or(Share::NONE, |rule| rule.weight.times(certain));
        let target = rule.map(|rule| rule.framework).filter(|_| weight > Share::NONE);
        Self { base, context: Some(context), target, weight: target.map_or(Share::NONE, |_| weight) }
    }

    /// What the character is told about where it leans.
    pub(super) fn line(self) -> Option<String> {
        let (context, target) = (self.context?, self.target?);
        let how = if self.weight >= Share::percent(80) {
            "Before anything else,"
        } else if self.weight >= Share::percent(50) {
            "In your own way,"
        } else {
            "Just a little,"
        };
        Some(format!("{} {how} {}. Stay yourself.", context.told(), target.leaning()))
    }
}

/// The first rule for a context: the card's, or ours if the card has none at all.
fn rule(manner: &Manner, context: Context) -> Option<BlendRule> {
    if manner.blend.is_empty() {
        let ours = RULES.into_iter().find(|(of, ..)| *of == context);
        return ours.map(|(context, framework, weight)| BlendRule { context, framework, weight });
    }
    manner.blend.iter().find(|rule| rule.context == context).copied()
}
