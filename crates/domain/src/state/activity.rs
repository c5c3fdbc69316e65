//! When a channel is busy and when it is quiet, learned from its people, and what that means for speaking unasked.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::once::push;
use crate::{Timestamp, unasked::Pulse};

/// Messages whose times are kept.
const TIMES: usize = 100;
/// Silences that are kept.
const SILENCES: usize = 50;
/// A pause from this length on is a silence; shorter ones are a conversation.
const SILENCE: Duration = Duration::from_mins(5);
/// No silence counts for more: a night is no measure of the day.
const LONGEST: Duration = Duration::from_hours(8);
/// Hours that are looked back on: a week.
const WEEK: i64 = 7 * 24;
/// Messages of the week from which on hours are told apart.
const LEARNED_MESSAGES: u32 = 50;
/// Days of the week with messages from which on hours are told apart.
const LEARNED_DAYS: usize = 3;
/// Busiest and quietest hours that are told apart.
const HOURS: usize = 4;

/// An hour as the people of a channel count it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LocalHour(i64);

impl LocalHour {
    /// The hour of a moment, so many seconds east of Greenwich.
    pub fn of(at: Timestamp, utc_offset_seconds: i32) -> Self {
        let local = at.as_millis().div_euclid(1000).saturating_add(utc_offset_seconds.into());
        Self(local.div_euclid(3600))
    }

    /// 0 to 23.
    pub const fn of_day(self) -> usize {
        self.0.rem_euclid(24) as usize
    }

    const fn day(self) -> i64 {
        self.0.div_euclid(24)
    }
}

/// When people write in a channel. Characters' messages do not count: who talks must not take that for company.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Activity {
    times: VecDeque<Timestamp>,
    /// Seconds.
    silences: VecDeque<u32>,
    /// Messages by hour since 1970, of the last week.
    hours: BTreeMap<LocalHour, u32>,
}

/// What a channel's habits mean for speaking unasked at an hour.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rhythm {
    /// Added to the chance, -0.5 to 0.5.
    pub chance: f64,
    /// Times the pause between two remarks, 0.5 to 3.
    pub cool_down: f64,
    /// How long nobody must have written, 10 minutes to 8 hours.
    pub silence: Duration,
    /// One of the busiest hours.
    pub peak: bool,
    /// One of the quietest hours in which there is somebody.
    pub quiet: bool,
    /// An hour in which nobody was there all week.
    pub asleep: bool,
    /// Messages per hour lately.
    pub per_hour: f64,
}

impl Rhythm {
    /// The rhythm as [`crate::unasked`] takes it.
    pub fn pulse(self) -> Pulse {
        Pulse {
            chance: (1.0 + self.chance) as f32,
            pause: self.cool_down as f32,
            silence: Some(self.silence),
        }
    }
}

impl Activity {
    pub(super) fn hear(&mut self, at: Timestamp, hour: LocalHour) {
        if let Some(last) = self.times.back() {
            let pause = at.since(*last);
            if pause >= SILENCE {
                push(&mut self.silences, pause.min(LONGEST).as_secs() as u32, SILENCES);
            }
        }
        let at = self.times.back().map_or(at, |last| at.max(*last));
        push(&mut self.times, at, TIMES);
        let newest = self.hours.last_key_value().map_or(hour, |(last, _)| hour.max(*last));
        if newest.0.saturating_sub(hour.0) < WEEK {
            let count = self.hours.entry(hour).or_default();
            *count = count.saturating_add(1);
        }
        self.hours.retain(|known, _| newest.0.saturating_sub(known.0) < WEEK);
    }

    /// When somebody wrote last.
    pub fn last(&self) -> Option<Timestamp> {
        self.times.back().copied()
    }

    /// Messages per hour over the last hundred of the last week.
    pub fn per_hour(&self, now: Timestamp) -> f64 {
        let week = Duration::from_hours(WEEK.unsigned_abs());
        let mut lately = self.times.iter().filter(|time| now.since(**time) <= week);
        let Some(first) = lately.next() else { return 0.0 };
        let more = lately.count() as f64;
        // Up to now, not up to the last message: a channel that fell silent is no longer busy.
        more / (now.since(*first).as_secs_f64() / 3600.0).max(0.25)
    }

