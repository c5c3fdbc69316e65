//! The state of one character at one moment: as lines for a prompt, and as data for `/why`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    contagion::{Air, AirKind},
    contexts::Blend,
    curiosity::{FollowUp, Wonder},
    growth::{Growth, Level},
    mind::Mind,
    mood::{Feeling, MoodKind},
    share::Share,
    ties::{Tie, TieStage, Ties},
    topics::Topic,
    verbosity::{Verbosity, reply_tokens},
};
use crate::{CharacterId, Timestamp, character::Character, names};

/// Other characters whose tie a prompt tells of.
const OTHERS: usize = 3;
/// Shared memories of a tie in a prompt.
const MEMORIES: usize = 2;
/// Characters of a line.
const LINE_CHARS: usize = 400;

/// What is asked about.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// Who.
    pub character: &'a Character,
    /// Where.
    pub mind: &'a Mind,
    /// What connects the guild's characters; `None` where there is no guild.
    pub ties: Option<&'a Ties>,
    /// How the character grew.
    pub growth: Option<&'a Growth>,
    /// The other characters who take part in the conversation.
    pub others: &'a [Arc<Character>],
    /// What is answered.
    pub text: &'a str,
    /// What it is to ask about, from [`Mind::wonder`].
    pub follow_up: Option<&'a FollowUp>,
    /// When.
    pub now: Timestamp,
}

impl<'a> View<'a> {
    /// A character in a channel, before a text.
    pub fn new(character: &'a Character, mind: &'a Mind, text: &'a str, now: Timestamp) -> Self {
        Self { character, mind, ties: None, growth: None, others: &[], text, follow_up: None, now }
    }

    fn ties(&self) -> impl Iterator<Item = (&'a Character, &'a Tie)> {
        let (me, ties) = (self.character, self.ties);
        self.others
            .iter()
            .take(OTHERS)
            .filter_map(move |other| Some((other.as_ref(), ties?.between(&me.id, &other.id)?)))
    }
}

/// What a line is about, in the order in which lines stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// The character's framework.
    Framework,
    /// How it has grown.
    Growth,
    /// Another character.
    Tie,
    /// Its mood.
    Mood,
    /// How people sound.
    Air,
    /// Where the framework leans.
    Blend,
    /// What to ask.
    Curiosity,
    /// How long.
    Verbosity,
}

impl LineKind {
    /// What stands before the line in a prompt.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Framework => "your way with people",
            Self::Growth => "your time here",
            Self::Tie => "between you and others",
            Self::Mood => "mood",
            Self::Air => "the air",
            Self::Blend => "right now",
            Self::Curiosity => "asking back",
            Self::Verbosity => "length",
        }
    }
}

/// A line for the prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateLine {
    /// What it is about.
    pub kind: LineKind,
    /// One line of text: our sentences, escaped names, words without signs, and what the character's own card says.
    pub text: String,
}

/// What the character's state says to a model, what changes least first: at most one line of a kind, and three about
/// other characters. Nothing is said of what is not out of the ordinary.
pub fn lines(view: &View<'_>) -> Vec<StateLine> {
    let blend = view.mind.blend(view.character, view.now);
    let mut lines = Vec::new();
    let mut add = |kind, text: Option<String>| {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            lines.push(StateLine { kind, text: one_line(&text) });
        }
    };
    add(LineKind::Framework, blend.base.map(|base| base.text().to_owned()));
    add(LineKind::Growth, view.growth.map(|growth| growth.sentences(view.character).join(" ")));
    for (other, tie) in view.ties() {
        add(LineKind::Tie, Some(tie_line(other, tie, view.now)));
    }
    add(LineKind::Mood, mood_line(view.mind.mood(&view.character.id, view.now)));
    add(LineKind::Air, air_line(view.mind.air(view.now)));
    add(LineKind::Blend, blend.line());
    add(LineKind::Curiosity, view.follow_up.map(FollowUp::direction));
    add(LineKind::Verbosity, view.mind.verbosity(view.text).map(|verbosity| verbosity.line().to_owned()));
    lines
}

fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(LINE_CHARS).collect()
}

fn mood_line(feeling: Feeling) -> Option<String> {
    let share = feeling.intensity;
    let degree = if share > Share::percent(70) {
        ", very much so"
    } else if share < Share::percent(40) {
        ", slightly"
    } else {
        ""
    };
    let (mood, shows) = match feeling.kind {
        MoodKind::Neutral => return None,
        MoodKind::Excited => ("excited", "your sentences are quick and bright"),
        MoodKind::Frustrated => {
            ("annoyed", "you are shorter than usual, but fair to whoever is not to blame")
        }
        MoodKind::Sad => ("sad", "you are quieter and softer than usual"),
        MoodKind::Bored => ("bored", "you would welcome something new and may say so"),
        MoodKind::Curious => ("curious", "you want to know more"),
    };
    // The mood's word comes first: a small model is told no more than that.
    Some(format!("{mood}{degree}; {shows}. Let it show without naming it."))
}

