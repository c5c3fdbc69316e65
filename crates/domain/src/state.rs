//! What a character has in mind: moods, the air of a channel, what is talked about, how it is talked about, what
//! connects the characters, and how a character grows. `docs/state.md` tells every rule with its test.
//!
//! Three documents are kept, each with one owner and one way to change:
//!
//! - [`Mind`]: one channel. [`Mind::hear`] takes each person's message once, [`Mind::spoke`] each answer once.
//! - [`Ties`]: the characters of a guild among each other.
//! - [`Growth`]: one character in one guild.
//!
//! Nothing here ticks: what fades is computed from the times at which it was written. What is asked of the three goes
//! through a [`View`]: [`lines`] for the prompt, [`reply_tokens`], [`reaction`], and [`receipt`] for
//! `/why`.

mod activity;
mod contagion;
mod contexts;
mod curiosity;
mod framework;
mod growth;
mod lexicon;
mod manner;
mod mind;
mod mood;
mod once;
mod reaction;
mod share;
mod ties;
mod topics;
mod verbosity;
mod view;

pub use activity::{Activity, LocalHour, Rhythm};
pub use contagion::{Air, AirKind};
pub use contexts::{Blend, Context};
pub use curiosity::{CuriosityLevel, FollowUp, Wonder};
pub use framework::Framework;
pub use growth::{Exchange, Growth, Level};
pub use manner::{BlendRule, Manner, Quarrel, ReplyLength, Stage};
pub use mind::{Heard, Mind, Spoke};
pub use mood::{Feeling, MoodKind};
pub use reaction::{REACTION_CHANCE, reaction};
pub use share::Share;
pub use ties::{Conflict, Encounter, Memory, Tie, TieStage, Ties};
pub use topics::{Topic, Words, stays_out, topics_in};
pub use verbosity::{Verbosity, reply_tokens};
pub use view::{BlendNote, GrowthNote, LineKind, StateLine, StateReceipt, TieNote, View, lines, receipt};

/// How kind a text is to whoever it is said to, from -1 (angry) to 1 (friendly).
pub fn kindness(text: &str) -> f64 {
    lexicon::Reading::of(text).kindness()
}
