//! How a person and a character stand with each other: affection that grows with every exchange and its tone, and
//! slowly fades.
//!
//! Every step names the message it came from, so what is deleted is subtracted again.

use std::{collections::VecDeque, time::Duration};

use serde::{Deserialize, Serialize};

use super::Source;
use crate::Timestamp;

/// What an exchange gives by itself: people who talk grow familiar.
const FAMILIARITY: f64 = 0.4;
/// What the friendliest tone adds, and the harshest takes.
const WARMTH: f64 = 1.6;
/// Harsh words weigh more than kind ones.
const COLDNESS: f64 = 2.5;
/// What a day can give at most: affection is not to be had by the hour.
const PER_DAY: f64 = 8.0;
/// Steps whose sum makes an affection of 63.
const SCALE: f64 = 55.0;
/// Without a word for so long nothing fades.
const PATIENCE: Duration = Duration::from_hours(14 * 24);
/// Then half of it is gone after so long again.
const HALF_LIFE: Duration = Duration::from_hours(180 * 24);
/// Steps that can still be taken back; older ones are one sum.
const STEPS: usize = 200;

/// A person and a character.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bond {
    /// The sum of the steps that are not kept one by one any more.
    base: f64,
    steps: VecDeque<Step>,
    first_at: Option<Timestamp>,
    last_at: Option<Timestamp>,
    exchanges: u64,
    warm: u64,
    cold: u64,
    /// The newest day with an exchange, and what it gave; steps of a long day may be one sum already.
    day: i64,
    given: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Step {
    source: Source,
    amount: f64,
    at: Timestamp,
    /// 1 if it was friendly, -1 if it was not.
    #[serde(default)]
    tone: i8,
}

/// A stage of a bond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Below 20.
    Stranger,
    /// From 20 on.
    Acquaintance,
    /// From 40 on.
    Friend,
    /// From 60 on.
    CloseFriend,
    /// From 80 on.
    BestFriend,
}

impl Stage {
    /// All of them, from the first on.
    pub const ALL: [Self; 5] =
        [Self::Stranger, Self::Acquaintance, Self::Friend, Self::CloseFriend, Self::BestFriend];

    /// The affection from which on it holds, 0 to 100.
    pub const fn from(self) -> u8 {
        match self {
            Self::Stranger => 0,
            Self::Acquaintance => 20,
            Self::Friend => 40,
            Self::CloseFriend => 60,
            Self::BestFriend => 80,
        }
    }

    /// In words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stranger => "stranger",
            Self::Acquaintance => "acquaintance",
            Self::Friend => "friend",
            Self::CloseFriend => "close friend",
            Self::BestFriend => "best friend",
        }
    }

    fn of(affection: u8) -> Self {
        Self::ALL.into_iter().rev().find(|stage| stage.from() <= affection).unwrap_or(Self::Stranger)
    }
}

impl Bond {
    /// An exchange: the person wrote, with a tone from -1 to 1, and was answered. Each source counts once; answers whether
    /// anything changed.
    pub fn met(&mut self, source: Source, tone: f64, at: Timestamp) -> bool {
        if self.steps.iter().any(|step| step.source == source) {
            return false;
        }
        let tone = if tone.is_finite() { tone.clamp(-1.0, 1.0) } else { 0.0 };
        let day = at.as_millis().div_euclid(24 * 60 * 60 * 1_000);
        if self.day != day {
            (self.day, self.given) = (day, 0.0);
        }
        let amount = worth(tone).min((PER_DAY - self.given).max(0.0));
        self.given += amount;
        self.fade(at);
        let tone = sign(tone);
        self.steps.push_back(Step { source, amount, at, tone });
        if self.steps.len() > STEPS
            && let Some(oldest) = self.steps.pop_front()
        {
            self.base += oldest.amount;
        }
        self.first_at = self.first_at.or(Some(at));
        self.last_at = self.last_at.max(Some(at));
        self.exchanges += 1;
        self.count(tone, 1);
        true
    }

    /// A message has other words, with another tone; answers whether that changed anything.
    pub fn retell(&mut self, source: Source, tone: f64) -> bool {
        let Some(step) = self.steps.iter_mut().find(|step| step.source == source) else { return false };
        // No more than what it gave when it came, so that nobody edits their way into a heart.
        let amount = worth(tone).min(step.amount);
        let (before, now) = (*step, Step { amount, tone: sign(tone).min(step.tone), ..*step });
        *step = now;
        self.count(before.tone, -1);
        self.count(now.tone, 1);
        before != now
    }