fn air_line(air: Air) -> Option<String> {
    let tiers = match air.kind {
        AirKind::Balanced => return None,
        AirKind::Empathetic => [
            "people sound a little down; a friendly word fits.",
            "people are having a hard time; be warm, keep jokes small.",
            "people are in distress; be gentle, listen first, no jokes.",
        ],
        AirKind::Enthusiastic => [
            "people are in good spirits; go along with it.",
            "people are cheerful; share their fun and keep it going.",
            "people are overjoyed; celebrate with them.",
        ],
    };
    let [low, middle, high] = tiers;
    let tier = if air.intensity > Share::percent(70) {
        high
    } else if air.intensity > Share::percent(50) {
        middle
    } else {
        low
    };
    Some(tier.to_owned())
}

fn tie_line(other: &Character, tie: &Tie, now: Timestamp) -> String {
    let name = names::escape_name(other.called());
    let mut line = match tie.stage() {
        TieStage::Strangers => format!("You hardly know {name}."),
        TieStage::Acquaintances => format!("You know {name} a little and are polite to each other."),
        TieStage::Frenemies => {
            format!("You and {name} tease and contradict each other, and neither would miss it.")
        }
        TieStage::Friends => format!("{name} is your friend: you back each other up and joke freely."),
        TieStage::Besties => format!("{name} is your best friend: you finish each other's sentences."),
    };
    if let Some(conflict) = tie.conflict(now) {
        let how = if conflict.severity > Share::percent(70) {
            "You are at odds with them"
        } else if conflict.severity > Share::percent(40) {
            "You disagree with them"
        } else {
            "There is some tension between you"
        };
        line.extend([" ", how, " about ", &conflict.about, "."]);
    }
    let memories: Vec<_> = tie.memories().take(MEMORIES).map(|memory| memory.what.as_str()).collect();
    if !memories.is_empty() {
        line.extend([" You have talked together about: ", &memories.join("; "), "."]);
    }
    line
}

/// A tie, for `/why`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TieNote {
    /// To whom.
    pub with: CharacterId,
    /// 0 to 100.
    pub affinity: u8,
    /// How close.
    pub stage: TieStage,
    /// How severe their quarrel is, if they have one.
    #[serde(default)]
    pub conflict: Option<Share>,
}

/// Growth, for `/why`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GrowthNote {
    /// The level.
    pub level: Level,
    /// Answers so far.
    pub answers: u64,
    /// Answers at the next level.
    pub next: Option<u64>,
}

/// A framework's blend, for `/why`.
pub type BlendNote = Blend;

/// What a character had in mind, for `/why`. The default is: nothing known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StateReceipt {
    /// Its mood.
    pub mood: Feeling,
    /// The air of the channel.
    pub air: Air,
    /// What the channel was about.
    pub topics: Vec<Topic>,
    /// The framework and where it leant.
    pub blend: BlendNote,
    /// The kind of answer.
    pub verbosity: Option<Verbosity>,
    /// Its tokens.
    pub reply_tokens: Option<u32>,
    /// What it was to ask about.
    pub asks: Option<Wonder>,
    /// The others who took part.
    pub ties: Vec<TieNote>,
    /// How far it has grown.
    pub growth: Option<GrowthNote>,
}

/// What a character has in mind, as data.
pub fn receipt(view: &View<'_>) -> StateReceipt {
    let tie = |(other, tie): (&Character, &Tie)| TieNote {
        with: other.id.clone(),
        affinity: tie.affinity,
        stage: tie.stage(),
        conflict: tie.conflict(view.now).map(|conflict| conflict.severity),
    };
    let growth = |growth: &Growth| GrowthNote {
        level: growth.level(),
        answers: growth.answers(),
        next: growth.next(),
    };
    StateReceipt {
        mood: view.mind.mood(&view.character.id, view.now),
        air: view.mind.air(view.now),
        topics: view.mind.topics(view.now),
        blend: view.mind.blend(view.character, view.now),
        verbosity: view.mind.verbosity(view.text),
        reply_tokens: reply_tokens(view.character, view.mind, view.text),
        asks: view.follow_up.map(|follow_up| follow_up.kind),
        ties: view.ties().map(tie).collect(),
        growth: view.growth.map(growth),
    }
}
