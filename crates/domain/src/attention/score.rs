//! Which character speaks when nobody is named: a sum of visible parts.

use std::{collections::HashMap, fmt, sync::Arc};

use fastrand::Rng;
use serde::{Deserialize, Serialize};

use super::About;
use crate::{
    CharacterId, Timestamp,
    character::Character,
    event::{Activity, ActivityKind},
    scene::{Scene, Speaker},
    state::Words,
};

/// Why this character and no other one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// What counted, without what counted nothing.
    pub parts: Vec<ScorePart>,
    /// Their sum.
    pub total: i32,
}

/// One part of a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScorePart {
    /// What counted.
    pub name: Part,
    /// How much; negative parts speak against the character.
    pub points: i32,
}

/// What counts. The points are explained in docs/attention.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// It was meant without doubt: by command, name, reply, in its own thread, or by going on.
    Meant,
    /// It answered this person here a short time ago.
    AnsweredWriter,
    /// It was the last character to speak here.
    SpokeLast,
    /// Its interests come up.
    Interests,
    /// The person is doing something that it cares for.
    Presence,
    /// How near it and the person are.
    Relation,
    /// It spoke less, or more, than the others lately.
    Fairness,
    /// The weight that the rules give it.
    Weight,
    /// It is the channel's host.
    Host,
    /// A throw of the dice.
    Dice,
}

/// Points of a character that is meant without doubt: more than all other parts together.
const MEANT: i32 = 1_000;
/// Right after it answered the person; less and less until the rules' sticky time is over.
const ANSWERED_WRITER: i32 = 40;
/// Right after it spoke here, and what is left of that after the sticky time: more than the host and the dice have.
const SPOKE_LAST: i32 = 20;
const SPOKE_LAST_LONG_AGO: i32 = 14;
/// Per interest that comes up, for at most three.
const INTEREST: i32 = 15;
const INTERESTS: usize = 3;
/// Per activity that matches, for at most two.
const ACTIVITY: i32 = 10;
const ACTIVITIES: usize = 2;
/// At either end of the scale of relations.
const RELATION: i32 = 20;
/// Per answer below the average, at most so many in either direction.
const FAIRNESS: i32 = 3;
const FAIRNESS_MOST: i32 = 18;
/// Per hundred percent of weight above or below the usual.
const WEIGHT: i32 = 25;
/// So that a quiet channel has a face of its own.
const HOST: i32 = 8;
/// The dice stay below the host: they decide between equals only.
const DICE: i32 = 4;

/// The score of a character that nobody had to choose.
pub(super) fn certain() -> Score {
    Score { parts: vec![ScorePart { name: Part::Meant, points: MEANT }], total: MEANT }
}

/// The character with the highest score; the earlier one of equals. Nobody if the rules give no candidate any weight.
pub(super) fn best<'a>(
    candidates: &[&'a Arc<Character>],
    about: &About<'_>,
    scene: &Scene<'_>,
    dice: &mut Rng,
) -> Option<(&'a Arc<Character>, Score)> {
    let words = Words::of(about.text);
    let spoken = answers(scene);
    let lately = |id: &CharacterId| {
        let seen = spoken.get(id).copied().unwrap_or(0);
        seen.max(scene.standings.of(id).answered_lately.into())
    };
    let total: i32 = candidates.iter().map(|character| lately(&character.id)).sum();
    let average = total / i32::try_from(candidates.len()).unwrap_or(1).max(1);
    let host = host(candidates, about);
    let mut best: Option<(&'a Arc<Character>, Score)> = None;
    for (index, character) in candidates.iter().enumerate() {
        let weight = scene.rules.weights.of(&character.id);
        // Thrown for everybody, so that a weight changes nobody else's luck.
        let luck = dice.i32(0..=DICE);
        if weight == 0 {
            continue;
        }
        let mut score = Score::default();
        score.add(Part::AnsweredWriter, answered_writer(character, about, scene));
        score.add(Part::SpokeLast, spoke_last(character, scene));
        score.add(Part::Interests, INTEREST * short(words.interests(character).min(INTERESTS)));
        score.add(Part::Presence, ACTIVITY * short(presence(character, scene.presence)));
        score.add(Part::Relation, i32::from(scene.standings.of(&character.id).relation) * RELATION / 100);
        let fairness = (average - lately(&character.id)) * FAIRNESS;
        score.add(Part::Fairness, fairness.clamp(-FAIRNESS_MOST, FAIRNESS_MOST));
        score.add(Part::Weight, (i32::from(weight) - 100) * WEIGHT / 100);
        score.add(Part::Host, if index == host { HOST } else { 0 });
        score.add(Part::Dice, luck);
        if best.as_ref().is_none_or(|(_, highest)| score.total > highest.total) {
            best = Some((character, score));
        }
    }
    best
}

impl Part {
    /// Every part.
    pub const ALL: &[Self] = &[
        Self::Meant,
        Self::AnsweredWriter,
        Self::SpokeLast,
        Self::Interests,
        Self::Presence,
        Self::Relation,
        Self::Fairness,
        Self::Weight,
        Self::Host,
        Self::Dice,
    ];
}

impl Score {
    fn add(&mut self, name: Part, points: i32) {
        if points != 0 {
            self.parts.push(ScorePart { name, points });
            self.total += points;
        }
    }

    /// The points of one part.
    pub fn part(&self, name: Part) -> i32 {
        self.parts.iter().find(|part| part.name == name).map_or(0, |part| part.points)
    }

    /// How many interests came up.
    pub(super) fn interests(&self) -> u32 {
        u32::try_from(self.part(Part::Interests) / INTEREST).unwrap_or(0)
    }
}

/// How many of the person's activities the character cares for.
fn presence(character: &Character, activities: &[Activity]) -> usize {
    let cares_for = |activity: &&Activity| {
        let details = activity.details.as_ref().map_or("", |details| details.raw());
        let raw = format!("{} {details} {}", activity.name.raw(), kind_words(activity.kind));
        let words = Words::of(&raw);
        words.touch(&character.activities) + words.touch(&character.topics) > 0
    };
    activities.iter().take(5).filter(cares_for).take(ACTIVITIES).count()
}

/// What people call a kind of doing.
fn kind_words(kind: ActivityKind) -> &'static str {
    match kind {
        ActivityKind::Playing | ActivityKind::Competing => "games gaming",
        ActivityKind::Streaming => "streaming",
        ActivityKind::Listening => "music songs",
        ActivityKind::Watching => "films movies series",
        ActivityKind::Custom => "",
    }
}

