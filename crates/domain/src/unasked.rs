//! Speaking unasked: whether a character may say something that nobody called for, and what it is told to do then.
//!
//! Every kind is off until a channel's rules give it a chance. [`may`] goes through one table of reasons to hold back
//! ([`Hold`]), in order: what the channel wants, whether anybody is being talked over, whether the characters are
//! being ignored, cool-downs, the day's budget, and the dice last. A cheap model may be asked in addition
//! ([`question`]); its "no" holds until somebody speaks again. What must not be forgotten between two remarks is the
//! [`Ledger`], which is kept.
//!
//! What is *worth* reacting to or asking about is told by [`crate::state`]; here is decided whether it is the moment.

use std::{fmt, time::Duration};

use fastrand::Rng;
use serde::{Deserialize, Serialize};

use crate::{Timestamp, rules::Rules};

mod directions;
mod holds;
mod ledger;
mod question;
mod silence;

pub use directions::{Coming, direction};
pub use ledger::Ledger;
pub use question::{QUESTION_TOKENS, Question, guess, is_yes, question};
pub use silence::{LONGEST_SILENCE, silence_is_due};

/// Something done unasked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An emoji on somebody's message. Says nothing, so it has a budget of its own.
    React,
    /// A word on what people talk about.
    JoinIn,
    /// A question about what somebody told.
    FollowUp,
    /// A remark after a long silence.
    Ambient,
    /// A word to somebody who comes or goes.
    Greet,
    /// A remark on a game or on music.
    Activity,
    /// A second character adds to what the first one said.
    Banter,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] =
        [Self::React, Self::JoinIn, Self::FollowUp, Self::Ambient, Self::Greet, Self::Activity, Self::Banter];

    /// How likely it is by the channel's rules, in percent; 0 is off.
    pub fn chance(self, rules: &Rules) -> u8 {
        let chance = match self {
            Self::React => rules.react,
            Self::JoinIn => rules.join_in,
            Self::FollowUp => rules.follow_up,
            Self::Ambient => rules.ambient,
            Self::Greet => rules.greet,
            Self::Activity => rules.remark_activities,
            Self::Banter => rules.banter,
        };
        chance.0
    }

    /// The shortest time between two of its kind in a channel.
    const fn pause(self, rules: &Rules) -> Duration {
        match self {
            Self::React => Duration::from_secs(20),
            Self::JoinIn => rules.join_in_pause.duration(),
            Self::FollowUp | Self::Banter => Duration::from_mins(5),
            Self::Ambient => Duration::from_hours(6),
            Self::Greet => Duration::from_mins(1),
            Self::Activity => Duration::from_mins(30),
        }
    }

    /// Whether it begins by itself, so that people who talk to each other are not to be disturbed. The others belong
    /// to a message and come right behind it or not at all.
    const fn begins(self) -> bool {
        matches!(self, Self::Ambient | Self::Greet | Self::Activity)
    }
}

/// Emoji that characters put on messages in a channel in a day: a reaction costs nothing, but a flood of them
/// is no reaction any more.
pub const REACTIONS_A_DAY: u16 = 100;

/// Unasked remarks in a row that nobody answers, until the characters wait to be spoken to.
pub const UNANSWERED: u8 = 2;

/// Questions that the cheap model is asked in a channel in a day.
pub const QUESTIONS_A_DAY: u16 = 60;

/// How long after somebody wrote or typed nobody starts anything.
pub const TALKING: Duration = Duration::from_mins(1);

/// How a channel's own rhythm changes what is usual.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pulse {
    /// By which factor chances grow or shrink, 0.5 to 1.5.
    pub chance: f32,
    /// By which factor pauses grow or shrink, 0.5 to 3.
    pub pause: f32,
    /// The silence that is unusual here, where enough is known.
    pub silence: Option<Duration>,
}

impl Default for Pulse {
    fn default() -> Self {
        Self { chance: 1.0, pause: 1.0, silence: None }
    }
}

/// A channel at the moment of a decision.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// Now.
    pub now: Timestamp,
    /// The channel's rules.
    pub rules: &'a Rules,
    /// The minute of the day in the rules' time zone, where it is known.
    pub local_minute: Option<u16>,
    /// The channel's rhythm.
    pub pulse: Pulse,
    /// When a person last wrote here, not counting the message that it is about.
    pub talked: Option<Timestamp>,
    /// When a person was last seen typing here, not counting whoever it is about.
    pub typed: Option<Timestamp>,
    /// What was done here before.
    pub ledger: &'a Ledger,
}

/// Why a character holds back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// The channel did not ask for it.
    Off,
    /// All are silent here.
    Muted,
    /// The channel's quiet hours.
    QuietHours,
    /// Nobody answered the last remarks.
    Ignored,
    /// The day's budget is spent.
    Spent,
    /// Somebody types.
    Typing,
    /// People talk to each other.
    Talking,
    /// Something unasked was said a short while ago.
    JustSpoke,
    /// The same kind was done a short while ago.
    CoolDown,
    /// It was asked and told "no", and nobody has spoken since.
    ToldNo,
    /// The silence is not long enough, too long, or not one that is broken.
    NoSilence,
    /// The dice.
    Chance,
}

/// Whether it may be done now, or the first reason why not.
pub fn may(kind: Kind, moment: &Moment<'_>, dice: &mut Rng) -> Result<(), Hold> {
    holds::first(kind, moment)?;
    let chance = f32::from(kind.chance(moment.rules)) / 100.0;
    // What is wanted always is not talked down by a rhythm.
    let chance = if chance >= 1.0 { 1.0 } else { chance * moment.pulse.chance.clamp(0.5, 1.5) };
    if dice.f32() < chance { Ok(()) } else { Err(Hold::Chance) }
}

/// As [`may`] without the dice: whether something that was decided on a moment ago still is in place, or whose chance
/// was taken elsewhere.
pub fn still_may(kind: Kind, moment: &Moment<'_>) -> Result<(), Hold> {
    holds::first(kind, moment)
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::React => "a reaction",
            Self::JoinIn => "joining in",
            Self::FollowUp => "a question about what was told",
            Self::Ambient => "a remark after a silence",
            Self::Greet => "a word on coming and going",
            Self::Activity => "a remark on what somebody does",
            Self::Banter => "adding to another character's words",
        })
    }
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "not asked for in this channel",
            Self::Muted => "everybody is muted",
            Self::QuietHours => "quiet hours",
            Self::Ignored => "the last remarks stayed unanswered",
            Self::Spent => "the day's budget is spent",
            Self::Typing => "somebody is typing",
            Self::Talking => "people are talking",
            Self::JustSpoke => "something unasked was said a short while ago",
            Self::CoolDown => "done a short while ago",
            Self::ToldNo => "asked before, and nobody has spoken since",
            Self::NoSilence => "no silence to break",
            Self::Chance => "the dice said no",
        })
    }
}
