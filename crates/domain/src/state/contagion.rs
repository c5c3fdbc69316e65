//! The air of a channel: how its people sound, and what that does to whoever answers.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{once::push, share::Share};
use crate::{Timestamp, UserId};

/// Messages that make the air.
const TONES: usize = 10;
/// With fewer there is none.
const LEAST: usize = 5;
/// Older messages no longer hang in the air.
const FRESH: Duration = Duration::from_hours(1);
/// A mean beyond this, either way, is catching.
const CATCHING: f64 = 0.3;

/// What people's tone asks of a character.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AirKind {
    /// Nothing in particular.
    #[default]
    Balanced,
    /// People are down: be gentle.
    Empathetic,
    /// People are cheerful: join in.
    Enthusiastic,
}

/// The air of a channel at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Air {
    /// Which way.
    pub kind: AirKind,
    /// How strongly.
    pub intensity: Share,
}

/// How one message sounded, from -1 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Tone {
    person: UserId,
    thousandths: i16,
    at: Timestamp,
}

/// The tone of the last messages of people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Contagion(VecDeque<Tone>);

impl Contagion {
    pub(super) fn hear(&mut self, person: UserId, tone: f64, at: Timestamp) {
        let thousandths = (tone.clamp(-1.0, 1.0) * 1000.0).round() as i16;
        push(&mut self.0, Tone { person, thousandths, at }, TONES);
    }

    pub(super) fn forget(&mut self, person: UserId) {
        self.0.retain(|tone| tone.person != person);
    }

    /// The mean over people of each one's mean: who writes ten lines is still one person.
    pub(super) fn air(&self, now: Timestamp) -> Air {
        let mut people: BTreeMap<UserId, (f64, f64)> = BTreeMap::new();
        let fresh: Vec<_> = self.0.iter().filter(|tone| now.since(tone.at) <= FRESH).collect();
        if fresh.len() < LEAST {
            return Air::default();
        }
        for tone in fresh {
            let (sum, count) = people.entry(tone.person).or_default();
            *sum += f64::from(tone.thousandths.clamp(-1000, 1000)) / 1000.0;
            *count += 1.0;
        }
        let mean = people.values().map(|(sum, count)| sum / count).sum::<f64>() / people.len() as f64;
        let kind = if mean < -CATCHING {
            AirKind::Empathetic
        } else if mean > CATCHING {
            AirKind::Enthusiastic
        } else {
            return Air::default();
        };
        Air { kind, intensity: Share::of(mean.abs()) }
    }
}