    /// Takes back what came from messages that are gone; answers whether anything did.
    pub fn forget(&mut self, sources: &[Source]) -> bool {
        let (gone, left): (VecDeque<_>, VecDeque<_>) =
            self.steps.drain(..).partition(|step| sources.contains(&step.source));
        self.steps = left;
        for step in &gone {
            self.exchanges = self.exchanges.saturating_sub(1);
            self.count(step.tone, -1);
        }
        if gone.is_empty() {
            return false;
        }
        if self.exchanges == 0 {
            *self = Self { day: self.day, given: self.given, ..Self::default() };
            return true;
        }
        // Only where all exchanges are still known one by one is it known when the first one was.
        if self.exchanges == self.steps.len() as u64 {
            self.first_at = self.steps.iter().map(|step| step.at).min();
        }
        self.last_at = self.steps.iter().map(|step| step.at).max().or(self.last_at);
        true
    }

    fn count(&mut self, tone: i8, change: i64) {
        match tone {
            1 => self.warm = self.warm.saturating_add_signed(change),
            -1 => self.cold = self.cold.saturating_add_signed(change),
            _ => {}
        }
    }

    /// Affection, 0 to 100.
    pub fn affection(&self, now: Timestamp) -> u8 {
        let sum = self.sum() * self.left(now);
        (100.0 * (1.0 - (-sum.max(0.0) / SCALE).exp())).round() as u8
    }

    /// The stage.
    pub fn stage(&self, now: Timestamp) -> Stage {
        Stage::of(self.affection(now))
    }

    /// Exchanges in all.
    pub const fn exchanges(&self) -> u64 {
        self.exchanges
    }

    /// Exchanges in a friendly and in an unfriendly tone.
    pub const fn tones(&self) -> (u64, u64) {
        (self.warm, self.cold)
    }

    /// The first exchange.
    pub const fn first_at(&self) -> Option<Timestamp> {
        self.first_at
    }

    /// The newest exchange.
    pub const fn last_at(&self) -> Option<Timestamp> {
        self.last_at
    }

    /// How affection went, for a picture: the end of each of the last `days` days, today last.
    pub fn course(&self, now: Timestamp, days: u16) -> Vec<u8> {
        let day = 24 * 60 * 60 * 1_000_i64;
        let end = |back: i64| Timestamp(now.as_millis().saturating_sub(back.saturating_mul(day)));
        let at = |moment: Timestamp| {
            let later: f64 = self.steps.iter().filter(|step| step.at > moment).map(|step| step.amount).sum();
            let sum = (self.sum() - later).max(0.0) * self.left(now);
            if self.first_at.is_none_or(|first| first > moment) {
                0
            } else {
                (100.0 * (1.0 - (-sum / SCALE).exp())).round() as u8
            }
        };
        (0..i64::from(days)).rev().map(|back| at(end(back))).collect()
    }

    /// What the character has in mind about the person, in one sentence; `name` is escaped already. Strangers give none.
    pub fn line(&self, name: &str, now: Timestamp) -> Option<String> {
        let (warm, cold) = self.tones();
        let sour = cold > warm && cold >= 3;
        let sentence = match self.stage(now) {
            Stage::Stranger if sour => {
                format!("{name} has been unkind to you more than once; you are on your guard")
            }
            Stage::Stranger => return None,
            Stage::Acquaintance => format!("You know {name} a little and are warming to them"),
            Stage::Friend => format!("{name} is a friend; you are glad when they write"),
            Stage::CloseFriend => format!("{name} is a close friend; you trust them and show it"),
            Stage::BestFriend => format!("{name} is one of your best friends; you would miss them"),
        };
        Some(sentence)
    }

    fn sum(&self) -> f64 {
        self.base + self.steps.iter().map(|step| step.amount).sum::<f64>()
    }

    /// The share that is left after a silence.
    fn left(&self, now: Timestamp) -> f64 {
        let Some(last) = self.last_at else { return 1.0 };
        let idle = now.since(last).saturating_sub(PATIENCE);
        0.5_f64.powf(idle.as_secs_f64() / HALF_LIFE.as_secs_f64())
    }

    /// Makes what has faded so far part of the sum: the silence is over.
    fn fade(&mut self, now: Timestamp) {
        let left = self.left(now);
        let sum = self.sum();
        self.base -= sum - sum * left;
    }
}

const fn sign(tone: f64) -> i8 {
    if tone > 0.0 {
        1
    } else if tone < 0.0 {
        -1
    } else {
        0
    }
}

