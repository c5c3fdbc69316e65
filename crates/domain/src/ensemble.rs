//! A scene that characters play among themselves: two to five of them, a topic, at most twenty turns.
//!
//! Pure: a [`Run`] is all that is known of a scene between two of its lines; it travels inside a cue
//! ([`crate::cue::Task::Scene`]) and so survives the process. [`Run::hear`] takes a line in, [`Run::next`] says who
//! speaks next or why it is over, [`Run::yields`] what people who talk in between change.

use std::{fmt, sync::Arc};

use fastrand::Rng;
use serde::{Deserialize, Serialize};

use crate::{CharacterId, Untrusted, UserId, character::Character, event::Place, names, quote::quoted};

mod endings;
mod order;
mod people;

pub use order::Order;
pub use people::{Said, Yields, calls_it_off};

/// Turns of a scene at most: longer ones turn in circles, and every turn costs tokens nobody asked for.
pub const TURNS: u8 = 20;

/// Turns of a scene when nobody says how many.
pub const USUAL_TURNS: u8 = 8;

/// Characters of a scene at most: with more of them nobody gets a word in.
pub const CAST: usize = 5;

/// Characters of a scene's topic.
pub const TOPIC_CHARS: usize = 300;

/// Characters that are kept of a topic with the names of those who play.
const BILLED_CHARS: usize = TOPIC_CHARS + 300;

/// Lines that are remembered to tell farewells and repetitions: one of each character.
const REMEMBERED: usize = CAST;

/// Characters of a remembered line: enough to know it again, and it travels in every cue.
const REMEMBERED_CHARS: usize = 400;

/// A scene between two of its lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The scene's number: that of its first cue.
    pub id: u64,
    /// Who plays, 2 to 5, each once. Shrinks when somebody leaves the cast.
    pub cast: Vec<CharacterId>,
    /// What about, in a member's words, and who plays, so that whoever opens the scene knows to whom.
    pub topic: Untrusted,
    /// Who follows whom.
    pub order: Order,
    /// Turns not yet taken.
    pub turns_left: u8,
    /// Who took the turns so far, in order.
    pub spoken: Vec<CharacterId>,
    /// The last lines, oldest first, each with its speaker.
    #[serde(default)]
    recent: Vec<(CharacterId, String)>,
    /// Turns in a row in which nothing was said.
    #[serde(default)]
    silent: u8,
    /// Turns in a row that said again what had been said.
    #[serde(default)]
    repeats: u8,
    /// Who asked for the scene and may stop it.
    pub asked_by: UserId,
    /// Where it plays.
    pub place: Place,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Who plays.
    pub cast: Vec<CharacterId>,
    /// What about.
    pub topic: Untrusted,
    /// Who follows whom.
    pub order: Order,
    /// How many turns.
    pub turns: u8,
    /// Who asks.
    pub asked_by: UserId,
    /// Where.
    pub place: Place,
}

/// Why a scene cannot begin: one sentence for the member who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Fewer than two different characters.
    #[error("A scene needs at least two different characters.")]
    TooFew,
    /// More than five.
    #[error("A scene has at most five characters.")]
    TooMany,
    /// Nothing to talk about.
    #[error("A scene needs a topic: what should they talk about?")]
    NoTopic,
    /// No turn or more than twenty.
    #[error("A scene has 2 to 20 turns.")]
    Turns,
}

/// What comes after a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Somebody speaks.
    Speaks(CharacterId),
    /// The scene is over.
    Ends(Ending),
}

/// Why a scene is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Every turn was taken.
    TurnsUsed,
    /// Two of them said good-bye.
    Farewells,
    /// They say the same again and again.
    Repetition,
    /// Nobody says anything.
    Silence,
    /// Fewer than two are left.
    Alone,
    /// Somebody stopped it.
    Stopped,
    /// People talk.
    Interrupted,
}

