//! What the tests of the state stand on.

use domain::{
    CharacterId, MessageId, Timestamp, UserId,
    character::Character,
    state::{Feeling, Heard, LocalHour, Mind, MoodKind, Spoke},
};

use crate::stage;

/// The moment at which every test begins: a Monday at noon, UTC.
pub(super) const NOON: Timestamp = Timestamp(1_790_596_800_000);
pub(super) const SECOND: i64 = 1_000;
pub(super) const MINUTE: i64 = 60 * SECOND;
pub(super) const HOUR: i64 = 60 * MINUTE;

/// So many milliseconds after noon.
pub(super) fn after(milliseconds: i64) -> Timestamp {
    Timestamp(NOON.0 + milliseconds)
}

pub(super) fn character(name: &str) -> Character {
    stage::character(name, &[])
}

/// A channel that people write in, a second apart unless told otherwise.
#[derive(Clone, Default)]
pub(super) struct Channel {
    pub(super) mind: Mind,
    next: u64,
    pub(super) now: i64,
}

impl Channel {
    /// A person writes to a character.
    pub(super) fn says(&mut self, person: u64, text: &str, to: &[CharacterId]) -> MessageId {
        self.now += SECOND;
        self.next += 1;
        let (message, at) = (MessageId(self.next), self.now());
        let hour = LocalHour::of(at, 0);
        assert!(self.mind.hear(&Heard { message, person: UserId(person), text, at, hour, to }));
        message
    }

    pub(super) fn passes(&mut self, milliseconds: i64) {
        self.now += milliseconds;
    }

    pub(super) fn now(&self) -> Timestamp {
        after(self.now)
    }

    pub(super) fn mood(&self, of: &Character) -> Feeling {
        self.mind.mood(&of.id, self.now())
    }

    pub(super) fn kind(&self, of: &Character) -> MoodKind {
        self.mood(of).kind
    }

    pub(super) fn answers(&mut self, character: &Character, turn: u64) -> bool {
        let at = self.now();
        self.mind.spoke(&Spoke { turn, character: &character.id, at, asked: None })
    }
}