/// What an exchange of a tone gives.
fn worth(tone: f64) -> f64 {
    let tone = if tone.is_finite() { tone.clamp(-1.0, 1.0) } else { 0.0 };
    FAMILIARITY + if tone < 0.0 { tone * COLDNESS } else { tone * WARMTH }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::MessageId;

    const DAY: i64 = 24 * 60 * 60 * 1_000;

    fn source(number: u64) -> Source {
        Source::Message(MessageId(number))
    }

    /// `per_day` exchanges of a tone on each of so many days.
    fn after(days: i64, per_day: i64, tone: f64) -> (Bond, Timestamp) {
        let mut bond = Bond::default();
        for number in 0..days * per_day {
            let at = Timestamp(number / per_day * DAY + number % per_day * 60_000);
            bond.met(source(number.unsigned_abs() + 1), tone, at);
        }
        (bond, Timestamp(days * DAY))
    }

    #[test]
    fn affection_takes_days_and_not_hours() {
        let (one_day, now) = after(1, 500, 1.0);
        assert_eq!(one_day.stage(now), Stage::Stranger);
        let (week, now) = after(7, 10, 0.5);
        assert_eq!(week.stage(now), Stage::CloseFriend);
        let (month, now) = after(30, 10, 0.5);
        assert_eq!(month.stage(now), Stage::BestFriend);
        assert!(month.line("Alice", now).unwrap().contains("best friends"));
    }

    #[test]
    fn unkindness_makes_nobody_a_friend() {
        let (bond, now) = after(10, 10, -0.6);
        assert_eq!(bond.affection(now), 0);
        assert!(bond.line("Alice", now).unwrap().contains("on your guard"));
    }

    #[test]
    fn a_long_silence_cools_slowly_and_a_short_one_does_not() {
        let (bond, now) = after(30, 10, 0.5);
        let later = |days: i64| bond.affection(Timestamp(now.as_millis() + days * DAY));
        assert_eq!(later(0), later(12));
        assert!(later(60) < later(0) && later(60) > 60, "{}", later(60));
        assert!(later(730) < 40, "{}", later(730));
        let mut again = bond.clone();
        let back = Timestamp(now.as_millis() + 200 * DAY);
        let cooled = again.affection(back);
        again.met(source(9_999), 0.0, back);
        assert!(again.affection(back).abs_diff(cooled) <= 1, "coming back does not undo the silence");
    }

    #[test]
    fn other_words_count_as_what_they_are_and_never_for_more() {
        let mut bond = Bond::default();
        bond.met(source(1), 1.0, Timestamp(0));
        bond.met(source(2), -0.5, Timestamp(1));
        let sum = |bond: &Bond| bond.sum();
        let before = sum(&bond);
        assert!(!bond.retell(source(2), 1.0) && !bond.retell(source(3), -1.0));
        assert!((sum(&bond) - before).abs() < 1e-9);
        assert!(bond.retell(source(1), -1.0));
        assert!(sum(&bond) < before - WARMTH);
    }

    #[test]
    fn the_course_ends_with_today() {
        let (bond, now) = after(10, 5, 0.5);
        let course = bond.course(now, 30);
        assert_eq!(course.len(), 30);
        assert_eq!(course.last(), Some(&bond.affection(now)));
        assert!(course.is_sorted() && course[0] == 0);
    }

    proptest! {
        #[test]
        fn what_is_taken_back_was_never_there(
            tones in prop::collection::vec(-1.0..1.0_f64, 1..40),
            gone in 0..40_usize,
        ) {
            let mut bond = Bond::default();
            let mut without = Bond::default();
            let gone = gone % tones.len();
            for (number, tone) in tones.iter().enumerate() {
                // A day each, so that no day's limit makes them depend on each other.
                let at = Timestamp(number as i64 * DAY);
                bond.met(source(number as u64 + 1), *tone, at);
                if number != gone {
                    without.met(source(number as u64 + 1), *tone, at);
                }
            }
            prop_assert!(bond.forget(&[source(gone as u64 + 1)]));
            prop_assert!(!bond.forget(&[source(gone as u64 + 1)]));
            let now = Timestamp(tones.len() as i64 * DAY);
            prop_assert!(bond.affection(now).abs_diff(without.affection(now)) <= 1);
            prop_assert_eq!(bond.tones(), without.tones());
            prop_assert_eq!((bond.first_at(), bond.last_at()), (without.first_at(), without.last_at()));
            let kept = source(gone as u64 + 2);
            prop_assert_eq!(bond.met(kept, 1.0, now), gone + 1 == tones.len(), "each counts once");
        }
    }
}