impl Run {
    /// Checks what is asked for; nothing is said yet.
    pub fn new(id: u64, wanted: Wanted) -> Result<Self, Refused> {
        let mut cast: Vec<CharacterId> = Vec::new();
        for character in wanted.cast {
            if !cast.contains(&character) {
                cast.push(character);
            }
        }
        if cast.len() < 2 {
            return Err(Refused::TooFew);
        }
        if cast.len() > CAST {
            return Err(Refused::TooMany);
        }
        if quoted(wanted.topic.raw(), TOPIC_CHARS).is_empty() {
            return Err(Refused::NoTopic);
        }
        if !(2..=TURNS).contains(&wanted.turns) {
            return Err(Refused::Turns);
        }
        let topic: String = wanted.topic.raw().chars().take(BILLED_CHARS).collect();
        Ok(Self {
            id,
            cast,
            topic: topic.into(),
            order: wanted.order,
            turns_left: wanted.turns,
            spoken: Vec::new(),
            recent: Vec::new(),
            silent: 0,
            repeats: 0,
            asked_by: wanted.asked_by,
            place: wanted.place,
        })
    }

    /// Takes in the line with which `speaker` ended a turn; an empty one when nothing came of the turn.
    pub fn hear(&mut self, speaker: &CharacterId, line: &str) {
        self.turns_left = self.turns_left.saturating_sub(1);
        if self.spoken.len() < usize::from(TURNS) {
            self.spoken.push(speaker.clone());
        }
        if line.trim().is_empty() {
            self.silent = self.silent.saturating_add(1);
            return;
        }
        self.silent = 0;
        let repeated = self.recent.iter().any(|(_, earlier)| endings::same(earlier, line));
        self.repeats = if repeated { self.repeats.saturating_add(1) } else { 0 };
        // The end of a long line: that is where a good-bye stands.
        let skipped = line.chars().count().saturating_sub(REMEMBERED_CHARS);
        self.recent.push((speaker.clone(), line.chars().skip(skipped).collect()));
        let surplus = self.recent.len().saturating_sub(REMEMBERED);
        self.recent.drain(..surplus);
    }

    /// Somebody cannot play on: deleted, muted or switched off here.
    pub fn leaves(&mut self, character: &CharacterId) {
        self.cast.retain(|member| member != character);
    }

    /// Who speaks next, or why nobody does. `characters` are those whose names are looked for in the last line;
    /// `affinity` tells how much the first likes the second, 0 to 100.
    pub fn next(
        &self,
        characters: &[Arc<Character>],
        affinity: &dyn Fn(&CharacterId, &CharacterId) -> u8,
        dice: &mut Rng,
    ) -> Next {
        if let Some(ending) = self.ending() {
            return Next::Ends(ending);
        }
        match order::choose(self, self.called(characters).as_ref(), affinity, dice) {
            Some(speaker) => Next::Speaks(speaker),
            None => Next::Ends(Ending::Alone),
        }
    }

    fn ending(&self) -> Option<Ending> {
        if self.turns_left == 0 {
            Some(Ending::TurnsUsed)
        } else if self.cast.len() < 2 {
            Some(Ending::Alone)
        } else if self.silent >= 2 {
            Some(Ending::Silence)
        } else if self.repeats >= 2 {
            Some(Ending::Repetition)
        } else if self.farewells() >= 2 {
            Some(Ending::Farewells)
        } else {
            None
        }
    }

    /// How many of them said good-bye in their last line, within the last round.
    fn farewells(&self) -> usize {
        let mut leaving: Vec<&CharacterId> = Vec::new();
        for (speaker, line) in self.recent.iter().rev().take(self.cast.len()) {
            if !leaving.contains(&speaker) && endings::is_farewell(line, self.topic.raw()) {
                leaving.push(speaker);
            }
        }
        leaving.len()
    }

    /// The one other character of the scene that the last line names, if it is one.
    fn called(&self, characters: &[Arc<Character>]) -> Option<CharacterId> {
        let (speaker, line) = self.recent.last()?;
        let text = names::Prepared::new(line);
        let mut called = characters.iter().filter(|character| {
            character.id != *speaker
                && self.cast.contains(&character.id)
                && character.names().any(|name| names::find_in(&text, name).is_some())
        });
        let first = called.next()?;
        called.next().is_none().then(|| first.id.clone())
    }

    /// The character that spoke last, if the scene has begun.
    pub fn last(&self) -> Option<&CharacterId> {
        self.spoken.last()
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TurnsUsed => "everything was said",
            Self::Farewells => "they said good-bye",
            Self::Repetition => "they began to repeat themselves",
            Self::Silence => "nobody had anything to say",
            Self::Alone => "nobody is left to talk with",
            Self::Stopped => "it was stopped",
            Self::Interrupted => "people talk here now",
        })
    }
}
