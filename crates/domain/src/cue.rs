//! Cues: turns that no message of the outside began. A second character who was named too, the next voice of a scene,
//! a remark that nobody asked for.

use fastrand::Rng;
use serde::{Deserialize, Serialize};

use crate::{
    CharacterId, MessageId, Timestamp,
    attention::Reason,
    ensemble::Run,
    event::{Message, Place},
    time::DISCORD_EPOCH_MS,
};

/// A character's turn to speak, given by us.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cue {
    /// The turn's number; see [`own_id`].
    pub id: u64,
    /// Where.
    pub place: Place,
    /// Who speaks.
    pub character: CharacterId,
    /// Why.
    pub reason: Reason,
    /// About what.
    pub task: Task,
    /// The messages that followed the one that is answered at once, and whose text is part of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<MessageId>,
    /// Who speaks after that, in order.
    pub then: Vec<CharacterId>,
    /// When it was given.
    pub at: Timestamp,
}

/// What a cue asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// An answer to a message that another character has answered too, or that is answered again.
    Answer(Box<Message>),
    /// The next voice of a scene.
    Scene(Box<Run>),
    /// Something unasked.
    Remark {
        /// What the character is told to do, in our words.
        direction: String,
    },
    /// More of what the character said last.
    GoOn {
        /// The message that goes on.
        message: MessageId,
    },
}

/// The bits of a snowflake that name the worker and the process that made it.
///
/// Source: Discord documentation, "API Reference", section "Snowflakes".
const WORKER_AND_PROCESS: u64 = 0x3F_F000;

/// A snowflake for a turn of our own: of the given time, from a worker and process that Discord does not have.
pub fn own_id(at: Timestamp, dice: &mut Rng) -> u64 {
    let since_epoch = at.as_millis().saturating_sub(DISCORD_EPOCH_MS).max(0).cast_unsigned();
    since_epoch << 22 | WORKER_AND_PROCESS | dice.u64(..0x1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_own_id_lies_at_its_time_and_fits_the_database() {
        let mut dice = Rng::with_seed(1);
        let at = Timestamp(1_790_000_000_000);
        let id = own_id(at, &mut dice);
        assert_eq!(id >> 22, 1_790_000_000_000 - DISCORD_EPOCH_MS.cast_unsigned());
        assert_eq!(id & WORKER_AND_PROCESS, WORKER_AND_PROCESS);
        assert!(i64::try_from(id).is_ok());
    }
}
