//! How much room entries get, and who gets it first.

use super::{LoreEntry, LorePosition, Lorebook, Reason};
use crate::tokens::{self, Counter};

/// What a book may take of the prompt when it does not say so itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// Percent of the model's context.
    Percent(u8),
    /// Tokens.
    Tokens(u32),
}

impl Budget {
    fn tokens(self, context: u32) -> u32 {
        match self {
            Self::Percent(percent) => (u64::from(context) * u64::from(percent.min(100)) / 100) as u32,
            Self::Tokens(tokens) => tokens,
        }
    }
}

/// Tokens of an entry, by our estimate, with the line break or the message that goes with it.
pub fn cost(entry: &LoreEntry) -> u32 {
    counted(entry, &Counter::ESTIMATE)
}

/// As [`cost`], counted.
pub(crate) fn counted(entry: &LoreEntry, counter: &Counter) -> u32 {
    let frame = match entry.position {
        LorePosition::AtDepth { .. } => tokens::PER_MESSAGE,
        _ => 1,
    };
    counter.count(&entry.content).saturating_add(frame)
}

/// The room that is left.
#[derive(Debug)]
pub(super) struct Room {
    /// Of the book's budget.
    budget: u32,
    budget_left: u32,
    /// Of what the prompt has.
    whole: u32,
    whole_left: u32,
    /// Something did not fit: nothing less important may come in.
    pub(super) overflow: bool,
}

impl Room {
    pub(super) fn new(book: &Lorebook, default: Budget, context: u32, room: u32) -> Self {
        let budget = book.token_budget.unwrap_or_else(|| default.tokens(context)).min(room);
        Self { budget, budget_left: budget, whole: room, whole_left: room, overflow: false }
    }

    pub(super) fn budget(&self) -> u32 {
        self.budget
    }

    /// Takes the room for an entry. What is too large for all the room there is does not keep others out.
    pub(super) fn take(&mut self, entry: &LoreEntry, needs: u32) -> Result<(), Reason<'static>> {
        let (all, left) = if entry.ignore_budget {
            (self.whole, self.whole_left)
        } else {
            (self.budget, self.budget_left.min(self.whole_left))
        };
        if needs > all {
            return Err(Reason::TooLarge { needs });
        }
        if needs > left || (self.overflow && !entry.ignore_budget) {
            self.overflow = true;
            return Err(Reason::Budget { needs, left });
        }
        self.whole_left -= needs;
        if !entry.ignore_budget {
            self.budget_left -= needs;
        }
        Ok(())
    }
}

/// Who gets room first, lowest first: constants, what is sticky, books that come first, higher priority (or order), the book's order; and
/// last of all what gives way when there is no room.
pub(super) fn rank(entry: &LoreEntry, sticky: bool, index: usize) -> (bool, bool, bool, u8, i128, usize) {
    let weight = i128::from(entry.priority.unwrap_or(entry.insertion_order));
    (entry.rules.ignore_on_max_context, !entry.constant, !sticky, entry.band, -weight, index)
}