    /// Messages of the week by hour of the day.
    pub fn by_hour(&self, now: LocalHour) -> [u32; 24] {
        let mut hours = [0_u32; 24];
        for (hour, count) in self.week(now) {
            hours[hour.of_day()] = hours[hour.of_day()].saturating_add(count);
        }
        hours
    }

    /// Messages of each day of the week, the oldest first; days without any are left out.
    pub fn by_day(&self, now: LocalHour) -> Vec<u32> {
        let mut days: BTreeMap<i64, u32> = BTreeMap::new();
        for (hour, count) in self.week(now) {
            let day = days.entry(hour.day()).or_default();
            *day = day.saturating_add(count);
        }
        days.into_values().collect()
    }

    fn week(&self, now: LocalHour) -> impl Iterator<Item = (LocalHour, u32)> {
        let within = move |hour: &LocalHour| now.0.saturating_sub(hour.0) < WEEK;
        self.hours.iter().filter(move |(hour, _)| within(hour)).map(|(hour, count)| (*hour, *count))
    }

    /// The four busiest and the four quietest hours that have any message, once enough is known.
    pub fn peak_and_quiet(&self, now: LocalHour) -> Option<(Vec<usize>, Vec<usize>)> {
        let hours = self.by_hour(now);
        let all: u32 = hours.iter().fold(0, |sum, count| sum.saturating_add(*count));
        if all < LEARNED_MESSAGES || self.by_day(now).len() < LEARNED_DAYS {
            return None;
        }
        let mut awake: Vec<usize> = (0..24).filter(|hour| hours[*hour] > 0).collect();
        awake.sort_by_key(|hour| (std::cmp::Reverse(hours[*hour]), *hour));
        let mean = f64::from(all) / awake.len() as f64;
        let peak = awake.iter().copied().take(HOURS).filter(|hour| f64::from(hours[*hour]) > mean).collect();
        let quiet =
            awake.iter().rev().copied().take(HOURS).filter(|hour| f64::from(hours[*hour]) < mean).collect();
        Some((peak, quiet))
    }

    /// Twice the mean silence, half an hour to two hours; one hour as long as nothing is known.
    pub fn silence_threshold(&self) -> Duration {
        if self.silences.is_empty() {
            return Duration::from_hours(1);
        }
        let sum: u64 = self.silences.iter().map(|seconds| u64::from(*seconds)).sum();
        let mean = sum / self.silences.len() as u64;
        Duration::from_secs((2 * mean).clamp(1_800, 7_200))
    }

    /// What the habits mean now.
    pub fn rhythm(&self, now: Timestamp, hour: LocalHour) -> Rhythm {
        let per_hour = self.per_hour(now);
        let (mut chance, mut silence) = (0.0_f64, 1.0_f64);
        let mut cool_down: f64 = if per_hour > 5.0 {
            1.5
        } else if per_hour < 1.0 {
            0.7
        } else {
            1.0
        };
        let known = self.peak_and_quiet(hour);
        let here = hour.of_day();
        let peak = known.as_ref().is_some_and(|(peak, _)| peak.contains(&here));
        let quiet = known.as_ref().is_some_and(|(_, quiet)| quiet.contains(&here));
        let asleep = known.is_some() && self.by_hour(hour)[here] == 0;
        if asleep {
            chance -= 0.5;
            cool_down *= 2.0;
        } else if peak {
            (chance, cool_down, silence) = (chance - 0.2, cool_down * 1.5, 1.2);
        } else if quiet {
            (chance, cool_down, silence) = (chance + 0.3, cool_down * 0.7, 0.8);
        }
        if per_hour > 10.0 {
            (chance, cool_down) = (chance - 0.1, cool_down * 1.2);
        } else if per_hour < 1.0 && !asleep {
            (chance, cool_down) = (chance + 0.2, cool_down * 0.8);
        }
        let silence = self.silence_threshold().as_secs_f64() * silence;
        Rhythm {
            chance: chance.clamp(-0.5, 0.5),
            cool_down: cool_down.clamp(0.5, 3.0),
            silence: Duration::from_secs_f64(silence.clamp(600.0, 28_800.0)),
            peak,
            quiet,
            asleep,
            per_hour,
        }
    }
}
