//! What the tests of the state stand on.

use domain::{
    CharacterId, MessageId, Timestamp, UserId,
    character::Character,
    state::{Heard, LocalHour, Mind},
};

use crate::stage;

/// The moment at which every test begins: a Monday at noon.
pub(super) const NOON: Timestamp = Timestamp(1_790_596_800_000);
pub(super) const SECOND: i64 = 1_000;
pub(super) const MINUTE: i64 = 60 * SECOND;
pub(super) const HOUR: i64 = 60 * MINUTE;

pub(super) fn after(milliseconds: i64) -> Timestamp {
    Timestamp(NOON.0 + milliseconds)
}

pub(super) fn character(name: &str) -> Character {
    stage::character(name, &[])
}

/// A channel that people write in.
#[derive(Default)]
pub(super) struct Channel {
    pub(super) mind: Mind,
    next: u64,
}

impl Channel {
    /// A person writes to the given characters, so long after noon.
    pub(super) fn says(&mut self, person: u64, text: &str, to: &[CharacterId], at: Timestamp) -> MessageId {
        self.next += 1;
        let message = MessageId(self.next);
        let hour = LocalHour::of(at, 0);
        assert!(self.mind.hear(&Heard { message, person: UserId(person), text, at, hour, to }));
        message
    }
}
