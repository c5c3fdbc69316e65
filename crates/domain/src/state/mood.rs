//! Moods: each character's own, moved slowly by what is said, fading with time.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    lexicon::{Marks, Reading},
    share::Share,
};
use crate::Timestamp;

/// A kind of mood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MoodKind {
    /// Nothing in particular.
    #[default]
    Neutral,
    /// Cheerful, carried away.
    Excited,
    /// Annoyed.
    Frustrated,
    /// Down.
    Sad,
    /// Waiting for something to happen.
    Bored,
    /// Wants to know.
    Curious,
}

/// A mood at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Feeling {
    /// Which.
    pub kind: MoodKind,
    /// How strong; of the neutral mood: how firmly it holds against others.
    pub intensity: Share,
}

impl Default for Feeling {
    fn default() -> Self {
        Self { kind: MoodKind::Neutral, intensity: NEUTRAL }
    }
}

impl Feeling {
    /// How strongly it shows: the intensity, and 0 when neutral.
    pub fn shown(self) -> Share {
        if self.kind == MoodKind::Neutral { Share::NONE } else { self.intensity }
    }

    /// What it adds to the chance that somebody joins in unasked: -0.2 to 0.2.
    pub fn sociability(self) -> f64 {
        let most = match self.kind {
            MoodKind::Excited => 0.2,
            MoodKind::Curious => 0.15,
            MoodKind::Bored => 0.1,
            MoodKind::Sad => -0.2,
            MoodKind::Neutral | MoodKind::Frustrated => 0.0,
        };
        most * self.intensity.get()
    }
}

/// How firmly the neutral mood holds when nothing pulls at it.
const NEUTRAL: Share = Share::percent(50);
/// A mood weaker than this gives way: to neutral with time, to another when that one pulls.
const LEAST: Share = Share::percent(30);
/// What a mood loses per hour, and what the neutral one regains: 0.2 in half an hour.
const FADES: Share = Share::percent(40);
/// How far a message moves the mood of whom it was said to.
const STEP: Share = Share::percent(10);
/// How far it moves the mood of a character that overhears it.
const STEP_OVERHEARD: Share = Share::percent(5);
/// A silence after which a message that says nothing special finds a bored character.
const BORING: Duration = Duration::from_mins(10);

/// A mood and when it was last moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Mood {
    feeling: Feeling,
    at: Timestamp,
}

impl Mood {
    /// The mood at a later moment: faded by the time that went by.
    pub(super) fn at(&self, now: Timestamp) -> Feeling {
        let Feeling { kind, intensity } = self.feeling;
        let by = FADES.hourly(now.since(self.at));
        if kind == MoodKind::Neutral {
            let back = if intensity < NEUTRAL { intensity.plus(by).min(NEUTRAL) } else { NEUTRAL };
            return Feeling { kind, intensity: back };
        }
        let left = intensity.less(by);
        if left < LEAST { Feeling::default() } else { Feeling { kind, intensity: left } }
    }

    /// Moves the mood a step towards `pull`. Another mood takes over only once the present one is weak.
    pub(super) fn moved(&mut self, pull: Option<Feeling>, spoken_to: bool, at: Timestamp) {
        let step = if spoken_to { STEP } else { STEP_OVERHEARD };
        let mut now = self.at(at);
        if let Some(target) = pull {
            if target.kind == now.kind {
                now.intensity = if target.intensity > now.intensity {
                    now.intensity.plus(step).min(target.intensity)
                } else {
                    now.intensity.less(step).max(target.intensity)
                };
            } else if !(target.kind == MoodKind::Neutral && is_good(now.kind)) {
                now.intensity = now.intensity.less(step);
                if now.intensity < LEAST {
                    now = target;
                }
            }
        }
        self.feeling = now;
        self.at = self.at.max(at);
    }
}

/// A friendly word does not dampen these.
fn is_good(kind: MoodKind) -> bool {
    matches!(kind, MoodKind::Neutral | MoodKind::Excited | MoodKind::Curious)
}

/// The mood that a message pulls towards; `None` leaves things as they are.
pub(super) fn pull(reading: &Reading, silence: Option<Duration>) -> Option<Feeling> {
    let tone = reading.sentiment();
    let asks = reading.questions();
    let feeling = |kind, intensity| Some(Feeling { kind, intensity });
    let strong = Share::of(0.7 + 0.3 * tone.abs());
    if tone > 0.5 {
        return feeling(MoodKind::Excited, strong);
    }
    if tone > 0.2 {
        let kind = if asks > 0 { MoodKind::Curious } else { MoodKind::Neutral };
        return feeling(kind, if asks > 0 { Share::percent(60) } else { NEUTRAL });
    }
    if tone < -0.2 {
        let (anger, sorrow) = (reading.count(Marks::ANGER), reading.count(Marks::SORROW));
        let angry = if anger == sorrow { tone < -0.5 } else { anger > sorrow };
        let kind = if angry { MoodKind::Frustrated } else { MoodKind::Sad };
        return feeling(kind, if tone < -0.5 { strong } else { Share::percent(60) });
    }
    if asks > 1 {
        feeling(MoodKind::Curious, Share::percent(60))
    } else if reading.has(Marks::BORED) || silence.is_some_and(|silence| silence > BORING) {
        feeling(MoodKind::Bored, Share::percent(50))
    } else {
        None
    }
}
