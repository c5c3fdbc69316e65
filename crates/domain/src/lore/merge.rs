//! Several books at once.

use super::{LoreEntry, Lorebook};

/// Whose a book is. What comes first here gets room first and stands latest in the prompt, where it weighs most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// The chat's.
    Chat,
    /// The person's.
    Persona,
    /// The character's.
    Character,
    /// Everybody's.
    Global,
}

/// How the books of the character and of everybody stand to each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// As if they were one book.
    #[default]
    Evenly,
    /// The character's first.
    CharacterFirst,
    /// Everybody's first.
    GlobalFirst,
}

impl Lorebook {
    /// One book of several. Every entry keeps its own book's scan depth and recursion; the budgets are added up, and
    /// a book without one leaves the sum to [`super::Settings::budget`].
    pub fn merged(books: &[(Owner, &Self)], strategy: Strategy) -> Self {
        let mut books = books.to_vec();
        books.sort_by_key(|(owner, _)| *owner);
        let mut merged = Self {
            name: None,
            scan_depth: None,
            token_budget: Some(0),
            recursive_scanning: books.iter().any(|(_, book)| book.recursive_scanning),
            entries: Vec::new(),
        };
        for (owner, book) in books {
            let sum = merged.token_budget.zip(book.token_budget);
            merged.token_budget = sum.map(|(sum, budget)| sum.saturating_add(budget));
            merged
                .entries
                .extend(book.entries.iter().map(|entry| adopted(entry, book, band(owner, strategy))));
        }
        merged
    }
}

fn band(owner: Owner, strategy: Strategy) -> u8 {
    match (owner, strategy) {
        (Owner::Chat, _) => 0,
        (Owner::Persona, _) => 1,
        (_, Strategy::Evenly)
        | (Owner::Character, Strategy::CharacterFirst)
        | (Owner::Global, Strategy::GlobalFirst) => 2,
        (Owner::Character, Strategy::GlobalFirst) | (Owner::Global, Strategy::CharacterFirst) => 3,
    }
}

fn adopted(entry: &LoreEntry, book: &Lorebook, band: u8) -> LoreEntry {
    let mut entry = LoreEntry { band, scan_depth: entry.scan_depth.or(book.scan_depth), ..entry.clone() };
    if !book.recursive_scanning {
        entry.recursion.excluded = true;
        entry.recursion.prevents = true;
        // It could never fire in its own book; no other book may wake it here.
        entry.enabled &= entry.recursion.delay.is_none();
    }
    entry
}
