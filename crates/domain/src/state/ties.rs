//! What connects the characters of a guild: affinity, quarrels, shared memories. Told by ids, never by names.

use std::{collections::VecDeque, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    lexicon::Reading,
    once::{Once, push},
    share::Share,
};
use crate::{CharacterId, Timestamp, character::Character};

/// Pairs of a guild; of more, the one goes that met longest ago.
const PAIRS: usize = 256;
/// Memories of a pair.
const MEMORIES: usize = 10;
/// Words of a memory.
const MEMORY_WORDS: usize = 12;
/// Characters of a memory.
const MEMORY_CHARS: usize = 100;
/// What an exchange adds to the affinity.
const WARMER: u8 = 2;
/// What a quarrel's trigger takes.
const COLDER: u8 = 1;
/// What a day can add at most: friendship takes days, not one long scene.
const PER_DAY: u8 = 10;
/// How severe a quarrel begins, and how much each trigger adds.
const QUARREL: Share = Share::percent(20);
/// What a quarrel loses per hour.
const COOLS: Share = Share::percent(10);
const DAY: Duration = Duration::from_hours(24);

/// How close two characters are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TieStage {
    /// Below 20.
    #[default]
    Strangers,
    /// From 20.
    Acquaintances,
    /// From 40.
    Frenemies,
    /// From 60.
    Friends,
    /// From 80.
    Besties,
}

impl TieStage {
    /// The stage of an affinity.
    pub const fn of(affinity: u8) -> Self {
        match affinity {
            0..20 => Self::Strangers,
            20..40 => Self::Acquaintances,
            40..60 => Self::Frenemies,
            60..80 => Self::Friends,
            80.. => Self::Besties,
        }
    }
}

/// Something that two characters went through together: words only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// What, in at most twelve words without any sign.
    pub what: String,
    /// When.
    pub at: Timestamp,
}

/// What two characters have fallen out about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// The trigger, as the card has it.
    pub about: String,
    /// How much.
    pub severity: Share,
    /// When it was last mentioned.
    pub at: Timestamp,
}

/// Two characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tie {
    /// The two, in the order of their ids.
    pub pair: [CharacterId; 2],
    /// 0 to 100.
    #[serde(default)]
    pub affinity: u8,
    /// Exchanges.
    #[serde(default)]
    pub met: u32,
    /// The last one.
    #[serde(default)]
    pub last: Timestamp,
    #[serde(default)]
    memories: VecDeque<Memory>,
    #[serde(default)]
    conflict: Option<Conflict>,
    /// The number of the day and what it has added so far.
    #[serde(default)]
    today: (i64, u8),
}

impl Tie {
    fn new(pair: [CharacterId; 2]) -> Self {
        Self {
            pair,
            affinity: 0,
            met: 0,
            last: Timestamp::default(),
            memories: VecDeque::new(),
            conflict: None,
            today: (0, 0),
        }
    }

    /// How close they are.
    pub fn stage(&self) -> TieStage {
        TieStage::of(self.affinity)
    }

    /// The quarrel, if it has not cooled by now.
    pub fn conflict(&self, now: Timestamp) -> Option<Conflict> {
        let conflict = self.conflict.as_ref()?;
        let severity = conflict.severity.less(COOLS.hourly(now.since(conflict.at)));
        (severity > Share::NONE).then(|| Conflict { severity, ..conflict.clone() })
    }

    /// What they remember together, the newest first.
    pub fn memories(&self) -> impl Iterator<Item = &Memory> {
        self.memories.iter().rev()
    }

    /// The chance that one takes up what the other said.
    pub fn banter(&self, now: Timestamp) -> Share {
        let warm = (0.05 + f64::from(self.affinity) / 100.0 * 0.15).min(0.25);
        let severity = self.conflict(now).map_or(0.0, |conflict| conflict.severity.get());
        Share::of(warm * (1.0 - 0.8 * severity))
    }

    fn warm(&mut self, at: Timestamp) {
        let day = at.as_millis().div_euclid(DAY.as_millis() as i64);
        if self.today.0 != day {
            self.today = (day, 0);
        }
        let quarrel = self.conflict(at).is_some();
        let gain = if quarrel { WARMER / 2 } else { WARMER }.min(PER_DAY.saturating_sub(self.today.1));
        self.today.1 = self.today.1.saturating_add(gain);
        self.affinity = self.affinity.saturating_add(gain).min(100);
    }

    fn quarrel(&mut self, about: &str, at: Timestamp) {
        let known = self.conflict(at);
        let same = known.as_ref().is_some_and(|known| known.about == about);
        let before = known.map_or(Share::NONE, |known| known.severity);
        // Another topic does not make an old quarrel smaller.
        let severity = if same { before.plus(QUARREL) } else { before.max(QUARREL) };
        self.conflict = Some(Conflict { about: about.chars().take(MEMORY_CHARS).collect(), severity, at });
        self.affinity = self.affinity.saturating_sub(COLDER);
    }
}