/// Stickiness per person: points fade with the time since the character answered the writer here.
fn answered_writer(character: &Character, about: &About<'_>, scene: &Scene<'_>) -> i32 {
    let mut answered: Option<Timestamp> = scene.standings.of(&character.id).answered_writer_at;
    let mut to_writer = false;
    for line in scene.history {
        match &line.who {
            Speaker::Person { id, .. } | Speaker::OtherBot { id, .. } => {
                to_writer = Some(*id) == about.writer;
            }
            Speaker::Character(id) if to_writer && *id == character.id => {
                answered = answered.max(Some(line.at));
            }
            Speaker::Character(_) => {}
        }
    }
    answered.map_or(0, |at| fading(ANSWERED_WRITER, 0, at, scene))
}

/// Stickiness per channel.
fn spoke_last(character: &Character, scene: &Scene<'_>) -> i32 {
    if scene.last_speaker.as_ref() != Some(&character.id) {
        return 0;
    }
    let in_history = scene.history.iter().rev().find_map(|line| match &line.who {
        Speaker::Character(id) if *id == character.id => Some(line.at),
        _ => None,
    });
    let at = in_history.max(scene.standings.of(&character.id).spoke_at);
    at.map_or(SPOKE_LAST_LONG_AGO, |at| fading(SPOKE_LAST, SPOKE_LAST_LONG_AGO, at, scene))
}

/// `full` just now, `least` when the sticky time is over, a straight line in between.
fn fading(full: i32, least: i32, at: Timestamp, scene: &Scene<'_>) -> i32 {
    let sticky = scene.rules.sticky.duration().as_millis();
    let passed = scene.now.since(at).as_millis();
    if passed >= sticky {
        return least;
    }
    let left = i64::try_from(sticky - passed).unwrap_or(0) * i64::from(full - least);
    least + i32::try_from(left / i64::try_from(sticky).unwrap_or(i64::MAX)).unwrap_or(0)
}

/// How often each character spoke in the history.
fn answers<'a>(scene: &Scene<'a>) -> HashMap<&'a CharacterId, i32> {
    let mut spoken = HashMap::new();
    for line in scene.history {
        if let Speaker::Character(id) = &line.who {
            *spoken.entry(id).or_insert(0) += 1;
        }
    }
    spoken
}

/// The channel's host: always the same one per channel, and another one in other channels.
fn host(candidates: &[&Arc<Character>], about: &About<'_>) -> usize {
    // The multiplier is 2^64 divided by the golden ratio: it spreads ids that differ only in their low bits.
    let spread = about.channel.get().wrapping_mul(0x9E37_79B9_7F4A_7C15);
    ((u128::from(spread) * candidates.len() as u128) >> 64) as usize
}

fn short(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.total)?;
        for (index, part) in self.parts.iter().enumerate() {
            write!(f, "{}{} {:+}", if index == 0 { " = " } else { ", " }, part.name, part.points)?;
        }
        Ok(())
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Meant => "meant",
            Self::AnsweredWriter => "answered this person just now",
            Self::SpokeLast => "spoke last here",
            Self::Interests => "interests",
            Self::Presence => "what the person is doing",
            Self::Relation => "relation",
            Self::Fairness => "fairness",
            Self::Weight => "weight",
            Self::Host => "host of the channel",
            Self::Dice => "dice",
        })
    }
}
