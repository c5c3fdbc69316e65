//! What members have brought and not yet confirmed.
//!
//! Kept in memory only: after a restart nothing of it is there, and nothing of it was begun.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{GuildId, Timestamp, UserId};
use store::{GuildBook, GuildCard};

use crate::chats::Chat;

/// How long a preview waits: Discord lets it be changed for fifteen minutes.
const WAITS: Duration = Duration::from_mins(14);

/// Previews that wait at once, and bytes of their files. The oldest make room.
const MOST: usize = 64;
const BYTES: usize = 64 * 1024 * 1024;

/// Files whose previews wait for a decision. A cheap handle.
#[derive(Clone, Default)]
pub struct Desk(Arc<Top>);

#[derive(Default)]
struct Top {
    waiting: Mutex<VecDeque<Waiting>>,
}

struct Waiting {
    ticket: u64,
    user: UserId,
    guild: GuildId,
    until: Timestamp,
    brought: Brought,
}

/// What was brought.
#[derive(Clone, Debug)]
pub(crate) enum Brought {
    Card(Box<GuildCard>),
    Book(Box<GuildBook>),
    Chat(Box<Chat>),
}

impl Brought {
    fn bytes(&self) -> usize {
        match self {
            Self::Card(card) => card.card.len(),
            Self::Book(book) => book.json.len(),
            // Names, and what a message takes besides its words.
            Self::Chat(chat) => chat.messages.iter().map(|said| said.text.len() + 256).sum(),
        }
    }
}

impl Desk {
    /// Lays something down for its owner to decide about, in the place of what they brought to that server before:
    /// nobody alone takes everybody's room.
    pub(super) fn lay(&self, ticket: u64, user: UserId, guild: GuildId, now: Timestamp, brought: Brought) {
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|other| other.until > now && (other.user, other.guild) != (user, guild));
        waiting.push_back(Waiting { ticket, user, guild, until: now.plus(WAITS), brought });
        let mut bytes: usize = waiting.iter().map(|waiting| waiting.brought.bytes()).sum();
        while waiting.len() > MOST || bytes > BYTES {
            let Some(oldest) = waiting.pop_front() else { return };
            bytes -= oldest.brought.bytes();
        }
    }

    /// Takes something up again: only who brought it, where they brought it, once, and not too late.
    pub(super) fn take(&self, ticket: u64, user: UserId, guild: GuildId, now: Timestamp) -> Option<Brought> {
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let its = |other: &Waiting| other.ticket == ticket && other.user == user && other.guild == guild;
        let index = waiting.iter().position(its)?;
        let found = waiting.remove(index)?;
        (found.until > now).then_some(found.brought)
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: GuildId = GuildId(1);

    fn book(bytes: usize) -> Brought {
        let json = "x".repeat(bytes);
        let at = Timestamp(0);
        Brought::Book(Box::new(GuildBook {
            guild: HERE,
            name: "b".to_owned(),
            owner: UserId(1),
            json,
            added_at: at,
        }))
    }

    #[test]
    fn a_preview_waits_for_its_owner_for_a_while() {
        let (desk, now) = (Desk::default(), Timestamp(0));
        desk.lay(1, UserId(7), HERE, now, book(1));
        assert!(desk.take(1, UserId(8), HERE, now).is_none());
        assert!(desk.take(1, UserId(7), GuildId(2), now).is_none());
        assert!(desk.take(1, UserId(7), HERE, now).is_some());
        assert!(desk.take(1, UserId(7), HERE, now).is_none(), "once");
        desk.lay(2, UserId(7), HERE, now, book(1));
        assert!(desk.take(2, UserId(7), HERE, now.plus(WAITS)).is_none());
    }

    #[test]
    fn nobody_alone_takes_the_room_of_others() {
        let (desk, now) = (Desk::default(), Timestamp(0));
        desk.lay(1, UserId(7), HERE, now, book(10));
        for ticket in 2..200 {
            desk.lay(ticket, UserId(8), HERE, now, book(10 * 1024 * 1024));
        }
        assert!(desk.take(1, UserId(7), HERE, now).is_some());
        assert!(desk.take(198, UserId(8), HERE, now).is_none(), "the last one took its place");
        assert!(desk.take(199, UserId(8), HERE, now).is_some());
    }
}