/// One character spoke to another.
#[derive(Clone, Copy, Debug)]
pub struct Encounter<'a> {
    /// The turn's number; of each turn and pair only the first telling counts.
    pub turn: u64,
    /// Who spoke.
    pub speaker: &'a Character,
    /// To whom, or about whose words.
    pub to: &'a Character,
    /// What was said.
    pub text: &'a str,
    /// What they will remember of it, such as a scene's topic.
    pub memory: Option<&'a str>,
    /// When.
    pub at: Timestamp,
}

/// The ties of a guild.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ties {
    ties: Vec<Tie>,
    turns: Once,
}

impl Ties {
    /// Takes in that one character spoke to another. Whether that was new.
    pub fn met(&mut self, encounter: &Encounter<'_>) -> bool {
        let Some(pair) = pair(&encounter.speaker.id, &encounter.to.id) else { return false };
        // A turn may be said to several characters.
        if !self.turns.first(encounter.turn ^ spread(&encounter.to.id)) {
            return false;
        }
        let trigger = trigger(encounter);
        let tie = self.tie(pair);
        match trigger {
            Some(about) => tie.quarrel(about, encounter.at),
            None => tie.warm(encounter.at),
        }
        tie.met = tie.met.saturating_add(1);
        tie.last = tie.last.max(encounter.at);
        if let Some(what) = encounter.memory.map(plain).filter(|what| !what.is_empty()) {
            tie.memories.retain(|memory| memory.what != what);
            push(&mut tie.memories, Memory { what, at: encounter.at }, MEMORIES);
        }
        true
    }

    fn tie(&mut self, pair: [CharacterId; 2]) -> &mut Tie {
        let at = self.ties.iter().position(|tie| tie.pair == pair).unwrap_or_else(|| {
            while self.ties.len() >= PAIRS {
                let stalest = self.ties.iter().enumerate().min_by_key(|(_, tie)| tie.last).map(|(at, _)| at);
                self.ties.swap_remove(stalest.unwrap_or(0));
            }
            self.ties.push(Tie::new(pair));
            self.ties.len() - 1
        });
        &mut self.ties[at]
    }

    /// What connects two characters.
    pub fn between(&self, one: &CharacterId, other: &CharacterId) -> Option<&Tie> {
        let pair = pair(one, other)?;
        self.ties.iter().find(|tie| tie.pair == pair)
    }

    /// The chance that `one` takes up what `other` said, strangers included.
    pub fn banter(&self, one: &CharacterId, other: &CharacterId, now: Timestamp) -> Share {
        if one == other {
            return Share::NONE;
        }
        self.between(one, other).map_or(Share::percent(5), |tie| tie.banter(now))
    }

    /// How close two characters are, 0 to 100.
    pub fn affinity(&self, one: &CharacterId, other: &CharacterId) -> u8 {
        self.between(one, other).map_or(0, |tie| tie.affinity)
    }

    /// Whom a character has an affinity of at least so much to, the closest first.
    pub fn friends(&self, of: &CharacterId, least: u8) -> Vec<(&CharacterId, u8)> {
        let mut friends: Vec<_> = self
            .ties
            .iter()
            .filter(|tie| tie.affinity >= least)
            .filter_map(|tie| match &tie.pair {
                [one, other] if one == of => Some((other, tie.affinity)),
                [other, one] if one == of => Some((other, tie.affinity)),
                _ => None,
            })
            .collect();
        friends.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        friends
    }

    /// All of them.
    pub fn all(&self) -> &[Tie] {
        &self.ties
    }

    /// Forgets a character that is no more.
    pub fn forget(&mut self, character: &CharacterId) {
        self.ties.retain(|tie| !tie.pair.contains(character));
    }
}

fn pair(one: &CharacterId, other: &CharacterId) -> Option<[CharacterId; 2]> {
    match one.cmp(other) {
        std::cmp::Ordering::Less => Some([one.clone(), other.clone()]),
        std::cmp::Ordering::Greater => Some([other.clone(), one.clone()]),
        std::cmp::Ordering::Equal => None,
    }
}

/// A number for an id (FNV-1a), the same on every machine.
fn spread(id: &CharacterId) -> u64 {
    id.as_str()
        .bytes()
        .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3))
}

/// The first trigger of either character against the other that stands in the text.
fn trigger<'a>(encounter: &Encounter<'a>) -> Option<&'a str> {
    let reading = Reading::of(encounter.text);
    let sides = [(encounter.speaker, &encounter.to.id), (encounter.to, &encounter.speaker.id)];
    sides
        .into_iter()
        .flat_map(|(one, other)| one.manner.quarrels.iter().filter(move |quarrel| quarrel.with == *other))
        .flat_map(|quarrel| &quarrel.about)
        .find(|about| reading.says(about))
        .map(String::as_str)
}

/// Words only: a memory may be somebody's text and must not look like anything else in a prompt.
fn plain(text: &str) -> String {
    let reading = Reading::of(text);
    let words = reading.tokens.iter().filter(|token| token.word).take(MEMORY_WORDS);
    let joined = words.map(|token| token.text.as_str()).collect::<Vec<_>>().join(" ");
    joined.chars().take(MEMORY_CHARS).collect()
}
